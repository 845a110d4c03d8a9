//! `grid-node-cli practice --once`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use app::paths;
use app::practice::{ChainSource, PurseOptions, RehearsalOptions, WithMoney, bond_only, once};
use types::{RegistryVersion, Sensitive, SystemClock};

use crate::arguments::{Parts, PracticeArguments, Registry};
use crate::report;

pub(crate) async fn practice(arguments: PracticeArguments) -> anyhow::Result<ExitCode> {
    // The folder lives until the end of this function, if one is needed at all.
    let (home, _temporary) = match &arguments.parts.home {
        Some(home) => (home.clone(), None),
        None => {
            let temporary = tempfile::tempdir().context("a temporary home folder")?;
            (temporary.path().join("home"), Some(temporary))
        }
    };
    let money = money(&arguments)?;
    let limit = Duration::from_secs(arguments.seconds);
    let report = match money {
        WithMoney::Yes(money) if arguments.bond_only => {
            bond_only(&home, money, Arc::new(SystemClock), limit).await
        }
        money => {
            let options = options(&arguments.parts, home)?;
            once(options, usize::from(arguments.jobs), money, limit).await
        }
    };
    let report = report.map_err(explained)?;
    report::print(&report, arguments.json)?;
    Ok(if report.ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

const NO_CHAIN: &str = "the bond and the payout were left out: the practice chain needs the program anvil. \
    `cargo xtask setup` installs it; or name one with the variable ANVIL";

/// Where the chain comes from, and what opens the wallet of a home that is kept.
fn money(arguments: &PracticeArguments) -> anyhow::Result<WithMoney> {
    let program = std::env::current_exe().context("where this program is")?;
    let chain = match (&arguments.chain, paths::anvil(&program, |name| std::env::var_os(name))) {
        (Some(rpc), _) => ChainSource::Attach { rpc: rpc.clone() },
        (None, Some(anvil)) => ChainSource::Start { anvil, registry: arguments.registry.into() },
        (None, None) => return Ok(WithMoney::Impossible(NO_CHAIN.to_owned())),
    };
    // In the environment and not on the command line, where every user of the computer could read it.
    let password = std::env::var(PASSWORD).ok().map(Sensitive::new);
    Ok(WithMoney::Yes(PurseOptions { keyring: arguments.keyring, ..PurseOptions::new(chain, password) }))
}

/// The password of the wallet in a home that is kept.
const PASSWORD: &str = "GRID_NODE_PASSWORD";

/// The parts, with what was left out filled in.
pub(crate) fn options(parts: &Parts, home: PathBuf) -> anyhow::Result<RehearsalOptions> {
    let program = std::env::current_exe().context("where this program is")?;
    let engine = parts.engine.clone().unwrap_or_else(|| paths::engine(&program));
    let model = parts.model.clone().unwrap_or_else(|| paths::practice_model(&program));
    Ok(RehearsalOptions::new(home, engine, model, Arc::new(SystemClock)))
}

/// The owner's words in front of the technical ones.
pub(crate) fn explained(error: app::StartError) -> anyhow::Error {
    let code = error.code();
    anyhow::Error::new(error).context(format!("{}. {} {}", code.title(), code.cause(), code.action()))
}

impl From<Registry> for RegistryVersion {
    fn from(registry: Registry) -> Self {
        match registry {
            Registry::V1 => Self::V1,
            Registry::V2 => Self::V2,
        }
    }
}
