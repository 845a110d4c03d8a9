//! `grid-node-cli run --practice`.

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use app::practice::Rehearsal;
use app::{Phase, Status, paths};
use serde_json::json;

use crate::arguments::RunArguments;
use crate::practice::{explained, options};

pub(crate) async fn run(arguments: RunArguments) -> anyhow::Result<ExitCode> {
    let home = match &arguments.parts.home {
        Some(home) => home.clone(),
        None => paths::practice_home(|name| std::env::var_os(name).map(Into::into))
            .context("the system names no folder for data; give one with --home")?,
    };
    let rehearsal = Rehearsal::start(options(&arguments.parts, home)?).await.map_err(explained)?;
    let outcome = follow(&rehearsal, &arguments).await;
    rehearsal.shutdown().await;
    outcome
}

/// Prints each new state until it is interrupted, the time is up, or only the owner can go on.
async fn follow(rehearsal: &Rehearsal, arguments: &RunArguments) -> anyhow::Result<ExitCode> {
    let mut changes = rehearsal.changes();
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
        say(&status, arguments.json)?;
        if status.phase == Phase::NeedsAttention {
            return Ok(ExitCode::FAILURE);
        }
        tokio::select! {
            changed = changes.changed() => changed.context("the node ended")?,
            () = &mut asked_to_end => return Ok(ExitCode::SUCCESS),
            () = &mut end => return Ok(ExitCode::SUCCESS),
        }
    }
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

fn say(status: &Status, json: bool) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    if json {
        writeln!(out, "{}", to_json(status))?;
    } else {
        writeln!(out, "{}", to_line(status))?;
    }
    Ok(out.flush()?)
}

fn to_json(status: &Status) -> serde_json::Value {
    json!({
        "phase": status.phase.name(),
        "code": status.code.map(types::Code::name),
        "detail": status.detail,
        "practice": status.practice,
        "worker": status.worker_name,
        "model": status.model.as_ref().map(types::ModelId::as_str),
        "device": status.device,
        "job": status.current_job.as_ref().map(types::JobId::as_str),
        "jobs_done": status.jobs_done,
        "den_total": status.den_total.to_string(),
    })
}

fn reason(code: types::Code, detail: Option<&str>) -> String {
    let detail = detail.map(|detail| format!(" ({detail})")).unwrap_or_default();
    format!(": {}. {}{detail} {}", code.title(), code.cause(), code.action())
}

fn to_line(status: &Status) -> String {
    let state = match status.phase {
        Phase::Starting => "Starting".to_owned(),
        Phase::LoadingModel { percent } => format!("Loading model {percent} %"),
        Phase::SelfTest => "Self-test".to_owned(),
        Phase::Connecting => "Connecting".to_owned(),
        Phase::Waiting => "Waiting for jobs".to_owned(),
        Phase::Working => "Working".to_owned(),
        Phase::Finishing => "Finishing this job".to_owned(),
        Phase::Resting => "Resting".to_owned(),
        Phase::Quarantined => "Quarantined".to_owned(),
        Phase::Paused => "Paused by you".to_owned(),
        Phase::NeedsAttention => "Needs attention".to_owned(),
    };
    let reason = status.code.map(|code| reason(code, status.detail.as_deref())).unwrap_or_default();
    let model = status.model.as_ref().map(|model| format!(" · {model}")).unwrap_or_default();
    let device = status.device.as_ref().map(|device| format!(" on {device}")).unwrap_or_default();
    format!(
        "[practice] {state}{reason}{model}{device} · {} jobs · {} work units",
        status.jobs_done, status.den_total
    )
}
