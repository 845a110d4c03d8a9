//! Who may register, and what the others are told.

use std::time::Duration;

use practice::identity::{Claimed, verify};
use practice::{Event, Network, Purpose};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Got, T0, Wire, event, first_frame, network, network_with};
use crate::vectors::identity_case;

async fn refused(network: &Network, first: Value, message: &str, code: u16) {
    let mut wire = Wire::open(network).await;
    wire.send(first).await;
    assert_eq!(wire.frame().await, json!({"type": "error", "message": message}));
    assert_eq!(wire.next().await, Got::Close(code), "{message}");
}

#[tokio::test]
async fn a_name_has_one_socket_and_one_id_for_good() {
    let (network, _) = network().await;
    let account = network.open_account(None);
    let (mut first, id) = Wire::ready(&network, first_frame(&account.api_key, "rig")).await;
    let (mut second, same_id) = Wire::ready(&network, first_frame(&account.api_key, "rig")).await;
    assert_eq!(id, same_id, "the id belongs to the name");
    assert_eq!(first.next().await, Got::Close(1012), "the newer socket wins");
    second.send_raw(Message::Close(None)).await.expect("closes");
    let (_, third_id) = Wire::ready(&network, first_frame(&account.api_key, "rig")).await;
    assert_eq!(id, third_id);
}

#[tokio::test]
async fn a_name_belongs_to_the_account_that_used_it_first() {
    let (network, _) = network().await;
    let owner = network.open_account(None);
    Wire::worker(&network, &owner.api_key, "rig").await.vanish();
    let stranger = network.open_account(None);
    let words = "worker name already registered to another account";
    refused(&network, first_frame(&stranger.api_key, "rig"), words, 4003).await;
}

#[tokio::test]
async fn keys_connect_only_what_they_are_for() {
    let (network, _) = network().await;
    let account = network.open_account(None);
    let validator = network.issue_key(&account.id, Purpose::Validator).expect("a key");
    refused(&network, first_frame(&validator, "rig"), "API key lacks worker.connect scope", 4003).await;
    let rig_key = network.issue_key(&account.id, Purpose::Worker("rig".into())).expect("a key");
    let words = "worker credential targets another rig";
    refused(&network, first_frame(&rig_key, "rig#2"), words, 4003).await;
    Wire::worker(&network, &rig_key, "rig").await;
}

#[tokio::test]
async fn frames_that_are_no_objects_cut_the_line() {
    let (network, _) = network().await;
    for garbage in
        [Message::text("hello"), Message::text("[1]"), Message::binary(vec![1_u8]), Message::text("")]
    {
        let mut wire = Wire::open(&network).await;
        wire.send_raw(garbage.clone()).await.expect("sends");
        assert_eq!(wire.next().await, Got::Cut, "{garbage:?}");
    }
}

#[tokio::test]
async fn a_name_too_long_for_its_column_cuts_the_line() {
    let (network, _) = network().await;
    let account = network.open_account(None);
    Wire::worker(&network, &account.api_key, &"x".repeat(120)).await;
    let mut wire = Wire::open(&network).await;
    wire.send(first_frame(&account.api_key, &"x".repeat(121))).await;
    assert_eq!(wire.next().await, Got::Cut);
}

#[tokio::test]
async fn silence_before_registering_cuts_the_line() {
    let (network, _) = network_with(|timings| timings.first_frame = Duration::from_millis(80)).await;
    assert_eq!(Wire::open(&network).await.next().await, Got::Cut);
}

#[tokio::test]
async fn a_message_over_16_mib_closes_with_1009() {
    let (network, _) = network().await;
    let account = network.open_account(None);
    let mut events = network.events();
    let mut wire = Wire::worker(&network, &account.api_key, "rig").await;
    wire.send(json!({"type": "pong", "x": "y".repeat(16 * 1024 * 1024)})).await;
    assert_eq!(wire.next().await, Got::Close(1009));
    let closed = event(&mut events, |event| matches!(event, Event::SocketClosed { .. })).await;
    assert_eq!(closed, Event::SocketClosed { worker: Some("rig".into()), code: 1009 });
}

#[tokio::test]
async fn unanswered_protocol_pings_close_with_1011() {
    let (network, _) = network_with(|timings| {
        timings.socket_ping = Duration::from_millis(50);
        timings.socket_pong = Duration::from_millis(50);
    })
    .await;
    let account = network.open_account(None);
    let mut events = network.events();
    let wire = Wire::worker(&network, &account.api_key, "rig").await;
    // Pongs leave only while the socket is read, and nobody reads it here.
    let closed = event(&mut events, |event| matches!(event, Event::SocketClosed { .. })).await;
    assert_eq!(closed, Event::SocketClosed { worker: Some("rig".into()), code: 1011 });
    drop(wire);
}

#[tokio::test]
async fn answered_protocol_pings_keep_the_socket_open() {
    let (network, _) = network_with(|timings| {
        timings.socket_ping = Duration::from_millis(30);
        timings.socket_pong = Duration::from_secs(5);
    })
    .await;
    let account = network.open_account(None);
    let mut wire = Wire::worker(&network, &account.api_key, "rig").await;
    for round in 0..3 {
        assert_eq!(wire.next_or_ping().await, Got::Ping, "round {round}");
    }
}

#[tokio::test]
async fn an_identity_is_good_once() {
    let (network, clock) = network().await;
    let case = identity_case();
    let account = network.open_account(None);
    network.set_payout_wallet(&account.id, Some(case.wallet));
    let first = json!({"apikey": account.api_key.expose(), "name": case.name, "models": case.models,
        "job_types": case.job_types, "bridge_agent": case.bridge_agent, "worker_identity": case.proof});
    let (wire, _) = Wire::ready(&network, first.clone()).await;
    wire.vanish();
    refused(&network, first.clone(), "worker registration proof was already used", 4003).await;

    let mut other_agent = first.clone();
    other_agent["bridge_agent"] = "other/1".into();
    let words = "worker registration proof does not match advertised capabilities";
    refused(&network, other_agent, words, 4003).await;

    network.set_payout_wallet(&account.id, None);
    let words = "authenticated account has no valid payout wallet";
    refused(&network, first.clone(), words, 4003).await;

    network.set_payout_wallet(&account.id, Some(case.wallet));
    clock.advance(Duration::from_secs(301));
    refused(&network, first, "worker registration proof is stale", 4003).await;
}

#[tokio::test]
async fn a_null_identity_is_none_and_a_malformed_one_is_refused() {
    let (network, _) = network().await;
    let account = network.open_account(Some(identity_case().wallet));
    let mut first = first_frame(&account.api_key, "rig");
    first["worker_identity"] = Value::Null;
    Wire::ready(&network, first.clone()).await;
    first["worker_identity"] = json!({"x": 1});
    refused(&network, first, "worker identity proof is malformed", 4003).await;
}

/// Every value inside, by its path.
fn leaves(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            for (field, value) in object {
                leaves(value, &format!("{path}/{field}"), found);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                leaves(value, &format!("{path}/{index}"), found);
            }
        }
        _ => found.push(path.to_owned()),
    }
}

#[test]
fn no_part_of_a_proof_can_be_changed_left_out_or_added() {
    let case = identity_case();
    let claimed = Claimed {
        payout_wallet: Some(case.wallet),
        worker_name: &case.name,
        models: &case.models,
        job_types: &case.job_types,
        bridge_agent: &case.bridge_agent,
    };
    let holds = |proof: &Value| verify(proof, claimed, T0).is_ok();
    assert!(holds(&case.proof), "it is good as it is");
    let mut paths = Vec::new();
    leaves(&case.proof, "", &mut paths);
    assert!(paths.len() > 15, "{paths:?}");
    for path in paths {
        let old = case.proof.pointer(&path).expect("a leaf").clone();
        let changes = match &old {
            Value::String(text) => {
                let (last, other) = (&text[text.len() - 1..], if text.ends_with('1') { "2" } else { "1" });
                vec![
                    json!(format!("{}{other}", text.strip_suffix(last).unwrap_or(text))),
                    json!(""),
                    Value::Null,
                ]
            }
            Value::Number(number) => {
                vec![json!(number.as_u64().unwrap_or(0) + 1), json!(number.to_string()), json!(-1)]
            }
            _ => vec![json!(1), json!("")],
        };
        for new in changes {
            let mut proof = case.proof.clone();
            *proof.pointer_mut(&path).expect("a leaf") = new.clone();
            assert!(!holds(&proof), "{path}: {old} became {new}");
        }
        let (parent, field) = path.rsplit_once('/').expect("a path");
        let mut without = case.proof.clone();
        match without.pointer_mut(parent) {
            Some(Value::Object(object)) => {
                object.remove(field);
            }
            Some(Value::Array(items)) => items.clear(),
            _ => unreachable!("a leaf has a parent"),
        }
        assert!(!holds(&without), "{path} was left out");
    }
    for parent in ["", "/payload", "/delegation", "/delegation/payload"] {
        let mut proof = case.proof.clone();
        proof.pointer_mut(parent).expect("an object")["extra"] = json!(1);
        assert!(!holds(&proof), "{parent} has a field more");
    }
}
