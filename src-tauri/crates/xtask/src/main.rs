//! Which chore, in one command?
//!
//! `cargo xtask run` and `cargo xtask test` do everything that is needed on a fresh machine: system packages, the
//! screen's npm packages, the practice chain, the test model, the build.
//! The chores use Debian's packages and the ordinary package registries, and never a model hub.
//!
//! **Invariant:** one cargo at a time, and an exit code of 0 only if every step of the chore succeeded.

mod bench;
mod checks;
mod contracts;
mod engine_model;
mod llama_server;
mod nextest;
mod npm;
mod place;
mod process;
mod pypi;
mod run;
mod say;
mod setup;
mod soak;
mod steps;
mod system;
mod test;
mod ui;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::place::Place;
use crate::setup::Consent;
use crate::steps::Steps;

#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask", about = "Chores of Grid Node: set up, run, test")]
struct Cli {
    #[command(subcommand)]
    chore: Chore,
    /// Install what is missing without asking.
    #[arg(long, global = true)]
    yes: bool,
}

#[derive(Debug, Subcommand)]
enum Chore {
    /// Set up, build, and open Grid Node on the practice network (without a display: the command-line form).
    Run(run::Options),
    /// Set up, build, and run every test and check; 0 only if all passed.
    Test,
    /// Mixed traffic on eight slots, for so many minutes.
    Soak(soak::Options),
    /// Measure what the app costs while its window is closed.
    BenchIdle(bench::Options),
    /// Only set up: system packages, cargo-nextest, the screen's packages, the practice chain, the test model,
    /// a real server for tests.
    Setup,
    /// Write the screen's TypeScript types anew from the shell's Rust types.
    Bindings,
    /// Compile the practice chain's contracts and write their bytes anew.
    Contracts,
    /// Format all Rust sources.
    Fmt,
    /// Check the format and run clippy on everything, warnings denied.
    Lint,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let mut steps = Steps::default();
    let done = chore(&cli, &mut steps);
    steps.summary();
    match done {
        Ok(()) if steps.all_passed() => ExitCode::SUCCESS,
        Ok(()) => ExitCode::FAILURE,
        Err(error) => {
            say::problem(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn chore(cli: &Cli, steps: &mut Steps) -> anyhow::Result<()> {
    let place = Place::find()?;
    let consent = if cli.yes { Consent::Given } else { Consent::Ask };
    match &cli.chore {
        Chore::Run(options) => run::run(&place, consent, options, steps),
        Chore::Test => test::test(&place, consent, steps),
        Chore::Soak(options) => soak::soak(&place, options, steps),
        Chore::BenchIdle(options) => bench::idle(&place, consent, options, steps),
        Chore::Setup => test::set_up(&place, consent, steps),
        Chore::Bindings => steps.must("bindings", || nextest::write_bindings(&place)),
        Chore::Contracts => {
            steps.must("node", ui::node)?;
            steps.must("contracts", || contracts::write(&place))
        }
        Chore::Fmt => steps.must("format", || process::run(place.cargo().args(["fmt", "--all"]))),
        Chore::Lint => checks::lint(&place, steps),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
