//! A bond's history from a real node's logs, and from nodes that limit or lie.

use std::sync::{Arc, Mutex};

use chain::{BondFact, ChainError, Outcome, outcome_of};
use serde_json::{Value, json};
use types::{Address, Aipg, Intent, RegistryVersion, U256};

use crate::anvil::{Anvil, GRID};
use crate::node::{but, word};

const REGISTERED: &str = "01ea692c39039be9e827effb07ddfe330c480589b7743fe5e64fbf2b2f043218";

#[tokio::test]
async fn a_real_nodes_logs_become_a_history_of_this_owner_alone() {
    let anvil = Anvil::start().await;
    let (chain, owner, other) = (anvil.chain(), anvil.wallet(0x11).await, anvil.wallet(0x22).await);
    // Logs WorkerRegistered(caller, first argument).
    anvil.set_code(GRID, &format!("0x600435600052337f{REGISTERED}60206000a200")).await;
    for (wallet, nonce, bond) in [(&owner, 0, 5), (&other, 0, 6), (&owner, 1, 7)] {
        let amount = Aipg::from_base(U256::from(bond));
        let signed = wallet.sign(Intent::Register { amount }, nonce);
        chain.broadcast(&signed.raw).await.expect("taken");
        anvil.mine(1).await;
        let chain::Fate::Mined(mined) = chain.fate(signed.hash).await.expect("a fate") else {
            panic!("not mined")
        };
        let intent = Intent::Register { amount };
        let outcome = outcome_of(&intent, &mined, chain.network(), wallet.address(), RegistryVersion::V1);
        assert_eq!(outcome, Outcome::OtherThanPlanned(None), "the registry says so and no coins moved");
    }
    let newest = chain.latest().await.expect("a block").number;
    let events = chain.bond_events(owner.address(), 0, newest).await.expect("a history");
    let facts: Vec<&BondFact> = events.iter().map(|event| &event.fact).collect();
    let bond = |units: u64| BondFact::Registered { amount: Aipg::from_base(U256::from(units)) };
    assert_eq!(facts, [&bond(5), &bond(7)]);
    let since =
        chain.bond_events(owner.address(), events[0].block_number + 1, newest).await.expect("a history");
    assert_eq!(since, events[1..]);
    assert!(chain.bond_events(owner.address(), 9, 8).await.expect("nothing").is_empty());
    anvil.rpc("anvil_reorg", json!([1, []])).await;
    let left = chain.bond_events(owner.address(), 0, newest).await.expect("a history");
    assert_eq!(left, events[..1], "what was reorganised away is no history");
}

fn block_of(filter: &Value, end: &str) -> u64 {
    let text = filter[0][end].as_str().expect("a block").trim_start_matches("0x");
    u64::from_str_radix(text, 16).expect("hex")
}

fn log(block: u64, index: u64, owner: Address, removed: bool) -> Value {
    json!({
        "address": GRID, "topics": [format!("0x{REGISTERED}"), owner.into_word()], "data": word(block),
        "blockNumber": format!("{block:#x}"), "blockHash": word(block), "logIndex": format!("{index:#x}"),
        "transactionHash": word(index), "removed": removed,
    })
}

const OWNER: Address = Address::repeat_byte(0x77);

#[tokio::test]
async fn a_node_with_a_short_reach_is_asked_for_less_and_nothing_is_missed() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = asked.clone();
    let node = but(move |method, params| {
        (method == "eth_getLogs").then(|| {
            let (from, to) = (block_of(params, "fromBlock"), block_of(params, "toBlock"));
            if to - from >= 300 {
                return Err((-32602, "block range is too large".to_owned()));
            }
            seen.lock().expect("the list").push((from, to));
            let inside =
                [0, 299, 300, 1234, 1999, 2000].into_iter().filter(|block| (from..=to).contains(block));
            Ok(inside.map(|block| log(block, 0, OWNER, block == 300)).collect())
        })
    })
    .await;
    let events = node.chain().bond_events(OWNER, 0, 2000).await.expect("a history");
    let blocks: Vec<u64> = events.iter().map(|event| event.block_number).collect();
    assert_eq!(blocks, [0, 299, 1234, 1999, 2000], "all but the one that was taken back");
    let asked = asked.lock().expect("the list");
    assert!(asked.windows(2).all(|pair| pair[1].0 == pair[0].1 + 1), "no gap and no overlap: {asked:?}");
}

#[tokio::test]
async fn a_log_told_twice_counts_once_and_a_foreign_one_spoils_the_answer() {
    let telling = |logs: Vec<Value>| but(move |method, _| (method == "eth_getLogs").then(|| Ok(json!(logs))));
    let twice =
        telling(vec![log(4, 1, OWNER, false), log(4, 0, OWNER, false), log(4, 1, OWNER, false)]).await;
    let events = twice.chain().bond_events(OWNER, 0, 10).await.expect("a history");
    assert_eq!(events.iter().map(|event| event.log_index).collect::<Vec<_>>(), [0, 1]);
    let mut elsewhere = log(4, 0, OWNER, false);
    elsewhere["address"] = json!(OWNER);
    for foreign in [elsewhere, log(4, 0, GRID, false)] {
        let error = telling(vec![foreign]).await.chain().bond_events(OWNER, 0, 10).await.expect_err("a lie");
        assert!(matches!(error, ChainError::Garbled(_)), "{error:?}");
    }
}

#[tokio::test]
async fn a_node_that_never_answers_logs_is_given_up() {
    let node = but(|method, _| (method == "eth_getLogs").then(|| Err((-32602, "no".to_owned())))).await;
    let error = node.chain().bond_events(OWNER, 0, 5000).await.expect_err("no logs");
    assert_eq!(error, ChainError::Refused { code: -32602, text: "no".to_owned() });
}
