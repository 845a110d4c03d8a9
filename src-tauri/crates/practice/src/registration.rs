//! The first frame: what it claims, and the checks that need nothing but the frame.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use types::Sensitive;

use crate::profile;
use crate::python::truthy;

const JOB_TYPES: [&str; 5] = ["text", "image", "video", "audio", "3d"];
const API_FORMATS: [&str; 3] = ["openai-chat", "openai-responses", "anthropic"];
const MODALITIES: [&str; 3] = ["text", "image", "video"];
const RETIRED: [&str; 2] = ["flux.1-krea-dev", "flux1-krea-dev"];
/// What the columns of the worker table hold.
const LONGEST_COLUMN: usize = 120;

/// Why a registration ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// An error frame with these words, then this close code.
    Said { message: String, code: u16 },
    /// The connection drops without a frame.
    Cut,
}

impl Refusal {
    /// The credentials are at fault: close 4001.
    pub(crate) fn credentials(message: impl Into<String>) -> Self {
        Self::Said { message: message.into(), code: 4001 }
    }

    /// The registration is at fault: close 4003.
    pub(crate) fn forbidden(message: impl Into<String>) -> Self {
        Self::Said { message: message.into(), code: 4003 }
    }
}

/// What a worker claims in its first frame, with the coordinator's defaults and leniency.
#[derive(Debug)]
pub(crate) struct Claim {
    pub(crate) api_key: Sensitive<String>,
    pub(crate) name: String,
    /// As it came: a text or an empty list is accepted, and never gets a job.
    pub(crate) models: Value,
    pub(crate) job_types: Vec<String>,
    pub(crate) api_formats: Vec<String>,
    pub(crate) modalities: Vec<String>,
    pub(crate) max_context_length: u64,
    /// `None` if it is no text, which only the database minds.
    pub(crate) bridge_agent: Option<String>,
    pub(crate) identity: Option<Value>,
}

impl Claim {
    /// The models a job can be matched with.
    pub(crate) fn served(&self) -> Vec<String> {
        let names = self.models.as_array().into_iter().flatten();
        names.filter_map(Value::as_str).map(str::to_owned).collect()
    }
}

/// Reads the first frame and makes the checks 1 to 4, in the coordinator's order.
pub(crate) fn read(frame: &Map<String, Value>) -> Result<Claim, Refusal> {
    let models = frame.get("models").cloned().unwrap_or_else(|| Value::Array(Vec::new()));
    check_retired(&models)?;
    let job_types = kept(
        frame.get("job_types").filter(|types| truthy(types)).unwrap_or(&legacy_type(frame)),
        &JOB_TYPES,
        "text",
    );
    check_profile(frame.get("worker_profile"), &job_types)?;
    let (api_key, name) = credentials(frame)?;
    Ok(Claim {
        api_key,
        name,
        models,
        job_types,
        api_formats: kept(frame.get("api_formats").unwrap_or(&Value::Null), &API_FORMATS, "openai-chat"),
        modalities: kept(frame.get("modalities").unwrap_or(&Value::Null), &MODALITIES, "text"),
        max_context_length: frame.get("max_context_length").and_then(Value::as_u64).unwrap_or(2048),
        bridge_agent: frame.get("bridge_agent").map_or(Some("grid-ws"), Value::as_str).map(str::to_owned),
        identity: frame.get("worker_identity").filter(|identity| !identity.is_null()).cloned(),
    })
}

fn check_retired(models: &Value) -> Result<(), Refusal> {
    let names = models.as_array().into_iter().flatten().filter_map(Value::as_str);
    let retired: BTreeSet<&str> = names.filter(|name| is_retired(name)).collect();
    if retired.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = retired.into_iter().collect();
    Err(Refusal::forbidden(format!("Retired model identity: {}", names.join(", "))))
}

fn is_retired(name: &str) -> bool {
    let mut plain = name.to_lowercase().replace(['_', ' '], "-");
    while plain.contains("--") {
        plain = plain.replace("--", "-");
    }
    RETIRED.iter().any(|retired| plain.starts_with(retired))
}

fn legacy_type(frame: &Map<String, Value>) -> Value {
    Value::Array(vec![frame.get("worker_type").cloned().unwrap_or_else(|| Value::from("text"))])
}

/// The known words of a list, in its order; the usual one if none is left.
fn kept(list: &Value, known: &[&str], usual: &str) -> Vec<String> {
    let words = list.as_array().into_iter().flatten().filter_map(Value::as_str);
    let kept: Vec<String> = words.filter(|word| known.contains(word)).map(str::to_owned).collect();
    if kept.is_empty() { vec![usual.to_owned()] } else { kept }
}

/// A profile fails at its first fault, and without one there is no audio.
fn check_profile(profile: Option<&Value>, job_types: &[String]) -> Result<(), Refusal> {
    if let Some(profile) = profile.filter(|profile| !profile.is_null()) {
        return Err(Refusal::forbidden(profile::fault(profile)));
    }
    if job_types.iter().any(|kind| kind == "audio") {
        return Err(Refusal::forbidden("audio requires an approved managed profile"));
    }
    Ok(())
}

fn credentials(frame: &Map<String, Value>) -> Result<(Sensitive<String>, String), Refusal> {
    let given = |field: &str| frame.get(field).filter(|value| truthy(value));
    let (Some(key), Some(name)) = (given("apikey"), given("name")) else {
        return Err(Refusal::credentials("Missing apikey or name"));
    };
    // A key or name that is no text cannot be looked up: the coordinator's handler fails.
    match (key.as_str(), name.as_str()) {
        (Some(key), Some(name)) => Ok((Sensitive::new(key.to_owned()), name.to_owned())),
        _ => Err(Refusal::Cut),
    }
}

/// A name or agent that does not fit its column fails in the database, after all other checks.
pub(crate) fn check_columns(claim: &Claim) -> Result<(), Refusal> {
    let fits = |text: &str| text.chars().count() <= LONGEST_COLUMN;
    if fits(&claim.name) && claim.bridge_agent.as_deref().is_some_and(fits) {
        Ok(())
    } else {
        Err(Refusal::Cut)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn first_frame(value: Value) -> Result<Claim, Refusal> {
        read(value.as_object().expect("an object"))
    }

    #[test]
    fn the_first_failing_check_chooses_the_words() {
        let check = |value: Value, expected: Refusal| {
            assert_eq!(first_frame(value.clone()).err(), Some(expected), "{value}");
        };
        let everything = json!({"models": ["Flux.1 Krea__dev x", "FLUX1-krea-dev", "ok"], "worker_profile": {"x": 1},
            "job_types": ["audio"]});
        check(everything, Refusal::forbidden("Retired model identity: FLUX1-krea-dev, Flux.1 Krea__dev x"));
        check(
            json!({"worker_profile": {"x": 1}, "job_types": ["audio"]}),
            Refusal::forbidden("worker_profile has unsupported or missing fields"),
        );
        check(
            json!({"job_types": ["text", "audio"]}),
            Refusal::forbidden("audio requires an approved managed profile"),
        );
        check(
            json!({"worker_type": "audio"}),
            Refusal::forbidden("audio requires an approved managed profile"),
        );
        check(json!({"name": "rig"}), Refusal::credentials("Missing apikey or name"));
        check(json!({"name": "", "apikey": "k"}), Refusal::credentials("Missing apikey or name"));
        check(json!({"name": 7, "apikey": "k"}), Refusal::Cut);
    }

    #[test]
    fn no_key_is_printed() {
        let claim = first_frame(json!({"apikey": "grid_canary", "name": "n"})).expect("accepted");
        assert_eq!(claim.api_key.expose(), "grid_canary");
        assert!(!format!("{claim:?}").contains("canary"));
    }

    #[test]
    fn leniency_is_the_coordinators() {
        let claim = first_frame(json!({"apikey": "k", "name": "n", "models": "abc", "job_types": ["dance"],
            "api_formats": "x", "max_context_length": "many", "foo": 1}))
        .expect("accepted");
        assert_eq!(claim.served(), Vec::<String>::new(), "a text is no list of models");
        assert_eq!(claim.job_types, ["text"], "unknown job types become text");
        assert_eq!(claim.api_formats, ["openai-chat"]);
        assert_eq!((claim.max_context_length, claim.bridge_agent.as_deref()), (2048, Some("grid-ws")));
    }
}
