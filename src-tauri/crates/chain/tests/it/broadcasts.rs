//! Signed bytes at nodes with their own words.

use std::io::Write;
use std::sync::{Arc, Mutex};

use chain::{Broadcast, ChainError};
use serde_json::{Value, json};
use types::{Address, Aipg, B256, Intent, Wei};

use crate::anvil::{Anvil, Wallet, test_wallet};
use crate::node::{Node, but};

fn payment(coins: u64) -> Intent {
    Intent::SendEth { to: Address::repeat_byte(0x99), amount: Wei::from_base(types::U256::from(coins)) }
}

#[tokio::test]
async fn the_same_bytes_twice_are_known_and_a_used_nonce_is_too_low() {
    let anvil = Anvil::start().await;
    let (chain, wallet) = (anvil.chain(), anvil.wallet(0x11).await);
    let first = wallet.sign(payment(1), 0);
    let send = async |raw: &[u8]| chain.broadcast(raw).await.expect("an answer");
    assert_eq!(send(&first.raw).await, Broadcast::Accepted);
    assert_eq!(send(&first.raw).await, Broadcast::AlreadyKnown, "in the pool");
    anvil.mine(1).await;
    assert_eq!(send(&first.raw).await, Broadcast::AlreadyKnown, "in a block");
    assert_eq!(send(&wallet.sign(payment(2), 0).raw).await, Broadcast::NonceTooLow);
    let beyond = Intent::SendEth { to: Address::ZERO, amount: Wei::whole(1000) };
    let refused = send(&wallet.sign(beyond, 1).raw).await;
    assert!(matches!(refused, Broadcast::Refused { .. }), "more than the wallet has: {refused:?}");
}

#[tokio::test]
async fn bytes_of_another_chain_or_none_at_all_never_leave() {
    let node = Node::answering(|method, _| panic!("asked {method}")).await;
    let wallet = test_wallet(0x11);
    let ours = wallet.sign(payment(1), 0);
    let base = wallet.sign_for(8453, payment(1), 0);
    let mut longer = ours.raw.clone();
    longer.push(0);
    for raw in [&base.raw[..], &longer, &ours.raw[..50], &[]] {
        assert_eq!(node.chain().broadcast(raw).await, Err(ChainError::NotATransaction));
    }
    let elsewhere = but(|method, _| {
        assert_ne!(method, "eth_sendRawTransaction", "the bytes must not leave");
        (method == "eth_chainId").then(|| Ok(json!("0x1")))
    })
    .await;
    let error = elsewhere.chain().broadcast(&ours.raw).await.expect_err("another chain");
    assert_eq!(error, ChainError::WrongChain { expected: 31337, found: 1 });
}

/// A node that refuses in words of its own; what it knows decides.
async fn refusing(known: bool, nonce: &'static str) -> Broadcast {
    let node = but(move |method, _| {
        Some(match method {
            "eth_sendRawTransaction" => Err((-32000, "Transaktion abgelehnt".to_owned())),
            "eth_getTransactionByHash" if known => Ok(json!({ "type": "0x7e", "odd": true })),
            "eth_getTransactionByHash" => Ok(Value::Null),
            "eth_getTransactionCount" => Ok(json!(nonce)),
            _ => return None,
        })
    })
    .await;
    node.chain().broadcast(&test_wallet(0x11).sign(payment(1), 4).raw).await.expect("an answer")
}

#[tokio::test]
async fn a_refusal_is_explained_by_what_the_chain_knows_not_by_its_words() {
    assert_eq!(refusing(true, "0x4").await, Broadcast::AlreadyKnown);
    assert_eq!(refusing(false, "0x5").await, Broadcast::NonceTooLow);
    let refused = Broadcast::Refused { code: -32000, text: "Transaktion abgelehnt".to_owned() };
    assert_eq!(refusing(false, "0x4").await, refused);
}

#[tokio::test]
async fn an_answer_with_another_hash_is_no_acceptance() {
    let node =
        but(|method, _| (method == "eth_sendRawTransaction").then(|| Ok(json!(B256::repeat_byte(1))))).await;
    let answer = node.chain().broadcast(&test_wallet(0x11).sign(payment(1), 0).raw).await;
    assert!(matches!(answer, Err(ChainError::Garbled(_))), "{answer:?}");
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("the log").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_log_names_methods_and_holds_no_parameter() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let wallet: Wallet = test_wallet(0x11);
    let signed = wallet.sign(Intent::Approve { amount: Aipg::whole(1) }, 0);
    let hash = signed.hash;
    let node = but(move |method, _| (method == "eth_sendRawTransaction").then(|| Ok(json!(hash)))).await;
    assert_eq!(node.chain().broadcast(&signed.raw).await, Ok(Broadcast::Accepted));
    let text = String::from_utf8(log.0.lock().expect("the log").clone()).expect("text");
    assert!(text.contains("eth_sendRawTransaction"), "{text}");
    let raw = alloy::hex::encode(&signed.raw);
    assert!(!text.contains(&raw[20..60]), "the bytes are in the log");
}
