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
    /// How the log on standard error is written.
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text)]
    pub(crate) log_format: LogFormat,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// How a log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum LogFormat {
    /// A line for people.
    Text,
    /// A JSON object on each line, for programs.
    Json,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Rehearse on a network of your own: nothing real is reached, no real money moves.
    Practice(PracticeArguments),
    /// Serve without a window, and print a line whenever something changes.
    Run(RunArguments),
    /// Say what a node that runs in a home is doing. Exit code 0: it runs; 1: it needs its owner; 3: it does not run.
    Status(StatusArguments),
    /// The file with what is served, and where the Grid is.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// The account on the Grid: its key, its payout wallet, its workers.
    #[command(subcommand)]
    Account(AccountCommand),
}

/// Which home, and which configuration.
#[derive(Debug, Clone, Args)]
pub(crate) struct Place {
    /// The home folder of the node; the system's folder for data if left out.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) home: Option<PathBuf>,
    /// The configuration; `grid-node.toml` in the home if left out.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Use this coordinator for now instead of the configured one.
    #[arg(long, value_name = "URL")]
    pub(crate) coordinator: Option<String>,
    /// Let the system's keyring keep the password of the key files, and ask it for that.
    #[arg(long)]
    pub(crate) keyring: bool,
}

/// `config`.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Write a commented file into the home. One that is there stays.
    Init(Place),
    /// Read the file and say what is wrong with it, or what it means.
    Check(Place),
    /// Look for model servers that run on this computer, and print the blocks that would serve them.
    Servers,
}

/// `account`.
#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    /// Show the account: who is paid, its workers, its keys.
    Show {
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Keep an API key that was made elsewhere. It is typed, or comes by standard input.
    Key {
        #[command(flatten)]
        place: Place,
    },
    /// Sign in with the wallet of this home, and make a key for this computer.
    SignIn {
        #[command(flatten)]
        place: Place,
    },
    /// Set who is paid.
    PayoutWallet {
        /// The address, in mixed case, so that a slip is noticed.
        address: String,
        #[command(flatten)]
        place: Place,
    },
    /// End a key for good.
    Revoke {
        /// Its id, as `show` lists it.
        id: String,
        #[command(flatten)]
        place: Place,
    },
    /// Show the recovery phrase of the wallet in this home, at a terminal and nowhere else.
    Phrase {
        #[command(flatten)]
        place: Place,
    },
    /// Let this computer's own key sign the work of every worker that is configured, for 90 days.
    Delegate {
        #[command(flatten)]
        place: Place,
    },
    /// Enrol this worker through the coordinator, if it offers that.
    Enrol {
        #[command(flatten)]
        place: Place,
    },
}

impl AccountCommand {
    pub(crate) const fn place(&self) -> &Place {
        match self {
            Self::Show { place, .. }
            | Self::Key { place }
            | Self::SignIn { place }
            | Self::PayoutWallet { place, .. }
            | Self::Revoke { place, .. }
            | Self::Delegate { place }
            | Self::Phrase { place }
            | Self::Enrol { place } => place,
        }
    }
}

/// `status`.
#[derive(Debug, Args)]
pub(crate) struct StatusArguments {
    /// Print one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
    /// Ask about the practice network's home.
    #[arg(long, conflicts_with = "home")]
    pub(crate) practice: bool,
    /// The home folder of the node; the system's folder for data if left out.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) home: Option<PathBuf>,
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
    #[arg(long, conflicts_with_all = ["config", "coordinator"])]
    pub(crate) practice: bool,
    /// Print each state as a JSON object on a line of its own.
    #[arg(long)]
    pub(crate) json: bool,
    /// End after this many seconds; runs until it is interrupted if left out.
    #[arg(long)]
    pub(crate) seconds: Option<u64>,
    /// When asked to end, finish running jobs for so many seconds before the rest is given back.
    #[arg(long, value_name = "SECONDS", default_value_t = 20, value_parser = clap::value_parser!(u64).range(..=600))]
    pub(crate) drain: u64,
    /// The model file; for practice only: the small one that ships with the app if left out.
    #[arg(long, value_name = "FILE", requires = "practice")]
    pub(crate) model: Option<PathBuf>,
    /// The engine executable; the one beside this program if left out.
    #[arg(long, value_name = "FILE")]
    pub(crate) engine: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) place: Place,
}
