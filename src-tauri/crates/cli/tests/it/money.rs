//! The whole journey through the real executable, and what the chain says of it afterwards.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use chain::{BondFact, Chain, Patience, RpcEndpoint};
use practice::chain::{ChainOptions, PracticeChain, Rpc};
use serde_json::{Value, json};
use types::{Address, Aipg, Bytes, Intent, RegistryVersion, SystemClock};

use crate::{cli, json};

/// The program that runs the chain: named by `ANVIL`, else where the chores put it.
pub(crate) fn anvil() -> PathBuf {
    let own = || {
        let name = format!("anvil{}", std::env::consts::EXE_SUFFIX);
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../target/anvil").join(name)
    };
    let path = std::env::var_os("ANVIL").map_or_else(own, PathBuf::from);
    assert!(path.is_file(), "no anvil at {}: `cargo xtask setup` installs it", path.display());
    path
}

pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// The documented bond, which the doubles start with.
pub(crate) fn bond() -> Aipg {
    Aipg::whole(1000)
}

/// A chain that outlives whatever is killed.
pub(crate) struct Ground {
    pub(crate) chain: PracticeChain,
    folder: tempfile::TempDir,
}

impl Ground {
    pub(crate) async fn new(registry: RegistryVersion) -> Self {
        let chain =
            PracticeChain::start(&ChainOptions::new(anvil(), registry, &SystemClock)).await.expect("starts");
        Self { chain, folder: tempfile::tempdir().expect("a folder") }
    }

    pub(crate) fn home(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What registered this wallet, and how often.
    async fn registrations(&self, wallet: Address) -> usize {
        let reader = self.reader();
        let newest = reader.latest().await.expect("answers").number;
        let events = reader.bond_events(wallet, 0, newest).await.expect("reads the logs");
        events.iter().filter(|event| matches!(event.fact, BondFact::Registered { .. })).count()
    }

    fn reader(&self) -> Chain {
        let endpoint = RpcEndpoint::practice(self.chain.rpc()).expect("loopback");
        Chain::new(&endpoint, self.chain.network(), Patience::default()).expect("a client")
    }

    pub(crate) async fn call(&self, method: &str, params: Value) -> Value {
        let rpc = Rpc::new(self.chain.rpc(), Duration::from_secs(10)).expect("a client");
        rpc.call(method, params).await.expect("answers")
    }

    /// The wallet has exactly one registration, by exactly two transactions, and the Grid may take nothing more.
    pub(crate) async fn is_bonded_once(&self, wallet: Address) {
        assert_eq!(self.registrations(wallet).await, 1, "one registration");
        assert_eq!(self.chain.bond_of(wallet).await.expect("reads"), bond());
        assert_eq!(
            self.chain.allowance_of(wallet).await.expect("reads"),
            Aipg::ZERO,
            "the allowance is used up"
        );
        let sent = self.call("eth_getTransactionCount", json!([wallet, "latest"])).await;
        assert_eq!(sent, "0x2", "an approval and a registration, and nothing else");
        assert_eq!(
            self.chain.aipg_of(wallet).await.expect("reads"),
            Aipg::whole(50),
            "the rest of what was given"
        );
    }

    /// The bytes a transaction carried.
    async fn input(&self, transaction: &Value) -> Bytes {
        let found = self.call("eth_getTransactionByHash", json!([transaction])).await;
        found["input"].as_str().expect("its input").parse().expect("bytes")
    }
}

/// Puts up the bond, or goes on with it, through this address of the chain.
pub(crate) fn bonding(rpc: &str, home: &Path) -> Command {
    let mut command = cli();
    command.args(["practice", "--once", "--bond-only", "--json", "--chain", rpc, "--home"]).arg(home);
    command.env("GRID_NODE_PASSWORD", PASSWORD).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Waits for the end and gives the report.
pub(crate) async fn finished(child: Child) -> Value {
    let ended = tokio::task::spawn_blocking(move || child.wait_with_output());
    let output = ended.await.expect("no panic").expect("ends");
    let report = json(&output);
    assert!(output.status.success(), "{report:#}\n{}", String::from_utf8_lossy(&output.stderr));
    report
}

pub(crate) fn wallet(report: &Value) -> Address {
    report["wallet"].as_str().expect("a wallet").parse().expect("an address")
}

async fn the_whole_journey(registry: RegistryVersion) -> Value {
    let ground = Ground::new(registry).await;
    let mut command = cli();
    command.args(["practice", "--once", "--json", "--chain", ground.chain.rpc(), "--seconds", "150"]);
    let report =
        finished(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts")).await;
    let wallet = wallet(&report);

    let approval = Intent::Approve { amount: bond() }.call(&ground.chain.network());
    assert_eq!(
        ground.input(&report["bond"]["approve_tx"]).await,
        approval.data,
        "exactly the bond, to the Grid only"
    );
    let registration = Intent::Register { amount: bond() }.call(&ground.chain.network());
    assert_eq!(ground.input(&report["bond"]["register_tx"]).await, registration.data);
    assert_eq!(ground.registrations(wallet).await, 1);
    assert_eq!(ground.chain.allowance_of(wallet).await.expect("reads"), Aipg::ZERO);
    assert_eq!(ground.chain.bond_of(wallet).await.expect("reads"), Aipg::ZERO);
    assert_eq!(ground.chain.aipg_of(wallet).await.expect("reads"), Aipg::ZERO, "all of it was sent out");
    assert_eq!(report["balances"]["aipg"], "0");
    assert_eq!(report["balances"]["allowance"], "0");
    assert_eq!(report["all_final"], true);
    assert_eq!(report["payout"]["amount"], "208.33", "one account gets the whole hour");
    assert_eq!(report["payout"]["verified"], true);
    assert_eq!(report["ledger"]["aipg_paid"], "208.33");
    assert!(
        report["sent_out"]["aipg_tx"].is_string() && report["sent_out"]["eth_tx"].is_string(),
        "{report:#}"
    );
    report
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_journey_on_the_first_registry() {
    let report = the_whole_journey(RegistryVersion::V1).await;
    assert_eq!(report["bond"]["version"], "v1");
    assert!(report["bond"]["unbond_tx"].is_string());
    assert!(report["bond"]["withdraw_tx"].is_null(), "the bond came back with the unbonding: {report:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_journey_on_the_second_registry() {
    let report = the_whole_journey(RegistryVersion::V2).await;
    assert_eq!(report["bond"]["version"], "v2");
    let (unbond, withdraw) = (&report["bond"]["unbond_tx"], &report["bond"]["withdraw_tx"]);
    assert!(unbond.is_string() && withdraw.is_string() && unbond != withdraw, "{report:#}");
}

#[test]
fn without_a_chain_the_jobs_run_and_the_missing_half_is_said() {
    let output =
        cli().args(["practice", "--once", "--json"]).env("ANVIL", "/nowhere/anvil").output().expect("runs");
    let report = json(&output);
    assert_eq!(output.status.code(), Some(1), "half a journey is not all well");
    assert!(report["problems"][0].as_str().expect("words").contains("anvil"), "{report:#}");
    assert_eq!(report["jobs"].as_array().map(Vec::len), Some(6), "the jobs are served all the same");
    assert!(report["bond"].is_null() && report["payout"].is_null(), "{report:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_wallet_is_not_opened_without_its_password_and_not_replaced() {
    let ground = Ground::new(RegistryVersion::V1).await;
    let home = ground.home("kept");
    let first = finished(bonding(ground.chain.rpc(), &home).spawn().expect("starts")).await;
    let file = std::fs::read(home.join("keys/wallet.json")).expect("the key file");
    for password in [None, Some("another password")] {
        let mut command = cli();
        command
            .args([
                "practice",
                "--once",
                "--json",
                "--seconds",
                "150",
                "--chain",
                ground.chain.rpc(),
                "--home",
            ])
            .arg(&home);
        command.envs(password.map(|password| ("GRID_NODE_PASSWORD", password)));
        let output = command.output().expect("runs");
        let report = json(&output);
        assert!(!output.status.success(), "{report:#}");
        let problem = report["problems"][0].as_str().expect("words");
        assert!(problem.contains("password"), "{problem}");
        assert_eq!(std::fs::read(home.join("keys/wallet.json")).expect("still there"), file);
    }
    let again = finished(bonding(ground.chain.rpc(), &home).spawn().expect("starts")).await;
    assert_eq!(wallet(&again), wallet(&first), "the same wallet");
    ground.is_bonded_once(wallet(&first)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_home_without_a_password_gets_a_wallet_for_each_run_and_keeps_none() {
    let ground = Ground::new(RegistryVersion::V1).await;
    let home = ground.home("no password");
    let run = || bonding(ground.chain.rpc(), &home).env_remove("GRID_NODE_PASSWORD").spawn().expect("starts");
    let (first, second) = (finished(run()).await, finished(run()).await);
    assert_ne!(wallet(&first), wallet(&second));
    assert!(!home.join("keys/wallet.json").exists(), "nobody could open it again");
}
