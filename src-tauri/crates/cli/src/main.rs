//! `grid-node-cli`: the same app without a window, for rigs, servers and checks.
//!
//! Standard output is for results, standard error for the log. Exit codes: 0 all well, 1 something did not work, 2 the
//! command line was wrong.

mod account;
mod arguments;
mod config;
mod place;
mod practice;
mod report;
mod report_status;
mod run;
mod status;
mod terminal;

use std::process::ExitCode;

use clap::Parser as _;

use arguments::{Arguments, Command, LogFormat};

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    log(arguments.verbose, arguments.log_format);
    let outcome = match arguments.command {
        Command::Practice(practice) => practice::practice(practice).await,
        Command::Run(run) => run::run(run).await,
        Command::Status(asked) => status::status(&asked),
        Command::Config(command) => config::config(&command).await,
        Command::Account(command) => account::account(command).await,
    };
    outcome.unwrap_or_else(|error| {
        #[expect(clippy::print_stderr, reason = "the one place where a command's failure is told")]
        {
            eprintln!("grid-node-cli: {error:#}");
        }
        ExitCode::FAILURE
    })
}

/// The log goes to standard error. It never holds prompts, outputs, keys or signed addresses.
fn log(verbose: bool, format: LogFormat) {
    let level = if verbose { "info" } else { "warn" };
    let filter = tracing_subscriber::EnvFilter::try_from_env("GRID_NODE_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(level));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
}
