//! A bond that was interrupted, as its owner finds it again.

use std::path::PathBuf;
use std::time::Duration;

use practice::chain::{ChainOptions, PracticeChain, Rpc};
use serde_json::{Value, json};
use types::{RegistryVersion, SystemClock};

use crate::bond::{BOND, CHAIN, HELD, SERVING, agree, open_full_wallet};
use crate::desktop::Start;

const SOON: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_bond_that_a_crash_interrupted_is_shown_and_gone_on_with() {
    let options = ChainOptions::new(anvil(), RegistryVersion::V1, &SystemClock);
    let chain = PracticeChain::start(&options).await.expect("the chain starts");
    let rpc = Rpc::new(chain.rpc(), SOON).expect("a client");
    let start = Start::new().await.with_a_kept_wallet().with(&["--chain", chain.rpc()]);
    let (app, page) = start.driven().await;
    open_full_wallet(&page).await;
    let address = page.find_out("return document.querySelector('.address').textContent.trim()").await;

    blocks(&rpc, false).await;
    page.press(BOND).await;
    agree(&app, BOND).await;
    page.wait_for_words("Sent", CHAIN).await;
    app.kill();

    let (app, page) = app.once_more().await;
    page.wait_for_words("Waiting for jobs", SERVING).await;
    page.visit("Wallet").await;
    page.wait_for_words("Interrupted", SOON).await;
    page.keep_screenshot("wallet-interrupted").await;
    assert_eq!(sent(&rpc, &address, "pending").await, "0x1", "the approval waits, and nothing else");

    blocks(&rpc, true).await;
    page.press("Go on").await;
    // A yes that was written down is not one that was said.
    agree(&app, BOND).await;
    page.wait_for_words(HELD, CHAIN).await;
    assert_eq!(sent(&rpc, &address, "latest").await, "0x2", "one approval and one registration");
    chain.shutdown().await;
}

/// Whether blocks come. What is sent while none come waits.
async fn blocks(rpc: &Rpc, come: bool) {
    rpc.call("evm_setAutomine", json!([come])).await.expect("the chain obeys");
    rpc.call("evm_setIntervalMining", json!([u8::from(come)])).await.expect("the chain obeys");
}

async fn sent(rpc: &Rpc, wallet: &Value, at: &str) -> Value {
    rpc.call("eth_getTransactionCount", json!([wallet, at])).await.expect("the chain answers")
}

/// The program that runs the chain: named by `ANVIL`, else where the chores put it.
fn anvil() -> PathBuf {
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_grid-node"));
    app::paths::anvil(program, |name| std::env::var_os(name)).expect("anvil is there: run cargo xtask setup")
}
