//! The account vectors, run whole against a running network: same statuses, same words, same bytes.
#![expect(clippy::print_stderr, reason = "what a vector run left out is told to whoever runs it")]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use practice::identity::{Claimed, verify};
use practice::{Network, Options, Proof};
use serde_json::{Map, Value, json};
use types::Den;

use crate::callers::{Answer, Wallet, get, post, text};
use crate::support::HandClock;
use crate::vectors::{ELSEWHERE, file};

/// When the vectors were recorded.
pub(crate) const SERVER_TIME: u64 = 1_788_264_000;
const CHALLENGE: &str = "/v1/accounts/wallet/challenge";
const VERIFY: &str = "/v1/accounts/wallet/verify";
pub(crate) const NONCE: &str = "/v1/accounts/wallet/nonce";

/// The cases of a section. Fields that nobody knows are printed.
pub(crate) fn cases(section: &str, known: &[&str]) -> Vec<Value> {
    let cases = file(&["siwe.json"]).remove(section);
    let cases: Vec<Value> = match cases {
        Some(Value::Array(cases)) => cases,
        Some(_) | None => Vec::new(),
    };
    eprintln!("{section}: {} cases", cases.len());
    assert!(
        !cases.is_empty() || std::env::var_os(ELSEWHERE).is_some(),
        "the project's own file has {section}"
    );
    let fields =
        cases.iter().filter_map(Value::as_object).flat_map(|case| case.keys()).collect::<BTreeSet<_>>();
    for field in fields.into_iter().filter(|field| !known.contains(&field.as_str())) {
        eprintln!("{section}: unknown field {field}");
    }
    cases
}

pub(crate) fn name(case: &Value) -> &str {
    case.get("id").and_then(Value::as_str).unwrap_or("?")
}

fn status(case: &Value) -> Option<u16> {
    case.get("status").and_then(Value::as_u64).and_then(|status| u16::try_from(status).ok())
}

/// Whether a body is as recorded; `<…>` stands for anything but nothing.
fn alike(ours: &Value, theirs: &Value) -> bool {
    match (ours, theirs) {
        (ours, Value::String(text)) if text.starts_with('<') && text.ends_with('>') => {
            ours.as_str().is_some_and(|text| !text.is_empty())
        }
        (Value::Array(ours), Value::Array(theirs)) => {
            ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(ours, theirs)| alike(ours, theirs))
        }
        (Value::Object(ours), Value::Object(theirs)) => {
            ours.len() == theirs.len()
                && theirs.iter().all(|(name, theirs)| ours.get(name).is_some_and(|ours| alike(ours, theirs)))
        }
        (ours, theirs) => ours == theirs,
    }
}

pub(crate) fn check(case: &Value, answer: &Answer, body: &str) {
    if let Some(status) = status(case) {
        assert_eq!(answer.status, status, "{}: {}", name(case), answer.body);
    }
    if let Some(expected) = case.get(body) {
        assert!(alike(&answer.body, expected), "{}:\n{}\n{expected}", name(case), answer.body);
    }
}

pub(crate) async fn network_then() -> (Network, Arc<HandClock>) {
    let clock = HandClock::at(SERVER_TIME);
    (Network::start(Options::new(clock.clone(), 7)).await.expect("a port on loopback"), clock)
}

#[tokio::test]
async fn challenges_are_written_or_refused_as_recorded() {
    let (network, _) = network_then().await;
    let known = ["id", "request", "status", "why", "response", "error", "message_utf8_sha256"];
    for case in cases("challenge", &known) {
        let Some(request) = case.get("request") else {
            eprintln!("{}: no request", name(&case));
            continue;
        };
        let nonce = case.get("response").and_then(|response| response["nonce"].as_str());
        network.plan_ids(nonce.map(str::to_owned));
        let answer = post(&network, CHALLENGE, "", request.clone()).await;
        check(&case, &answer, "response");
        check(&case, &answer, "error");
        if let Some(digest) = case.get("message_utf8_sha256").and_then(Value::as_str) {
            let message = text(&answer.body["message"]);
            assert_eq!(types::Sha256::of(message).to_string(), digest, "{}", name(&case));
        }
        // A refused request may have drawn the nonce that was meant for nobody.
        assert!(nonce.is_some() || answer.status != 200, "{}", name(&case));
    }
}

/// The nonce a recorded text names.
pub(crate) fn nonce_of(message: &str) -> Option<&str> {
    message.split_once("Nonce: ")?.1.get(..32)
}

/// Whether a case expects its nonce to be unknown.
fn is_about_a_nonce(case: &Value) -> bool {
    case["error"]["detail"].as_str().is_some_and(|words| words.starts_with("Invalid or expired nonce"))
}

/// Has the network give out the nonces of all cases in their first minute, for the texts they were recorded for.
async fn offer_all(network: &Network, cases: &[Value], signer: &Wallet) {
    let mut offered = BTreeSet::new();
    for case in cases.iter().filter(|case| !is_about_a_nonce(case)) {
        let message = case["request"]["message"].as_str().unwrap_or_default();
        let Some(nonce) = nonce_of(message).filter(|nonce| offered.insert((*nonce).to_owned())) else {
            continue;
        };
        network.plan_ids([nonce.to_owned()]);
        if message.starts_with("Sign in to AIPG Grid") {
            assert_eq!(post(network, NONCE, "", json!({})).await.good(), json!({"nonce": nonce}));
            continue;
        }
        let page = "console.aipowergrid.io";
        let request =
            json!({"address": signer.checksummed(), "domain": page, "uri": format!("https://{page}/")});
        let challenge = post(network, CHALLENGE, "", request).await.good();
        if status(case) == Some(200) {
            assert_eq!(challenge["message"], message, "{}: the bytes that were signed", name(case));
        }
    }
}

#[tokio::test]
async fn signed_challenges_sign_in_or_not_as_recorded() {
    let known = [
        "id",
        "signer_private_key",
        "request",
        "status",
        "why",
        "response_shape",
        "error",
        "token_claims_fixed",
        "token_lifetime_s",
    ];
    let cases = cases("verify", &known);
    let (network, clock) = network_then().await;
    offer_all(&network, &cases, &Wallet::numbered(0x11)).await;
    for (count, case) in cases.iter().enumerate() {
        if count > 0 && count % 10 == 0 {
            // Ten in a minute are admitted; the nonces outlast the minutes this takes.
            clock.advance(Duration::from_secs(60));
        }
        let Some(request) = case.get("request") else {
            eprintln!("{}: no request", name(case));
            continue;
        };
        let answer = post(&network, VERIFY, "", request.clone()).await;
        check(case, &answer, "response_shape");
        check(case, &answer, "error");
        if let Some(fixed) = case.get("token_claims_fixed").and_then(Value::as_object) {
            check_claims(name(case), &text(&answer.body["access_token"]), fixed, case);
        }
    }
}

fn claims(token: &str) -> Value {
    use base64::Engine as _;
    let claims = token.strip_prefix("gridu_").and_then(|token| token.split_once('.')).expect("two parts").0;
    let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(claims).expect("base64");
    serde_json::from_slice(&claims).expect("JSON")
}

fn check_claims(case: &str, token: &str, fixed: &Map<String, Value>, whole: &Value) {
    let claims = claims(token);
    for (name, expected) in fixed {
        assert_eq!(claims[name], *expected, "{case}: {name}");
    }
    let life = claims["exp"].as_u64().zip(claims["iat"].as_u64()).map(|(end, start)| end - start);
    if let Some(expected) = whole.get("token_lifetime_s").and_then(Value::as_u64) {
        assert_eq!(life, Some(expected), "{case}");
    }
}

#[tokio::test]
async fn user_tokens_end_and_go_stale_as_recorded() {
    let Some(section) = file(&["siwe.json"]).remove("user_token") else { return eprintln!("no user_token") };
    let clock = HandClock::at(SERVER_TIME);
    let network = Network::start(Options::new(clock.clone(), 7)).await.expect("a port on loopback");
    let account = network.open_account(None);
    let decoded = section.get("decoded_by_client").and_then(Value::as_object).cloned().unwrap_or_default();
    let token = network.issue_user_token(&account.id, Proof::Wallet).expect("a token");
    let names = |claims: &Map<String, Value>| claims.keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(names(claims(token.expose()).as_object().expect("claims")), names(&decoded));
    for case in section.get("expiry").and_then(Value::as_array).into_iter().flatten() {
        let Some(age) = case["now_minus_iat"].as_i64() else { continue };
        clock.set(SERVER_TIME.saturating_add_signed(age));
        let answer = get(&network, "/v1/account", token.expose()).await;
        match &case["result"] {
            Value::String(word) if word == "valid" => drop(answer.good()),
            refusal => assert_eq!(answer, refusal_of(refusal), "{case}"),
        }
    }
    for case in section.get("step_up").and_then(Value::as_array).into_iter().flatten() {
        let (Some(proved), Some(now)) = (case["auth_time"].as_u64(), case["now"].as_u64()) else { continue };
        let proof = match case["amr"].as_str() {
            None | Some("siwe") => Proof::Wallet,
            Some("google") => Proof::Google,
            Some("app") => Proof::App,
            Some(other) => {
                eprintln!("step_up: unknown proof {other}");
                continue;
            }
        };
        clock.set(proved);
        let token = network.issue_user_token(&account.id, proof).expect("a token");
        clock.set(now);
        let answer = post(&network, "/v1/account/keys", token.expose(), json!({"label": "x"})).await;
        match &case["manage"] {
            Value::String(word) if word == "allowed" => drop(answer.good()),
            refusal => assert_eq!(answer, refusal_of(refusal), "{case}"),
        }
    }
}

fn refusal_of(recorded: &Value) -> Answer {
    let status = recorded["status"].as_u64().and_then(|status| u16::try_from(status).ok());
    Answer::refused(status.unwrap_or_default(), recorded["detail"].as_str().unwrap_or_default())
}

#[tokio::test]
async fn payout_addresses_are_checked_as_weakly_as_recorded() {
    let (network, _) = network_then().await;
    let token = Wallet::numbered(0x11).token(&network).await;
    for case in cases("payout_address_format", &["in", "valid"]) {
        let (Some(given), Some(valid)) =
            (case.get("in").and_then(Value::as_str), case.get("valid").and_then(Value::as_bool))
        else {
            eprintln!("payout_address_format: inputs are missing");
            continue;
        };
        // An empty text is no address, and clears the wallet.
        let answer = post(&network, "/v1/account/payout-wallet", &token, json!({"wallet": given})).await;
        if valid || given.is_empty() {
            assert_eq!(answer.good(), json!({"payout_wallet": given.trim().to_lowercase()}), "{given:?}");
        } else {
            assert_eq!(answer.status, 400, "{given:?}: {}", answer.body);
        }
    }
}

#[test]
fn registration_proofs_hold_or_not_as_recorded() {
    let Some(section) = file(&["siwe.json"]).remove("worker_registration_proof") else {
        return eprintln!("no worker_registration_proof");
    };
    for case in section.get("cases").and_then(Value::as_array).into_iter().flatten() {
        let id = case["id"].as_str().unwrap_or("?");
        let (Some(context), Some(now)) = (case["context"].as_object(), case["now"].as_u64()) else {
            eprintln!("{id}: inputs are missing");
            continue;
        };
        let words = |name: &str| context.get(name).and_then(Value::as_str).unwrap_or_default();
        let kinds: Vec<String> = context["job_types"].as_array().into_iter().flatten().map(text).collect();
        let claimed = Claimed {
            payout_wallet: words("payout_wallet").parse().ok(),
            worker_name: words("worker_name"),
            models: &context["models"],
            job_types: &kinds,
            bridge_agent: words("bridge_agent"),
        };
        match verify(&case["proof"], claimed, now) {
            Ok(identity) => {
                let signer = format!("{:#x}", identity.signer);
                assert_eq!(
                    (&case["result"]["ok"], &case["result"]["signer_address"]),
                    (&json!(true), &json!(signer))
                );
                assert_eq!(case["result"]["delegation_id"], identity.delegation_id, "{id}");
                assert_eq!(case["result"]["expires_at"], identity.expires_at, "{id}");
            }
            Err(error) => assert_eq!(case["result"]["error"], error.to_string(), "{id}"),
        }
    }
}

#[test]
fn work_is_worth_what_was_recorded() {
    for case in cases("den", &["fn", "in", "den"]) {
        let given = &case["in"];
        let whole = |name: &str| given[name].as_u64().and_then(|number| u32::try_from(number).ok());
        let size = || Some((whole("width")?, whole("height")?, whole("steps")?));
        let den = match (case["fn"].as_str(), given["job_type"].as_str()) {
            (Some("text"), _) => (|| {
                let (output, prompt) = (given["output_tokens"].as_i64()?, given["prompt_tokens"].as_u64()?);
                Some(Den::for_text(output, prompt, given["model"].as_str()?))
            })(),
            (_, Some("image")) => size().zip(whole("n")).map(|((w, h, s), n)| Den::for_images(w, h, s, n)),
            (_, Some("video")) => {
                size().zip(whole("frames")).map(|((w, h, s), frames)| Den::for_video(w, h, s, frames))
            }
            (_, Some("audio")) => {
                let millis = given["seconds"].as_f64().map(|seconds| (seconds * 1000.0) as u64);
                millis.zip(whole("n")).map(|(millis, n)| Den::for_audio(millis, n))
            }
            (_, _) => None,
        };
        match (den, case["den"].as_f64().and_then(Den::from_wire)) {
            (Some(den), Some(expected)) => assert_eq!(den, expected, "{given}"),
            (_, _) => eprintln!("den: not computed: {given}"),
        }
    }
}
