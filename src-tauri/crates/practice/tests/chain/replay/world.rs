//! A chain with our contracts at the recording's addresses.

use std::collections::BTreeSet;
use std::time::Duration;

use alloy::sol_types::{SolCall, SolValue as _};
use alloy_primitives::{Address, Bytes, FixedBytes, U256, hex};
use practice::chain::{Anvil, Rpc, RpcError};
use practice::rigs::bytecode;
use serde_json::{Value, json};
use types::RegistryVersion;

use super::file::{File, text};
use crate::ground::{PATIENCE, in_time, options};

pub(super) const CONTRACTS: &[&str] = &[
    "Token",
    "Grid",
    "StakingVault",
    "RegistryV1",
    "RegistryV2",
    "RewardPool",
    "DenReporter",
    "PaymentRouterV1",
    "PaymentRouterMain",
    "PaymentRouterV2",
    "ModelVault",
    "Rig",
];

alloy::sol! {
    struct ModuleCut {
        address module;
        uint8 action;
        bytes4[] selectors;
    }

    function updateModules(ModuleCut[] cut, address init, bytes data);
    function setUp(address token, uint256 minBond);
    function grantRole(bytes32 role, address account);
    function mint(address to, uint256 amount);
}

/// What each module serves, besides the registry.
const POOL: [&str; 9] = [
    "8bdf67f2", "740995a7", "1c5633d7", "988e6595", "6b936a4c", "fe9e071f", "96365d44", "ff50abdc",
    "1357e1dc",
];
const REPORTER: [&str; 3] = ["e0abca03", "4e7f9b19", "89b80361"];
const ROUTER: [&str; 4] = ["172bd6de", "0d1fd3f4", "d2ef0795", "a6fe1660"];
const MODELS: [&str; 7] =
    ["4989dbb0", "6d361694", "43626c7b", "02855ced", "d7c792b7", "002828c0", "07844684"];
pub(super) const BOTH: [&str; 6] = ["86796f13", "5df6a6bc", "c011b1c3", "c5689dbf", "5c50c356", "5990dc2b"];
pub(super) const SECOND: [&str; 7] =
    ["66eb9cec", "fe40c4bf", "0c64afb2", "6cf6d675", "678b3ee2", "114eaf55", "6eaae824"];

/// Beyond every nonce of the recording.
const FREE_NONCES: u64 = 1000;

pub(super) struct World {
    pub(super) name: &'static str,
    pub(super) file: File,
    rpc: Rpc,
    snapshot: Value,
    /// The moment of the recording's world, in seconds.
    begin: u64,
    next_nonce: u64,
    pub(super) rig: Address,
    replayed: BTreeSet<String>,
    _process: Anvil,
}

impl World {
    pub(super) async fn put(file: File, name: &'static str) -> Self {
        let mut quiet = options(RegistryVersion::V1);
        (quiet.chain_id, quiet.block_time) = (8453, None);
        let process = in_time(Anvil::start(&quiet)).await.expect("starts");
        let rpc = Rpc::new(process.rpc(), PATIENCE).expect("a client");
        let begin = if name == "V2" { 1_790_000_002 } else { 1_790_000_001 };
        let mut world = Self {
            name,
            file,
            rpc,
            snapshot: Value::Null,
            begin,
            next_nonce: FREE_NONCES,
            rig: Address::ZERO,
            replayed: BTreeSet::new(),
            _process: process,
        };
        world.set_time(begin).await;
        world.deploy().await;
        world.snapshot = world.rpc.call("evm_snapshot", json!([])).await.expect("a snapshot");
        world
    }

    async fn deploy(&mut self) {
        let token = self.place("token");
        self.create_at("Token", vec![], token).await;
        self.create_at("StakingVault", token.abi_encode(), self.place("vault")).await;
        self.create_at("Grid", vec![], self.place("grid")).await;
        let (registry, router) = match self.name {
            "V1" => ("RegistryV1", "PaymentRouterV1"),
            "V1-main" => ("RegistryV1", "PaymentRouterMain"),
            _ => ("RegistryV2", "PaymentRouterV2"),
        };
        let registry = match self.file.registry(self.name) {
            Some(place) => self.create_at(registry, vec![], place).await,
            None => self.create(registry).await,
        };
        self.rig = self.create("Rig").await;
        let mut cut = vec![
            add(registry, &BOTH),
            add(self.create(router).await, &ROUTER),
            add(self.create("RewardPool").await, &POOL),
            add(self.create("DenReporter").await, &REPORTER),
            add(self.create("ModelVault").await, &MODELS),
        ];
        if self.name == "V2" {
            cut.push(add(registry, &SECOND));
        }
        self.cut(cut).await;
        self.first(setUpCall { token, minBond: aipg(1000) }).await;
        for (role, who) in [("PAUSER_ROLE", "pauser"), ("REPORTER_ROLE", "rep"), ("SLASHER_ROLE", "slasher")]
        {
            let role = text(&self.file.section("role_hashes")[role]).parse().expect("a role");
            self.call("admin", "grid", grantRoleCall { role, account: self.who(who) }).await;
        }
        for who in ["A", "B", "treasury", "staker"] {
            self.call("admin", "token", mintCall { to: self.who(who), amount: aipg(100_000) }).await;
        }
    }

    /// Back to the beginning.
    pub(super) async fn reset(&mut self) {
        let back = self.rpc.call("evm_revert", json!([self.snapshot])).await.expect("reverted");
        assert_eq!(back, true, "the snapshot is there");
        self.snapshot = self.rpc.call("evm_snapshot", json!([])).await.expect("a snapshot");
        self.set_time(self.begin).await;
    }

    /// Blocks have this time from now on.
    pub(super) async fn set_time(&self, seconds: u64) {
        let calls = [
            ("anvil_setBlockTimestampInterval", json!([0])),
            ("evm_setNextBlockTimestamp", json!([seconds])),
            ("evm_mine", json!([])),
        ];
        self.rpc.batch(&calls).await.expect("time is set");
    }

    pub(super) async fn wait(&self, span: Duration) {
        self.set_time(self.begin + span.as_secs()).await;
    }

    pub(super) fn place(&self, name: &str) -> Address {
        self.file.place(self.name, name)
    }

    pub(super) fn who(&self, name: &str) -> Address {
        self.file.account(name)
    }

    pub(super) fn replayed(&self) -> &BTreeSet<String> {
        &self.replayed
    }

    /// Recorded transactions, in order. One that was not recorded in this world is only done, as in the first world.
    pub(super) async fn cases(&mut self, ids: &[&str]) {
        for id in ids {
            match self.file.case(self.name, id) {
                Some(case) => {
                    self.compare_case(id, &case).await;
                    self.replayed.insert((*id).to_owned());
                }
                None => self.do_as_in_first(id).await,
            }
        }
    }

    async fn compare_case(&self, id: &str, case: &super::file::Case) {
        let at = format!("{}/{id}", self.name);
        let call = json!({ "from": case.from, "to": case.to, "value": case.value, "data": case.calldata });
        let foreseen = self.ask(&call).await;
        let wanted = if case.succeeds { Ok(case.returned.clone()) } else { Err(case.returned.clone()) };
        assert_eq!(shown(&foreseen), shown(&wanted), "{at}: what the call returns");
        let receipt = self.send(call).await;
        assert_eq!(receipt["status"] == "0x1", case.succeeds, "{at}: status");
        let logs: Vec<_> = receipt["logs"].as_array().expect("a list").iter().map(log).collect();
        assert_eq!(logs, case.logs, "{at}: logs");
    }

    /// The first world's transaction with this world's contracts in it.
    async fn do_as_in_first(&self, id: &str) {
        let case = self.file.case("V1", id).unwrap_or_else(|| panic!("{id} is recorded nowhere"));
        let mut data = hex::encode(&case.calldata);
        let mut to = case.to;
        for name in ["grid", "token", "vault"] {
            let (theirs, ours) = (self.file.place("V1", name), self.place(name));
            data = data.replace(&hex::encode(theirs), &hex::encode(ours));
            to = if to == theirs { ours } else { to };
        }
        let call = json!({ "from": case.from, "to": to, "value": case.value, "data": format!("0x{data}") });
        self.send(call).await;
    }

    /// Recorded views that this world has.
    pub(super) async fn views(&mut self, ids: &[&str]) {
        for id in ids {
            if let Some(view) = self.file.view(self.name, id) {
                let found = self.ask(&json!({ "to": view.to, "data": view.calldata })).await;
                assert_eq!(shown(&found), shown(&view.returned), "{}/view {id}", self.name);
                self.replayed.insert(format!("view {id}"));
            }
        }
    }

    /// Whether anything of this name was recorded here.
    pub(super) fn is(&self, name: &str) -> bool {
        self.name == name
    }

    /// Something between two recorded calls; it must go well.
    pub(super) async fn call(&self, from: &str, to: &str, call: impl SolCall) {
        let data = Bytes::from(call.abi_encode());
        let receipt = self.send(json!({ "from": self.who(from), "to": self.place(to), "data": data })).await;
        assert_eq!(receipt["status"], "0x1", "{}: a step in between failed: {data}", self.name);
    }

    pub(super) async fn cut(&self, cut: Vec<ModuleCut>) {
        self.call("admin", "grid", updateModulesCall { cut, init: Address::ZERO, data: Bytes::new() }).await;
    }

    /// An owner's upgrade that only runs this.
    pub(super) async fn first(&self, call: impl SolCall) {
        let data = call.abi_encode().into();
        self.call("admin", "grid", updateModulesCall { cut: vec![], init: self.rig, data }).await;
    }

    pub(super) async fn create(&mut self, name: &str) -> Address {
        let place = self.who("admin").create(self.next_nonce);
        self.next_nonce += 1;
        self.create_at(name, vec![], place).await
    }

    /// Creates a contract where the recording has it: an address follows from the creator and its nonce.
    async fn create_at(&self, name: &str, arguments: Vec<u8>, place: Address) -> Address {
        let admin = self.who("admin");
        let nonce = (0..2 * FREE_NONCES).find(|nonce| admin.create(*nonce) == place).expect("admin made it");
        let before =
            self.rpc.call("eth_getTransactionCount", json!([admin, "latest"])).await.expect("a count");
        let set = async |nonce: Value| {
            self.rpc.call("anvil_setNonce", json!([admin, nonce])).await.expect("set");
        };
        set(json!(format!("{nonce:#x}"))).await;
        let code = Bytes::from([bytecode(name), arguments].concat());
        let receipt = self.send(json!({ "from": admin, "data": code })).await;
        assert_eq!(receipt["status"], "0x1", "{name} is created");
        assert_eq!(text(&receipt["contractAddress"]).parse(), Ok(place), "{name} is where it was");
        set(before).await;
        place
    }

    async fn send(&self, mut transaction: Value) -> Value {
        // Given, so that what fails is mined too.
        transaction["gas"] = json!("0x7a1200");
        let hash = self.rpc.call("eth_sendTransaction", json!([transaction])).await.expect("sent");
        in_time(async {
            loop {
                let receipt = self.rpc.call("eth_getTransactionReceipt", json!([hash])).await.expect("asked");
                if !receipt.is_null() {
                    return receipt;
                }
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
        })
        .await
    }

    pub(super) async fn ask(&self, call: &Value) -> Result<Bytes, Bytes> {
        match self.rpc.call("eth_call", json!([call, "latest"])).await {
            Ok(returned) => Ok(super::bytes(text(&returned))),
            Err(RpcError::Refused { data, .. }) => Err(data.unwrap_or_default()),
            Err(other) => panic!("the chain did not answer: {other}"),
        }
    }
}

pub(super) fn aipg(whole: u64) -> U256 {
    types::Aipg::whole(whole).base()
}

pub(super) fn add(module: Address, selectors: &[&str]) -> ModuleCut {
    change(0, module, selectors)
}

/// 0 adds, 1 replaces, 2 removes.
pub(super) fn change(action: u8, module: Address, selectors: &[&str]) -> ModuleCut {
    let selectors = selectors.iter().map(|text| text.parse::<FixedBytes<4>>().expect("a selector"));
    ModuleCut { module, action, selectors: selectors.collect() }
}

fn log(log: &Value) -> (Address, Vec<String>, Bytes) {
    let topics = log["topics"].as_array().expect("a list").iter().map(|topic| text(topic).to_owned());
    (text(&log["address"]).parse().expect("an address"), topics.collect(), super::bytes(text(&log["data"])))
}

/// A revert with its words, so that a failed comparison can be read.
fn shown(returned: &Result<Bytes, Bytes>) -> String {
    match returned {
        Ok(data) => format!("{data}"),
        Err(data) => format!("revert {data} {}", String::from_utf8_lossy(data.get(68..).unwrap_or_default())),
    }
}
