//! One running node.

mod deadlines;
mod driver;
mod inputs;
mod receipts;
mod records;
mod registration;
mod self_test;
mod view;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use engine_link::Launch;
use grid::Endpoint;
use keys::RigKey;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};
use types::{Clock, Code, DelegationCertificate, ModelId, Sensitive, WorkerName};
use worker::presence::Policy;

use crate::{Home, HomeError, Phase, Status};
use driver::Driver;
use inputs::Command;

/// What a node needs to run.
#[derive(Debug)]
pub struct NodeSettings {
    /// Its home folder, locked.
    pub home: Home,
    /// How to start the engine.
    pub engine: Launch,
    /// What it serves.
    pub model: ModelFile,
    /// Who it is.
    pub identity: NodeIdentity,
    /// Where the Grid is.
    pub endpoint: Endpoint,
    /// True when that is the practice network.
    pub practice: bool,
    /// How patient it is with its engine and with the Grid.
    pub policy: Policy,
    /// How long single things may take.
    pub patience: Patience,
    /// The most space its records may take.
    pub ledger: ledger::Limits,
}

/// A model file and the name it is served under.
#[derive(Debug, Clone)]
pub struct ModelFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its name on the Grid.
    pub id: ModelId,
}

impl ModelFile {
    /// A file of the owner's, served under its own name.
    pub fn named_after_file(path: PathBuf) -> Self {
        let id = ModelId::new(path.file_stem().map_or_else(|| "model".into(), |stem| stem.to_string_lossy()));
        Self { path, id }
    }
}

/// Who a node is on the Grid.
#[derive(Debug)]
pub struct NodeIdentity {
    /// The account's key.
    pub api_key: Sensitive<String>,
    /// The name it works under.
    pub name: WorkerName,
    /// This machine's key and the wallet's permission for it. Without one, jobs are served and paid unsigned.
    pub rig: Option<(RigKey, DelegationCertificate)>,
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
            grid: grid::Patience::default(),
        }
    }
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
}

impl StartError {
    /// The words for it.
    pub const fn code(&self) -> Code {
        match self {
            Self::Home(HomeError::AlreadyRunning) => Code::AlreadyRunning,
            Self::Home(HomeError::Unusable(_)) => Code::HomeUnusable,
            Self::Ledger(error) if error.is_transient() => Code::DiskFull,
            Self::Ledger(_) => Code::LedgerUnusable,
            Self::Key(_) | Self::Practice(_) | Self::Name(_) => Code::Internal,
        }
    }
}

/// A running node. Dropping it ends the engine and the connection.
#[derive(Debug)]
pub struct Node {
    commands: mpsc::Sender<Command>,
    status: watch::Receiver<Status>,
    driver: JoinHandle<()>,
}

impl Node {
    /// Opens the ledger and starts to serve.
    pub async fn start(settings: NodeSettings, clock: Arc<dyn Clock>) -> Result<Self, StartError> {
        let (commands, received) = mpsc::channel(16);
        let (driver, shown, status) = Driver::new(settings, clock, received).await?;
        let driver = tokio::spawn(supervise(driver, shown));
        Ok(Self { commands, status, driver })
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

    /// Stops serving and frees the engine's memory; a running job is finished first unless it must be `now`.
    pub async fn pause(&self, now: bool) {
        let _ = self.commands.send(Command::Pause { now }).await;
    }

    /// Ends everything within five seconds: a running job is given back to the Grid.
    pub async fn shutdown(mut self) {
        let end = async {
            let _ = self.commands.send(Command::Shutdown).await;
            // The driver's end frees the home's lock too, so that the next start finds it free.
            let _ = (&mut self.driver).await;
        };
        if tokio::time::timeout(Duration::from_secs(5), end).await.is_err() {
            tracing::error!("the node did not end in time");
            self.driver.abort();
        }
    }
}

/// A panic must not leave the last status standing as if nothing had happened. The driver's children end with it.
async fn supervise(driver: Driver, shown: watch::Sender<Status>) {
    // A set, because dropping it ends its task: whoever aborts the supervisor means the driver.
    let mut run = JoinSet::new();
    run.spawn(driver.run());
    if run.join_next().await.is_some_and(|ended| ended.is_err()) {
        tracing::error!("the driver panicked");
        shown.send_modify(|status| {
            status.phase = Phase::NeedsAttention;
            status.code = Some(Code::Internal);
            status.detail = None;
            status.current_job = None;
        });
    }
}
