//! `grid-node-cli run`: serve without a window, on the practice network or on a coordinator of the owner's choice.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use app::config::ConfigError;
use app::live::{Live, LiveError, LiveOptions};
use app::practice::Rehearsal;
use app::{Node, Phase, Status, paths};
use types::Code;

use crate::arguments::{Parts, RunArguments};
use crate::practice::{explained, options};
use crate::{place, report_status, status};

/// Only the owner can go on. A code of its own, so that whoever watches over the process does not start it again: a
/// stop after many faults must stay one.
const OWNER: u8 = 4;
/// What is set cannot be used, like a command line that is wrong.
const WRONG: u8 = 2;

pub(crate) async fn run(arguments: RunArguments) -> anyhow::Result<ExitCode> {
    if arguments.practice { practice(&arguments).await } else { live(&arguments).await }
}

async fn practice(arguments: &RunArguments) -> anyhow::Result<ExitCode> {
    let home = match &arguments.place.home {
        Some(home) => home.clone(),
        None => paths::practice_home(|name| std::env::var_os(name).map(Into::into))
            .context("the system names no folder for data; give one with --home")?,
    };
    let parts = Parts { model: arguments.model.clone(), engine: arguments.engine.clone(), home: None };
    let rehearsal = Rehearsal::start(options(&parts, home.clone())?).await.map_err(explained)?;
    let outcome = follow(rehearsal.node(), &home, arguments).await;
    rehearsal.shutdown().await;
    outcome
}

async fn live(arguments: &RunArguments) -> anyhow::Result<ExitCode> {
    let options = match arguments.place.options(arguments.engine.clone()) {
        Ok(options) => options,
        Err(error) if error.is::<ConfigError>() => return Ok(failed(&error, WRONG)),
        Err(error) => return Err(error),
    };
    for key in &options.config.unknown {
        tracing::warn!(key, "the configuration holds a key that this version does not know");
    }
    let home: PathBuf = options.home.clone();
    let (live, node) = match begun(options).await {
        Ok(begun) => begun,
        Err(error) => return told(error),
    };
    tracing::info!(coordinator = live.endpoint().api_base(), "serving");
    let outcome = follow(&node, &home, arguments).await;
    node.shutdown().await;
    status::forget(&home);
    outcome
}

async fn begun(options: LiveOptions) -> Result<(Live, Node), LiveError> {
    let home = options.home.clone();
    let live = Live::open(options).await?;
    // What the last run said of itself is not true of this one.
    status::forget(&home);
    let node = live.serve().await?;
    Ok((live, node))
}

/// Why nothing was started, with the code for it.
fn told(error: LiveError) -> anyhow::Result<ExitCode> {
    let code = match error.code() {
        Code::SettingsUnusable => WRONG,
        Code::NoApiKey | Code::NothingToServe | Code::KeysLocked => OWNER,
        _ => return Err(place::explained(error)),
    };
    Ok(failed(&place::explained(error), code))
}

fn failed(error: &anyhow::Error, code: u8) -> ExitCode {
    #[expect(clippy::print_stderr, reason = "the one place where these failures are told")]
    {
        eprintln!("grid-node-cli: {error:#}");
    }
    ExitCode::from(code)
}

/// Prints each new state until it is interrupted, the time is up, or only the owner can go on.
async fn follow(node: &Node, home: &Path, arguments: &RunArguments) -> anyhow::Result<ExitCode> {
    let mut changes = node.changes();
    let end = async {
        match arguments.seconds {
            Some(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
            None => std::future::pending().await,
        }
    };
    // Listened for from here on, also while a line is being printed.
    let asked_to_end = asked_to_end()?;
    tokio::pin!(end, asked_to_end);
    loop {
        let status = changes.borrow_and_update().clone();
        say(&status, home, arguments.json)?;
        if status.phase == Phase::NeedsAttention {
            return Ok(ExitCode::from(OWNER));
        }
        tokio::select! {
            changed = changes.changed() => changed.context("the node ended")?,
            () = &mut asked_to_end => {
                drain(node, Duration::from_secs(arguments.drain)).await?;
                return Ok(ExitCode::SUCCESS);
            }
            () = &mut end => return Ok(ExitCode::SUCCESS),
        }
    }
}

/// Takes no more jobs and finishes those in hand, until they are done, the time is up, or a second wish to end.
async fn drain(node: &Node, longest: Duration) -> anyhow::Result<()> {
    let mut changes = node.changes();
    let at_work = |status: &Status| matches!(status.phase, Phase::Working | Phase::Finishing);
    if !at_work(&changes.borrow_and_update()) {
        return Ok(());
    }
    tracing::info!(seconds = longest.as_secs(), "finishing the jobs in hand");
    node.pause(false).await;
    let again = asked_to_end()?;
    tokio::select! {
        _ = changes.wait_for(|status| !at_work(status)) => {}
        () = tokio::time::sleep(longest) => tracing::info!("the rest is given back to the Grid"),
        () = again => tracing::info!("ended at once"),
    }
    Ok(())
}

/// Ends when the person or the system wants the node to end.
#[cfg(unix)]
fn asked_to_end() -> anyhow::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Ends when the person wants the node to end.
#[cfg(windows)]
fn asked_to_end() -> anyhow::Result<impl Future<Output = ()>> {
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        interrupt.recv().await;
    })
}

fn say(status: &Status, home: &Path, json: bool) -> anyhow::Result<()> {
    let report = report_status::to_json(status);
    if let Err(error) = status::write(home, &report) {
        // Only other programs miss it; the work goes on.
        tracing::warn!(%error, "the status file cannot be written");
    }
    let mut out = std::io::stdout().lock();
    if json {
        writeln!(out, "{report}")?;
    } else {
        writeln!(out, "{}", report_status::to_line(status))?;
    }
    Ok(out.flush()?)
}
