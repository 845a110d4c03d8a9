//! `grid-node-cli practice --once`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use app::paths;
use app::practice::{RehearsalOptions, once};
use types::SystemClock;

use crate::arguments::{Parts, PracticeArguments};
use crate::report;

pub(crate) async fn practice(arguments: PracticeArguments) -> anyhow::Result<ExitCode> {
    let temporary = tempfile::tempdir().context("a temporary home folder")?;
    let home = arguments.parts.home.clone().unwrap_or_else(|| temporary.path().join("home"));
    let options = options(&arguments.parts, home)?;
    let limit = Duration::from_secs(arguments.seconds);
    let report = once(options, usize::from(arguments.jobs), limit).await.map_err(explained)?;
    report::print(&report, arguments.json)?;
    Ok(if report.ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

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
