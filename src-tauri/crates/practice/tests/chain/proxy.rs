//! The unkind proxy does what it was told, and nothing else.

use std::sync::Arc;
use std::time::Duration;

use practice::chain::{Anvil, ChainError, PracticeChain, Rpc, RpcError};
use practice::rigs::{Conduct, RpcProxy};
use serde_json::{Value, json};
use tokio::time::timeout;
use types::{Aipg, RegistryVersion};

use crate::ground::{PATIENCE, in_time, options};

const A_WHILE: Duration = Duration::from_millis(300);

struct Rigged {
    chain: Anvil,
    proxy: RpcProxy,
    through: Rpc,
    direct: Rpc,
}

async fn rigged() -> Rigged {
    let mut quiet = options(RegistryVersion::V1);
    quiet.block_time = None;
    let chain = in_time(Anvil::start(&quiet)).await.expect("starts");
    let proxy = RpcProxy::start(chain.rpc()).await.expect("starts");
    let through = Rpc::new(proxy.url(), PATIENCE).expect("a client");
    let direct = Rpc::new(chain.rpc(), PATIENCE).expect("a client");
    Rigged { chain, proxy, through, direct }
}

impl Rigged {
    async fn height(&self) -> Value {
        self.direct.call("eth_blockNumber", json!([])).await.expect("a height")
    }
}

#[tokio::test]
async fn everything_passes_until_told_otherwise() {
    let rig = rigged().await;
    let chain_id = rig.through.call("eth_chainId", json!([])).await.expect("passes");
    assert_eq!(chain_id, "0x7a69");
    let calls = [("eth_chainId", json!([])), ("eth_blockNumber", json!([]))];
    assert_eq!(rig.through.batch(&calls).await.expect("passes"), [json!("0x7a69"), json!("0x0")]);
    let unknown =
        rig.through.call("eth_nonsense", json!([])).await.expect_err("the chain's own refusal passes");
    assert!(matches!(unknown, RpcError::Refused { code: -32601, .. }), "{unknown}");
    assert_eq!(rig.proxy.count("eth_chainId"), 2, "those inside a batch count too");
    drop(rig.chain);
}

#[tokio::test]
async fn a_held_request_never_reaches_the_chain() {
    let rig = rigged().await;
    rig.proxy.nth("evm_mine", 2, Conduct::Hold);
    rig.through.call("evm_mine", json!([])).await.expect("the first passes");
    let second = tokio::spawn({
        let through = rig.through.clone();
        async move { through.call("evm_mine", json!([])).await }
    });
    in_time(rig.proxy.arrived("evm_mine", 2)).await;
    assert!(timeout(A_WHILE, rig.proxy.answered("evm_mine", 2)).await.is_err(), "the chain never saw it");
    assert_eq!(rig.height().await, "0x1");
    assert!(!second.is_finished(), "and nobody was told");
    rig.through.call("evm_mine", json!([])).await.expect("the third passes");
    drop(rig.proxy);
    assert!(in_time(second).await.expect("no panic").is_err(), "the end of the proxy lets it go");
}

#[tokio::test]
async fn a_lost_reply_means_that_it_was_done_all_the_same() {
    let rig = rigged().await;
    rig.proxy.always("evm_mine", Conduct::LoseReply);
    let lost = tokio::spawn({
        let through = rig.through.clone();
        async move { through.call("evm_mine", json!([])).await }
    });
    in_time(rig.proxy.answered("evm_mine", 1)).await;
    assert_eq!(rig.height().await, "0x1", "the chain did it");
    assert!(timeout(A_WHILE, lost).await.is_err(), "but nobody was told");
}

#[tokio::test]
async fn refusals_and_lies_come_back_as_they_were_ordered() {
    let rig = rigged().await;
    rig.proxy.nth("evm_mine", 1, Conduct::Status(429));
    rig.proxy.nth("evm_mine", 2, Conduct::Error(-32000, "over the limit"));
    let busy = rig.through.call("evm_mine", json!([])).await.expect_err("429");
    assert!(matches!(busy, RpcError::Garbled(_)), "an empty body: {busy}");
    let limit = rig.through.call("evm_mine", json!([])).await.expect_err("an error");
    assert!(matches!(limit, RpcError::Refused { code: -32000, .. }), "{limit}");
    assert_eq!(rig.height().await, "0x0", "neither reached the chain");

    rig.proxy.always("eth_chainId", Conduct::Rewrite(Arc::new(|_| json!("0x1"))));
    let lie = rig.through.batch(&[("eth_chainId", json!([])), ("eth_blockNumber", json!([]))]).await;
    assert_eq!(lie.expect("answered"), [json!("0x1"), json!("0x0")], "only the named method is changed");
}

#[tokio::test]
async fn a_payment_that_was_sent_is_never_called_refused() {
    let chain = in_time(PracticeChain::start(&options(RegistryVersion::V1))).await.expect("starts");
    let proxy = RpcProxy::start(chain.rpc()).await.expect("starts");
    let attached = PracticeChain::attach(proxy.url(), Duration::from_secs(5)).await.expect("attaches");
    proxy.always("eth_getTransactionReceipt", Conduct::Error(-32000, "over the limit"));
    let error =
        attached.pay(chain.faucet(), Aipg::whole(1)).await.expect_err("nobody said that it was mined");
    assert!(matches!(error, ChainError::Late(_)), "whoever pays again now pays twice: {error}");
}
