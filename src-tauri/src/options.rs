//! The command line.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use app::paths;
use app::practice::ChainSource;
use app::wallet::GivenPassword;
use types::{RegistryVersion, Sensitive, SystemClock};

use crate::node::Start;
use crate::settings::Settings;

/// What the app is started with.
#[derive(Debug, Clone, clap::Parser)]
#[command(name = "grid-node", version, about = "Grid Node: the window and the tray")]
pub struct Options {
    /// Serve this model file on the practice network instead of the small one that ships with the app.
    #[arg(long, value_name = "FILE")]
    pub practice_model: Option<PathBuf>,
    /// Keep the practice network's records here instead of in the system's folder for data.
    #[arg(long, value_name = "FOLDER")]
    pub practice_home: Option<PathBuf>,
    /// Keep the records of a node on a real Grid here instead of in the system's folder for data.
    #[arg(long, value_name = "FOLDER")]
    pub live_home: Option<PathBuf>,
    /// The worker registry that the practice chain serves: v1 pays a bond back at once, v2 after a cooldown.
    #[arg(long, value_enum, default_value_t = Registry::V1)]
    pub registry: Registry,
    /// Use the practice chain that listens here, on this computer, instead of starting one.
    #[arg(long, value_name = "URL")]
    pub chain: Option<String>,
    /// How long an hour of the practice network takes: so often it pays.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub practice_hour: u64,
    /// How long a closed window's page stays in memory.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(..=86_400))]
    pub idle_after: u64,
}

/// A worker registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Registry {
    /// The first.
    V1,
    /// The second.
    V2,
}

impl Options {
    pub(crate) const fn closed_window(&self) -> Duration {
        Duration::from_secs(self.idle_after)
    }

    pub(crate) fn start(self) -> anyhow::Result<Start> {
        let program = std::env::current_exe().context("find the app's own folder")?;
        let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let home =
            self.practice_home.or_else(|| paths::practice_home(|name| variable(name).map(PathBuf::from)));
        let registry = match self.registry {
            Registry::V1 => RegistryVersion::V1,
            Registry::V2 => RegistryVersion::V2,
        };
        let chain = match self.chain {
            Some(rpc) => Some(ChainSource::Attach { rpc }),
            None => paths::anvil(&program, variable).map(|anvil| ChainSource::Start { anvil, registry }),
        };
        let password = variable("GRID_NODE_PASSWORD").and_then(|password| password.into_string().ok());
        let live = self.live_home.or_else(|| paths::live_home(|name| variable(name).map(PathBuf::from)));
        let home = home.context("this system names no folder for data; name one with --practice-home")?;
        Ok(Start {
            settings: Arc::new(Settings::load(&home)),
            live: live.context("this system names no folder for data; name one with --live-home")?,
            // Replaced by the system's own dialog as soon as there is a window system, unless a password is given.
            ask: Arc::new(GivenPassword::new(password.clone().map(Sensitive::new))),
            keyring: password.is_none(),
            home,
            engine: paths::engine(&program),
            model: self.practice_model.unwrap_or_else(|| paths::practice_model(&program)),
            chain,
            password: password.map(Sensitive::new),
            hour: Duration::from_secs(self.practice_hour),
            clock: Arc::new(SystemClock),
        })
    }
}
