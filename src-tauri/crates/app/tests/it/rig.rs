//! A rehearsal for tests: short waits, a temporary home, and a look at the child processes.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use app::practice::{Rehearsal, RehearsalOptions};
use app::{Phase, Status};
use practice::Event;
use tokio::sync::broadcast::Receiver;
use tokio::time::timeout;
use types::SystemClock;
use worker::Policy;

/// No wait of a test is longer than this.
const PATIENCE: Duration = Duration::from_secs(60);

/// The executable beside the tests'. `cargo xtask test` builds it.
pub(crate) fn engine() -> PathBuf {
    let test = std::env::current_exe().expect("a path");
    let folder = test.parent().and_then(Path::parent).expect("target/<profile>/deps");
    let engine = app::paths::engine(&folder.join("grid-node"));
    assert!(
        engine.is_file(),
        "the engine is not built: run cargo xtask test, or cargo build -p grid-node-engine"
    );
    engine
}

pub(crate) fn kjv_tiny() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../tests/data/models/kjv-tiny.Q8_0.gguf"))
}

/// Requantized from the package by `cargo xtask test`.
pub(crate) fn smollm2() -> PathBuf {
    let path = std::env::var_os("GRID_NODE_SMOLLM2").map_or_else(
        || engine().ancestors().nth(2).expect("target").join("models/smollm2-135m-instruct.Q8_0.gguf"),
        PathBuf::from,
    );
    assert!(path.is_file(), "SmolLM2 is not installed: run cargo xtask test, which installs it");
    path
}

/// The product's patience, a hundred times faster where only waiting is concerned.
pub(crate) fn hasty() -> Policy {
    Policy {
        restart: [Duration::from_millis(10), Duration::from_millis(50)],
        quarantine: Duration::from_millis(100),
        reconnect: Duration::from_millis(10),
        longest_reconnect: Duration::from_millis(300),
        disk: Duration::from_millis(100),
        attempts: 1000,
        ..Policy::default()
    }
}

pub(crate) struct Rig {
    pub(crate) home: tempfile::TempDir,
}

impl Rig {
    pub(crate) fn new() -> Self {
        Self { home: tempfile::tempdir().expect("a folder") }
    }

    pub(crate) fn options(&self) -> RehearsalOptions {
        let home = self.home.path().join("home");
        RehearsalOptions {
            policy: hasty(),
            ..RehearsalOptions::new(home, engine(), kjv_tiny(), Arc::new(SystemClock))
        }
    }

    /// A node that waits for jobs.
    pub(crate) async fn waiting(&self) -> Rehearsal {
        let rehearsal = Rehearsal::start(self.options()).await.expect("starts");
        phase(&rehearsal, Phase::Waiting).await;
        rehearsal
    }
}

/// Waits until the status is as wanted.
pub(crate) async fn status(rehearsal: &Rehearsal, wanted: impl FnMut(&Status) -> bool) -> Status {
    let mut changes = rehearsal.changes();
    let reached = timeout(PATIENCE, changes.wait_for(wanted)).await;
    let reached = reached.unwrap_or_else(|_| panic!("not reached: {:?}", rehearsal.status()));
    reached.expect("the node lives").clone()
}

pub(crate) async fn phase(rehearsal: &Rehearsal, wanted: Phase) -> Status {
    status(rehearsal, |status| status.phase == wanted).await
}

/// Waits for an event of the network.
pub(crate) async fn event(events: &mut Receiver<Event>, wanted: impl Fn(&Event) -> bool) -> Event {
    let wait = async {
        loop {
            match events.recv().await {
                Ok(event) if wanted(&event) => return event,
                Ok(_) | Err(tokio::sync::broadcast::error::RecvError::Lagged(_)) => {}
                Err(error) => panic!("the network ended: {error}"),
            }
        }
    };
    timeout(PATIENCE, wait).await.expect("an event in time")
}

/// The engine processes of this test, which has a process of its own.
#[cfg(target_os = "linux")]
pub(crate) fn engines() -> Vec<u32> {
    let parent = std::process::id().to_string();
    let folders = std::fs::read_dir("/proc").expect("/proc").flatten();
    let pids = folders.filter_map(|folder| folder.file_name().to_str()?.parse::<u32>().ok());
    let is_ours = |pid: &u32| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // pid (name) state parent …
        let after_name: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
        stat.contains("(grid-node-engi")
            && after_name.get(1) == Some(&parent.as_str())
            && after_name[0] != "Z"
    };
    pids.filter(is_ours).collect()
}

#[cfg(target_os = "linux")]
pub(crate) fn signal(signal: &str, pid: u32) {
    let killed = std::process::Command::new("kill").args([signal, &pid.to_string()]).status();
    assert!(killed.expect("kill runs").success(), "no process {pid}");
}
