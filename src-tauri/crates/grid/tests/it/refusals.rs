//! Every row of the protocol's tables of refusals and closes, said over a real socket.

use std::time::Duration;

use grid::{Advice, CloseCause, ConnectError, Event, Patience, Reason, connect};
use serde_json::json;

use crate::coordinator::Coordinator;
use crate::{next, register, registration};

/// What the coordinator says before it closes, with which number, what it means, and what there is to do.
const ROWS: &[(&str, u16, Reason, Advice)] = &[
    // Section 2.1.
    ("Retired model identity: FLUX.1-Krea-dev", 4003, Reason::RetiredModel, Advice::AskOwner),
    ("worker_profile must be an object", 4003, Reason::OurFault, Advice::AskOwner),
    ("audio requires an approved managed profile", 4003, Reason::Audio, Advice::AskOwner),
    ("Missing apikey or name", 4001, Reason::Key, Advice::AskOwner),
    ("Invalid API key", 4001, Reason::Key, Advice::AskOwner),
    ("API key lacks worker.connect scope", 4003, Reason::Scope, Advice::AskOwner),
    ("worker credential targets another rig", 4003, Reason::OtherName, Advice::AskOwner),
    (
        "Worker recently evicted for failed generations; retry shortly.",
        4003,
        Reason::Evicted,
        Advice::WaitOutBar,
    ),
    ("worker name already registered to another account", 4003, Reason::NameTaken, Advice::AskOwner),
    // Section 12.4.
    ("payout-wallet worker delegation is required", 4003, Reason::DelegationNeeded, Advice::AskOwner),
    ("authenticated account has no valid payout wallet", 4003, Reason::NoPayoutWallet, Advice::AskOwner),
    (
        "delegation payout wallet does not match the authenticated account",
        4003,
        Reason::DelegationOutdated,
        Advice::AskOwner,
    ),
    ("worker delegation has expired", 4003, Reason::DelegationOutdated, Advice::AskOwner),
    ("worker delegation lifetime is invalid", 4003, Reason::DelegationOutdated, Advice::AskOwner),
    ("worker registration proof is stale", 4003, Reason::Clock, Advice::AskOwner),
    ("worker delegation was issued in the future", 4003, Reason::Clock, Advice::AskOwner),
    ("worker registration proof was already used", 4003, Reason::ProofUsed, Advice::Once),
    ("worker registration freshness store unavailable", 4003, Reason::Unavailable, Advice::Backoff),
    ("worker delegation targets the wrong chain", 4003, Reason::DelegationForeign, Advice::AskOwner),
    ("worker delegation targets the wrong Core audience", 4003, Reason::DelegationForeign, Advice::AskOwner),
    ("delegation targets a different worker name", 4003, Reason::DelegationForeign, Advice::AskOwner),
    (
        "worker registration proof does not match advertised capabilities",
        4003,
        Reason::OurFault,
        Advice::AskOwner,
    ),
    ("worker_identity is malformed", 4003, Reason::OurFault, Advice::AskOwner),
    ("worker delegation signature is invalid", 4003, Reason::OurFault, Advice::AskOwner),
    ("worker registration proof is not signed by the rig", 4003, Reason::OurFault, Advice::AskOwner),
    // What a later version may say: the number decides, and we ask.
    ("words of a later version", 4001, Reason::Key, Advice::AskOwner),
    ("words of a later version", 4003, Reason::Other, Advice::AskOwner),
    ("", 4003, Reason::Other, Advice::AskOwner),
];

#[tokio::test]
async fn every_refusal_has_its_meaning_and_its_remedy() {
    let (coordinator, endpoint) = Coordinator::start().await;
    for (message, code, reason, advice) in ROWS {
        let server = async {
            let mut worker = coordinator.worker().await;
            worker.frame().await;
            worker.say(&json!({"type": "error", "message": message})).await;
            worker.close(*code).await;
            worker.closed_politely().await;
        };
        let ((), outcome) = tokio::join!(server, register(&endpoint, "m"));
        match outcome.expect_err("a refusal") {
            ConnectError::Refused(refusal) => {
                assert_eq!((refusal.reason, refusal.reason.advice()), (*reason, *advice), "{message}");
                assert_eq!(refusal.message, *message);
            }
            other => panic!("{message}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_number_without_words_and_a_cut_line_are_told_apart() {
    let (coordinator, endpoint) = Coordinator::start().await;
    for (code, expected) in [(Some(4001), Some(Reason::Key)), (Some(4003), Some(Reason::Other)), (None, None)]
    {
        let server = async {
            let mut worker = coordinator.worker().await;
            worker.frame().await;
            if let Some(code) = code {
                worker.close(code).await;
                worker.closed_politely().await;
            }
        };
        let ((), outcome) = tokio::join!(server, register(&endpoint, "m"));
        match (outcome.expect_err("no ready"), expected) {
            (ConnectError::Refused(refusal), Some(reason)) => assert_eq!(refusal.reason, reason),
            // A bad frame, a name that does not fit, 30 s passed, or a fault over there: no words, 1006.
            (ConnectError::NoAnswer(_), None) => {}
            (error, _) => panic!("{code:?}: {error:?}"),
        }
    }
}

#[tokio::test]
async fn every_close_after_ready_has_its_meaning() {
    let ours = |words: &str| CloseCause::OurFault(words.to_owned());
    let dropped = |words: &str| CloseCause::Dropped(words.to_owned());
    // Section 2.3.
    for (code, expected) in [
        (1012, CloseCause::Replaced),
        (1011, ours("our pings were not answered in time")),
        (1009, ours("a frame of ours was too large")),
        (1000, CloseCause::Normal),
        (1001, CloseCause::Normal),
        (1002, dropped("closed with 1002")),
        (4999, dropped("closed with 4999")),
    ] {
        assert_eq!(close_after_ready(None, Some(code)).await, expected, "{code}");
    }
    assert!(matches!(close_after_ready(None, None).await, CloseCause::Dropped(_)), "1006 is no frame at all");
}

#[tokio::test]
async fn a_refusal_after_ready_is_read_like_one_before() {
    for (message, code, reason, _) in ROWS {
        match close_after_ready(Some(message), Some(*code)).await {
            CloseCause::Refused(refusal) => {
                assert_eq!((refusal.reason, refusal.message.as_str()), (*reason, *message));
            }
            other => panic!("{message}: {other:?}"),
        }
    }
}

/// How a connection ends when the coordinator says this after `ready`.
async fn close_after_ready(message: Option<&str>, code: Option<u16>) -> CloseCause {
    let (coordinator, endpoint) = Coordinator::start().await;
    let server = async {
        let mut worker = coordinator.worker().await;
        worker.ready().await;
        if let Some(message) = message {
            worker.say(&json!({"type": "error", "message": message})).await;
        }
        if let Some(code) = code {
            worker.close(code).await;
            worker.closed_politely().await;
        }
    };
    let client = async {
        let mut connection = register(&endpoint, "m").await.expect("ready");
        match next(&mut connection).await {
            Event::Closed(cause) => cause,
            other => panic!("{other:?}"),
        }
    };
    tokio::join!(server, client).1
}

#[tokio::test]
async fn a_complaint_after_ready_changes_nothing() {
    let (coordinator, endpoint) = Coordinator::start().await;
    let server = async {
        let mut worker = coordinator.worker().await;
        worker.ready().await;
        worker.say(&json!({"type": "error", "message": "Invalid API key"})).await;
        worker.say(&json!({"type": "ping"})).await;
        assert_eq!(worker.frame().await, json!({"type": "pong"}), "the line is up and silent");
        worker.close(1000).await;
        worker.closed_politely().await;
    };
    let client = async {
        let mut connection = register(&endpoint, "m").await.expect("ready");
        assert_eq!(next(&mut connection).await, Event::Closed(CloseCause::Normal));
    };
    tokio::join!(server, client);
}

#[tokio::test]
async fn what_is_not_fit_to_be_said_is_not_said() {
    let (coordinator, endpoint) = Coordinator::start().await;
    let mut unfit = registration("m");
    unfit.models = vec!["FLUX.1-Krea-dev".to_owned()];
    let error = connect(&endpoint, &unfit, Patience::default()).await.expect_err("a retired model");
    assert!(matches!(error, ConnectError::Unfit(_)), "{error:?}");
    let called = tokio::time::timeout(Duration::from_millis(200), coordinator.tcp()).await;
    assert!(called.is_err(), "nobody was even called");
}

#[tokio::test]
async fn a_key_that_is_echoed_is_in_no_error() {
    let (coordinator, endpoint) = Coordinator::start().await;
    let server = async {
        let mut worker = coordinator.worker().await;
        let key = worker.frame().await["apikey"].clone();
        worker.say(&json!({"type": "error", "message": format!("no such key: {key}")})).await;
        worker.close(4001).await;
        worker.closed_politely().await;
    };
    let ((), outcome) = tokio::join!(server, register(&endpoint, "m"));
    let error = outcome.expect_err("a refusal");
    assert!(!format!("{error} {error:?}").contains("REDACTED"), "{error:?}");
}
