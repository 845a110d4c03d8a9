//! Receipts and proofs of identity that the coordinator's own code made and judged: what our frames make of them.
#![expect(clippy::print_stdout, reason = "what a vector run left out is told to whoever runs it")]

use std::path::PathBuf;

use grid::{ConnectError, Done, Event, Reason, RegistrationError, Terminal, connect};
use serde_json::{Value, json};
use types::{Answer, FinishReason, JobId};

use crate::coordinator::Coordinator;
use crate::replay::recording;
use crate::{next, register};

/// The vector file from `GRID_NODE_VECTORS`, which need not hold it, else the project's copy, which must.
fn cases(section: &str) -> Vec<Value> {
    let given = std::env::var_os("GRID_NODE_VECTORS").map(PathBuf::from);
    let own = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../tests/data/vectors"));
    let folder = given.clone().unwrap_or_else(own);
    let candidates = ["worker-receipts.json", "receipts.json"].map(|name| folder.join(name));
    let Some(path) = candidates.iter().find(|path| path.exists()) else {
        assert!(given.is_some(), "the project's own receipt vectors are missing");
        println!("no receipt vectors in the given folder");
        return Vec::new();
    };
    let all: Value = serde_json::from_slice(&std::fs::read(path).expect("readable vectors")).expect("JSON");
    let Some(cases) = all.get(section).and_then(Value::as_array) else {
        println!("section {section} is not in this file");
        return Vec::new();
    };
    cases.clone()
}

#[tokio::test]
async fn vectors_receipts_leave_as_they_were_signed() {
    let cases: Vec<Value> = cases("text_receipts")
        .into_iter()
        .filter(|case| {
            let is_whole = ["job_id", "full_text", "signature"].iter().all(|field| case[*field].is_string());
            if !is_whole {
                println!("skipped a case without job, text or signature: {}", case["id"]);
            }
            is_whole
        })
        .collect();
    let (coordinator, endpoint) = Coordinator::start().await;
    let server = async {
        let mut worker = coordinator.worker().await;
        worker.ready().await;
        for case in &cases {
            let payload = json!({"prompt": "hi"});
            worker.say(&json!({"type": "job", "id": case["job_id"], "model": "m", "payload": payload})).await;
            let done = worker.frame().await;
            assert_eq!((&done["id"], &done["full_text"]), (&case["job_id"], &case["full_text"]));
            let is_signed = case["full_text"] != "";
            let expected = is_signed.then(|| case["signature"].clone());
            assert_eq!(done.get("worker_sig").cloned(), expected, "{}", case["id"]);
        }
        worker.close(1000).await;
        worker.closed_politely().await;
    };
    let client = async {
        let mut connection = register(&endpoint, "m").await.expect("ready");
        for case in &cases {
            let Event::Offered(offer) = next(&mut connection).await else { panic!("an offer") };
            assert_eq!(offer.job, JobId::new(case["job_id"].as_str().expect("an id")), "byte for byte");
            let text = case["full_text"].as_str().expect("text");
            connection.end(Terminal::Done(Done {
                job: offer.job,
                answer: Answer::Chat { text: text.into(), reasoning: "".into() },
                reason: FinishReason::Stop,
                usage: None,
                cancelled: text.is_empty(),
                receipt: Some(case["signature"].as_str().expect("text").parse().expect("a signature")),
            }));
        }
        assert!(matches!(next(&mut connection).await, Event::Closed(_)));
    };
    tokio::join!(server, client);
}

/// What our own check has to say before the coordinator's, where it can see the fault at all.
fn expected_fault(case: &Value) -> Option<RegistrationError> {
    match case["expect"]["error"].as_str() {
        Some("delegation targets a different worker name") => Some(RegistrationError::Proof("worker")),
        Some("worker registration proof does not match advertised capabilities") => {
            let (proof, inputs) = (&case["worker_identity"]["payload"], &case["verifier_inputs"]);
            let what = if proof["models"] == inputs["models"] { "kind of job" } else { "list of models" };
            Some(RegistrationError::Proof(what))
        }
        // One kind of job for each connection is our rule, not the coordinator's.
        _ if case["verifier_inputs"]["job_types"].as_array().is_some_and(|kinds| kinds.len() > 1) => {
            Some(RegistrationError::Kind)
        }
        _ => None,
    }
}

/// Whether our types can say it at all: whole seconds, lower-case addresses, the one chain.
fn is_ours_to_say(identity: &Value) -> bool {
    let (proof, delegation) = (&identity["payload"], &identity["delegation"]["payload"]);
    let is_lower = |value: &Value| value.as_str().is_some_and(|text| text == text.to_lowercase());
    proof["timestamp"].is_u64()
        && [&proof["worker_signer"], &delegation["worker_signer"], &delegation["payout_wallet"]]
            .iter()
            .all(|a| is_lower(a))
        && delegation["chain_id"] == types::GRID_CHAIN_ID
        && delegation["audience"] == types::GRID_AUDIENCE
}

#[tokio::test]
async fn vectors_receipts_identities_are_said_as_they_were_signed_or_not_at_all() {
    let (coordinator, endpoint) = Coordinator::start().await;
    for case in cases("identity_proofs") {
        let (identity, inputs) = (&case["worker_identity"], &case["verifier_inputs"]);
        if !is_ours_to_say(identity) {
            println!("not a form we can say, as it should be: {}", case["id"]);
            continue;
        }
        let ours = recording::registration(&json!({
            "apikey": "grid_REDACTED", "name": inputs["worker_name"], "models": inputs["models"],
            "job_types": inputs["job_types"], "bridge_agent": inputs["bridge_agent"],
            "max_length": 1, "max_context_length": 1, "worker_identity": identity,
        }));
        if let Some(fault) = expected_fault(&case) {
            match connect(&endpoint, &ours, grid::Patience::default()).await {
                Err(ConnectError::Unfit(found)) => assert_eq!(found, fault, "{}", case["id"]),
                other => panic!("{}: {other:?}", case["id"]),
            }
            continue;
        }
        let server = async {
            let mut worker = coordinator.worker().await;
            assert_eq!(worker.frame().await["worker_identity"], *identity, "{}", case["id"]);
            match case["expect"]["error"].as_str() {
                Some(words) => {
                    worker.say(&json!({"type": "error", "message": words})).await;
                    worker.close(4003).await;
                }
                None => worker.say(&json!({"type": "ready", "worker_id": "w"})).await,
            }
            worker.closed_politely().await;
        };
        let client = async {
            match connect(&endpoint, &ours, grid::Patience::default()).await {
                Ok(mut connection) => {
                    assert_eq!(case["expect"]["result"], "accepted", "{}", case["id"]);
                    connection.close();
                }
                Err(ConnectError::Refused(refusal)) => {
                    assert_ne!(refusal.reason, Reason::Other, "{}: {}", case["id"], refusal.message);
                }
                Err(other) => panic!("{}: {other:?}", case["id"]),
            }
        };
        tokio::join!(server, client);
    }
}
