//! Why no live node runs.

use engine_link::AddressError;
use grid::EndpointError;
use keys::KeyFileError;
use types::{Code, WorkerNameError};
use worker::schedule::ScheduleError;

use crate::account::AccountTrouble;
use crate::config::ConfigError;
use crate::wallet::WalletError;
use crate::{HomeError, StartError};

/// Why no live node runs.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// The file of settings.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Where the Grid is.
    #[error("coordinator: {0}")]
    Coordinator(#[from] EndpointError),
    /// The extra certificate's file.
    #[error("coordinator.extra-ca cannot be read")]
    ExtraCa(#[source] std::io::Error),
    /// Where a server is.
    #[error("engine.address: {0}")]
    Server(#[from] AddressError),
    /// A server's key.
    #[error("engine.key-env: the environment variable {0} holds no key")]
    ServerKey(String),
    /// When an engine serves.
    #[error("engine.schedule: {0}")]
    Schedule(#[from] ScheduleError),
    /// A name that the Grid would not take.
    #[error("worker.name: {0}")]
    Name(#[from] WorkerNameError),
    /// The home folder.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// The keys did not open.
    #[error(transparent)]
    Wallet(#[from] WalletError),
    /// The account's store did not open.
    #[error(transparent)]
    Account(#[from] AccountTrouble),
    /// There is no key to connect with.
    #[error("there is no API key on this computer")]
    NoApiKey,
    /// There is no engine.
    #[error("no engine is set up")]
    NothingToServe,
    /// The node itself.
    #[error(transparent)]
    Start(#[from] StartError),
}

impl LiveError {
    /// The words for it.
    pub fn code(&self) -> Code {
        match self {
            Self::Config(_)
            | Self::Coordinator(_)
            | Self::ExtraCa(_)
            | Self::Server(_)
            | Self::ServerKey(_)
            | Self::Schedule(_)
            | Self::Name(_) => Code::SettingsUnusable,
            Self::Home(HomeError::AlreadyRunning) => Code::AlreadyRunning,
            Self::Home(HomeError::Unusable(_)) => Code::HomeUnusable,
            Self::Wallet(WalletError::File(KeyFileError::Absent)) | Self::NoApiKey => Code::NoApiKey,
            Self::Wallet(_) | Self::Account(_) => Code::KeysLocked,
            Self::NothingToServe => Code::NothingToServe,
            Self::Start(error) => error.code(),
        }
    }
}
