//! Nodes that are busy, slow, broken, hostile or somewhere else.

use std::sync::atomic::Ordering;
use std::time::Duration;

use chain::ChainError;
use serde_json::json;
use types::Address;

use crate::node::{Node, Reply, but};

async fn error_of(reply: impl Fn() -> Reply + Send + Sync + 'static) -> ChainError {
    let node = Node::start(move |_| reply()).await;
    let chain = node.patient(Duration::from_millis(500));
    let answer = tokio::time::timeout(Duration::from_secs(30), chain.look(Address::ZERO))
        .await
        .expect("every wait has a deadline");
    answer.expect_err("no such answer is a snapshot")
}

#[tokio::test]
async fn a_node_that_is_busy_or_silent_is_worth_another_try() {
    let busy = error_of(|| Reply::Http(429, "slow down".into())).await;
    let limited = error_of(|| {
        let error = json!({ "code": -32005, "message": "limit exceeded" });
        Reply::Http(200, json!({ "jsonrpc": "2.0", "id": null, "error": error }).to_string())
    })
    .await;
    let stalled = error_of(|| Reply::Stall(String::new())).await;
    let stalled_midway = error_of(|| Reply::Stall("[{\"jsonrpc\":".into())).await;
    assert_eq!((busy, limited), (ChainError::Busy, ChainError::Busy));
    assert_eq!((stalled, stalled_midway), (ChainError::TimedOut, ChainError::TimedOut));
    assert!(ChainError::Busy.is_transient() && ChainError::TimedOut.is_transient());
}

#[tokio::test]
async fn nonsense_is_told_from_silence() {
    let garbled = |error: &ChainError| matches!(error, ChainError::Garbled(_)) && error.is_transient();
    for body in ["<html><body>502</body></html>", "", "[]", "{}", "[{\"jsonrpc\":\"2.0\",\"id\":0,\"resu"] {
        let error = error_of(move || Reply::Http(200, body.into())).await;
        assert!(garbled(&error), "{body}: {error:?}");
    }
    let cut = error_of(|| Reply::Cut("[{\"jsonrpc\":\"2.0\"".into())).await;
    assert!(matches!(cut, ChainError::Unreachable(_)) && cut.is_transient(), "{cut:?}");
    assert_eq!(error_of(|| Reply::Http(503, "<html>".into())).await, ChainError::Http(503));
    assert_eq!(error_of(|| Reply::Http(404, "<html>".into())).await, ChainError::Http(404));
}

#[tokio::test]
async fn an_endless_answer_is_left_at_the_cap() {
    let node = Node::start(|_| Reply::Endless).await;
    let chain = node.patient(Duration::from_secs(60));
    let answer =
        tokio::time::timeout(Duration::from_secs(60), chain.look(Address::ZERO)).await.expect("in time");
    assert_eq!(answer.expect_err("no answer"), ChainError::TooLarge);
    let taken = node.taken.load(Ordering::SeqCst);
    assert!(taken < 24 * 1024 * 1024, "{taken} bytes went out for a cap of 8 MiB and the system's buffers");
}

#[tokio::test]
async fn a_node_cannot_send_us_elsewhere() {
    let node = Node::start(|_| Reply::Http(302, String::new())).await;
    let error = node.chain().look(Address::ZERO).await.expect_err("no answer");
    assert_eq!(error, ChainError::Http(302));
    assert_eq!(node.requests.load(Ordering::SeqCst), 1, "one request, and none to the other address");
}

#[tokio::test]
async fn another_chain_is_an_error_to_every_question() {
    let node = but(|method, _| (method == "eth_chainId").then(|| Ok(json!("0x2105")))).await;
    let (chain, zero) = (node.chain(), Address::ZERO);
    let wrong = ChainError::WrongChain { expected: 31337, found: 8453 };
    assert_eq!(chain.look(zero).await.expect_err("look"), wrong);
    assert_eq!(chain.fate(types::B256::ZERO).await.expect_err("fate"), wrong);
    assert_eq!(chain.l1_fee(180, 50_000).await.expect_err("fee"), wrong);
    assert_eq!(chain.bond_events(zero, 0, 9).await.expect_err("events"), wrong);
    let payout = chain.payout(types::B256::ZERO, zero, types::Aipg::ZERO).await;
    assert_eq!(payout.expect_err("payout"), wrong);
}

#[tokio::test]
async fn nobody_there_is_unreachable() {
    let node = Node::start(|_| Reply::Http(200, String::new())).await;
    let port = node.url().to_owned();
    let chain = node.chain();
    // The listener goes with its task.
    drop(node);
    tokio::task::yield_now().await;
    let error = chain.look(Address::ZERO).await.expect_err("nobody");
    assert!(error.is_transient(), "{error:?}");
    assert!(
        !error.to_string().contains(&port),
        "an address may carry a key and stays out of errors: {error}"
    );
}
