//! From what was written to what runs.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use engine_link::{Launch, ServerAddress, ServerSettings};
use grid::{CoordinatorAddress, Endpoint};
use types::{ModelId, WorkerName};
use worker::schedule::{RuleText, Schedule};

use super::LiveError;
use crate::config::{CoordinatorSetting, EngineSetSource, EngineSetting, ScheduleSetting};
use crate::{EngineKind, EngineSettings};

/// A chain of certificates is a few kilobytes.
const LARGEST_CA: u64 = 256 * 1024;

/// The coordinator of these settings, checked. Nothing is looked up and nothing is connected to.
pub fn coordinator(setting: &CoordinatorSetting) -> Result<Endpoint, LiveError> {
    let extra_root = setting.extra_ca.as_deref().map(pem).transpose().map_err(LiveError::ExtraCa)?;
    Ok(Endpoint::coordinator(&CoordinatorAddress {
        api_base: setting.api.clone(),
        streaming: setting.socket.clone(),
        extra_root,
    })?)
}

fn pem(file: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    File::open(file)?.take(LARGEST_CA).read_to_string(&mut text)?;
    Ok(text)
}

/// One engine of these settings, with a slot for each name.
pub fn engine(
    setting: &EngineSetting,
    executable: &Path,
    names: Vec<WorkerName>,
) -> Result<EngineSettings, LiveError> {
    let (kind, own_name) = match &setting.source {
        EngineSetSource::Own { model } => {
            let name = EngineSettings::name_of_file(model);
            (EngineKind::Own { launch: Launch::new(executable), file: model.clone() }, name)
        }
        EngineSetSource::Server { address, model } => {
            let settings = ServerSettings::new(ServerAddress::parse(address)?, model);
            (EngineKind::Server(settings), ModelId::new(model))
        }
    };
    let model = setting.serve_as.clone().unwrap_or(own_name);
    Ok(EngineSettings { kind, model, names, schedule: schedule(&setting.schedule)? })
}

fn schedule(lines: &[ScheduleSetting]) -> Result<Schedule, LiveError> {
    let rules: Vec<RuleText<'_>> = lines
        .iter()
        .map(|line| RuleText {
            days: &line.days,
            start: &line.start,
            end: &line.end,
            slots: u32::from(line.slots),
        })
        .collect();
    Ok(Schedule::read(&rules)?)
}
