//! Every way a registration is refused, and every way a socket closes after it: the tables of the specification.

use std::collections::BTreeMap;
use std::time::Duration;

use k256::ecdsa::SigningKey;
use practice::{Account, Event, Network, Purpose};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use types::Sensitive;

use crate::support::{
    Got, HandClock, T0, Wire, ask, copy, event, first_frame, network, network_with, question,
};
use crate::vectors::{IdentityCase, identity_case};

/// What a worker does wrong.
type Wrong = fn(&World) -> Value;

/// What happens to it then.
#[derive(Debug, Clone, Copy)]
enum Fate {
    /// An error frame with these words, then this close code.
    Said(&'static str, u16),
    /// The connection drops without a frame.
    Cut,
    /// It is accepted.
    Ready,
}

use Fate::{Cut, Ready, Said};

/// An account with a proof, keys for every purpose, and names that are taken or barred.
struct World {
    network: Network,
    case: IdentityCase,
    account: Account,
    poor: Account,
    validator: Sensitive<String>,
    bound: Sensitive<String>,
}

impl World {
    async fn new() -> Self {
        let (network, _) = network().await;
        Self::on(network).await
    }

    async fn on(network: Network) -> Self {
        let case = identity_case();
        let account = network.open_account(Some(case.wallet));
        let poor = network.open_account(None);
        let validator = network.issue_key(&account.id, Purpose::Validator).expect("a key");
        let bound = network.issue_key(&account.id, Purpose::Worker("rig-bound".into())).expect("a key");
        Wire::worker(&network, &poor.api_key, "theirs").await.vanish();
        evict(&network, &account, "barred").await;
        Self { network, case, account, poor, validator, bound }
    }

    async fn check(&self, row: &str, first: Value, fate: Fate) {
        let mut wire = Wire::open(&self.network).await;
        wire.send(first).await;
        match fate {
            Said(message, code) => {
                assert_eq!(wire.frame().await, json!({"type": "error", "message": message}), "{row}");
                assert_eq!(wire.next().await, Got::Close(code), "{row}");
            }
            Cut => assert_eq!(wire.next().await, Got::Cut, "{row}"),
            Ready => assert_eq!(wire.frame().await["type"], "ready", "{row}"),
        }
    }

    /// The first frame that is accepted with the proof of the shared file.
    fn proven(&self) -> Value {
        let case = &self.case;
        json!({"apikey": self.account.api_key.expose(), "name": case.name, "models": case.models,
            "job_types": case.job_types, "bridge_agent": case.bridge_agent, "worker_identity": case.proof})
    }

    /// The same with a change in the delegation and in the payload, both signed anew.
    fn resigned(&self, delegation: &[(&str, Value)], payload: &[(&str, Value)]) -> Value {
        let mut proof = self.case.proof.clone();
        for (field, value) in delegation {
            proof["delegation"]["payload"][field] = value.clone();
        }
        for (field, value) in payload {
            proof["payload"][field] = value.clone();
        }
        let text = signed_text("aipg-worker-delegation", &proof["delegation"]["payload"]);
        proof["delegation"]["signature"] = signed(&self.case.wallet_key, &text).into();
        let text = signed_text("aipg-worker-registration", &proof["payload"]);
        proof["signature"] = signed(&self.case.rig_key, &text).into();
        self.with_proof(proof)
    }

    fn with_proof(&self, proof: Value) -> Value {
        let mut first = self.proven();
        first["worker_identity"] = proof;
        first
    }
}

/// Six failed jobs.
async fn evict(network: &Network, account: &Account, name: &str) {
    let mut wire = Wire::worker(network, &account.api_key, name).await;
    for _ in 0..6 {
        let asking = ask(network, account, question().streamed());
        let job = wire.job().await;
        wire.token(&job, "begin").await;
        wire.error(&job).await;
        asking.await.expect("asked");
    }
    assert_eq!(wire.next().await, Got::Cut, "an eviction has no close frame");
}

/// What is signed: the domain and the payload with its keys sorted, without blanks.
fn signed_text(domain: &str, payload: &Value) -> String {
    let sorted: BTreeMap<&String, &Value> = payload.as_object().expect("an object").iter().collect();
    format!("{domain}:v1:{}", serde_json::to_string(&sorted).expect("JSON"))
}

fn signed(key: &str, text: &str) -> String {
    let key = hex::decode(key.trim_start_matches("0x")).expect("hex");
    let digest = alloy_primitives::eip191_hash_message(text);
    let key = SigningKey::from_slice(&key).expect("a key");
    let (signature, recovery) = key.sign_prehash_recoverable(digest.as_slice()).expect("signs");
    format!("0x{}{:02x}", hex::encode(signature.to_bytes()), 27 + recovery.to_byte())
}

fn changed(world: &World, change: &[(&str, Value)]) -> Value {
    let mut first = first_frame(&world.account.api_key, "rig");
    for (field, value) in change {
        first[field] = value.clone();
    }
    first
}

fn profile(change: &[(&str, Value)]) -> Value {
    let mut profile = json!({"id": "ace-step-v1.5-xl-turbo", "version": "1", "digest": "a".repeat(64),
        "signing_key_id": "k", "capability_tier": "audio.ace-step.base", "canary_completed_at": "2026-07-15",
        "canary_elapsed_seconds": 8.5, "runtime_adapter": "ace-step-1.5-api", "runtime_digest": "b".repeat(64),
        "recipe_root": "c".repeat(64)});
    for (field, value) in change {
        profile[field] = value.clone();
    }
    profile
}

/// Section 2.1, its normalisation of names, and the profile rows of section 13.
const REGISTRATION: &[(&str, Wrong, Fate)] = &[
    (
        "1: as it is",
        |w| changed(w, &[("models", json!(["ok", "FLUX.1-Krea-dev"]))]),
        Said("Retired model identity: FLUX.1-Krea-dev", 4003),
    ),
    (
        "1: blanks, underscores and runs of dashes; sorted, once each",
        |w| {
            changed(
                w,
                &[("models", json!(["flux1__krea -- dev x", "Flux.1 Krea_dev", "flux1__krea -- dev x"]))],
            )
        },
        Said("Retired model identity: Flux.1 Krea_dev, flux1__krea -- dev x", 4003),
    ),
    ("1: only from the beginning", |w| changed(w, &[("models", json!(["my flux.1-krea-dev"]))]), Ready),
    ("1: another name", |w| changed(w, &[("models", json!(["flux.1-krea", "flux.1-schnell"]))]), Ready),
    (
        "2: other fields",
        |w| changed(w, &[("worker_profile", json!({"x": 1}))]),
        Said("worker_profile has unsupported or missing fields", 4003),
    ),
    (
        "2: no object",
        |w| changed(w, &[("worker_profile", json!("audio"))]),
        Said("worker_profile has unsupported or missing fields", 4003),
    ),
    (
        "2: the first text that is none",
        |w| changed(w, &[("worker_profile", profile(&[("version", json!(1)), ("digest", json!(""))]))]),
        Said("worker_profile.version is invalid", 4003),
    ),
    (
        "2: a text too long",
        |w| changed(w, &[("worker_profile", profile(&[("signing_key_id", json!("k".repeat(201)))]))]),
        Said("worker_profile.signing_key_id is invalid", 4003),
    ),
    (
        "2: digest",
        |w| changed(w, &[("worker_profile", profile(&[("digest", json!("A".repeat(64)))]))]),
        Said("worker_profile.digest must be a SHA-256 hex digest", 4003),
    ),
    (
        "2: id",
        |w| changed(w, &[("worker_profile", profile(&[("id", json!("other"))]))]),
        Said("worker_profile.id is unsupported", 4003),
    ),
    (
        "2: adapter",
        |w| changed(w, &[("worker_profile", profile(&[("runtime_adapter", json!("other"))]))]),
        Said("worker_profile.runtime_adapter is unsupported", 4003),
    ),
    (
        "2: no runtime is approved",
        |w| changed(w, &[("worker_profile", profile(&[])), ("job_types", json!(["audio"]))]),
        Said("worker_profile.runtime_digest is unsupported", 4003),
    ),
    ("2: null is none", |w| changed(w, &[("worker_profile", Value::Null)]), Ready),
    (
        "3",
        |w| changed(w, &[("job_types", json!(["text", "audio"]))]),
        Said("audio requires an approved managed profile", 4003),
    ),
    (
        "3: the older form",
        |w| changed(w, &[("worker_type", json!("audio"))]),
        Said("audio requires an approved managed profile", 4003),
    ),
    ("4: no key", |w| changed(w, &[("apikey", Value::Null)]), Said("Missing apikey or name", 4001)),
    ("4: no name", |w| changed(w, &[("name", json!(""))]), Said("Missing apikey or name", 4001)),
    ("5", |w| changed(w, &[("apikey", json!("grid_nope"))]), Said("Invalid API key", 4001)),
    ("5: a token", |w| changed(w, &[("apikey", json!("gridu_token"))]), Said("Invalid API key", 4001)),
    (
        "6",
        |w| changed(w, &[("apikey", json!(w.validator.expose()))]),
        Said("API key lacks worker.connect scope", 4003),
    ),
    (
        "7",
        |w| changed(w, &[("apikey", json!(w.bound.expose())), ("name", json!("rig-bound#2"))]),
        Said("worker credential targets another rig", 4003),
    ),
    (
        "7: its own",
        |w| changed(w, &[("apikey", json!(w.bound.expose())), ("name", json!("rig-bound"))]),
        Ready,
    ),
    (
        "8",
        |w| changed(w, &[("name", json!("barred"))]),
        Said("Worker recently evicted for failed generations; retry shortly.", 4003),
    ),
    ("8: each name by itself", |w| changed(w, &[("name", json!("barred#2"))]), Ready),
    (
        "10",
        |w| changed(w, &[("name", json!("theirs"))]),
        Said("worker name already registered to another account", 4003),
    ),
    ("–: the name's column", |w| changed(w, &[("name", json!("x".repeat(121)))]), Cut),
    ("–: the agent's column", |w| changed(w, &[("bridge_agent", json!("x".repeat(121)))]), Cut),
    ("–: a key that is no text", |w| changed(w, &[("apikey", json!(7))]), Cut),
];

/// Section 12.4.
const IDENTITY: &[(&str, Wrong, Fate)] = &[
    (
        "no wallet",
        |w| {
            let mut first = w.proven();
            first["apikey"] = w.poor.api_key.expose().clone().into();
            first
        },
        Said("authenticated account has no valid payout wallet", 4003),
    ),
    ("proof", |w| w.with_proof(json!({"x": 1})), Said("worker identity proof is malformed", 4003)),
    (
        "payload",
        |w| w.resigned(&[], &[("extra", json!(1))]),
        Said("worker registration payload is malformed", 4003),
    ),
    (
        "certificate",
        |w| {
            let mut first = w.proven();
            first["worker_identity"]["delegation"]["extra"] = json!(1);
            first
        },
        Said("worker delegation certificate is malformed", 4003),
    ),
    (
        "delegation",
        |w| w.resigned(&[("extra", json!(1))], &[]),
        Said("worker delegation payload is malformed", 4003),
    ),
    (
        "no models",
        |w| {
            let mut first = w.proven();
            first["models"] = json!([]);
            first
        },
        Said("worker model list is invalid", 4003),
    ),
    (
        "version",
        |w| w.resigned(&[("version", json!(2))], &[]),
        Said("unsupported worker delegation version", 4003),
    ),
    (
        "chain",
        |w| w.resigned(&[("chain_id", json!(1))], &[]),
        Said("worker delegation targets the wrong chain", 4003),
    ),
    (
        "chain, no number",
        |w| w.resigned(&[("chain_id", json!("8453"))], &[]),
        Said("delegation chain ID must be an integer", 4003),
    ),
    (
        "audience",
        |w| w.resigned(&[("audience", json!("ws.aipowergrid.io"))], &[]),
        Said("worker delegation targets the wrong Core audience", 4003),
    ),
    (
        "wallet",
        |w| w.resigned(&[("payout_wallet", json!("0x1"))], &[]),
        Said("payout wallet is not a valid EVM address", 4003),
    ),
    (
        "id",
        |w| w.resigned(&[("delegation_id", json!("AB".repeat(16)))], &[]),
        Said("worker delegation ID is invalid", 4003),
    ),
    (
        "name",
        |w| w.resigned(&[("worker_name", json!(""))], &[]),
        Said("worker delegation name is invalid", 4003),
    ),
    (
        "life",
        |w| w.resigned(&[("expires_at", json!(T0 + 366 * 86_400))], &[]),
        Said("worker delegation lifetime is invalid", 4003),
    ),
    (
        "future",
        |w| w.resigned(&[("issued_at", json!(T0 + 301))], &[]),
        Said("worker delegation was issued in the future", 4003),
    ),
    (
        "expired",
        |w| w.resigned(&[("issued_at", json!(T0 - 100)), ("expires_at", json!(T0))], &[]),
        Said("worker delegation has expired", 4003),
    ),
    (
        "another agent",
        |w| w.resigned(&[], &[("bridge_agent", json!("other/1"))]),
        Said("worker registration proof does not match advertised capabilities", 4003),
    ),
    (
        "another order of models",
        |w| {
            let mut first = w.proven();
            first["models"] = json!(["a", "SmolLM-135M"]);
            first
        },
        Said("worker registration proof does not match advertised capabilities", 4003),
    ),
    (
        "stale",
        |w| w.resigned(&[], &[("timestamp", json!(T0 - 301))]),
        Said("worker registration proof is stale", 4003),
    ),
    (
        "nonce",
        |w| w.resigned(&[], &[("nonce", json!("short"))]),
        Said("worker registration nonce must be 16 random bytes", 4003),
    ),
    (
        "another wallet",
        |w| w.resigned(&[("payout_wallet", json!("0x00000000000000000000000000000000000000aa"))], &[]),
        Said("delegation payout wallet does not match the authenticated account", 4003),
    ),
    (
        "another name",
        |w| w.resigned(&[("worker_name", json!("rig-2"))], &[]),
        Said("delegation targets a different worker name", 4003),
    ),
    (
        "upper case",
        |w| {
            let signer = w.case.proof["payload"]["worker_signer"].as_str().expect("an address").to_owned();
            w.resigned(&[("worker_signer", json!(signer.to_uppercase().replace("0X", "0x")))], &[])
        },
        Said("delegation worker signer is not canonical", 4003),
    ),
    (
        "no signature of a delegation",
        |w| {
            let mut first = w.proven();
            first["worker_identity"]["delegation"]["signature"] = json!("0x00");
            first
        },
        Said("worker delegation signature is invalid", 4003),
    ),
    (
        "a stranger's delegation",
        |w| {
            let mut first = w.proven();
            let text = signed_text("aipg-worker-delegation", &w.case.proof["delegation"]["payload"]);
            first["worker_identity"]["delegation"]["signature"] = signed(&w.case.rig_key, &text).into();
            first
        },
        Said("delegation was not signed by the payout wallet", 4003),
    ),
    (
        "no signature",
        |w| {
            let mut first = w.proven();
            first["worker_identity"]["signature"] = json!(7);
            first
        },
        Said("worker registration signature is invalid", 4003),
    ),
    (
        "a stranger's proof",
        |w| {
            let mut first = w.proven();
            let text = signed_text("aipg-worker-registration", &w.case.proof["payload"]);
            first["worker_identity"]["signature"] = signed(&w.case.wallet_key, &text).into();
            first
        },
        Said("registration was not signed by the delegated worker key", 4003),
    ),
    ("good", World::proven, Ready),
    ("again", World::proven, Said("worker registration proof was already used", 4003)),
    ("signed anew", |w| w.resigned(&[], &[("nonce", json!("ef".repeat(16)))]), Ready),
];

#[tokio::test]
async fn a_registration_is_refused_in_the_words_of_the_table() {
    let world = World::new().await;
    for (row, first, fate) in REGISTRATION {
        world.check(row, first(&world), *fate).await;
    }
}

#[tokio::test]
async fn an_identity_is_refused_in_the_words_of_the_table() {
    let world = World::new().await;
    for (row, first, fate) in IDENTITY {
        world.check(row, first(&world), *fate).await;
    }
}

#[tokio::test]
async fn an_operator_can_demand_proofs_and_lose_the_store_of_used_ones() {
    let world = World::new().await;
    let rigs = world.network.rigs();
    rigs.require_identity(true);
    let plain = || changed(&world, &[]);
    world.check("required", plain(), Said("payout-wallet worker delegation is required", 4003)).await;
    rigs.freshness_store_down(true);
    let words = "worker registration freshness store unavailable";
    world.check("down", world.proven(), Said(words, 4003)).await;
    rigs.freshness_store_down(false);
    world.check("not used up by that", world.proven(), Ready).await;
    rigs.require_identity(false);
    world.check("optional", plain(), Ready).await;
}

#[tokio::test]
async fn the_first_fault_in_the_coordinators_order_chooses_the_words() {
    let (network, clock): (Network, std::sync::Arc<HandClock>) = network().await;
    let world = World::on(network).await;
    let stranger = world.network.open_account(None);
    let stranger_key = copy(&stranger.api_key);
    evict(&world.network, &world.account, "both").await;
    let mut first = json!({"name": "both", "models": ["flux1-krea-dev"], "worker_profile": {}, "job_types": ["audio"],
        "worker_identity": {}, "bridge_agent": "x".repeat(121)});
    let mut step = async |field: &str, mended: Value, fate: Fate| {
        world.check(&format!("before {field} is mended"), first.clone(), fate).await;
        first[field] = mended;
    };
    step("models", json!(["m"]), Said("Retired model identity: flux1-krea-dev", 4003)).await;
    let words = "worker_profile has unsupported or missing fields";
    step("worker_profile", Value::Null, Said(words, 4003)).await;
    step("job_types", json!(["text"]), Said("audio requires an approved managed profile", 4003)).await;
    step("apikey", json!("grid_nope"), Said("Missing apikey or name", 4001)).await;
    step("apikey", json!(world.validator.expose()), Said("Invalid API key", 4001)).await;
    step("apikey", json!(world.bound.expose()), Said("API key lacks worker.connect scope", 4003)).await;
    let words = "worker credential targets another rig";
    step("apikey", json!(stranger_key.expose()), Said(words, 4003)).await;
    let words = "Worker recently evicted for failed generations; retry shortly.";
    step("foo", json!(1), Said(words, 4003)).await;
    clock.advance(Duration::from_secs(30));
    let words = "authenticated account has no valid payout wallet";
    step("worker_identity", Value::Null, Said(words, 4003)).await;
    let words = "worker name already registered to another account";
    step("name", json!("mine"), Said(words, 4003)).await;
    step("bridge_agent", json!("a/1"), Cut).await;
    step("foo", json!(2), Ready).await;
}

/// What ends a socket after `ready`.
#[derive(Debug, Clone, Copy)]
enum Cause {
    Newer,
    Restart,
    Eviction,
    SilenceInAJob,
    NoObject,
    NoText,
    NoPongs,
    TooBig,
    Goodbye(u16),
}

/// Section 2.3. 1006 is no frame at all.
const CLOSES: &[(Cause, u16)] = &[
    (Cause::Newer, 1012),
    (Cause::Restart, 1012),
    (Cause::Eviction, 1006),
    (Cause::SilenceInAJob, 1006),
    (Cause::NoObject, 1006),
    (Cause::NoText, 1006),
    (Cause::NoPongs, 1011),
    (Cause::TooBig, 1009),
    (Cause::Goodbye(1000), 1000),
    (Cause::Goodbye(1001), 1001),
];

#[tokio::test]
async fn a_socket_closes_with_the_code_of_the_table() {
    for (cause, code) in CLOSES {
        let (network, _) = network_with(|timings| match cause {
            Cause::SilenceInAJob => timings.job_silence = Duration::from_millis(50),
            Cause::NoPongs => {
                timings.socket_ping = Duration::from_millis(30);
                timings.socket_pong = Duration::from_millis(30);
            }
            _ => {}
        })
        .await;
        let account = network.open_account(None);
        let mut events = network.events();
        let mut wire = Wire::worker(&network, &account.api_key, "rig").await;
        let _others = provoke(&network, &account, &mut wire, *cause).await;
        let closed = event(&mut events, |event| matches!(event, Event::SocketClosed { .. })).await;
        assert_eq!(closed, Event::SocketClosed { worker: Some("rig".into()), code: *code }, "{cause:?}");
        if !matches!(cause, Cause::NoPongs) {
            let expected = if *code == 1006 { Got::Cut } else { Got::Close(*code) };
            let mut got = wire.next().await;
            while matches!(got, Got::Frame(_)) {
                got = wire.next().await;
            }
            assert_eq!(got, expected, "{cause:?}");
        }
    }
}

/// Gives back what has to live on.
async fn provoke(network: &Network, account: &Account, wire: &mut Wire, cause: Cause) -> Option<Wire> {
    match cause {
        Cause::Newer => return Some(Wire::worker(network, &account.api_key, "rig").await),
        Cause::Restart => network.rigs().restart(),
        Cause::Eviction => {
            for _ in 0..6 {
                let _asking = ask(network, account, question());
                let job = wire.job().await;
                wire.token(&job, "x").await;
                wire.error(&job).await;
            }
        }
        Cause::SilenceInAJob => {
            let _asking = ask(network, account, question());
            wire.job().await;
        }
        Cause::NoObject | Cause::NoText => {
            let _asking = ask(network, account, question());
            wire.job().await;
            let no_text = matches!(cause, Cause::NoText);
            let garbage = if no_text { Message::binary(vec![1_u8]) } else { Message::text("[1]") };
            wire.send_raw(garbage).await.expect("sends");
        }
        // Pongs leave only while the socket is read, and nobody reads it here.
        Cause::NoPongs => {}
        Cause::TooBig => wire.send(json!({"type": "pong", "x": "y".repeat(16 * 1024 * 1024)})).await,
        Cause::Goodbye(code) => wire.close(code).await,
    }
    None
}
