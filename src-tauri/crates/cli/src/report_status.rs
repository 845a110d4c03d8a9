//! The state of a node, for people and for programs.

use app::{Phase, SlotStatus, Status};
use serde_json::{Value, json};

/// For programs.
pub(crate) fn to_json(status: &Status) -> Value {
    json!({
        "line": to_line(status),
        "phase": status.phase.name(),
        "code": status.code.map(types::Code::name),
        "detail": status.detail,
        "practice": status.practice,
        "worker": status.worker_name,
        "model": status.model.as_ref().map(types::ModelId::as_str),
        "device": status.device,
        "job": status.current_job.as_ref().map(types::JobId::as_str),
        "jobs_done": status.jobs_done,
        "den_total": status.den_total.to_string(),
        "slots": status.slots.iter().map(slot).collect::<Vec<_>>(),
    })
}

fn slot(slot: &SlotStatus) -> Value {
    json!({
        "name": slot.name,
        "model": slot.model.as_str(),
        "device": slot.device,
        "phase": slot.phase.name(),
        "off_schedule": slot.off_schedule,
        "code": slot.code.map(types::Code::name),
        "detail": slot.detail,
        "job": slot.current_job.as_ref().map(types::JobId::as_str),
        "strikes": slot.strikes,
        "evictions": slot.evictions,
        "online_since": slot.online_since.map(types::Timestamp::seconds),
    })
}

fn reason(code: types::Code, detail: Option<&str>) -> String {
    let detail = detail.map(|detail| format!(" ({detail})")).unwrap_or_default();
    format!(": {}. {}{detail} {}", code.title(), code.cause(), code.action())
}

/// For people.
pub(crate) fn to_line(status: &Status) -> String {
    let state = match status.phase {
        Phase::Starting => "Starting".to_owned(),
        Phase::LoadingModel { percent } => format!("Loading model {percent} %"),
        Phase::SelfTest => "Self-test".to_owned(),
        Phase::Connecting => "Connecting".to_owned(),
        Phase::Waiting => "Waiting for jobs".to_owned(),
        Phase::Working => "Working".to_owned(),
        Phase::Finishing => "Finishing this job".to_owned(),
        Phase::Resting => "Resting".to_owned(),
        Phase::Quarantined => "Quarantined".to_owned(),
        Phase::Paused => "Paused by you".to_owned(),
        Phase::NeedsAttention => "Needs attention".to_owned(),
    };
    let reason = status.code.map(|code| reason(code, status.detail.as_deref())).unwrap_or_default();
    let model = status.model.as_ref().map(|model| format!(" · {model}")).unwrap_or_default();
    let device = status.device.as_ref().map(|device| format!(" on {device}")).unwrap_or_default();
    let practice = if status.practice { "[practice] " } else { "" };
    format!(
        "{practice}{state}{reason}{model}{device} · {} jobs · {} work units",
        status.jobs_done, status.den_total
    )
}
