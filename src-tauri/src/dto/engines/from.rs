//! The engines of the settings and what they do, as the screen shows them and as it asks for them.

use std::path::Path;

use app::config::{EngineSetSource, EngineSetting, ScheduleSetting};
use app::engines::{Found, Search, ServerKind};
use app::{EngineSettings, SlotStatus};
use types::{ApiFormat, ModelId, Timestamp};

use super::{
    Engine, EngineHealth, EngineSource, EngineWish, Engines, Format, FoundServer, Program, ScheduleLine,
    ServerFault, Serving, Slot, Weekday,
};
use crate::dto::Phase;

impl Engines {
    /// The settings, what their slots do if they serve now, and what was found beside them.
    pub(crate) fn of(settings: &[EngineSetting], slots: Option<&[SlotStatus]>, search: &Search) -> Self {
        let engine = |(at, setting): (usize, &EngineSetting)| {
            let ours: Vec<&SlotStatus> =
                slots.unwrap_or_default().iter().filter(|slot| slot.engine == at).collect();
            Engine::of(at, setting, &ours, search)
        };
        let faults = search.faults.iter().map(|(address, fault)| FoundServer::faulty(address, fault));
        Self {
            engines: settings.iter().enumerate().map(engine).collect(),
            serving: slots.is_some(),
            found: search.found.iter().map(FoundServer::from).chain(faults).collect(),
            searching: search.searching,
        }
    }
}

impl Engine {
    fn of(at: usize, setting: &EngineSetting, slots: &[&SlotStatus], search: &Search) -> Self {
        let (source, own_name, formats) = match &setting.source {
            EngineSetSource::Own { model } => {
                let name = EngineSettings::name_of_file(model).to_string();
                (EngineSource::Own { file: file_name(model) }, name, Vec::new())
            }
            EngineSetSource::Server { address, model, .. } => {
                let found = search.found.iter().find(|found| found.address.to_string() == *address);
                let program = found.map_or(Program::Unknown, |found| found.kind.into());
                let formats = found.map(formats).unwrap_or_default();
                let source = EngineSource::Server { address: address.clone(), program, model: model.clone() };
                (source, model.clone(), formats)
            }
        };
        let now = slots.iter().filter(|slot| is_online(slot.phase)).count();
        Self {
            id: u32::try_from(at).unwrap_or(u32::MAX),
            source,
            serve_as: setting.serve_as.as_ref().map_or(own_name, ModelId::to_string),
            slots: setting.slots,
            slots_now: u8::try_from(now).unwrap_or(u8::MAX),
            schedule: setting.schedule.iter().map(ScheduleLine::from).collect(),
            health: health(slots),
            formats,
        }
    }
}

/// No path crosses to the page.
fn file_name(model: &Path) -> String {
    model.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// What the slot that is furthest on the way to work says of its engine.
fn health(slots: &[&SlotStatus]) -> EngineHealth {
    let of = |slot: &&SlotStatus| match slot.phase {
        app::Phase::Waiting | app::Phase::Working | app::Phase::Finishing => EngineHealth::Ready,
        app::Phase::Starting
        | app::Phase::LoadingModel { .. }
        | app::Phase::SelfTest
        | app::Phase::Connecting => EngineHealth::Starting,
        app::Phase::Paused => EngineHealth::Off,
        app::Phase::Resting | app::Phase::Quarantined | app::Phase::NeedsAttention => EngineHealth::Failing,
    };
    let found: Vec<EngineHealth> = slots.iter().map(of).collect();
    let order = [EngineHealth::Ready, EngineHealth::Starting, EngineHealth::Failing, EngineHealth::Off];
    order.into_iter().find(|one| found.contains(one)).unwrap_or(EngineHealth::Unknown)
}

const fn is_online(phase: app::Phase) -> bool {
    matches!(phase, app::Phase::Waiting | app::Phase::Working | app::Phase::Finishing)
}

fn formats(found: &Found) -> Vec<Format> {
    let format = |format: &ApiFormat| match format {
        ApiFormat::OpenAiChat => Format::OpenaiChat,
        ApiFormat::OpenAiResponses => Format::OpenaiResponses,
        ApiFormat::Anthropic => Format::Anthropic,
    };
    found.formats.iter().map(format).collect()
}

impl From<&Found> for FoundServer {
    fn from(found: &Found) -> Self {
        Self {
            address: found.address.to_string(),
            program: found.kind.into(),
            models: found.models.iter().map(|model| model.name.clone()).collect(),
            formats: formats(found),
            fault: None,
        }
    }
}

impl FoundServer {
    fn faulty(address: &str, fault: &app::engines::ServerFault) -> Self {
        let fault = match fault {
            app::engines::ServerFault::Unreachable(_) => ServerFault::Unreachable,
            app::engines::ServerFault::Locked => ServerFault::Locked,
            app::engines::ServerFault::Foreign(_) => ServerFault::Foreign,
        };
        Self {
            address: address.to_owned(),
            program: Program::Unknown,
            models: Vec::new(),
            formats: Vec::new(),
            fault: Some(fault),
        }
    }
}

impl From<ServerKind> for Program {
    fn from(kind: ServerKind) -> Self {
        match kind {
            ServerKind::LlamaCpp => Self::LlamaCpp,
            ServerKind::Ollama => Self::Ollama,
            ServerKind::LmStudio => Self::LmStudio,
            ServerKind::Vllm => Self::Vllm,
            ServerKind::SgLang => Self::Sglang,
            ServerKind::Other => Self::Unknown,
        }
    }
}

impl From<SlotStatus> for Slot {
    fn from(slot: SlotStatus) -> Self {
        Self {
            worker_name: slot.name,
            model: slot.model.to_string(),
            phase: Phase::from(slot.phase),
            off_schedule: slot.off_schedule,
            code: slot.code.map(|code| code.name().to_owned()),
            online_since: slot.online_since.map(Timestamp::millis),
        }
    }
}

const WEEK: [(Weekday, &str); 7] = [
    (Weekday::Mon, "mon"),
    (Weekday::Tue, "tue"),
    (Weekday::Wed, "wed"),
    (Weekday::Thu, "thu"),
    (Weekday::Fri, "fri"),
    (Weekday::Sat, "sat"),
    (Weekday::Sun, "sun"),
];

impl From<&ScheduleSetting> for ScheduleLine {
    fn from(line: &ScheduleSetting) -> Self {
        let days = line.days.split(',').flat_map(|part| days_of(part.trim())).collect();
        Self { days, from: line.start.clone(), to: line.end.clone(), slots: line.slots }
    }
}

/// One day or a span of them, as people write it into the file. A word that is none names no day.
fn days_of(part: &str) -> Vec<Weekday> {
    let place = |name: &str| WEEK.iter().position(|(_, known)| known.eq_ignore_ascii_case(name.trim()));
    let (first, last) = part.split_once('-').unwrap_or((part, part));
    let (Some(first), Some(last)) = (place(first), place(last)) else { return Vec::new() };
    let count = (last + WEEK.len() - first) % WEEK.len() + 1;
    WEEK.iter().cycle().skip(first).take(count).map(|(day, _)| *day).collect()
}

impl From<&ScheduleLine> for ScheduleSetting {
    fn from(line: &ScheduleLine) -> Self {
        let names = WEEK.iter().filter(|(day, _)| line.days.contains(day)).map(|(_, name)| *name);
        let days = names.collect::<Vec<_>>().join(",");
        Self { days, start: line.from.clone(), end: line.to.clone(), slots: line.slots }
    }
}

impl From<Serving> for app::engines::Serving {
    fn from(serving: Serving) -> Self {
        let name = serving.serve_as.trim();
        Self {
            serve_as: (!name.is_empty()).then(|| ModelId::new(name)),
            slots: serving.slots,
            schedule: serving.schedule.iter().map(ScheduleSetting::from).collect(),
        }
    }
}

impl EngineWish {
    /// What serves, and how.
    pub(crate) fn read(self) -> (EngineSetSource, app::engines::Serving) {
        (
            EngineSetSource::Server {
                address: self.address,
                model: self.model,
                context: None,
                key_env: None,
            },
            self.serving.into(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_as_people_write_them_and_written_one_by_one() {
        let check = |written: &str, expected: &str| {
            let setting = ScheduleSetting {
                days: written.into(),
                start: "08:00".into(),
                end: "18:00".into(),
                slots: 0,
            };
            let line = ScheduleLine::from(&setting);
            assert_eq!(ScheduleSetting::from(&line).days, expected, "{written}");
        };
        check("mon-fri", "mon,tue,wed,thu,fri");
        check("sat,sun", "sat,sun");
        check("Sat - Mon", "mon,sat,sun");
        check("wed", "wed");
        check("", "");
        check("someday", "");
    }
}
