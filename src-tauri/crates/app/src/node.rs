//! One running node.

mod conductor;
mod deadlines;
mod engine_room;
mod machine_name;
mod overview;
mod records;
mod settings;
mod slot;
mod waits;
mod wall_clock;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};
use types::{Clock, Code, WorkerName};

use crate::{HomeError, Phase, Status};
use conductor::Conductor;

pub use machine_name::machine_name;
pub use settings::{EngineKind, EngineSettings, NodeIdentity, NodeSettings, Patience, slot_names};

/// What the owner can ask for.
#[derive(Debug)]
enum Command {
    /// Serve.
    Resume,
    /// Stop serving; after the running jobs unless `now`.
    Pause { now: bool },
    /// End.
    Shutdown,
}

/// Why a node did not start at all. What goes wrong later is in its [`Status`].
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The home is taken or unusable.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// The record of jobs cannot be opened.
    #[error(transparent)]
    Ledger(#[from] ledger::LedgerError),
    /// A key could not be made.
    #[error(transparent)]
    Key(#[from] keys::KeyError),
    /// The practice network did not start.
    #[error("the practice network did not start")]
    Practice(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A name the Grid would not take.
    #[error(transparent)]
    Name(#[from] types::WorkerNameError),
    /// There is nothing to serve with.
    #[error("a node needs an engine with at least one slot")]
    NoSlot,
    /// Two slots would push each other off the Grid for ever.
    #[error("two slots have the name {0}")]
    SharedName(WorkerName),
}

impl StartError {
    /// The words for it.
    pub const fn code(&self) -> Code {
        match self {
            Self::Home(HomeError::AlreadyRunning) => Code::AlreadyRunning,
            Self::Home(HomeError::Unusable(_)) => Code::HomeUnusable,
            Self::Ledger(error) if error.is_transient() => Code::DiskFull,
            Self::Ledger(_) => Code::LedgerUnusable,
            Self::Key(_) | Self::Practice(_) | Self::Name(_) | Self::NoSlot | Self::SharedName(_) => {
                Code::Internal
            }
        }
    }
}

/// A running node. Dropping it ends the engines and the connections.
#[derive(Debug)]
pub struct Node {
    commands: mpsc::Sender<Command>,
    status: watch::Receiver<Status>,
    conductor: JoinHandle<()>,
}

impl Node {
    /// Opens the ledger and starts to serve.
    pub async fn start(settings: NodeSettings, clock: Arc<dyn Clock>) -> Result<Self, StartError> {
        check(&settings)?;
        let (commands, received) = mpsc::channel(16);
        let (conductor, shown, status) = Conductor::new(settings, clock, received).await?;
        let conductor = tokio::spawn(supervise(conductor, shown));
        Ok(Self { commands, status, conductor })
    }

    /// What it is doing now.
    pub fn status(&self) -> Status {
        self.status.borrow().clone()
    }

    /// Tells when that changes.
    pub fn changes(&self) -> watch::Receiver<Status> {
        self.status.clone()
    }

    /// Serves again after a pause or a stop.
    pub async fn resume(&self) {
        let _ = self.commands.send(Command::Resume).await;
    }

    /// Stops serving and frees the engines' memory; running jobs are finished first unless it must be `now`.
    pub async fn pause(&self, now: bool) {
        let _ = self.commands.send(Command::Pause { now }).await;
    }

    /// Ends everything within five seconds: running jobs are given back to the Grid.
    pub async fn shutdown(mut self) {
        let end = async {
            let _ = self.commands.send(Command::Shutdown).await;
            // The conductor's end frees the home's lock too, so that the next start finds it free.
            let _ = (&mut self.conductor).await;
        };
        if tokio::time::timeout(Duration::from_secs(5), end).await.is_err() {
            tracing::error!("the node did not end in time");
            self.conductor.abort();
        }
    }
}

/// What no engine could mend later.
fn check(settings: &NodeSettings) -> Result<(), StartError> {
    let mut names = HashSet::new();
    for name in settings.engines.iter().flat_map(|engine| &engine.names) {
        if !names.insert(name) {
            return Err(StartError::SharedName(name.clone()));
        }
    }
    if names.is_empty() { Err(StartError::NoSlot) } else { Ok(()) }
}

/// A panic must not leave the last status standing as if nothing had happened. The conductor's slots end with it.
async fn supervise(conductor: Conductor, shown: watch::Sender<Status>) {
    // A set, because dropping it ends its task: whoever aborts the supervisor means the conductor.
    let mut run = JoinSet::new();
    run.spawn(conductor.run());
    if run.join_next().await.is_some_and(|ended| ended.is_err()) {
        tracing::error!("the conductor panicked");
        shown.send_modify(|status| {
            status.phase = Phase::NeedsAttention;
            status.code = Some(Code::Internal);
            status.detail = None;
            status.current_job = None;
            status.slots.clear();
        });
    }
}
