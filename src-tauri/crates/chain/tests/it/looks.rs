//! What a look at the chain tells, and when it tells nothing.

use chain::{BondState, ChainError, Verdict};
use serde_json::json;
use types::{Address, Aipg, RegistryVersion, U256, Wei};

use crate::anvil::{Anvil, GRID, TOKEN};
use crate::node::{Node, but, healthy, word};

const OWNER: Address = Address::repeat_byte(0x77);

fn units(amount: u64) -> Aipg {
    Aipg::from_base(U256::from(amount))
}

#[tokio::test]
async fn a_healthy_chain_is_seen_whole_and_at_one_block() {
    let node = Node::answering(|method, params| {
        // Every question about state names the one block; the pending nonce alone cannot.
        let at =
            if method == "eth_call" || method == "eth_getCode" || method == "eth_getBalance" { 1 } else { 9 };
        if at == 1
            && params[1] != json!({ "blockHash": format!("0x{}", "12".repeat(32)), "requireCanonical": true })
        {
            return Some(Err((-32000, format!("asked at {}", params[1]))));
        }
        healthy(method, params)
    })
    .await;
    let seen = node.chain().look(OWNER).await.expect("a snapshot");
    assert_eq!(seen.verdict, Verdict::V1);
    assert_eq!(seen.worker.map(|worker| worker.version), Some(RegistryVersion::V1));
    assert_eq!(seen.bond, Some(BondState::NeverBonded));
    assert_eq!((seen.min_bond, seen.total_bonded), (Some(units(1000)), Some(units(5))));
    assert_eq!((seen.aipg, seen.allowance, seen.eth), (units(77), units(0), Wei::whole(1)));
    assert_eq!((seen.nonce_latest, seen.nonce_pending), (3, 3));
    assert_eq!((seen.base_fee, seen.tip), (5_000_000, 1_000_000));
    assert_eq!((seen.grid_paused, seen.token_paused, seen.unbonding_period), (Some(false), false, None));
    assert_eq!((seen.block.number, seen.block.timestamp), (100, 1_700_000_000));
    assert_eq!(seen.owner_is_plain_key, Some(false), "there is code at the owner's address");
}

/// Whose answer is bent, and to what.
async fn with_call(selector: &'static str, answer: Option<Result<serde_json::Value, (i64, String)>>) -> Node {
    Node::answering(move |method, params| {
        let asked = params[0]["data"].as_str().is_some_and(|data| data.starts_with(selector));
        if method == "eth_call" && asked { answer.clone() } else { healthy(method, params) }
    })
    .await
}

#[tokio::test]
async fn a_lost_or_limited_probe_is_undetermined_and_never_a_zero() {
    let limited = || Some(Err((-32005, "limit exceeded".to_owned())));
    for answer in [None, limited(), Some(Ok(json!("0x"))), Some(Ok(json!("zero")))] {
        // withdrawBond(): a zero here would make V1 of a V2 that is in trouble.
        let node = with_call("0xb763dde266eb9cec", answer.clone()).await;
        let seen = node.chain().look(OWNER).await.expect("a snapshot");
        assert_eq!(seen.verdict, Verdict::Undetermined, "{answer:?}");
        assert_eq!((seen.worker, seen.bond), (None, None));
        assert!(seen.verdict.writes_allowed().is_empty());
    }
}

#[tokio::test]
async fn a_refused_probe_or_another_width_is_unknown() {
    let refused = with_call("0xb763dde2", Some(Err((3, "execution reverted".to_owned())))).await;
    assert_eq!(refused.chain().look(OWNER).await.expect("a snapshot").verdict.name(), "UNKNOWN");
    let wide = with_call("0xc011b1c3", Some(Ok(json!(format!("0x{}", "0".repeat(512)))))).await;
    let seen = wide.chain().look(OWNER).await.expect("a snapshot");
    assert_eq!(seen.verdict.name(), "UNKNOWN");
    assert_eq!(seen.raw_worker.map(|raw| raw.len()), Some(256), "the raw record can still be shown");
}

#[tokio::test]
async fn an_empty_minimum_is_unknown_and_an_empty_balance_is_an_error() {
    let node = with_call("0x5990dc2b", Some(Ok(json!("0x")))).await;
    assert_eq!(node.chain().look(OWNER).await.expect("a snapshot").min_bond, None);
    let zero = with_call("0x5990dc2b", Some(Ok(word(0)))).await;
    assert_eq!(zero.chain().look(OWNER).await.expect("a snapshot").min_bond, Some(Aipg::ZERO));
    let node = with_call("0x70a08231", Some(Ok(json!("0x")))).await;
    let error = node.chain().look(OWNER).await.expect_err("no balance");
    assert_eq!(error, ChainError::Empty("balanceOf(address)"));
}

#[tokio::test]
async fn the_chain_id_is_compared_in_every_batch() {
    let calls = std::sync::atomic::AtomicUsize::new(0);
    let node = but(move |method, _| {
        // The node changes its chain after the first answer, as one behind a balancer may.
        let nth = calls.fetch_add(usize::from(method == "eth_chainId"), std::sync::atomic::Ordering::SeqCst);
        (method == "eth_chainId" && nth == 2).then(|| Ok(json!("0x1")))
    })
    .await;
    let error = node.chain().look(OWNER).await.expect_err("another chain");
    assert_eq!(error, ChainError::WrongChain { expected: 31337, found: 1 });
}

#[tokio::test]
async fn a_real_node_of_another_chain_or_without_the_contracts_is_an_error() {
    let anvil = Anvil::start().await;
    let error = anvil.chain_of(8453).look(OWNER).await.expect_err("31337 is not Base");
    assert_eq!(error, ChainError::WrongChain { expected: 8453, found: 31337 });
    let look = || async { anvil.chain().look(OWNER).await.expect_err("nothing is deployed") };
    assert_eq!(look().await, ChainError::NotDeployed { token: false, grid: false });
    // PUSH 32, PUSH 0, RETURN: a zero for every question.
    anvil.set_code(TOKEN, "0x60206000f3").await;
    assert_eq!(look().await, ChainError::NotDeployed { token: true, grid: false });
}

#[tokio::test]
async fn contracts_of_a_real_node_that_are_something_else_are_unknown_or_an_error() {
    let anvil = Anvil::start().await;
    anvil.set_code(TOKEN, "0x60206000f3").await;
    anvil.set_code(GRID, "0x60206000f3").await;
    let seen = anvil.chain().look(OWNER).await.expect("a snapshot");
    assert_eq!(seen.verdict.name(), "UNKNOWN", "nobody serves the registry's functions");
    assert_eq!((seen.aipg, seen.token_paused, seen.worker), (Aipg::ZERO, false, None));
    assert_eq!(seen.owner_is_plain_key, Some(true), "the zero address has no code");
    // PUSH 0, PUSH 0, REVERT: refuses every question.
    anvil.set_code(GRID, "0x60006000fd").await;
    let seen = anvil.chain().look(OWNER).await.expect("a snapshot");
    assert_eq!((seen.verdict.name(), seen.min_bond, seen.grid_paused), ("UNKNOWN", None, None));
    // STOP: succeeds with nothing, as an address without code does.
    anvil.set_code(TOKEN, "0x00").await;
    let error = anvil.chain().look(OWNER).await.expect_err("nothing is no balance");
    assert_eq!(error, ChainError::Empty("paused()"));
}
