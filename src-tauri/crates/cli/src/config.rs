//! `grid-node-cli config`: the file with what is served, and where the Grid is.

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Context as _;
use app::config::{Config, DEFAULTS, EngineSetSource, EngineSetting};
use app::live;

use crate::arguments::{ConfigCommand, Place};

/// The configuration is wrong, like a command line that is.
const WRONG: u8 = 2;

pub(crate) async fn config(command: &ConfigCommand) -> anyhow::Result<ExitCode> {
    match command {
        ConfigCommand::Init(place) => init(place),
        ConfigCommand::Check(place) => check(place),
        ConfigCommand::Servers => servers().await,
    }
}

/// Nothing is written into the file: its owner chooses.
async fn servers() -> anyhow::Result<ExitCode> {
    let found = app::engines::here().await;
    if found.is_empty() {
        return say(&["# no model server was found on this computer".to_owned()]);
    }
    let mut lines = Vec::new();
    for server in found {
        lines.push(format!("# {} at {}", server.kind.as_str(), server.address));
        for model in server.models {
            let setting = EngineSetting {
                source: EngineSetSource::Server {
                    address: server.address.to_string(),
                    model: model.name,
                    context: model.context,
                    key_env: None,
                },
                serve_as: None,
                slots: 1,
                schedule: Vec::new(),
            };
            lines.push(setting.text());
        }
    }
    say(&lines)
}

fn init(place: &Place) -> anyhow::Result<ExitCode> {
    let file = place.config.clone().map_or_else(|| place.file(), Ok)?;
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    // Only a new one: what somebody wrote stays.
    let mut new = std::fs::File::create_new(&file).with_context(|| file.display().to_string())?;
    new.write_all(DEFAULTS.as_bytes()).with_context(|| file.display().to_string())?;
    say(&[file.display().to_string()])
}

fn check(place: &Place) -> anyhow::Result<ExitCode> {
    let read = place.read().and_then(|config| {
        let endpoint = live::coordinator(&config.coordinator)?;
        for engine in &config.engines {
            live::engine(engine, std::path::Path::new("engine"), Vec::new())?;
        }
        Ok((config, endpoint))
    });
    match read {
        Ok((config, endpoint)) => say(&meaning(&config, endpoint.api_base())),
        Err(error) => {
            #[expect(clippy::print_stderr, reason = "the verdict on a file is no log line")]
            {
                eprintln!("grid-node-cli: {error:#}");
            }
            Ok(ExitCode::from(WRONG))
        }
    }
}

/// What the file means, in lines for people.
fn meaning(config: &Config, coordinator: &str) -> Vec<String> {
    let mut lines = vec![format!("coordinator: {coordinator}")];
    let name =
        config.name.as_ref().map_or_else(|| "one that is drawn and kept".to_owned(), ToString::to_string);
    lines.push(format!("worker: {name}"));
    for engine in &config.engines {
        let source = match &engine.source {
            EngineSetSource::Own { model } => format!("our own engine with {}", model.display()),
            EngineSetSource::Server { address, model, .. } => format!("{model} on {address}"),
        };
        let served = engine.serve_as.as_ref().map(|name| format!(" as {name}")).unwrap_or_default();
        lines.push(format!("engine: {source}{served}, {} at once", engine.slots));
    }
    if config.engines.is_empty() {
        lines.push("engine: none, so nothing is served".to_owned());
    }
    lines.extend(config.unknown.iter().map(|key| format!("not known to this version, passed over: {key}")));
    lines
}

fn say(lines: &[String]) -> anyhow::Result<ExitCode> {
    let mut out = std::io::stdout().lock();
    for line in lines {
        writeln!(out, "{line}")?;
    }
    Ok(ExitCode::SUCCESS)
}
