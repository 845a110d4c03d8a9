//! From what was written to what runs.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use engine_link::{Launch, ServerAddress, ServerSettings};
use grid::{CoordinatorAddress, Endpoint};
use types::{ModelId, Sensitive, WorkerName};
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
        EngineSetSource::Server { address, model, context, key_env } => {
            let key = key_env.as_deref().map(key_in).transpose()?;
            let address = ServerAddress::parse(address)?;
            let settings = ServerSettings { context: *context, key, ..ServerSettings::new(address, model) };
            (EngineKind::Server(settings), ModelId::new(model))
        }
    };
    let model = setting.serve_as.clone().unwrap_or(own_name);
    Ok(EngineSettings { kind, model, names, schedule: schedule(&setting.schedule)? })
}

/// The key a server wants, from where its owner put it.
fn key_in(variable: &str) -> Result<Arc<Sensitive<String>>, LiveError> {
    let key = std::env::var(variable).ok().filter(|key| !key.is_empty());
    key.map(|key| Arc::new(Sensitive::new(key))).ok_or_else(|| LiveError::ServerKey(variable.to_owned()))
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
