//! Coordinators that lie, flood, fall silent or vanish.

use std::time::Duration;

use grid::{CloseCause, ConnectError, Done, Event, Offered, Patience, Terminal, connect};
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use types::{Answer, Ask, FinishReason, JobId, Piece, Usage};

use crate::coordinator::{Coordinator, Worker};
use crate::{next, register, registration};

fn job(id: &str) -> serde_json::Value {
    let request = json!({"messages": [{"role": "user", "content": "hi"}], "max_tokens": 8});
    json!({"type": "job", "id": id, "model": "m", "payload": {"request": request, "max_length": 8}})
}

/// Registers, lets the coordinator act, and returns how the connection ended.
async fn end_of<Act, Acting>(act: Act) -> CloseCause
where
    Act: FnOnce(Worker) -> Acting + Send + 'static,
    Acting: Future<Output = ()> + Send,
{
    let (coordinator, endpoint) = Coordinator::start().await;
    let server = tokio::spawn(async move {
        let mut worker = coordinator.worker().await;
        worker.ready().await;
        act(worker).await;
    });
    let mut connection = register(&endpoint, "m").await.expect("ready");
    let cause = loop {
        if let Event::Closed(cause) = next(&mut connection).await {
            break cause;
        }
    };
    assert_eq!(connection.next().await, None, "nothing follows the end");
    server.await.expect("the script ran");
    cause
}

#[tokio::test]
async fn garbage_ends_the_connection_politely() {
    for garbage in [
        Message::text("hello"),
        Message::text("[1]"),
        Message::text(r#"{"type":"job","id":7}"#),
        Message::text("[".repeat(1_000_000)),
        Message::Binary(vec![0; 16].into()),
    ] {
        let cause = end_of(move |mut worker| async move {
            worker.raw(garbage).await;
            assert!(worker.closed_politely().await, "a close frame, not just a cut line");
        })
        .await;
        assert!(matches!(cause, CloseCause::Garbled(_)), "{cause:?}");
    }
}

#[tokio::test]
async fn a_frame_beyond_the_limit_is_not_swallowed_whole() {
    let cause = end_of(|mut worker| async move {
        let huge = "x".repeat(65 * 1024 * 1024);
        // The client may hang up while this is still leaving.
        let _ = timeout(Duration::from_secs(20), worker.raw_unchecked(Message::text(huge))).await;
    })
    .await;
    assert!(matches!(cause, CloseCause::Garbled(_)), "{cause:?}");
}

#[tokio::test]
async fn a_flood_is_cut_off() {
    let cause = end_of(|mut worker| async move {
        for count in 0..10_000 {
            let frame = json!({"type": "cancel", "id": format!("{count}")});
            if worker.raw_unchecked(Message::text(frame.to_string())).await.is_err() {
                return;
            }
        }
        // Even a consumer that keeps up is not fooled for ever.
        for _ in 0..2000 {
            if worker.raw_unchecked(Message::text(r#"{"type":"news"}"#)).await.is_err() {
                return;
            }
        }
        worker.closed_politely().await;
    })
    .await;
    assert!(matches!(cause, CloseCause::Garbled(_) | CloseCause::Dropped(_)), "{cause:?}");
}

#[tokio::test]
async fn a_vanished_coordinator_is_noticed() {
    let cause = end_of(|worker| async move { drop(worker) }).await;
    assert!(matches!(cause, CloseCause::Dropped(_)), "{cause:?}");
}

#[tokio::test]
async fn a_coordinator_that_falls_silent_is_given_up() {
    let (coordinator, endpoint) = Coordinator::start().await;
    let patience = Patience {
        ping_every: Duration::from_millis(50),
        ping_answer: Duration::from_millis(100),
        ..Patience::default()
    };
    let server = tokio::spawn(async move {
        let mut worker = coordinator.worker().await;
        worker.ready().await;
        // Nobody reads this socket any more, so no ping is answered, but it stays open.
        worker
    });
    let mut connection = connect(&endpoint, &registration("m"), patience).await.expect("ready");
    let cause = next(&mut connection).await;
    assert_eq!(cause, Event::Closed(CloseCause::Dropped("the Grid does not answer".into())));
    drop(server.await.expect("the script ran"));
}

#[tokio::test]
async fn nobody_there_and_nobody_answering_are_told_apart() {
    let (coordinator, endpoint) = Coordinator::start().await;
    drop(coordinator);
    let error = register(&endpoint, "m").await.expect_err("nobody there");
    assert!(matches!(error, ConnectError::Unreachable(_)), "{error}");

    let (coordinator, endpoint) = Coordinator::start().await;
    let short = Patience {
        connect: Duration::from_millis(200),
        register: Duration::from_millis(200),
        ..Patience::default()
    };
    let (silent, error) = tokio::join!(coordinator.tcp(), async {
        connect(&endpoint, &registration("m"), short).await.expect_err("no upgrade comes")
    });
    assert!(matches!(error, ConnectError::Unreachable(_)), "{error}");
    drop(silent);

    let (mut worker, error) = tokio::join!(coordinator.worker(), async {
        connect(&endpoint, &registration("m"), short).await.expect_err("no ready comes")
    });
    assert!(matches!(error, ConnectError::NoAnswer(_)), "{error}");
    worker.frame().await;
}

#[tokio::test]
async fn a_web_server_is_no_coordinator() {
    let (coordinator, endpoint) = Coordinator::start().await;
    let server = tokio::spawn(async move {
        let mut stream = coordinator.tcp().await;
        stream.write_all(b"HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/\r\n\r\n").await.expect("writes");
        stream
    });
    let error = register(&endpoint, "m").await.expect_err("no upgrade");
    assert!(matches!(error, ConnectError::Garbled(_)), "no redirect is followed: {error}");
    drop(server.await.expect("the script ran"));
}

#[tokio::test]
async fn nothing_of_a_job_leaves_after_its_end() {
    let (coordinator, endpoint) = Coordinator::start().await;
    let server = tokio::spawn(async move {
        let mut worker = coordinator.worker().await;
        worker.ready().await;
        worker.say(&job("a")).await;
        let mut kinds = Vec::new();
        for _ in 0..2 {
            kinds.push(worker.frame().await["type"].as_str().expect("a type").to_owned());
        }
        worker.say(&json!({"type": "ping"})).await;
        kinds.push(worker.frame().await["type"].as_str().expect("a type").to_owned());
        kinds
    });
    let mut connection = register(&endpoint, "m").await.expect("ready");
    assert!(matches!(next(&mut connection).await, Event::Offered(_)));
    let a = || JobId::new("a");
    let done = || {
        Terminal::Done(Done {
            job: a(),
            answer: Answer::Chat { text: "Hi".into(), reasoning: "".into() },
            reason: FinishReason::Stop,
            usage: Some(Usage::default()),
            cancelled: false,
            receipt: None,
        })
    };
    connection.piece(JobId::new("other"), Piece::Text("not ours".into()));
    connection.piece(a(), Piece::Text("Hi".into()));
    connection.end(done());
    connection.piece(a(), Piece::Text("late".into()));
    connection.end(done());
    assert_eq!(server.await.expect("the script ran"), ["token", "done", "pong"]);
}

#[tokio::test]
async fn a_silent_stretch_of_a_job_has_a_sign_of_life_every_second() {
    let (coordinator, endpoint) = Coordinator::start().await;
    let patience = Patience { sign_of_life: Duration::from_millis(50), ..Patience::default() };
    let server = tokio::spawn(async move {
        let mut worker = coordinator.worker().await;
        worker.ready().await;
        worker.say(&job("a")).await;
        for _ in 0..3 {
            assert_eq!(worker.frame().await, json!({"type": "pong"}));
        }
        worker.say(&json!({"type": "cancel", "id": "a"})).await;
    });
    let mut connection = connect(&endpoint, &registration("m"), patience).await.expect("ready");
    assert!(matches!(next(&mut connection).await, Event::Offered(_)));
    assert_eq!(next(&mut connection).await, Event::Cancel(JobId::new("a")));
    server.await.expect("the script ran");
}

#[tokio::test]
async fn an_answer_that_cannot_be_sent_ends_the_job_honestly() {
    let (coordinator, endpoint) = Coordinator::start().await;
    let server = tokio::spawn(async move {
        let mut worker = coordinator.worker().await;
        worker.ready().await;
        worker.say(&job("a")).await;
        let mut frames = vec![worker.frame().await, worker.frame().await];
        worker.say(&json!({"type": "ping"})).await;
        frames.push(worker.frame().await);
        frames
    });
    let mut connection = register(&endpoint, "m").await.expect("ready");
    assert!(matches!(next(&mut connection).await, Event::Offered(_)));
    let a = || JobId::new("a");
    connection.piece(a(), Piece::Text("Hi".into()));
    connection.piece(a(), Piece::ToolCalls("[{".into()));
    connection.piece(a(), Piece::Text("late".into()));
    connection.end(Terminal::Error { job: a(), message: "late".into(), client_error: false });
    let frames = server.await.expect("the script ran");
    assert_eq!(frames[0]["delta"]["content"], "Hi");
    let message = "the tool calls cannot be read";
    assert_eq!(frames[1], json!({"type": "error", "id": "a", "message": message, "client_error": false}));
    assert_eq!(frames[2]["type"], "pong", "and nothing else of it");
}

#[tokio::test]
async fn an_ack_that_never_comes_holds_nothing_up() {
    let (coordinator, endpoint) = Coordinator::start().await;
    let server = tokio::spawn(async move {
        let mut worker = coordinator.worker().await;
        worker.ready().await;
        worker.say(&job("a")).await;
        assert_eq!(worker.frame().await["type"], "error");
        worker.say(&json!({"type": "ping"})).await;
        assert_eq!(worker.frame().await["type"], "pong");
        worker.say(&job("b")).await;
        worker.say(&json!({"type": "ack", "id": "a", "den": 1})).await;
        let end = worker.frame().await;
        assert_eq!((&end["type"], &end["id"]), (&json!("error"), &json!("b")));
    });
    let mut connection = register(&endpoint, "m").await.expect("ready");
    let end = |id: &str| Terminal::Error { job: JobId::new(id), message: "no".into(), client_error: false };
    assert!(matches!(next(&mut connection).await, Event::Offered(_)));
    connection.end(end("a"));
    assert!(matches!(next(&mut connection).await, Event::Offered(_)), "taken for a job, not for the ack");
    assert!(matches!(next(&mut connection).await, Event::Ack(..)));
    connection.end(end("b"));
    server.await.expect("the script ran");
}

#[tokio::test]
async fn jobs_that_pile_up_end_the_connection() {
    let cause = end_of(|mut worker| async move {
        for id in ["a", "b", "c", "d"] {
            worker.say(&job(id)).await;
        }
        worker.closed_politely().await;
    })
    .await;
    assert_eq!(cause, CloseCause::Garbled("jobs come while one is open".into()));
}

#[tokio::test]
async fn a_large_job_is_taken_whole() {
    let (coordinator, endpoint) = Coordinator::start().await;
    let picture = "x".repeat(20 * 1024 * 1024);
    let content = json!([{"type": "image_url", "image_url": {"url": picture}}]);
    let request = json!({"messages": [{"role": "user", "content": content}]}).to_string();
    let frame = format!(r#"{{"type":"job","id":"a","model":"m","payload":{{"request":{request}}}}}"#);
    let server = async {
        let mut worker = coordinator.worker().await;
        worker.ready().await;
        worker.raw(Message::text(frame.clone())).await;
        worker.closed_politely().await;
    };
    let client = async {
        let mut connection = register(&endpoint, "m").await.expect("ready");
        let Event::Offered(offer) = next(&mut connection).await else { panic!("an offer") };
        let Offered::Text { ask: Ask::Chat { body, .. }, .. } = offer.offered else { panic!("a chat") };
        assert!(*body == *request, "passed on to the byte");
        connection.close();
        assert_eq!(next(&mut connection).await, Event::Closed(CloseCause::Ours));
    };
    tokio::join!(server, client);
}
