//! The one managed profile a worker may claim, field by field. Pure.
//!
//! It is for audio. No build of it is approved here, so every claim of it is refused at its runtime at the latest.

use serde_json::Value;

const FIELDS: [&str; 10] = [
    "id",
    "version",
    "digest",
    "signing_key_id",
    "capability_tier",
    "canary_completed_at",
    "canary_elapsed_seconds",
    "runtime_adapter",
    "runtime_digest",
    "recipe_root",
];
/// Those that must be texts, in the order they are looked at.
const TEXTS: [&str; 5] = ["id", "version", "signing_key_id", "capability_tier", "canary_completed_at"];
const LONGEST_TEXT: usize = 200;
const ID: &str = "ace-step-v1.5-xl-turbo";
const ADAPTER: &str = "ace-step-1.5-api";

/// What is wrong with a profile, in the coordinator's words.
pub(crate) fn fault(profile: &Value) -> String {
    let fields = profile.as_object().filter(|object| {
        object.len() == FIELDS.len() && FIELDS.iter().all(|field| object.contains_key(*field))
    });
    let Some(fields) = fields else {
        return "worker_profile has unsupported or missing fields".to_owned();
    };
    let fits = |field: &&str| {
        let text = fields[*field].as_str();
        text.is_some_and(|text| !text.is_empty() && text.chars().count() <= LONGEST_TEXT)
    };
    if let Some(field) = TEXTS.iter().find(|field| !fits(field)) {
        return format!("worker_profile.{field} is invalid");
    }
    let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let digest = fields["digest"].as_str();
    if !digest.is_some_and(|digest| digest.len() == 64 && digest.bytes().all(digit)) {
        return "worker_profile.digest must be a SHA-256 hex digest".to_owned();
    }
    let field = if fields["id"] != ID {
        "id"
    } else if fields["runtime_adapter"] != ADAPTER {
        "runtime_adapter"
    } else {
        "runtime_digest"
    };
    format!("worker_profile.{field} is unsupported")
}
