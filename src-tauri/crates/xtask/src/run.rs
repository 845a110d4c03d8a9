//! Builds and opens Grid Node on the practice network.

use std::path::PathBuf;
use std::process::Command;

use clap::Args;

use crate::contracts;
use crate::engine_model;
use crate::nextest::has_display;
use crate::place::Place;
use crate::process;
use crate::say;
use crate::setup::{self, Consent};
use crate::steps::Steps;
use crate::system::Purpose;
use crate::ui;

/// How to run.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Build with full optimisation; the first such build takes long.
    #[arg(long)]
    release: bool,
}

/// A build profile.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Profile {
    /// Quick to build; the numeric crates are optimised all the same.
    Debug,
    /// As shipped.
    Release,
}

impl Profile {
    /// An executable built with this profile.
    pub(crate) fn executable(self, place: &Place, name: &str) -> PathBuf {
        let folder = match self {
            Self::Debug => "debug",
            Self::Release => "release",
        };
        place.executable(folder, name)
    }

    const fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Debug => &[],
            Self::Release => &["--release"],
        }
    }
}

/// Windows cannot overwrite a program that runs, and the chores are one.
pub(crate) const NOT_OURSELVES: &[&str] = if cfg!(windows) { &["--exclude", "xtask"] } else { &[] };

pub(crate) fn build(place: &Place, profile: Profile) -> anyhow::Result<()> {
    let what = ["build", "--workspace", "--features", "custom-protocol"];
    process::run(place.cargo().args(what).args(NOT_OURSELVES).args(profile.arguments()))
}

/// Sets up, builds and starts.
pub(crate) fn run(
    place: &Place,
    consent: Consent,
    options: &Options,
    steps: &mut Steps,
) -> anyhow::Result<()> {
    let profile = if options.release { Profile::Release } else { Profile::Debug };
    steps.must("node", ui::node)?;
    steps.must("system packages", || setup::system_packages(place, Purpose::Run, consent))?;
    steps.must("screen: packages", || ui::packages(place))?;
    steps.must("screen: build", || ui::build(place))?;
    // Jobs can be practised without a chain; only the money part then has nothing to practise on.
    steps.optional("practice chain: packages", || contracts::packages(place));
    steps.must("build", || build(place, profile))?;
    let engine = profile.executable(place, "grid-node-engine");
    // Practice works with the small model of the repository too; it only talks less sense.
    steps.optional("chat model", || engine_model::prepare(place, &engine));
    steps.must("practice network", || start(place, profile))
}

/// Starts the window, or without a display the command-line form, and waits until it ends.
fn start(place: &Place, profile: Profile) -> anyhow::Result<()> {
    let model = Some(engine_model::path(place)).filter(|model| model.is_file());
    if has_display() {
        let mut app = place.command(profile.executable(place, "grid-node"));
        return process::run(with(&mut app, "--practice-model", model));
    }
    say::line("there is no display, so Grid Node runs in this terminal; stop it with Ctrl-C");
    let mut cli = place.command(profile.executable(place, "grid-node-cli"));
    process::run(with(cli.args(["run", "--practice"]), "--model", model))
}

fn with<'a>(command: &'a mut Command, option: &str, file: Option<PathBuf>) -> &'a mut Command {
    command.args(file.into_iter().flat_map(|file| [option.into(), file.into_os_string()]))
}
