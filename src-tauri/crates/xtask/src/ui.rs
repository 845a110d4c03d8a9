//! The screen's packages, build and checks.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, bail};

use crate::place::Place;
use crate::process;
use crate::say;

/// The oldest Node the screen's tools run on.
const OLDEST_NODE: u32 = 20;

/// What helps against an older one, on every system.
const HOW: &str = "Install it from nodejs.org, or with npm: npm install --global n && n 20";

/// Makes sure Node is there and new enough. No package manager of a system is asked: theirs are often too old.
pub(crate) fn node() -> anyhow::Result<()> {
    let version = process::answer(Command::new("node").arg("--version"));
    node_is_new_enough(version.as_deref())
}

/// Installs the screen's packages if the lock file changed since the last time, exactly as locked.
pub(crate) fn packages(place: &Place) -> anyhow::Result<()> {
    let lock =
        std::fs::read_to_string(place.ui().join("package-lock.json")).context("ui/package-lock.json")?;
    let stamp = place.stamps().join("package-lock.json");
    if is_installed(&place.ui(), &stamp, &lock) {
        say::line("the screen's packages are there");
        return Ok(());
    }
    process::run(npm(place).args(["ci", "--no-audit", "--no-fund"]))?;
    std::fs::create_dir_all(place.stamps())?;
    std::fs::write(stamp, lock).context("remember which packages are installed")
}

/// Builds the page that the app embeds.
pub(crate) fn build(place: &Place) -> anyhow::Result<()> {
    process::run(npm(place).args(["run", "build"]))
}

/// Checks the types of the screen's sources.
pub(crate) fn check(place: &Place) -> anyhow::Result<()> {
    process::run(npm(place).args(["run", "check"]))
}

/// Runs the screen's tests.
pub(crate) fn test(place: &Place) -> anyhow::Result<()> {
    process::run(npm(place).args(["run", "test"]))
}

fn npm(place: &Place) -> Command {
    // On Windows npm is a script, which must be started by its full name.
    let mut command = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
    command.current_dir(place.ui());
    command
}

fn is_installed(ui: &Path, stamp: &Path, lock: &str) -> bool {
    ui.join("node_modules").is_dir() && std::fs::read_to_string(stamp).is_ok_and(|seen| seen == lock)
}

fn node_is_new_enough(version: Option<&str>) -> anyhow::Result<()> {
    let major = |text: &str| text.trim_start_matches('v').split('.').next()?.parse::<u32>().ok();
    match version.map(|text| (text, major(text))) {
        Some((_, Some(found))) if found >= OLDEST_NODE => Ok(()),
        Some((text, _)) => {
            bail!("Node {OLDEST_NODE} or newer is needed to build the screen; this is {text}. {HOW}")
        }
        None => {
            bail!("Node {OLDEST_NODE} or newer with npm is needed to build the screen; none was found. {HOW}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{is_installed, node_is_new_enough};

    #[test]
    fn an_old_or_absent_node_is_named() {
        assert!(node_is_new_enough(Some("v20.0.0")).is_ok());
        assert!(node_is_new_enough(Some("v120.1.0")).is_ok());
        for bad in [Some("v18.20.4"), Some("nonsense"), None] {
            let error = node_is_new_enough(bad).expect_err("too old").to_string();
            assert!(error.contains("Node 20"), "{error}");
        }
    }

    #[test]
    fn packages_are_installed_again_when_the_lock_changes_or_they_are_gone() {
        let home = tempfile::tempdir().expect("a folder");
        let stamp = home.path().join("stamp");
        std::fs::write(&stamp, "lock 1").expect("written");
        assert!(!is_installed(home.path(), &stamp, "lock 1"), "without node_modules nothing is installed");
        std::fs::create_dir(home.path().join("node_modules")).expect("made");
        assert!(is_installed(home.path(), &stamp, "lock 1"));
        assert!(!is_installed(home.path(), &stamp, "lock 2"), "another lock needs another install");
    }
}
