//! A chain from its start to its end, however that comes.

use std::time::{Duration, Instant};

use alloy_primitives::{Address, Bytes, address};
use practice::chain::{ChainError, PracticeChain, Rpc, RpcError};
use serde_json::{Value, json};
use types::{Aipg, Intent, RegistryVersion, Wei};

use crate::ground::{PATIENCE, in_time, options};

/// An account whose transactions the node signs, as if it were a worker's.
const WORKER: Address = address!("0x70997970C51812dc3A010C7d01b50e0d17dc79C8");
const STRANGER: Address = address!("0x1111111111111111111111111111111111111111");
/// More than any of the contracts needs.
const GAS: &str = "0x7a120";

async fn started(registry: RegistryVersion) -> PracticeChain {
    let chain = in_time(PracticeChain::start(&options(registry))).await.expect("starts");
    chain.fund(WORKER, Aipg::whole(5000), Wei::ZERO).await.expect("funded");
    chain
}

/// Does what a wallet would, with the node's key.
async fn act(chain: &PracticeChain, intent: Intent) -> Result<(), RpcError> {
    let rpc = Rpc::new(chain.rpc(), PATIENCE).expect("a client");
    let call = intent.call(&chain.network());
    let mut transaction =
        json!({ "from": WORKER, "to": call.to, "value": call.value.base(), "data": call.data });
    rpc.call("eth_estimateGas", json!([transaction])).await?;
    // Not the estimate: writing the time costs more in the next second than writing the same time again in this one.
    transaction["gas"] = json!(GAS);
    let hash = rpc.call("eth_sendTransaction", json!([transaction])).await?;
    let receipt = in_time(async {
        loop {
            match rpc.call("eth_getTransactionReceipt", json!([hash])).await {
                Ok(Value::Null) => breathe().await,
                other => return other,
            }
        }
    });
    let receipt = receipt.await?;
    assert_eq!(receipt["status"], "0x1", "an estimate went through, so the transaction does: {receipt}");
    Ok(())
}

async fn bonded(registry: RegistryVersion) -> PracticeChain {
    let chain = started(registry).await;
    let amount = Aipg::whole(1000);
    act(&chain, Intent::Approve { amount }).await.expect("approved");
    act(&chain, Intent::Register { amount }).await.expect("registered");
    assert_eq!(chain.bond_of(WORKER).await.expect("read"), amount);
    chain
}

fn reason(refused: Result<(), RpcError>) -> String {
    match refused {
        Err(RpcError::Refused { data: Some(data), .. }) => {
            String::from_utf8_lossy(data.get(68..).unwrap_or_default()).trim_end_matches('\0').to_owned()
        }
        other => panic!("a revert was expected: {other:?}"),
    }
}

#[tokio::test]
async fn a_chain_is_ready_with_money_and_contracts() {
    let chain = in_time(PracticeChain::start(&options(RegistryVersion::V1))).await.expect("starts");
    chain.fund(STRANGER, Aipg::whole(7), Wei::whole(2)).await.expect("funded");
    chain.pay(STRANGER, Aipg::parse("0.5").expect("an amount")).await.expect("paid");
    assert_eq!(chain.aipg_of(STRANGER).await.expect("read"), Aipg::parse("7.5").expect("an amount"));
    assert_eq!(chain.eth_of(STRANGER).await.expect("read"), Wei::whole(2));
    assert_eq!(chain.registry().await.expect("read"), RegistryVersion::V1);
    assert_eq!(chain.network().chain_id(), 31337);
    chain.shutdown().await;
}

#[tokio::test]
async fn a_second_process_finds_the_same_contracts() {
    let chain = started(RegistryVersion::V2).await;
    let attached = PracticeChain::attach(chain.rpc(), PATIENCE).await.expect("attaches");
    assert_eq!(attached.network(), chain.network());
    assert_eq!(attached.registry().await.expect("read"), RegistryVersion::V2);
    attached.pay(STRANGER, Aipg::whole(1)).await.expect("paid");
    attached.shutdown().await;
    assert_eq!(chain.aipg_of(STRANGER).await.expect("it still runs"), Aipg::whole(1));
}

#[tokio::test]
async fn a_bare_chain_is_not_ours() {
    let bare = in_time(practice::chain::Anvil::start(&options(RegistryVersion::V1))).await.expect("starts");
    let refused = PracticeChain::attach(bare.rpc(), PATIENCE).await.expect_err("it has no contracts");
    assert!(matches!(refused, ChainError::NotOurs(_)), "{refused}");
}

#[tokio::test]
async fn payments_at_the_same_time_all_arrive() {
    let chain = started(RegistryVersion::V1).await;
    let pay = || chain.pay(STRANGER, Aipg::whole(1));
    let paid = tokio::join!(pay(), pay(), pay(), pay(), pay(), pay(), pay(), pay());
    let hashes = [paid.0, paid.1, paid.2, paid.3, paid.4, paid.5, paid.6, paid.7];
    let mut hashes: Vec<_> = hashes.into_iter().map(|hash| hash.expect("paid")).collect();
    hashes.sort();
    hashes.dedup();
    assert_eq!(hashes.len(), 8, "each has a transaction of its own");
    assert_eq!(chain.aipg_of(STRANGER).await.expect("read"), Aipg::whole(8));
}

#[tokio::test]
async fn a_bond_survives_the_switch_of_registries_and_waits_out_the_cooldown() {
    let chain = bonded(RegistryVersion::V1).await;
    chain.switch_registry(RegistryVersion::V2).await.expect("switched");
    assert_eq!(chain.bond_of(WORKER).await.expect("read"), Aipg::whole(1000));
    act(&chain, Intent::Unbond).await.expect("the cooldown starts");
    assert_eq!(reason(act(&chain, Intent::WithdrawBond).await), "WorkerRegistry: cooldown active");
    chain.advance(Duration::from_secs(7 * 86_400)).await.expect("a week later");
    act(&chain, Intent::WithdrawBond).await.expect("withdrawn");
    assert_eq!(chain.aipg_of(WORKER).await.expect("read"), Aipg::whole(5000));

    chain.switch_registry(RegistryVersion::V1).await.expect("switched back");
    assert_eq!(chain.registry().await.expect("read"), RegistryVersion::V1);
    assert_eq!(reason(act(&chain, Intent::WithdrawBond).await), "Grid: function not found");
}

#[tokio::test]
async fn the_first_registry_pays_back_at_once() {
    let chain = bonded(RegistryVersion::V1).await;
    act(&chain, Intent::Unbond).await.expect("unbonded");
    assert_eq!(chain.bond_of(WORKER).await.expect("read"), Aipg::ZERO);
    assert_eq!(chain.aipg_of(WORKER).await.expect("read"), Aipg::whole(5000));
}

#[tokio::test]
async fn what_the_owner_does_is_felt_by_the_worker() {
    let chain = bonded(RegistryVersion::V2).await;
    chain.pause_grid(true).await.expect("paused");
    assert_eq!(reason(act(&chain, Intent::Unbond).await), "WorkerRegistry: paused");
    chain.pause_grid(false).await.expect("open");

    chain.pause_token(true).await.expect("paused");
    let sent = act(&chain, Intent::SendAipg { to: STRANGER, amount: Aipg::whole(1) }).await;
    assert_eq!(reason(sent), "ERC20Pausable: token transfer while paused");
    chain.pause_token(false).await.expect("open");

    chain.slash(WORKER, Aipg::whole(1), "a test").await.expect("slashed");
    assert_eq!(
        chain.bond_of(WORKER).await.expect("read"),
        Aipg::ZERO,
        "less than the minimum is left, so nothing"
    );
    chain.set_min_bond(Aipg::whole(9)).await.expect("set");
    act(&chain, Intent::Approve { amount: Aipg::whole(9) }).await.expect("approved");
    act(&chain, Intent::Register { amount: Aipg::whole(9) }).await.expect("nine are enough now");
}

#[tokio::test]
async fn a_flagged_worker_of_the_first_registry_can_deposit_and_never_leave() {
    let chain = started(RegistryVersion::V1).await;
    chain.flag_as_slashed(WORKER).await.expect("flagged");
    chain.set_min_bond(Aipg::whole(5)).await.expect("set, by an upgrade");
    act(&chain, Intent::Approve { amount: Aipg::whole(5) }).await.expect("approved");
    act(&chain, Intent::Register { amount: Aipg::whole(5) }).await.expect("registered");
    assert_eq!(chain.allowance_of(WORKER).await.expect("read"), Aipg::ZERO, "used up exactly");
    assert_eq!(reason(act(&chain, Intent::Unbond).await), "WorkerRegistry: slashed");
}

#[tokio::test]
async fn blocks_come_by_themselves_and_time_can_be_moved() {
    let chain = started(RegistryVersion::V1).await;
    let before = chain.now().await.expect("read");
    assert!(before.seconds() >= 1_790_000_000, "the chain's time is the caller's");
    chain.advance(Duration::from_secs(3600)).await.expect("moved");
    assert!(chain.now().await.expect("read").since(before) >= Duration::from_secs(3600));
    let rpc = Rpc::new(chain.rpc(), PATIENCE).expect("a client");
    let height = async || rpc.call("eth_blockNumber", json!([])).await.expect("a number");
    let then = height().await;
    in_time(async {
        while height().await == then {
            breathe().await;
        }
    })
    .await;
    chain.mine(3).await.expect("mined");
}

#[tokio::test]
async fn many_blocks_and_a_reorganisation_leave_no_files_behind() {
    let anvil = in_time(practice::chain::Anvil::start(&options(RegistryVersion::V1))).await.expect("starts");
    let folder = anvil.folder().to_owned();
    let rpc = Rpc::new(anvil.rpc(), PATIENCE).expect("a client");
    rpc.call("anvil_mine", json!(["0x7d0"])).await.expect("mined");
    rpc.call("anvil_reorg", json!([1, []])).await.expect("reorganised");
    anvil.shutdown(PATIENCE).await;
    assert!(!folder.exists(), "what it wrote is gone with it");

    let chain = started(RegistryVersion::V1).await;
    chain.mine(2000).await.expect("mined");
    let rpc = Rpc::new(chain.rpc(), PATIENCE).expect("a client");
    let old = rpc.call("eth_getBalance", json!([WORKER, "0x1"])).await;
    // An old state that is still known was written to disk, for this chain keeps few in memory.
    assert!(old.is_err(), "block 1 can still be asked after 2,000 more: {old:?}");
    chain.pay(STRANGER, Aipg::whole(1)).await.expect("the newest is known");
}

#[tokio::test]
async fn the_fee_oracle_stands_where_base_has_it() {
    let chain = started(RegistryVersion::V1).await;
    let rpc = Rpc::new(chain.rpc(), PATIENCE).expect("a client");
    let ask = async |data: &str| -> Bytes {
        let to = "0x420000000000000000000000000000000000000F";
        let answer =
            rpc.call("eth_call", json!([{ "to": to, "data": data }, "latest"])).await.expect("answers");
        answer.as_str().and_then(|text| text.parse().ok()).expect("bytes")
    };
    let word = "00000000000000000000000000000000000000000000000000000000000000b4";
    let bound = ask(&format!("0xf1c7a58b{word}")).await;
    assert!(bound.len() == 32 && bound.iter().any(|byte| *byte != 0), "a fee for 180 bytes: {bound}");
    assert_eq!(ask(&format!("0x275aedd2{word}")).await.len(), 32, "the operator's fee");
}

#[tokio::test]
async fn a_missing_program_is_named_and_a_wrong_one_is_not_waited_for() {
    let mut absent = options(RegistryVersion::V1);
    absent.anvil = "/nowhere/anvil".into();
    let error = PracticeChain::start(&absent).await.expect_err("it is not there");
    assert!(matches!(&error, ChainError::AnvilMissing(path) if path.ends_with("anvil")), "{error}");

    #[cfg(unix)]
    {
        let begun = Instant::now();
        let folder = tempfile::tempdir().expect("a folder");
        absent.anvil = folder.path().join("anvil");
        std::fs::write(&absent.anvil, "#!/bin/sh\nexit 1\n").expect("written");
        let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(&absent.anvil, executable).expect("executable");
        let error = PracticeChain::start(&absent).await.expect_err("it ends at once");
        assert!(matches!(error, ChainError::DidNotStart(_)), "{error}");
        assert!(begun.elapsed() < PATIENCE / 2, "its end was noticed, not its silence");
    }
}

/// Lets others work before something is asked again.
async fn breathe() {
    tokio::time::sleep(Duration::from_millis(10)).await;
}

async fn closed(rpc: &str) {
    while is_open(rpc).await {
        breathe().await;
    }
}

async fn is_open(rpc: &str) -> bool {
    tokio::net::TcpStream::connect(rpc.trim_start_matches("http://")).await.is_ok()
}

#[tokio::test]
async fn a_dropped_chain_is_gone_and_so_is_one_that_was_shut_down() {
    for drop_it in [true, false] {
        let chain = in_time(PracticeChain::start(&options(RegistryVersion::V1))).await.expect("starts");
        let rpc = chain.rpc().to_owned();
        assert!(is_open(&rpc).await);
        if drop_it {
            drop(chain);
            in_time(closed(&rpc)).await;
        } else {
            chain.shutdown().await;
            assert!(!is_open(&rpc).await, "a shut-down chain is gone before the call returns");
        }
    }
}

/// The other half of the next test: this test's own executable, started again as the app that will be killed.
#[cfg(unix)]
#[tokio::test]
async fn holds_a_chain_until_it_is_killed() {
    use std::io::Write as _;
    if std::env::var_os("PRACTICE_CHAIN_VICTIM").is_none() {
        return;
    }
    let chain = PracticeChain::start(&options(RegistryVersion::V1)).await.expect("starts");
    // Past the test harness, which keeps what a test prints.
    writeln!(std::io::stderr(), "chain at {}", chain.rpc()).expect("told");
    // Long enough to be killed, and not for ever if nobody does.
    tokio::time::sleep(PATIENCE).await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_killed_app_takes_its_chain_along_within_two_seconds() {
    use tokio::io::{AsyncBufReadExt as _, BufReader};
    let mut victim = tokio::process::Command::new(std::env::current_exe().expect("a path"))
        .args(["--exact", "life::holds_a_chain_until_it_is_killed", "--nocapture"])
        .env("PRACTICE_CHAIN_VICTIM", "1")
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("starts");
    let mut told = BufReader::new(victim.stderr.take().expect("piped")).lines();
    let rpc = in_time(async {
        loop {
            let line = told.next_line().await.expect("readable").expect("it tells where the chain is");
            if let Some(rpc) = line.strip_prefix("chain at ") {
                return rpc.to_owned();
            }
        }
    })
    .await;
    assert!(is_open(&rpc).await, "the chain runs while its app does");
    victim.kill().await.expect("killed with SIGKILL");
    // Two seconds, and some more for a machine that is busy with other tests.
    let gone = tokio::time::timeout(Duration::from_secs(2 + 8), closed(&rpc)).await;
    gone.expect("the chain outlived its killed app");
}
