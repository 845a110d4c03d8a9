//! Sign-in, keys, payout wallet and enrolment, as recorded and from coordinators that lie.
#![expect(clippy::print_stdout, reason = "what a vector run left out is told to whoever runs it")]

use std::path::PathBuf;

use grid::{
    AccountError, Enrollee, EnrolmentClient, EnrolmentId, EnrolmentState, ManageError, Session, SignInClient,
    SignInRefusal,
};
use serde_json::{Value, json};
use types::{Address, Delegation, KeyId, Sensitive, SignIn, SignInOrigin, Signature, Timestamp, WorkerName};

use crate::scripted::{Asked, patience, scripted};

const NOW: Timestamp = Timestamp::from_millis(1_788_264_000_000);
const TOKEN: &str = "gridu_canary.canary";
const KEY: &str = "grid_canarycanarycanarycanarycanary00";
const POLL_TOKEN: &str = "canary-poll-token-canary-poll-token";
const ID: &str = "006b2f29ea5d";

/// A section of the recorded file. A folder named from outside may lack it, the project's own may not.
fn recorded(section: &str) -> Vec<Value> {
    let given = std::env::var_os("GRID_NODE_VECTORS").map(PathBuf::from);
    let own = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../tests/data/vectors"));
    let path = given.clone().unwrap_or_else(own).join("siwe.json");
    let file = std::fs::read(path).map(|bytes| serde_json::from_slice::<Value>(&bytes).expect("JSON"));
    let found = file.ok().and_then(|mut file| file[section].as_array_mut().map(std::mem::take));
    assert!(found.is_some() || given.is_some(), "the project's own file lacks {section}");
    found.unwrap_or_else(|| {
        println!("there is no section {section}");
        Vec::new()
    })
}

fn text<'a>(case: &'a Value, place: &str) -> Option<&'a str> {
    case.pointer(place).and_then(Value::as_str)
}

fn wallet() -> Address {
    "0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A".parse().expect("an address")
}

fn message(wallet: Address, domain: &str, uri: &str) -> String {
    format!(
        "{domain} wants you to sign in with your Ethereum account:\n{wallet}\n\nSign in to AI Power Grid.\n\n\
         URI: {uri}\nVersion: 1\nChain ID: 8453\nNonce: 6e0501558930e6c1744ce844e1abdf62\n\
         Issued At: 2026-09-01T12:00:00Z\nExpiration Time: 2026-09-01T12:05:00Z"
    )
}

fn ours() -> SignIn {
    SignIn::parse(&message(wallet(), "localhost", "http://localhost/")).expect("the template")
}

fn signature() -> Signature {
    "0x6a23d3987c3b6cef44cedc9645686ab40bf680ef0fbb759903137ea440d94c415456a8f259ecc382eb3ae3fe441782f82ba5fcc8fc98588673abdf3d40cd0c341c".parse().expect("a signature")
}

fn verified() -> Value {
    json!({"account_id": "a-1", "wallet": format!("{:#x}", wallet()), "username": "u", "access_token": TOKEN,
        "token_type": "Bearer", "expires_in": 900, "api_key": null, "created": true})
}

/// A session with a coordinator that gives these answers next. What it is asked comes from the returned task, after the
/// sign-in.
async fn session(answers: Vec<(u16, Value)>) -> (Session, tokio::task::JoinHandle<Vec<Asked>>) {
    let all = std::iter::once((200, verified())).chain(answers);
    let (endpoint, server) = scripted(all.map(|(status, body)| (status, body.to_string())).collect()).await;
    let door = SignInClient::new(&endpoint, patience()).expect("a client");
    let session = door.verify(&ours(), &signature(), NOW).await.expect("signed in");
    (session, server)
}

fn page(payout: &str, keys: Value) -> Value {
    json!({"account_id": "a-1", "username": "u", "wallet": "", "payout_wallet": payout, "keys": keys})
}

fn listed(id: &str, revoked: bool) -> Value {
    json!([{"id": id, "label": "x", "created": "2026-09-01T12:00:00", "last_used": null, "revoked": revoked}])
}

#[tokio::test]
async fn siwe_vectors_challenge_answers_are_taken_or_refused() {
    for case in recorded("challenge") {
        let id = &case["id"];
        let (Some(domain), Some(uri), Some(address)) = (
            text(&case, "/request/domain"),
            text(&case, "/request/uri"),
            text(&case, "/request/address").and_then(|address| address.parse::<Address>().ok()),
        ) else {
            println!("{id}: a request we cannot make");
            continue;
        };
        let Some(origin) = SignInOrigin::new(&domain.to_lowercase(), uri) else {
            assert_ne!(case["status"], 200, "{id}: an origin we cannot name");
            continue;
        };
        let body = case.get("response").or(case.get("error")).cloned().unwrap_or_default();
        let status = case["status"].as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or(0);
        let (endpoint, server) = scripted(vec![(status, body.to_string())]).await;
        let door = SignInClient::new(&endpoint, patience()).expect("a client");
        let outcome = door.challenge(address, &origin).await;
        let asked = server.await.expect("served").remove(0);
        assert_eq!(asked.line, "POST /v1/accounts/wallet/challenge", "{id}");
        assert!(!asked.head.contains("apikey") && !asked.head.contains("authorization"), "{id}");
        if text(&case, "/request/address") == Some(address.to_string().as_str())
            && domain == domain.to_lowercase()
            && case["request"]["chain_id"] == 8453
        {
            assert_eq!(asked.body, case["request"], "{id}");
        }
        match (status, outcome) {
            (200, Ok(sign_in)) => assert_eq!(text(&body, "/message"), Some(sign_in.text().as_str()), "{id}"),
            (200, Err(ManageError::OtherText)) => {
                assert_ne!(text(&case, "/request/address"), Some(address.to_string().as_str()), "{id}");
            }
            (422, Err(ManageError::Account(AccountError::Refused { status: 422, detail }))) => {
                let words = text(&body, "/detail").or(text(&body, "/detail/0/msg")).unwrap_or_default();
                assert!(detail.ends_with(words), "{id}: {detail}");
            }
            (status, outcome) => panic!("{id}: {status} became {outcome:?}"),
        }
    }
}

#[tokio::test]
async fn another_message_than_the_one_asked_for_is_not_taken() {
    let here = ("localhost", "http://localhost/");
    let other = Address::repeat_byte(1);
    for (wrong, message) in [
        ("somebody else's", message(other, here.0, here.1)),
        ("another place", message(wallet(), "localhost:1", "http://localhost:1/")),
        ("another page", message(wallet(), "localhost", "http://localhost/x")),
        ("the console's", message(wallet(), "console.aipowergrid.io", "https://console.aipowergrid.io/")),
        (
            "a wallet link",
            "Link wallet to AIPG Grid account 7\n\nNonce: 6e0501558930e6c1744ce844e1abdf62".into(),
        ),
        ("a line more", message(wallet(), here.0, here.1) + "\nResources:\n- https://example.invalid"),
        ("nothing", String::new()),
        ("a delegation", "aipg-worker-delegation:v1:{}".into()),
    ] {
        let (endpoint, _server) = scripted(vec![(200, json!({"message": message}).to_string())]).await;
        let door = SignInClient::new(&endpoint, patience()).expect("a client");
        let outcome = door.challenge(wallet(), &SignInOrigin::this_computer()).await;
        assert_eq!(outcome, Err(ManageError::OtherText), "{wrong}");
    }
}

#[tokio::test]
async fn siwe_vectors_verify_answers_begin_a_session_or_say_why_not() {
    for case in recorded("verify") {
        let id = &case["id"];
        let (Some(sign_in), Some(signature)) = (
            text(&case, "/request/message").and_then(SignIn::parse),
            text(&case, "/request/signature").and_then(|signature| signature.parse::<Signature>().ok()),
        ) else {
            println!("{id}: nothing we could send");
            continue;
        };
        let status = case["status"].as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or(0);
        let mut body = case.get("response_shape").or(case.get("error")).cloned().unwrap_or_default();
        if status == 200 {
            (body["access_token"], body["created"]) = (json!(TOKEN), json!(true));
        }
        let (endpoint, server) = scripted(vec![(status, body.to_string())]).await;
        let door = SignInClient::new(&endpoint, patience()).expect("a client");
        let outcome = door.verify(&sign_in, &signature, NOW).await;
        let asked = server.await.expect("served").remove(0);
        assert_eq!(asked.line, "POST /v1/accounts/wallet/verify", "{id}");
        assert_eq!(
            Some(asked.body["message"].as_str().unwrap_or_default()),
            text(&case, "/request/message"),
            "{id}"
        );
        let (sent, theirs) =
            (asked.body["signature"].as_str().unwrap_or_default(), text(&case, "/request/signature"));
        assert!(
            sent.len() == 132 && sent.starts_with("0x") && matches!(&sent[130..], "1b" | "1c"),
            "{id}: {sent}"
        );
        if theirs.is_some_and(|theirs| theirs.len() == 132 && matches!(&theirs[130..], "1b" | "1c")) {
            assert_eq!(Some(sent), theirs, "{id}");
        }
        match (status, text(&body, "/detail"), outcome) {
            (200, _, Ok(session)) => assert!(session.may_manage(NOW), "{id}"),
            (401, Some(words), Err(ManageError::SignIn(refusal))) => {
                let known = !matches!(refusal, SignInRefusal::Other(_));
                assert!(known, "{id}: {words}");
            }
            (status, _, outcome) => panic!("{id}: {status} became {outcome:?}"),
        }
    }
}

#[tokio::test]
async fn a_sign_in_for_another_wallet_or_with_an_odd_token_is_none() {
    for (member, value) in [
        ("wallet", json!(format!("{:#x}", Address::repeat_byte(9)))),
        ("wallet", json!("")),
        ("access_token", json!(KEY)),
        ("access_token", json!("gridu_\r\nhost: x")),
        ("access_token", json!(format!("gridu_{}", "x".repeat(4096)))),
        ("access_token", Value::Null),
        ("account_id", json!("")),
    ] {
        let mut body = verified();
        body[member] = value.clone();
        let (endpoint, _server) = scripted(vec![(200, body.to_string())]).await;
        let door = SignInClient::new(&endpoint, patience()).expect("a client");
        let outcome = door.verify(&ours(), &signature(), NOW).await;
        let error = outcome.expect_err("no session");
        assert!(matches!(error, ManageError::Account(_)), "{member} {value}: {error:?}");
    }
}

#[tokio::test]
async fn a_key_is_made_by_the_token_and_shown_once() {
    let made = json!({"api_key": KEY, "label": "rig", "purpose": "inference", "scopes": ["account.read"]});
    let (session, server) = session(vec![(200, made)]).await;
    assert_eq!(session.make_key("rig", NOW).await.expect("a key").expose(), KEY);
    let asked = server.await.expect("served").remove(1);
    assert_eq!(asked.line, "POST /v1/account/keys");
    assert!(asked.head.contains(&format!("authorization: bearer {TOKEN}")), "{}", asked.head);
    assert!(asked.head.contains("content-type: application/json"), "{}", asked.head);
    assert_eq!(asked.body, json!({"label": "rig", "purpose": "inference"}));
}

#[tokio::test]
async fn a_stale_proof_manages_nothing_and_sends_nothing() {
    let (session, server) = session(vec![]).await;
    let asked = server.await.expect("served");
    assert_eq!(asked.len(), 1, "the sign-in alone");
    let id = KeyId::parse(ID).expect("an id");
    let late = NOW.plus(std::time::Duration::from_secs(590));
    for now in [late, Timestamp::from_millis(NOW.millis() - 1)] {
        // Nobody listens any more, so anything that was sent would be unreachable.
        assert_eq!(session.make_key("x", now).await.expect_err("stale"), ManageError::SignInAgain);
        assert_eq!(session.revoke_key(&id, now).await, Err(ManageError::SignInAgain));
        assert_eq!(session.set_payout_wallet(wallet(), now).await, Err(ManageError::SignInAgain));
    }
}

#[tokio::test]
async fn a_key_is_revoked_when_the_list_shows_it_and_it_was_one() {
    let id = KeyId::parse(ID).expect("an id");
    let revoked = |id: &str, count: u64| json!({"revoked": id, "count": count});
    let check = async |answers: Vec<(u16, Value)>, expected: Result<(), ManageError>| {
        let (session, server) = session(answers).await;
        let outcome = session.revoke_key(&id, NOW).await.map(drop);
        assert_eq!(outcome, expected);
        server.abort();
    };
    check(vec![(200, revoked(ID, 1)), (200, page("", listed(ID, true)))], Ok(())).await;
    check(vec![(200, revoked(ID, 4))], Err(ManageError::RevokedOthers { count: 4 })).await;
    check(vec![(200, revoked(ID, 0))], Err(ManageError::RevokedOthers { count: 0 })).await;
    check(vec![(200, revoked("%", 1))], Err(ManageError::RevokedOthers { count: 1 })).await;
    check(vec![(200, revoked(ID, 1)), (200, page("", listed(ID, false)))], Err(ManageError::NotSeen)).await;
    check(vec![(200, revoked(ID, 1)), (200, page("", json!([])))], Err(ManageError::NotSeen)).await;
    check(vec![(404, json!({"detail": "No such key on this account"}))], Err(ManageError::Gone)).await;
    let stale = json!({"detail": "Account proof is stale; sign in again"});
    check(vec![(403, stale)], Err(ManageError::SignInAgain)).await;
    let (session, server) = session(vec![(200, revoked(ID, 1)), (200, page("", listed(ID, true)))]).await;
    session.revoke_key(&id, NOW).await.expect("revoked");
    assert_eq!(server.await.expect("served")[1].line, format!("DELETE /v1/account/keys/{ID}"));
}

#[tokio::test]
async fn a_payout_wallet_counts_as_set_when_it_was_read_again() {
    let (new, lower) = (Address::repeat_byte(0xb2), format!("{:#x}", Address::repeat_byte(0xb2)));
    let check = async |answered: &str, read: &str, expected: Result<Option<Address>, ManageError>| {
        let answers = vec![(200, json!({"payout_wallet": answered})), (200, page(read, json!([])))];
        let (session, server) = session(answers).await;
        assert_eq!(session.set_payout_wallet(new, NOW).await.map(|page| page.payout_wallet), expected);
        let asked = server.await.expect("served");
        assert_eq!(asked[1].body, json!({"wallet": new.to_string()}));
        assert_eq!(asked[2].line, "GET /v1/account");
    };
    check(&lower, &lower, Ok(Some(new))).await;
    check("", &lower, Err(ManageError::NotSeen)).await;
    check(&lower, "", Err(ManageError::NotSeen)).await;
    check(&lower, &format!("{:#x}", wallet()), Err(ManageError::NotSeen)).await;
}

fn enrollee(case: &Value) -> Enrollee {
    let text = |name: &str| case[name].as_str().expect("a text");
    Enrollee {
        worker_name: WorkerName::new(text("worker_name")).expect("a name"),
        worker_signer: text("worker_signer").parse().expect("an address"),
        payout_wallet: text("payout_wallet").parse().expect("an address"),
    }
}

#[tokio::test]
async fn siwe_vectors_worker_enrollment_is_walked_as_recorded() {
    let recorded = recorded("worker_enrollment");
    let found = |id: &str| recorded.iter().find(|case| case["id"] == id).cloned();
    let (Some(create), Some(prepare), Some(poll)) =
        (found("create"), found("prepare"), found("poll-complete"))
    else {
        return println!("the enrolment is not in this file");
    };
    let enrollee = enrollee(&prepare["body"]["payload"]);
    let id = EnrolmentId::parse(create["body"]["enrollment_id"].as_str().expect("an id")).expect("an id");
    let secret = |place: &str| Sensitive::new(text(&create, place).expect("a text").to_owned());
    let (key, token) = (secret("/request_body/api_key"), secret("/poll_token"));

    let answers = vec![
        (503, found("default-off").map(|case| case["body"].to_string()).unwrap_or_default()),
        (200, create["body"].to_string()),
        (200, poll["body"].to_string()),
        (401, found("poll-wrong-token").map(|case| case["body"].to_string()).unwrap_or_default()),
        (409, found("ack-too-early").map(|case| case["body"].to_string()).unwrap_or_default()),
        (200, found("ack").map(|case| case["body"].to_string()).unwrap_or_default()),
    ];
    let (endpoint, server) = scripted(answers).await;
    let client = EnrolmentClient::new(&endpoint, patience()).expect("a client");
    let begin = async || client.begin(&enrollee, "text-local-v1", &key, &token, NOW).await;
    assert!(matches!(begin().await, Err(ManageError::NotOffered { .. })));
    let begun = begin().await.expect("begun");
    assert_eq!((begun.id.clone(), begun.pause.as_secs()), (id.clone(), 2));
    assert_eq!(Some(begun.ends_at.seconds()), create["body"]["expires_at"].as_u64());
    let state = client.poll(&id, &token, &enrollee).await.expect("a state");
    let EnrolmentState::Complete(certificate) = state else { panic!("{state:?}") };
    assert!(certificate.is_genuine());
    assert_eq!(text(&prepare, "/body/message"), Some(certificate.delegation.text().as_str()));
    let wrong = client.poll(&id, &token, &enrollee).await.expect_err("refused");
    assert!(matches!(wrong, ManageError::Account(AccountError::Refused { status: 401, .. })), "{wrong:?}");
    assert!(matches!(client.acknowledge(&id, &token).await, Err(ManageError::Conflict { .. })));
    client.acknowledge(&id, &token).await.expect("activated");
    let asked = server.await.expect("served");
    for (member, theirs) in create["request_body"].as_object().into_iter().flatten() {
        match member.as_str() {
            "valid_days" => assert_eq!(asked[1].body[member], 90, "what our wallet signs for at most"),
            _ => assert_eq!(asked[1].body[member], *theirs, "{member}"),
        }
    }
    assert_eq!(asked[2].line, format!("POST /v1/workers/enrollments/{}/poll", id.as_str()));
    assert_eq!(asked[5].line, format!("POST /v1/workers/enrollments/{}/ack", id.as_str()));

    let approve = found("approve").unwrap_or_default();
    let (session, server) =
        session(vec![(200, prepare["body"].clone()), (200, json!({"status": "complete"}))]).await;
    let delegation = session.prepare_enrolment(&id, &enrollee, NOW).await.expect("a delegation");
    assert_eq!(text(&approve, "/message"), Some(delegation.text().as_str()));
    let signature = text(&approve, "/signature").expect("a signature");
    session.approve_enrolment(&id, &signature.parse().expect("one"), NOW).await.expect("approved");
    let asked = server.await.expect("served");
    assert_eq!(asked[1].body["replace_payout_wallet"], false, "enrolment never replaces the payout wallet");
    assert_eq!(asked[2].body, json!({"signature": signature}));

    for case in &recorded {
        let (Some(status), Some(_)) = (case["status"].as_u64(), text(case, "/body/detail")) else { continue };
        let (endpoint, _server) =
            scripted(vec![(u16::try_from(status).expect("a status"), case["body"].to_string())]).await;
        let client = EnrolmentClient::new(&endpoint, patience()).expect("a client");
        let refused = client.begin(&enrollee, "p", &key, &token, NOW).await.expect_err("refused");
        println!("{}: {refused}", case["id"]);
    }
}

#[tokio::test]
async fn another_certificate_than_the_agreed_one_is_no_end() {
    let recorded = recorded("worker_enrollment");
    let Some(poll) = recorded.iter().find(|case| case["id"] == "poll-complete") else {
        return println!("no certificate in this file");
    };
    let good = &poll["body"];
    let enrollee = enrollee(&good["certificate"]["payload"]);
    let id = EnrolmentId::parse("enr_1").expect("an id");
    let token = Sensitive::new(POLL_TOKEN.to_owned());
    let check = async |body: Value, enrollee: &Enrollee, expected: &ManageError| {
        let (endpoint, _server) = scripted(vec![(200, body.to_string())]).await;
        let client = EnrolmentClient::new(&endpoint, patience()).expect("a client");
        let state = client.poll(&id, &token, enrollee).await;
        assert_eq!(state.as_ref().err(), Some(expected), "{body}");
    };
    let other = &ManageError::OtherCertificate;
    for (member, value) in [
        ("version", json!(2)),
        ("chain_id", json!(1)),
        ("audience", json!("evil.example")),
        ("delegation_id", json!("ff112233445566778899aabbccddeeff")),
        ("worker_name", json!("rig-beta")),
        ("worker_name", json!(" ")),
        ("worker_signer", json!(format!("{:#x}", Address::repeat_byte(1)))),
        ("payout_wallet", json!(format!("{:#x}", Address::repeat_byte(1)))),
        ("expires_at", json!(1_790_856_001)),
    ] {
        let mut body = good.clone();
        body["certificate"]["payload"][member] = value;
        check(body, &enrollee, other).await;
    }
    let mut unsigned = good.clone();
    unsigned["certificate"]["signature"] = json!("0x00");
    check(unsigned, &enrollee, other).await;
    let strangers = [
        Enrollee { worker_name: WorkerName::new("rig-beta").expect("a name"), ..enrollee.clone() },
        Enrollee { worker_signer: Address::ZERO, ..enrollee.clone() },
        Enrollee { payout_wallet: Address::ZERO, ..enrollee.clone() },
    ];
    for stranger in strangers {
        check(good.clone(), &stranger, other).await;
    }
    let state =
        ManageError::Account(AccountError::Malformed("the enrolment's state is not as it should be".into()));
    for odd in [json!({"status": "complete"}), json!({"status": "new"}), json!({}), json!([])] {
        check(odd, &enrollee, &state).await;
    }
}

#[tokio::test]
async fn a_delegation_for_somebody_else_is_not_handed_to_the_wallet() {
    let delegation = Delegation {
        delegation_id: "00112233445566778899aabbccddeeff".into(),
        payout_wallet: wallet(),
        worker_signer: Address::repeat_byte(2),
        worker_name: WorkerName::new("rig").expect("a name"),
        issued_at: 1_788_264_000,
        expires_at: 1_796_040_000,
    };
    let enrollee = Enrollee {
        worker_name: delegation.worker_name.clone(),
        worker_signer: delegation.worker_signer,
        payout_wallet: delegation.payout_wallet,
    };
    let payload = |delegation: &Delegation| {
        let text = delegation.text();
        serde_json::from_str::<Value>(text.strip_prefix("aipg-worker-delegation:v1:").expect("a prefix"))
            .expect("JSON")
    };
    let id = EnrolmentId::parse("enr_1").expect("an id");
    let check = async |message: String, payload: Value, expected: Result<&Delegation, ManageError>| {
        let (session, _server) = session(vec![(200, json!({"message": message, "payload": payload}))]).await;
        let prepared = session.prepare_enrolment(&id, &enrollee, NOW).await;
        assert_eq!(prepared.as_ref(), expected.as_ref().copied(), "{message}");
    };
    check(delegation.text(), payload(&delegation), Ok(&delegation)).await;
    let others = [
        Delegation { payout_wallet: Address::ZERO, ..delegation.clone() },
        Delegation { worker_signer: Address::ZERO, ..delegation.clone() },
        Delegation { worker_name: WorkerName::new("rig-2").expect("a name"), ..delegation.clone() },
    ];
    for other in &others {
        check(other.text(), payload(other), Err(ManageError::OtherText)).await;
        check(other.text(), payload(&delegation), Err(ManageError::OtherText)).await;
    }
    check(String::new(), payload(&delegation), Err(ManageError::OtherText)).await;
    let mut foreign = payload(&delegation);
    foreign["audience"] = json!("evil.example");
    check(delegation.text(), foreign, Err(ManageError::OtherText)).await;
}

#[tokio::test]
async fn a_coordinators_clock_or_pace_does_not_make_us_wait_for_ever() {
    let enrollee = Enrollee {
        worker_name: WorkerName::new("rig").expect("a name"),
        worker_signer: Address::ZERO,
        payout_wallet: Address::ZERO,
    };
    let secret = || Sensitive::new(KEY.to_owned());
    let check = async |expires_at: u64, poll: u64, lives: u64, pause: u64| {
        let body = json!({"enrollment_id": "e", "authorize_url": "https://evil.example/", "expires_at": expires_at,
            "poll_after_seconds": poll});
        let (endpoint, _server) = scripted(vec![(200, body.to_string())]).await;
        let client = EnrolmentClient::new(&endpoint, patience()).expect("a client");
        let begun = client.begin(&enrollee, "p", &secret(), &secret(), NOW).await.expect("begun");
        assert_eq!((begun.ends_at.since(NOW).as_secs(), begun.pause.as_secs()), (lives, pause));
    };
    check(NOW.seconds() + 900, 2, 900, 2).await;
    check(0, 0, 60, 1).await;
    check(u64::MAX, u64::MAX, 1800, 30).await;
    for id in ["", "../keys", "a/b", "a?b", "é", &"x".repeat(129)] {
        assert_eq!(EnrolmentId::parse(id), None, "{id:?}");
    }
}

#[tokio::test]
async fn no_secret_of_a_call_is_in_what_is_said_about_it() {
    let enrollee = Enrollee {
        worker_name: WorkerName::new("rig").expect("a name"),
        worker_signer: Address::ZERO,
        payout_wallet: Address::ZERO,
    };
    let id = EnrolmentId::parse("e").expect("an id");
    let secret = |text: &str| Sensitive::new(text.to_owned());
    for status in [400, 401, 403, 404, 409, 422, 429, 500, 503] {
        for body in [
            json!({"detail": format!("{KEY} {POLL_TOKEN} {TOKEN} not enabled")}).to_string(),
            json!({"detail": [{"loc": [KEY, POLL_TOKEN], "msg": format!("{KEY} {POLL_TOKEN} {TOKEN}"), "input": KEY}]})
                .to_string(),
            format!("{KEY} {POLL_TOKEN} {TOKEN}"),
        ] {
            let (endpoint, _server) = scripted(vec![(status, body.clone()); 2]).await;
            let client = EnrolmentClient::new(&endpoint, patience()).expect("a client");
            let (key, token) = (secret(KEY), secret(POLL_TOKEN));
            let mut said = String::new();
            let begun = client.begin(&enrollee, "p", &key, &token, NOW).await.expect_err("refused");
            said += &format!("{begun} {begun:?} {client:?} {key:?}").replace(POLL_TOKEN, "").replace(TOKEN, "");
            let polled = client.poll(&id, &token, &enrollee).await.expect_err("refused");
            said += &format!("{polled} {polled:?}").replace(KEY, "").replace(TOKEN, "");
            let (session, _server) = session(vec![(status, Value::String(body))]).await;
            let made = session.make_key("x", NOW).await.expect_err("refused");
            said += &format!("{made} {made:?} {session:?}").replace(POLL_TOKEN, "").replace(KEY, "");
            assert!(!said.contains("canary"), "{status}: {said}");
        }
    }
}

#[tokio::test]
async fn no_body_makes_a_client_fall() {
    let good = [
        verified().to_string(),
        json!({"message": message(wallet(), "localhost", "http://localhost/")}).to_string(),
        page("", listed(ID, true)).to_string(),
    ];
    // Every good body, cut and with one byte changed, at many places; no randomness is needed to be unkind.
    let mut bodies = vec!["[".repeat(100_000), "\u{0}".into(), "{\"message\":7}".into()];
    for body in &good {
        for place in (0..body.len()).step_by(7) {
            let (Some(head), Some(tail)) = (body.get(..place), body.get(place + 1..)) else { continue };
            bodies.extend([head.to_owned(), format!("{head}\"{tail}"), format!("{head}9{tail}")]);
        }
    }
    let answers = bodies.iter().flat_map(|body| vec![(200, body.clone()); 4]).collect();
    let (endpoint, server) = scripted(answers).await;
    let door = SignInClient::new(&endpoint, patience()).expect("a client");
    let client = EnrolmentClient::new(&endpoint, patience()).expect("a client");
    let id = EnrolmentId::parse("e").expect("an id");
    let secret = Sensitive::new(POLL_TOKEN.to_owned());
    let enrollee = Enrollee {
        worker_name: WorkerName::new("rig").expect("a name"),
        worker_signer: Address::ZERO,
        payout_wallet: Address::ZERO,
    };
    for _ in &bodies {
        let _ = door.challenge(wallet(), &SignInOrigin::this_computer()).await;
        let _ = door.verify(&ours(), &signature(), NOW).await;
        let _ = client.poll(&id, &secret, &enrollee).await;
        let _ = client.begin(&enrollee, "p", &secret, &secret, NOW).await;
    }
    server.await.expect("all were asked for");
}
