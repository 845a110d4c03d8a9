//! Killed between any two steps of a bond, and started again: one registration, nothing lost, nothing left allowed.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use practice::rigs::{Conduct, RpcProxy};
use rand::Rng as _;
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};
use types::RegistryVersion;

use crate::money::{Ground, bonding, finished, wallet};

const SEND: &str = "eth_sendRawTransaction";
const ESTIMATE: &str = "eth_estimateGas";

/// The first is the approval; with the registration the approval is sent once more, before it.
const REGISTRATION: usize = 3;

/// Kills the process when the n-th request of a method has come to this end, then starts it again.
async fn killed_at(method: &'static str, n: usize, conduct: Conduct) {
    let reaches_the_chain = matches!(conduct, Conduct::LoseReply);
    let ground = Ground::new(RegistryVersion::V1).await;
    let proxy = RpcProxy::start(ground.chain.rpc()).await.expect("a proxy");
    proxy.nth(method, n, conduct);
    let home = ground.home("home");
    let mut child = bonding(proxy.url(), &home).spawn().expect("starts");
    let there = async {
        proxy.arrived(method, n).await;
        if reaches_the_chain {
            proxy.answered(method, n).await;
        }
    };
    timeout(Duration::from_secs(60), there).await.expect("it came so far");
    if n == REGISTRATION {
        // Not the approval sent once more: that one is in a block by now.
        let far = how_far(&ground, &home).await;
        assert!(far.starts_with("with 0x1") || far.starts_with("with 0x2"), "the approval is mined: {far}");
    }
    child.kill().expect("SIGKILL");
    child.wait().expect("it is gone");

    let report = finished(bonding(ground.chain.rpc(), &home).spawn().expect("starts again")).await;
    ground.is_bonded_once(wallet(&report)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_between_approval_and_registration() {
    killed_at(ESTIMATE, 2, Conduct::Hold).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_with_the_approval_signed_and_not_sent() {
    killed_at(SEND, 1, Conduct::Hold).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_with_the_registration_signed_and_not_sent() {
    killed_at(SEND, REGISTRATION, Conduct::Hold).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_with_the_approval_sent_and_no_answer() {
    killed_at(SEND, 1, Conduct::LoseReply).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_with_the_registration_sent_and_no_answer() {
    killed_at(SEND, REGISTRATION, Conduct::LoseReply).await;
}

/// Kills after a random time within what a whole bond takes on this machine, so that the kills fall on every part of it.
async fn killed_at_random(seeds: std::ops::Range<u64>) -> BTreeSet<String> {
    let ground = Ground::new(RegistryVersion::V1).await;
    let begun = Instant::now();
    finished(bonding(ground.chain.rpc(), &ground.home("whole")).spawn().expect("starts")).await;
    let whole = begun.elapsed();
    let mut hit = BTreeSet::new();
    for seed in seeds {
        let home = ground.home(&seed.to_string());
        let mut chance = ChaCha8Rng::seed_from_u64(seed);
        let mut child = bonding(ground.chain.rpc(), &home).spawn().expect("starts");
        // Not to wait for anything: the moment of the kill is what is tried.
        sleep(whole.mul_f64(chance.random_range(0.05..1.0))).await;
        child.kill().expect("SIGKILL, or it was done already");
        child.wait().expect("it is gone");
        hit.insert(how_far(&ground, &home).await);
        let report = finished(bonding(ground.chain.rpc(), &home).spawn().expect("starts again")).await;
        ground.is_bonded_once(wallet(&report)).await;
    }
    assert!(
        hit.iter().any(|part| part != "with 0x2 transactions mined"),
        "some fell before the end: {hit:?}"
    );
    hit
}

/// How far a killed process had come, as others see it.
async fn how_far(ground: &Ground, home: &Path) -> String {
    let Ok(file) = std::fs::read(home.join("keys/wallet.json")) else { return "without a wallet".to_owned() };
    let file: Value = serde_json::from_slice(&file).expect("a key file");
    let address = format!("0x{}", file["address"].as_str().expect("an address"));
    let sent = ground.call("eth_getTransactionCount", json!([address, "latest"])).await;
    format!("with {} transactions mined", sent.as_str().expect("a count"))
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_random_moments_1_to_10() {
    println!("killed {:?}", killed_at_random(1..11).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_random_moments_11_to_20() {
    println!("killed {:?}", killed_at_random(11..21).await);
}
