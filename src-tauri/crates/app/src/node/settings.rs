//! What a node needs to run.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use engine_link::{EngineSource, Launch, ServerSettings};
use grid::Endpoint;
use jiff::tz::TimeZone;
use keys::RigKey;
use types::{DelegationCertificate, ModelId, Sensitive, WorkerName, WorkerNameError};
use worker::Policy;
use worker::schedule::Schedule;

use crate::Home;

/// What a node needs to run.
#[derive(Debug)]
pub struct NodeSettings {
    /// Its home folder, locked.
    pub home: Home,
    /// What it serves with, and under which names.
    pub engines: Vec<EngineSettings>,
    /// Who it is.
    pub identity: NodeIdentity,
    /// Where the Grid is.
    pub endpoint: Endpoint,
    /// True when that is the practice network.
    pub practice: bool,
    /// Whose jobs it writes down: the coordinator's name, as its earnings are read back under it. Empty for the only one.
    pub book: String,
    /// Where the owner's clock hangs, for the schedules.
    pub time_zone: TimeZone,
    /// How patient it is with its engines and with the Grid.
    pub policy: Policy,
    /// How long single things may take.
    pub patience: Patience,
    /// The most space its records may take.
    pub ledger: ledger::Limits,
}

/// One engine, and the slots that share it.
#[derive(Debug, Clone)]
pub struct EngineSettings {
    /// What makes the answers.
    pub kind: EngineKind,
    /// The name its model is served under.
    pub model: ModelId,
    /// One slot for each: a name of its own, a connection of its own, one job at a time.
    pub names: Vec<WorkerName>,
    /// How many of the slots the owner wants when. The first ones stay longest.
    pub schedule: Schedule,
}

/// What makes the answers.
#[derive(Debug, Clone)]
pub enum EngineKind {
    /// Our own engine: a child process that does one job at a time.
    Own {
        /// How to start it.
        launch: Launch,
        /// The model file.
        file: PathBuf,
    },
    /// A server that runs already, here or on the owner's network: as many jobs at a time as there are slots.
    Server(ServerSettings),
}

impl EngineSettings {
    /// Our own engine with one slot, around the clock.
    pub fn own(launch: Launch, file: PathBuf, model: ModelId, name: WorkerName) -> Self {
        let kind = EngineKind::Own { launch, file };
        Self { kind, model, names: vec![name], schedule: Schedule::default() }
    }

    /// The name a model file is served under if its owner says nothing: its own.
    pub fn name_of_file(file: &std::path::Path) -> ModelId {
        ModelId::new(file.file_stem().map_or_else(|| "model".into(), |stem| stem.to_string_lossy()))
    }

    /// Where the engine comes from.
    pub(super) fn source(&self) -> EngineSource {
        match &self.kind {
            EngineKind::Own { launch, .. } => EngineSource::Child(launch.clone()),
            EngineKind::Server(settings) => EngineSource::Server(settings.clone()),
        }
    }

    /// How many jobs the engine takes at once.
    pub(super) fn at_once(&self) -> usize {
        match &self.kind {
            EngineKind::Own { .. } => 1,
            EngineKind::Server(_) => self.names.len().max(1),
        }
    }
}

/// The names of this many slots: `base`, `base#2` and so on, as the Grid's own workers call themselves.
///
/// A key or a permission that is bound to one name is for one slot.
pub fn slot_names(base: &WorkerName, slots: usize) -> Result<Vec<WorkerName>, WorkerNameError> {
    let later = (2..=slots).map(|slot| WorkerName::new(format!("{base}#{slot}")));
    std::iter::once(Ok(base.clone())).chain(later).take(slots).collect()
}

/// Who a node is on the Grid.
#[derive(Debug)]
pub struct NodeIdentity {
    /// The account's key.
    pub api_key: Sensitive<String>,
    /// Keys that are bound to one name: an enrolled worker's.
    pub own_keys: Vec<(WorkerName, Sensitive<String>)>,
    /// This machine's key.
    pub rig: Option<Arc<RigKey>>,
    /// The wallet's permissions for that key, one a name. A slot without one serves and is paid unsigned.
    pub delegations: Vec<DelegationCertificate>,
}

impl NodeIdentity {
    /// Nobody but the account: all slots work unsigned.
    pub const fn unsigned(api_key: Sensitive<String>) -> Self {
        Self { api_key, own_keys: Vec::new(), rig: None, delegations: Vec::new() }
    }

    /// The key a slot connects with.
    pub(super) fn key(&self, name: &WorkerName) -> Arc<Sensitive<String>> {
        let own = self.own_keys.iter().find(|(whose, _)| whose == name).map(|(_, key)| key);
        Arc::new(Sensitive::new(own.unwrap_or(&self.api_key).expose().clone()))
    }

    /// The key and the permission of a slot, if both are there and belong together.
    pub(super) fn papers(&self, name: &WorkerName) -> Option<(Arc<RigKey>, DelegationCertificate)> {
        let rig = self.rig.as_ref()?;
        let fits = |paper: &&DelegationCertificate| {
            paper.delegation.worker_name == *name && paper.delegation.worker_signer == rig.address()
        };
        self.delegations.iter().find(fits).map(|paper| (Arc::clone(rig), paper.clone()))
    }
}

/// How long single things may take.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For one answer, as the coordinator gives a job to another worker after 300 s.
    pub job: Duration,
    /// For a model to load.
    pub load: Duration,
    /// For the self-test.
    pub self_test: Duration,
    /// For an ack.
    pub ack: Duration,
    /// For the engine to stop a job it was told to stop.
    pub cancel: Duration,
    /// Between two looks at the schedules.
    pub schedule: Duration,
    /// Everything on the socket.
    pub grid: grid::Patience,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            job: Duration::from_secs(240),
            load: Duration::from_secs(15 * 60),
            self_test: Duration::from_secs(30),
            ack: Duration::from_secs(10),
            // An engine looks between two tokens, or two parts of a long prompt, which take seconds on a slow CPU.
            cancel: Duration::from_secs(30),
            schedule: Duration::from_secs(30),
            grid: grid::Patience::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_numbered_from_the_second_on() {
        let check = |base: &str, slots: usize, expected: &[&str]| {
            let base = WorkerName::new(base).expect("a name");
            let names = slot_names(&base, slots).expect("names");
            assert_eq!(names.iter().map(WorkerName::as_str).collect::<Vec<_>>(), expected);
        };
        check("rig", 1, &["rig"]);
        check("rig", 3, &["rig", "rig#2", "rig#3"]);
        check("rig", 0, &[]);
        let longest = WorkerName::new("x".repeat(119)).expect("a name");
        assert_eq!(slot_names(&longest, 2), Err(WorkerNameError::TooLong(121)));
    }
}
