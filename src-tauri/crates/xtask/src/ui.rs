//! The screen's packages, build and checks.

use std::process::Command;

use anyhow::bail;

use crate::npm::Packages;
use crate::place::Place;
use crate::process;

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
    screen(place).install()
}

/// Builds the page that the app embeds.
pub(crate) fn build(place: &Place) -> anyhow::Result<()> {
    process::run(screen(place).npm().args(["run", "build"]))
}

/// Checks the types of the screen's sources.
pub(crate) fn check(place: &Place) -> anyhow::Result<()> {
    process::run(screen(place).npm().args(["run", "check"]))
}

/// Runs the screen's tests.
pub(crate) fn test(place: &Place) -> anyhow::Result<()> {
    process::run(screen(place).npm().args(["run", "test"]))
}

fn screen(place: &Place) -> Packages {
    Packages::of(place.ui())
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
    use super::node_is_new_enough;

    #[test]
    fn an_old_or_absent_node_is_named() {
        assert!(node_is_new_enough(Some("v20.0.0")).is_ok());
        assert!(node_is_new_enough(Some("v120.1.0")).is_ok());
        for bad in [Some("v18.20.4"), Some("nonsense"), None] {
            let error = node_is_new_enough(bad).expect_err("too old").to_string();
            assert!(error.contains("Node 20"), "{error}");
        }
    }
}
