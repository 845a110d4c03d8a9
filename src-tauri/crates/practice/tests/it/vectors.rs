//! The shared vector files, at the level of verdicts.
//!
//! Sections, cases and fields may be missing. Unknown ones are printed and never fail.
//! The project's own files may not be missing; those of a folder named by `GRID_NODE_VECTORS` may.
#![expect(clippy::print_stderr, reason = "what a vector run left out is told to whoever runs it")]

use std::path::{Path, PathBuf};

use alloy_primitives::{Address, eip191_hash_message, keccak256};
use practice::identity::{Claimed, Nonces, verify};
use practice::settlement::{Metering, media_results, receipt_holds, result_hash};
use serde_json::{Map, Value};
use types::{Den, JobId, Sha256, Timestamp, audio_result, media_result, model_multiplier, receipt_text};

type Case = Map<String, Value>;

/// Names another folder with vector files.
pub(crate) const ELSEWHERE: &str = "GRID_NODE_VECTORS";

/// A vector file under its first name that exists.
///
/// The project's own copy must be there.
/// In a folder named from outside a file may be absent: it is an empty one.
pub(crate) fn file(names: &[&str]) -> Map<String, Value> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/data/vectors");
    match std::env::var_os(ELSEWHERE) {
        Some(folder) => found(&PathBuf::from(folder), names).unwrap_or_else(|| {
            eprintln!("not there: {names:?}");
            Map::new()
        }),
        None => found(&own, names)
            .unwrap_or_else(|| panic!("the project's own vector file {names:?} is not in {}", own.display())),
    }
}

fn found(folder: &Path, names: &[&str]) -> Option<Map<String, Value>> {
    let path = names.iter().map(|name| folder.join(name)).find(|path| path.exists())?;
    let text = std::fs::read_to_string(&path).expect("a readable vector file");
    match serde_json::from_str(&text).expect("a vector file is JSON") {
        Value::Object(file) => Some(file),
        other => panic!("{}: not an object: {other}", path.display()),
    }
}

fn cases(file: &Map<String, Value>, section: &str, known: &[&str]) -> Vec<Case> {
    let Some(cases) = file.get(section).and_then(Value::as_array) else {
        eprintln!("no section {section}");
        return Vec::new();
    };
    let cases: Vec<Case> = cases.iter().filter_map(|case| case.as_object().cloned()).collect();
    for case in &cases {
        for field in case.keys().filter(|field| !known.contains(&field.as_str())) {
            eprintln!("{section}/{}: unknown field {field}", id(case));
        }
    }
    eprintln!("{section}: {} cases", cases.len());
    cases
}

fn note_sections(file: &Map<String, Value>, known: &[&str]) {
    for section in file.keys().filter(|section| !known.contains(&section.as_str())) {
        eprintln!("unknown section {section}");
    }
}

fn id(case: &Case) -> &str {
    str_of(case, "id").unwrap_or("?")
}

fn str_of<'a>(case: &'a Case, field: &str) -> Option<&'a str> {
    case.get(field).and_then(Value::as_str)
}

fn int_of(case: &Case, field: &str) -> Option<i64> {
    case.get(field).and_then(Value::as_i64)
}

fn count_of(case: &Case, field: &str) -> Option<u64> {
    case.get(field).and_then(Value::as_u64)
}

fn den_of(case: &Case) -> Option<Den> {
    Den::from_wire(case.get("den")?.as_f64()?)
}

const DEN_SECTIONS: [&str; 12] = [
    "format",
    "source_repo",
    "source_commit",
    "functions",
    "verified",
    "compare",
    "registry",
    "default_multiplier",
    "text",
    "media",
    "text_jobs",
    "note",
];

#[test]
fn vectors_den_text() {
    let file = file(&["den.json"]);
    note_sections(&file, &DEN_SECTIONS);
    let known = [
        "id",
        "output_tokens",
        "prompt_tokens",
        "model_name",
        "model_multiplier",
        "context_multiplier",
        "den",
        "micro_den",
        "note",
    ];
    for case in cases(&file, "text", &known) {
        let (Some(output), Some(prompt), Some(model)) =
            (int_of(&case, "output_tokens"), count_of(&case, "prompt_tokens"), str_of(&case, "model_name"))
        else {
            eprintln!("text/{}: inputs are missing", id(&case));
            continue;
        };
        let den = Den::for_text(output, prompt, model);
        if let Some(expected) = den_of(&case) {
            assert_eq!(den, expected, "{}", id(&case));
        }
        if let Some(expected) = count_of(&case, "micro_den") {
            assert_eq!(den.micro(), expected, "{}", id(&case));
        }
        if let Some(expected) = case.get("model_multiplier").and_then(Value::as_f64) {
            assert_eq!(model_multiplier(model), expected, "{}", id(&case));
        }
    }
}

#[test]
fn vectors_den_text_jobs() {
    let known = [
        "id",
        "model_name",
        "max_context_length",
        "prompt_words",
        "max_length",
        "coordinator_count_full_text",
        "coordinator_count_full_reasoning",
        "reported_completion_tokens",
        "token_frames",
        "effective_output_tokens",
        "billed_completion_tokens",
        "den",
        "note",
    ];
    for case in cases(&file(&["den.json"]), "text_jobs", &known) {
        let (Some(text), Some(model)) =
            (count_of(&case, "coordinator_count_full_text"), str_of(&case, "model_name"))
        else {
            eprintln!("text_jobs/{}: inputs are missing", id(&case));
            continue;
        };
        let metering = Metering {
            core_count: text + count_of(&case, "coordinator_count_full_reasoning").unwrap_or(0),
            reported: int_of(&case, "reported_completion_tokens"),
            token_frames: count_of(&case, "token_frames").unwrap_or(0),
            max_length: count_of(&case, "max_length").unwrap_or(32_768),
            prompt_words: count_of(&case, "prompt_words").unwrap_or(0),
            max_context_length: count_of(&case, "max_context_length").unwrap_or(2048),
        };
        if let Some(expected) = int_of(&case, "effective_output_tokens") {
            assert_eq!(metering.output(), expected, "{}", id(&case));
        }
        if let Some(expected) = count_of(&case, "billed_completion_tokens") {
            assert_eq!(metering.billed(), expected, "{}", id(&case));
        }
        if let Some(expected) = den_of(&case) {
            assert_eq!(metering.den(model), expected, "{}", id(&case));
        }
    }
}

#[test]
fn vectors_den_media() {
    let known =
        ["id", "job_type", "width", "height", "steps", "n", "frames", "seconds", "den", "micro_den", "note"];
    for case in cases(&file(&["den.json"]), "media", &known) {
        let Some(kind) = str_of(&case, "job_type") else {
            eprintln!("media/{}: inputs are missing", id(&case));
            continue;
        };
        let count =
            |field: &str| count_of(&case, field).and_then(|count| u32::try_from(count).ok()).unwrap_or(0);
        let (width, height, steps, n) = (count("width"), count("height"), count("steps"), count("n"));
        let den = match kind {
            "image" | "3d" => Den::for_images(width, height, steps, n),
            "video" => Den::for_video(width, height, steps, count("frames")),
            "audio" => {
                let seconds = case.get("seconds").and_then(Value::as_f64).unwrap_or(0.0);
                Den::for_audio((seconds * 1000.0).round() as u64, n)
            }
            other => {
                eprintln!("media/{}: unknown kind {other}", id(&case));
                continue;
            }
        };
        if let Some(expected) = den_of(&case) {
            assert_eq!(den, expected, "{}", id(&case));
        }
        if let Some(expected) = count_of(&case, "micro_den") {
            assert_eq!(den.micro(), expected, "{}", id(&case));
        }
    }
}

fn receipts() -> Map<String, Value> {
    file(&["worker-receipts.json", "receipts.json"])
}

const RECEIPT_SECTIONS: [&str; 13] = [
    "format",
    "source_repo",
    "source_commit",
    "functions",
    "verified",
    "warning",
    "settings",
    "note",
    "text_receipts",
    "text_receipts_negative",
    "media_receipts",
    "media_results_rejected",
    "identity_proofs",
];

#[test]
fn vectors_receipts_text() {
    let file = receipts();
    note_sections(&file, &RECEIPT_SECTIONS);
    let known = [
        "id",
        "note",
        "private_key",
        "signer",
        "job_id",
        "full_text",
        "full_text_utf8_len",
        "result_hash",
        "signed_string",
        "eip191_digest",
        "signature",
        "expect",
    ];
    for case in cases(&file, "text_receipts", &known) {
        let (Some(job), Some(text)) = (str_of(&case, "job_id").map(JobId::new), str_of(&case, "full_text"))
        else {
            eprintln!("text_receipts/{}: inputs are missing", id(&case));
            continue;
        };
        let hash = result_hash(text);
        if let Some(expected) = case.get("result_hash") {
            assert_eq!(hash.map(|hash| hash.to_string()).as_deref(), expected.as_str(), "{}", id(&case));
        }
        if let Some(expected) = count_of(&case, "full_text_utf8_len") {
            assert_eq!(text.len() as u64, expected, "{}", id(&case));
        }
        check_text_receipt(&case, &job, hash);
    }
}

fn check_text_receipt(case: &Case, job: &JobId, hash: Option<Sha256>) {
    let signed = hash.map(|hash| receipt_text(job, hash));
    if let Some(expected) = str_of(case, "signed_string") {
        assert_eq!(signed.as_deref(), Some(expected), "{}", id(case));
    }
    if let Some(expected) = str_of(case, "eip191_digest") {
        let digest = eip191_hash_message(signed.clone().unwrap_or_default());
        assert_eq!(digest.to_string(), expected, "{}", id(case));
    }
    if let (Some(expect), Some(signer)) = (str_of(case, "expect"), address(case, "signer")) {
        let signature = str_of(case, "signature").unwrap_or_default();
        let holds = hash.is_some_and(|hash| receipt_holds(job, hash, signature, &[signer]));
        assert_eq!(verdict(holds), expect, "{}", id(case));
    }
}

fn verdict(holds: bool) -> &'static str {
    if holds { "accepted" } else { "unsigned" }
}

fn address(case: &Case, field: &str) -> Option<Address> {
    str_of(case, field)?.parse().ok()
}

#[test]
fn vectors_receipts_text_negative() {
    let known = ["id", "why", "note", "job_id", "result_hash", "signature", "allowed_signers", "expect"];
    for case in cases(&receipts(), "text_receipts_negative", &known) {
        let (Some(job), Some(hash), Some(signature), Some(allowed), Some(expect)) = (
            str_of(&case, "job_id").map(JobId::new),
            str_of(&case, "result_hash").and_then(Sha256::parse),
            str_of(&case, "signature"),
            case.get("allowed_signers").and_then(Value::as_array),
            str_of(&case, "expect"),
        ) else {
            eprintln!("text_receipts_negative/{}: inputs are missing", id(&case));
            continue;
        };
        let allowed: Vec<Address> =
            allowed.iter().filter_map(|signer| signer.as_str()?.parse().ok()).collect();
        assert_eq!(verdict(receipt_holds(&job, hash, signature, &allowed)), expect, "{}", id(&case));
    }
}

#[test]
fn vectors_receipts_media() {
    let known = [
        "id",
        "note",
        "job_type",
        "job_id",
        "private_key",
        "signer",
        "results",
        "recipe_root",
        "canonical_json",
        "result_hash",
        "signed_string",
        "eip191_digest",
        "signature",
        "expect",
    ];
    for case in cases(&receipts(), "media_receipts", &known) {
        let results = case.get("results").filter(|results| results.is_array());
        let (Some(job), Some(results)) = (str_of(&case, "job_id").map(JobId::new), results) else {
            eprintln!("media_receipts/{}: inputs are missing", id(&case));
            continue;
        };
        let count = results.as_array().map_or(0, Vec::len);
        let outputs = media_results(count, results).expect("results of a receipt are results");
        let hash = match (str_of(&case, "job_type"), str_of(&case, "recipe_root")) {
            (Some("audio"), Some(root)) => audio_result(&outputs, root),
            _ => media_result(&outputs),
        };
        if let Some(expected) = str_of(&case, "canonical_json") {
            assert_eq!(hash, Sha256::of(expected), "{}: the bytes that are hashed", id(&case));
        }
        if let Some(expected) = str_of(&case, "result_hash") {
            assert_eq!(hash.to_string(), expected, "{}", id(&case));
        }
        check_text_receipt(&case, &job, Some(hash));
    }
}

#[test]
fn vectors_media_results_rejected() {
    let known = ["id", "note", "expected_outputs", "results", "expect_log_reason", "expect_client_error"];
    for case in cases(&receipts(), "media_results_rejected", &known) {
        let (Some(expected), Some(results)) = (count_of(&case, "expected_outputs"), case.get("results"))
        else {
            eprintln!("media_results_rejected/{}: inputs are missing", id(&case));
            continue;
        };
        let fault = media_results(expected as usize, results).expect_err(id(&case));
        if let Some(reason) = str_of(&case, "expect_log_reason") {
            assert_eq!(fault.to_string(), reason, "{}", id(&case));
        }
    }
}

/// What the verifier is given in one identity case.
struct Given {
    wallet: Option<Address>,
    name: String,
    models: Value,
    job_types: Vec<String>,
    bridge_agent: String,
    now: u64,
}

impl Given {
    fn of(case: &Case) -> Option<Self> {
        let inputs = case.get("verifier_inputs")?.as_object()?;
        let job_types = inputs.get("job_types")?.as_array()?;
        Some(Self {
            wallet: address(inputs, "payout_wallet"),
            name: str_of(inputs, "worker_name")?.to_owned(),
            models: inputs.get("models")?.clone(),
            job_types: job_types.iter().filter_map(|kind| kind.as_str().map(str::to_owned)).collect(),
            bridge_agent: str_of(inputs, "bridge_agent")?.to_owned(),
            now: count_of(inputs, "now").or_else(|| count_of(case, "now"))?,
        })
    }

    fn claimed(&self) -> Claimed<'_> {
        Claimed {
            payout_wallet: self.wallet,
            worker_name: &self.name,
            models: &self.models,
            job_types: &self.job_types,
            bridge_agent: &self.bridge_agent,
        }
    }
}

#[test]
fn vectors_receipts_identity_proofs() {
    let known = [
        "id",
        "note",
        "payout_wallet_private_key",
        "worker_signer_private_key",
        "delegation_message",
        "delegation_digest",
        "registration_message",
        "registration_digest",
        "worker_identity",
        "verifier_inputs",
        "now",
        "expect",
    ];
    for case in cases(&receipts(), "identity_proofs", &known) {
        let (Some(given), Some(proof), Some(expect)) =
            (Given::of(&case), case.get("worker_identity"), case.get("expect").and_then(Value::as_object))
        else {
            eprintln!("identity_proofs/{}: inputs are missing", id(&case));
            continue;
        };
        check_messages(&case);
        match verify(proof, given.claimed(), given.now) {
            Ok(identity) => {
                assert_eq!(str_of(expect, "error"), None, "{} must be refused", id(&case));
                assert_eq!(str_of(expect, "result").unwrap_or("accepted"), "accepted", "{}", id(&case));
                if let Some(signer) = address(expect, "signer_address") {
                    assert_eq!(identity.signer, signer, "{}", id(&case));
                }
                if let Some(delegation) = str_of(expect, "delegation_id") {
                    assert_eq!(identity.delegation_id, delegation, "{}", id(&case));
                }
                if let Some(expires_at) = count_of(expect, "expires_at") {
                    assert_eq!(identity.expires_at, expires_at, "{}", id(&case));
                }
                let (mut nonces, now) = (Nonces::default(), Timestamp::from_millis(given.now * 1000));
                nonces.spend(&identity, now).expect("the first use");
                let second = nonces.spend(&identity, now).expect_err("the second use").to_string();
                if let Some(expected) = str_of(expect, "second_use") {
                    assert_eq!(second, expected, "{}", id(&case));
                }
            }
            Err(error) => {
                assert_ne!(str_of(expect, "result"), Some("accepted"), "{}: {error}", id(&case));
                if let Some(expected) = str_of(expect, "error") {
                    assert_eq!(error.to_string(), expected, "{}", id(&case));
                }
            }
        }
    }
}

/// The texts in the file hash to the digests in the file, so that a digest of another kind would be seen.
fn check_messages(case: &Case) {
    for (message, digest) in
        [("delegation_message", "delegation_digest"), ("registration_message", "registration_digest")]
    {
        if let (Some(message), Some(digest)) = (str_of(case, message), str_of(case, digest)) {
            assert_eq!(eip191_hash_message(message).to_string(), digest, "{}", id(case));
            assert_ne!(keccak256(message).to_string(), digest, "{}", id(case));
        }
    }
}

/// A proof that holds at [`crate::support::T0`], from the shared file.
pub(crate) struct IdentityCase {
    pub(crate) wallet: Address,
    pub(crate) name: String,
    pub(crate) models: Value,
    pub(crate) job_types: Vec<String>,
    pub(crate) bridge_agent: String,
    pub(crate) proof: Value,
    /// The test-only key of the wallet.
    pub(crate) wallet_key: String,
    /// The test-only key the wallet delegated to.
    pub(crate) rig_key: String,
}

/// The plain case, for tests of live registrations, always from the repository's own copy of the file.
pub(crate) fn identity_case() -> IdentityCase {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/data/vectors/worker-receipts.json");
    let file: Value = serde_json::from_str(&std::fs::read_to_string(path).expect("the file")).expect("JSON");
    let cases = file["identity_proofs"].as_array().expect("cases");
    let case =
        cases.iter().find(|case| case["id"] == "plain").and_then(Value::as_object).expect("the plain case");
    let given = Given::of(case).expect("inputs");
    IdentityCase {
        wallet: given.wallet.expect("a wallet"),
        name: given.name,
        models: given.models,
        job_types: given.job_types,
        bridge_agent: given.bridge_agent,
        proof: case["worker_identity"].clone(),
        wallet_key: str_of(case, "payout_wallet_private_key").expect("a key").to_owned(),
        rig_key: str_of(case, "worker_signer_private_key").expect("a key").to_owned(),
    }
}
