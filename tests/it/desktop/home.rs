//! A home folder for one run.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::process::{Process, processes};

/// Killed processes are gone at once, unless the machine is very busy.
const GONE: Duration = Duration::from_secs(5);

/// An empty home. Dropping it ends whatever still runs in it, after a failed test for example.
pub(super) struct Home {
    folder: TempDir,
}

impl Home {
    pub(super) fn new() -> Self {
        let home = Self { folder: tempfile::tempdir().expect("a home") };
        fs::create_dir(home.runtime()).expect("a folder for sockets");
        // Programs refuse one that others can read.
        fs::set_permissions(home.runtime(), fs::Permissions::from_mode(0o700)).expect("it is ours");
        home
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// What `XDG_RUNTIME_DIR` names.
    pub(super) fn runtime(&self) -> PathBuf {
        self.path().join("runtime")
    }

    /// Where the app's standard error goes.
    pub(super) fn log(&self) -> PathBuf {
        self.path().join("log")
    }

    /// All that runs with this home, and what those have started: an engine gets no environment.
    pub(super) fn processes(&self) -> Vec<Process> {
        let variable = format!("HOME={}", self.path().display());
        let all: Vec<Process> = processes().collect();
        let (mut ours, mut others): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|process| process.has_variable(&variable));
        let mut seen = 0;
        while let Some(parent) = ours.get(seen).cloned() {
            let (children, rest) = others.into_iter().partition(|process| process.is_child_of(&parent));
            ours.extend::<Vec<_>>(children);
            others = rest;
            seen += 1;
        }
        ours
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let begun = Instant::now();
        loop {
            let left: Vec<Process> = self.processes().into_iter().filter(Process::is_alive).collect();
            if left.is_empty() || begun.elapsed() > GONE {
                return;
            }
            left.iter().for_each(|process| process.send("KILL"));
        }
    }
}
