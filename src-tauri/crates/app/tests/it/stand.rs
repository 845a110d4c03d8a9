//! A node of any make on a practice network of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use app::{EngineKind, EngineSettings, Home, Node, NodeIdentity, NodeSettings, Patience, Status, slot_names};
use engine_link::Launch;
use practice::{Customer, Network, Options, Purpose};
use tokio::time::{Instant, timeout};
use types::{Clock, ModelId, SystemClock, Timestamp, WorkerName};
use worker::Policy;
use worker::schedule::Schedule;

use crate::rig::{engine, hasty};
use crate::talking_server::{MODEL, TalkingServer};
use crate::tap::Tap;

/// No wait of a test is longer than this.
const PATIENCE: Duration = Duration::from_secs(60);

/// A clock that runs faster than the wall's, and can be set.
#[derive(Debug)]
pub(crate) struct MovedClock {
    begun: Instant,
    from: AtomicU64,
    times: u32,
}

impl MovedClock {
    pub(crate) fn at(from: u64, times: u32) -> Arc<Self> {
        Arc::new(Self { begun: Instant::now(), from: AtomicU64::new(from), times })
    }

    pub(crate) fn set_ahead(&self, span: Duration) {
        self.from.fetch_add(span.as_millis() as u64, Ordering::Relaxed);
    }
}

impl Clock for MovedClock {
    fn now(&self) -> Timestamp {
        let moved = self.begun.elapsed() * self.times;
        Timestamp::from_millis(self.from.load(Ordering::Relaxed)).plus(moved)
    }
}

/// What a stand is made of.
pub(crate) struct Plan {
    pub(crate) engines: Vec<EngineSettings>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) policy: Policy,
    pub(crate) patience: Patience,
    pub(crate) timings: practice::Timings,
}

impl Plan {
    pub(crate) fn of(engines: Vec<EngineSettings>) -> Self {
        let patience = Patience { schedule: Duration::from_millis(50), ..Patience::default() };
        let (clock, policy) = (Arc::new(SystemClock), hasty());
        Self { engines, clock, policy, patience, timings: practice::Timings::default() }
    }
}

fn names(base: &str, slots: usize) -> Vec<WorkerName> {
    slot_names(&WorkerName::new(base).expect("a name"), slots).expect("names")
}

/// Our own engine with so many slots.
pub(crate) fn own(base: &str, file: std::path::PathBuf, slots: usize) -> EngineSettings {
    let model = EngineSettings::name_of_file(&file);
    let kind = EngineKind::Own { launch: Launch::new(engine()), file };
    EngineSettings { kind, model, names: names(base, slots), schedule: Schedule::default() }
}

/// A server with so many slots.
pub(crate) fn served(base: &str, server: &TalkingServer, slots: usize) -> EngineSettings {
    let (kind, model) = (EngineKind::Server(server.settings()), ModelId::new(MODEL));
    EngineSettings { kind, model, names: names(base, slots), schedule: Schedule::default() }
}

/// A network with one node on it.
pub(crate) struct Stand {
    pub(crate) network: Network,
    pub(crate) node: Node,
    pub(crate) customer: Customer,
    pub(crate) tap: Tap,
    home: tempfile::TempDir,
}

impl Stand {
    pub(crate) async fn start(plan: Plan) -> Self {
        let home = tempfile::tempdir().expect("a folder");
        let options =
            Options { unlimited: true, timings: plan.timings, ..Options::new(Arc::clone(&plan.clock), 7) };
        let network = Network::start(options).await.expect("starts");
        let coordinator = network.api_base().trim_start_matches("http://").parse().expect("an address");
        let tap = Tap::start(coordinator).await;
        let account = network.open_account(None);
        let key = network.issue_key(&account.id, Purpose::Inference).expect("an account");
        let customer = Customer::new(&network.api_base(), key, Duration::from_secs(120)).expect("loopback");
        let settings = NodeSettings {
            home: Home::lock(&home.path().join("home")).expect("free"),
            engines: plan.engines,
            identity: NodeIdentity::unsigned(account.api_key),
            endpoint: grid::Endpoint::practice(&format!("http://{}", tap.address)).expect("loopback"),
            practice: true,
            book: String::new(),
            time_zone: jiff::tz::TimeZone::UTC,
            policy: plan.policy,
            patience: plan.patience,
            ledger: ledger::Limits::default(),
        };
        let node = Node::start(settings, plan.clock).await.expect("starts");
        Self { network, node, customer, tap, home }
    }

    /// Waits until the status is as wanted.
    pub(crate) async fn until(&self, wanted: impl FnMut(&Status) -> bool) -> Status {
        let mut changes = self.node.changes();
        let reached = timeout(PATIENCE, changes.wait_for(wanted)).await;
        reached
            .unwrap_or_else(|_| panic!("not reached: {:#?}", self.node.status()))
            .expect("the node lives")
            .clone()
    }

    /// Looks into the node's records beside it.
    pub(crate) fn ledger(&self) -> ledger::Ledger {
        let path = self.home.path().join("home/ledger.sqlite");
        ledger::Ledger::join(&path, ledger::Limits::default()).expect("opens")
    }

    pub(crate) fn strikes(&self) -> u32 {
        self.network.books().strikes.values().sum()
    }

    pub(crate) async fn end(self) {
        self.node.shutdown().await;
        self.network.shutdown().await;
    }
}
