//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Grid Node without a window.
#[derive(Debug, Parser)]
#[command(name = "grid-node-cli", version, about)]
pub(crate) struct Arguments {
    /// Tell more on standard error.
    #[arg(long, short, global = true)]
    pub(crate) verbose: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Rehearse on a network of your own: nothing real is reached, no real money moves.
    Practice(PracticeArguments),
    /// Serve without a window, and print a line whenever something changes. For now on the practice network only.
    Run(RunArguments),
}

/// Where the parts are.
#[derive(Debug, Args)]
pub(crate) struct Parts {
    /// The model file; the small one that ships with the app if left out.
    #[arg(long, value_name = "FILE")]
    pub(crate) model: Option<PathBuf>,
    /// The engine executable; the one beside this program if left out.
    #[arg(long, value_name = "FILE")]
    pub(crate) engine: Option<PathBuf>,
    /// The home folder: a temporary one for `practice --once`, the practice home else.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) home: Option<PathBuf>,
}

/// `practice`.
#[derive(Debug, Args)]
pub(crate) struct PracticeArguments {
    /// Start the network, put up a bond, serve some jobs, get paid, take it all back, report, end.
    #[arg(long, required = true)]
    pub(crate) once: bool,
    /// How many jobs to serve; each kind comes in turn.
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) jobs: u16,
    /// Print one JSON object on standard output, and nothing else.
    #[arg(long)]
    pub(crate) json: bool,
    /// The worker registry that the practice chain serves: v1 pays a bond back at once, v2 after a cooldown.
    #[arg(long, value_enum, default_value_t = Registry::V1)]
    pub(crate) registry: Registry,
    /// Let the system's keyring keep the password of the wallet in a home that is kept.
    #[arg(long, requires = "home")]
    pub(crate) keyring: bool,
    /// Use the practice chain that listens here instead of one of our own.
    #[arg(long, value_name = "URL", hide = true)]
    pub(crate) chain: Option<String>,
    /// Put up the bond, or go on with it, and do nothing else.
    #[arg(long, hide = true, requires = "chain")]
    pub(crate) bond_only: bool,
    /// Give up after this many seconds.
    #[arg(long, default_value_t = 45, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub(crate) seconds: u64,
    #[command(flatten)]
    pub(crate) parts: Parts,
}

/// The worker registries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Registry {
    /// The one that is live.
    V1,
    /// The one with a cooldown.
    V2,
}

/// `run`.
#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    /// Serve the practice network on this computer.
    #[arg(long, required = true)]
    pub(crate) practice: bool,
    /// Print each state as a JSON object on a line of its own.
    #[arg(long)]
    pub(crate) json: bool,
    /// End after this many seconds; runs until it is interrupted if left out.
    #[arg(long)]
    pub(crate) seconds: Option<u64>,
    #[command(flatten)]
    pub(crate) parts: Parts,
}
