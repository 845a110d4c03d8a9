//! Measures; never part of a test run, because what a busy machine measures is no verdict.

use clap::Args;

use crate::nextest;
use crate::place::Place;
use crate::process;
use crate::run::Profile;
use crate::setup::Consent;
use crate::steps::Steps;
use crate::test;

/// What to measure.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Measure the app as shipped; the first such build takes long.
    #[arg(long)]
    release: bool,
}

/// What the app costs while its window is closed: memory of its own, and the processor's time.
pub(crate) fn idle(
    place: &Place,
    consent: Consent,
    options: &Options,
    steps: &mut Steps,
) -> anyhow::Result<()> {
    test::set_up(place, consent, steps)?;
    let profile = if options.release { Profile::Release } else { Profile::Debug };
    // The app finds its engine beside itself, and the bench builds only the app.
    steps.must("build", || crate::run::build(place, profile))?;
    steps.must("idle", || {
        let mut command = nextest::on_a_display_of_its_own(place)?;
        let named = if options.release { "bench" } else { "dev" };
        command.args(["bench", "--package", "grid-node", "--features", "custom-protocol", "--bench", "idle"]);
        command.args(["--profile", named]).env("ANVIL", place.anvil());
        process::run(&mut command)
    })
}
