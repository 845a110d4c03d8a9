//! What each try to start is made with.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use app::practice::{ChainSource, PurseOptions, RehearsalOptions};
use app::wallet::AskPassword;
use types::{Clock, Sensitive};

use crate::settings::Settings;

/// Everything a node is started from. It is asked again for each try.
pub(crate) struct Start {
    /// The folder for the practice network's records and keys.
    pub(crate) home: PathBuf,
    /// The folder of a node on a real Grid, apart from it.
    pub(crate) live: PathBuf,
    /// What the owner set about this app.
    pub(crate) settings: Arc<Settings>,
    /// Asks for the password of the real wallet's key files.
    pub(crate) ask: Arc<dyn AskPassword>,
    /// Whether the system's keyring keeps that password.
    pub(crate) keyring: bool,
    /// The engine's executable.
    pub(crate) engine: PathBuf,
    /// The model file.
    pub(crate) model: PathBuf,
    /// Where the practice chain comes from; `None` if this computer has none.
    pub(crate) chain: Option<ChainSource>,
    /// Opens the wallet in the home; without one there is a wallet for this run only.
    pub(crate) password: Option<Sensitive<String>>,
    /// How long an hour of the practice network takes.
    pub(crate) hour: Duration,
    /// Where the time comes from.
    pub(crate) clock: Arc<dyn Clock>,
}

impl Start {
    pub(crate) fn rehearsal(&self) -> RehearsalOptions {
        let (home, engine, model) = (self.home.clone(), self.engine.clone(), self.model.clone());
        RehearsalOptions::new(home, engine, model, Arc::clone(&self.clock))
    }

    pub(crate) fn purse(&self) -> Option<PurseOptions> {
        let password = self.password.as_ref().map(|password| Sensitive::new(password.expose().clone()));
        Some(PurseOptions::new(self.chain.clone()?, password))
    }
}
