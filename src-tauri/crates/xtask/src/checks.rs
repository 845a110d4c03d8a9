//! Format and lints.

use crate::place::Place;
use crate::process;
use crate::steps::Steps;

/// Both, on the whole workspace.
#[expect(clippy::unnecessary_wraps, reason = "every chore has the same shape")]
pub(crate) fn lint(place: &Place, steps: &mut Steps) -> anyhow::Result<()> {
    format(place, steps);
    clippy(place, steps);
    Ok(())
}

/// Fails if a source is not formatted.
pub(crate) fn format(place: &Place, steps: &mut Steps) {
    steps.check("format", || process::run(place.cargo().args(["fmt", "--all", "--check"])));
}

/// Fails on any warning.
pub(crate) fn clippy(place: &Place, steps: &mut Steps) {
    let what = ["clippy", "--workspace", "--all-targets", "--features", "custom-protocol"];
    steps.check("clippy", || process::run(place.cargo().args(what).args(["--", "-D", "warnings"])));
}
