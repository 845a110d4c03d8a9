//! Which home and which configuration a command is about, and what the environment adds.

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use app::config::{Config, CoordinatorSetting, FILE};
use app::live::{LiveError, LiveOptions};
use app::paths;
use app::wallet::{AskPassword, GivenPassword, WhyTyped};
use types::{Sensitive, SystemClock, WorkerName};

use crate::arguments::Place;

/// Every variable that changes what a live node does. Each is for one run; the file is for good.
mod variable {
    pub(super) const COORDINATOR: &str = "GRID_NODE_COORDINATOR";
    pub(super) const NAME: &str = "GRID_NODE_NAME";
    pub(super) const API_KEY: &str = "GRID_NODE_API_KEY";
    pub(super) const PASSWORD: &str = "GRID_NODE_PASSWORD";
    pub(super) const PASSWORD_FILE: &str = "GRID_NODE_PASSWORD_FILE";
}

/// Longer than any password that somebody types.
const LARGEST_SECRET: usize = 1024;

impl Place {
    /// The home folder.
    pub(crate) fn home(&self) -> anyhow::Result<PathBuf> {
        let usual = paths::live_home(|name| std::env::var_os(name).map(Into::into));
        self.home.clone().or(usual).context("the system names no folder for data; give one with --home")
    }

    /// The configuration file.
    pub(crate) fn file(&self) -> anyhow::Result<PathBuf> {
        match &self.config {
            // A file that somebody names has to be there; one in the home may be left out.
            Some(file) if !file.is_file() => anyhow::bail!("there is no file {}", file.display()),
            Some(file) => Ok(file.clone()),
            None => Ok(self.home()?.join(FILE)),
        }
    }

    /// What is set, with what the command line and the environment say instead.
    pub(crate) fn read(&self) -> anyhow::Result<Config> {
        let mut config = Config::load(&self.file()?)?;
        if let Some(api) = self.coordinator.clone().or_else(|| given(variable::COORDINATOR)) {
            // The address for workers and its certificate belong to the other coordinator.
            config.coordinator = CoordinatorSetting { api, socket: None, extra_ca: None };
        }
        if let Some(name) = given(variable::NAME) {
            config.name = Some(WorkerName::new(name).context(variable::NAME)?);
        }
        Ok(config)
    }

    /// What a live node is opened with.
    pub(crate) fn options(&self, engine: Option<PathBuf>) -> anyhow::Result<LiveOptions> {
        let program = std::env::current_exe().context("where this program is")?;
        Ok(LiveOptions {
            home: self.home()?,
            config: self.read()?,
            engine: engine.unwrap_or_else(|| paths::engine(&program)),
            api_key: given(variable::API_KEY).map(Sensitive::new),
            keyring: self.keyring,
            ask: ask(password()?),
            clock: Arc::new(SystemClock),
            policy: app::Policy::default(),
            patience: app::Patience::default(),
            ledger: app::Limits::default(),
        })
    }
}

/// The password that was given, or the person at the terminal.
fn ask(given: Option<Sensitive<String>>) -> Arc<dyn AskPassword> {
    match given {
        None if std::io::stdin().is_terminal() => Arc::new(AtTheTerminal),
        given => Arc::new(GivenPassword::new(given)),
    }
}

struct AtTheTerminal;

impl AskPassword for AtTheTerminal {
    fn ask(&self, _: WhyTyped) -> Option<Sensitive<String>> {
        let typed = crate::terminal::secret("Password of the key files of this home");
        typed.ok().filter(|typed| !typed.expose().is_empty())
    }
}

fn given(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.is_empty())
}

/// From a file of the service manager, or from the environment. Never from the command line, which everybody can read.
pub(crate) fn password() -> anyhow::Result<Option<Sensitive<String>>> {
    let Some(file) = given(variable::PASSWORD_FILE) else {
        return Ok(given(variable::PASSWORD).map(Sensitive::new));
    };
    let text = std::fs::read_to_string(file).context(variable::PASSWORD_FILE)?;
    let text = Sensitive::new(text);
    let line = text.expose().lines().next().unwrap_or_default();
    anyhow::ensure!(
        !line.is_empty() && line.len() <= LARGEST_SECRET,
        "{}: it holds no password",
        variable::PASSWORD_FILE
    );
    Ok(Some(Sensitive::new(line.to_owned())))
}

/// The owner's words in front of the technical ones.
pub(crate) fn explained(error: LiveError) -> anyhow::Error {
    let code = error.code();
    anyhow::Error::new(error).context(format!("{}. {} {}", code.title(), code.cause(), code.action()))
}
