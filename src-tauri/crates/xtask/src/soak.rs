//! Long runs: the same tests as in a test run, for as long as one likes and with time as it is.

use clap::Args;

use crate::place::Place;
use crate::process;
use crate::steps::Steps;

/// How long.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Minutes of mixed traffic.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..))]
    minutes: u32,
}

/// Eight slots in mixed traffic. Without the test runner, which would end a test that takes long.
pub(crate) fn soak(place: &Place, options: &Options, steps: &mut Steps) -> anyhow::Result<()> {
    steps.must("traffic", || {
        let mut command = place.cargo();
        command.args([
            "test",
            "--package",
            "grid-node-app",
            "--test",
            "it",
            "--",
            "--nocapture",
            "traffic::",
        ]);
        process::run(command.env("GRID_NODE_SOAK_MINUTES", options.minutes.to_string()))
    })
}
