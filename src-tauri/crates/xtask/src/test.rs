//! The whole test run: what a change must pass.

use crate::checks;
use crate::contracts;
use crate::engine_model;
use crate::llama_server;
use crate::nextest;
use crate::place::Place;
use crate::process;
use crate::run;
use crate::setup::{self, Consent};
use crate::steps::Steps;
use crate::system::Purpose;
use crate::ui;

/// Sets up, builds and runs everything. Each check runs even if an earlier one failed.
pub(crate) fn test(place: &Place, consent: Consent, steps: &mut Steps) -> anyhow::Result<()> {
    set_up(place, consent, steps)?;
    checks::format(place, steps);
    steps.check("screen: types", || ui::check(place));
    steps.check("screen: tests", || ui::test(place));
    steps.check("contracts: artefacts", || contracts::check(place));
    steps.check("tests", || nextest::run(place));
    steps.check("examples in the documentation", || {
        let what = ["test", "--doc", "--workspace", "--features", "custom-protocol"];
        process::run(place.cargo().args(what))
    });
    checks::clippy(place, steps);
    Ok(())
}

/// Everything a test run needs, up to the built executables and the test model.
pub(crate) fn set_up(place: &Place, consent: Consent, steps: &mut Steps) -> anyhow::Result<()> {
    steps.must("node", ui::node)?;
    steps.must("system packages", || setup::system_packages(place, Purpose::Test, consent))?;
    steps.must("test runner", || nextest::install(place))?;
    steps.must("screen: packages", || ui::packages(place))?;
    steps.must("screen: build", || ui::build(place))?;
    steps.must("practice chain: packages", || contracts::packages(place))?;
    steps.must("build", || build(place))?;
    let engine = run::Profile::Debug.executable(place, "grid-node-engine");
    steps.must("test model", || engine_model::prepare(place, &engine))?;
    steps.must("llama.cpp's server", || llama_server::prepare(place))
}

/// Builds the executables together with all tests: alone they would get other features, and Tauri be built twice.
fn build(place: &Place) -> anyhow::Result<()> {
    let what = ["build", "--workspace", "--all-targets", "--features", "custom-protocol"];
    process::run(place.cargo().args(what).args(run::NOT_OURSELVES))
}
