//! What a running node says of itself, for other programs: written by `run`, read by `status`.
//!
//! A file, because it can neither hang nor be talked to. Whether a node runs at all is told by the lock of its home.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use app::{Home, paths};
use serde_json::{Value, json};

use crate::arguments::StatusArguments;

/// The file's name in a home.
const FILE: &str = "status.json";
/// As systemd's own tools say that a service does not run.
const NOT_RUNNING: u8 = 3;

/// Writes what a node says of itself, in one piece: who reads never sees half of it.
pub(crate) fn write(home: &Path, status: &Value) -> std::io::Result<()> {
    let beside = home.join(format!("{FILE}.part"));
    std::fs::write(&beside, status.to_string())?;
    std::fs::rename(&beside, home.join(FILE))
}

/// Takes it away, when it is not true any more.
pub(crate) fn forget(home: &Path) {
    let _ = std::fs::remove_file(home.join(FILE));
}

pub(crate) fn status(arguments: &StatusArguments) -> anyhow::Result<ExitCode> {
    let home = home(arguments)?;
    let said = if Home::is_taken(&home) { read(&home)? } else { Value::Null };
    let (report, code) = match &said {
        Value::Null => (json!({"running": false}), ExitCode::from(NOT_RUNNING)),
        said => {
            let needs_owner = said["phase"] == "needs-attention";
            let mut report = said.clone();
            report["running"] = json!(true);
            (report, if needs_owner { ExitCode::FAILURE } else { ExitCode::SUCCESS })
        }
    };
    let mut out = std::io::stdout().lock();
    if arguments.json {
        writeln!(out, "{report:#}")?;
    } else {
        writeln!(out, "{}", report["line"].as_str().unwrap_or("not running"))?;
    }
    Ok(code)
}

fn home(arguments: &StatusArguments) -> anyhow::Result<PathBuf> {
    let variable = |name: &str| std::env::var_os(name).map(Into::into);
    let usual = if arguments.practice { paths::practice_home(variable) } else { paths::live_home(variable) };
    arguments.home.clone().or(usual).context("the system names no folder for data; give one with --home")
}

/// A node that has just taken its home has not said anything yet.
fn read(home: &Path) -> anyhow::Result<Value> {
    match std::fs::read(home.join(FILE)) {
        Ok(text) => serde_json::from_slice(&text).context("what the node says of itself cannot be read"),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Ok(json!({"phase": "starting", "line": "Starting"}))
        }
        Err(error) => Err(error).context("what the node says of itself cannot be read"),
    }
}
