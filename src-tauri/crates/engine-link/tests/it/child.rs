//! Our own engine as a child, and programs that are no engine.

use std::path::{Path, PathBuf};
use std::time::Duration;

use engine_link::{Engine, EngineEvent, Launch, LoadFault};
#[cfg(target_os = "linux")]
use engine_link::{LaunchError, Patience};
use tokio::sync::mpsc::Receiver;
use tokio::time::timeout;
use types::{ApiFormat, Ask, ChatRequest, FinishReason, JobId, Message, Piece, Refusal, Sampling};

/// The engine executable lies beside the tests'. `cargo xtask test` builds it.
fn engine() -> PathBuf {
    let test = std::env::current_exe().expect("a path");
    let folder = test.parent().and_then(Path::parent).expect("target/<profile>/deps");
    let engine = folder.join(format!("grid-node-engine{}", std::env::consts::EXE_SUFFIX));
    assert!(engine.is_file(), "the engine is not built: run cargo build -p grid-node-engine");
    engine
}

fn model() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../tests/data/models/kjv-tiny.Q8_0.gguf"))
}

fn request(max_tokens: u32) -> ChatRequest {
    ChatRequest {
        messages: vec![Message::text("user", "And the LORD said unto")],
        max_tokens,
        stop: Vec::new(),
        sampling: Sampling { temperature: 0.0, ..Sampling::default() },
    }
}

async fn next(events: &mut Receiver<EngineEvent>) -> EngineEvent {
    timeout(Duration::from_secs(60), events.recv()).await.expect("an event in time").expect("an event")
}

async fn wait_for(events: &mut Receiver<EngineEvent>, wanted: fn(&EngineEvent) -> bool) -> EngineEvent {
    loop {
        let event = next(events).await;
        if wanted(&event) {
            return event;
        }
        assert!(!matches!(event, EngineEvent::Gone { .. }), "{event:?}");
    }
}

async fn loaded() -> (Engine, Receiver<EngineEvent>) {
    let (engine, mut events) = Engine::launch(&Launch::new(engine())).await.expect("starts");
    engine.load(&model(), None);
    wait_for(&mut events, |event| matches!(event, EngineEvent::Loaded(_))).await;
    (engine, events)
}

#[tokio::test]
async fn a_job_runs_and_the_engine_ends_when_told() {
    let (engine, mut events) = loaded().await;
    let job = JobId::new("a");
    engine.generate(&job, Ask::chat(request(6)), Duration::from_secs(60)).expect("it is asked");
    let first = wait_for(&mut events, |event| matches!(event, EngineEvent::Piece { .. })).await;
    assert!(
        matches!(first, EngineEvent::Piece { job: of, piece: Piece::Text(text) } if of == job && !text.is_empty())
    );
    let end = wait_for(&mut events, |event| matches!(event, EngineEvent::Finished { .. })).await;
    assert!(
        matches!(end, EngineEvent::Finished { usage: Some(usage), .. } if usage.completion_tokens <= 6),
        "{end:?}"
    );
    engine.stop().await;
    let gone = wait_for_gone(&mut events).await;
    assert!(!gone.is_empty());
}

async fn wait_for_gone(events: &mut Receiver<EngineEvent>) -> String {
    loop {
        if let EngineEvent::Gone { why } = next(events).await {
            assert_eq!(events.recv().await, None, "nothing follows");
            return why;
        }
    }
}

#[tokio::test]
async fn a_cancelled_job_ends_early_and_says_so() {
    let (engine, mut events) = loaded().await;
    let job = JobId::new("a");
    engine.generate(&job, Ask::chat(request(400)), Duration::from_secs(60)).expect("it is asked");
    wait_for(&mut events, |event| matches!(event, EngineEvent::Piece { .. })).await;
    engine.cancel(&job);
    let end = wait_for(&mut events, |event| matches!(event, EngineEvent::Finished { .. })).await;
    let EngineEvent::Finished { reason, usage: Some(usage), .. } = end else { unreachable!() };
    assert!(reason == FinishReason::Cancelled || usage.completion_tokens < 400, "{reason:?} {usage:?}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_killed_engine_is_reported_gone() {
    let (engine, mut events) = loaded().await;
    engine.generate(&JobId::new("a"), Ask::chat(request(400)), Duration::from_secs(60)).expect("it is asked");
    wait_for(&mut events, |event| matches!(event, EngineEvent::Piece { .. })).await;
    let killed = std::process::Command::new("kill")
        .args(["-9", &engine.pid().expect("a child has one").to_string()])
        .status();
    assert!(killed.expect("kill runs").success());
    wait_for_gone(&mut events).await;
}

#[tokio::test]
async fn a_file_that_is_no_model_is_refused_and_the_engine_lives() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = folder.path().join("notes.gguf");
    std::fs::write(&text, "these are notes").expect("writes");
    let (engine, mut events) = Engine::launch(&Launch::new(self::engine())).await.expect("starts");
    for (path, expected) in
        [(text, LoadFault::Malformed), (folder.path().join("none.gguf"), LoadFault::Unreadable)]
    {
        engine.load(&path, None);
        let answer = wait_for(&mut events, |event| matches!(event, EngineEvent::LoadFailed { .. })).await;
        let EngineEvent::LoadFailed { fault, message } = answer else { unreachable!() };
        assert_eq!(fault, expected, "{message}");
        assert!(!message.contains(&*folder.path().to_string_lossy()), "no path leaks: {message}");
    }
    engine.load(&model(), None);
    wait_for(&mut events, |event| matches!(event, EngineEvent::Loaded(_))).await;
}

#[tokio::test]
async fn a_request_larger_than_a_message_is_not_sent() {
    let (engine, mut events) = loaded().await;
    let mut huge = request(1);
    huge.messages[0].content = "x".repeat(9 * 1024 * 1024);
    let refused = engine.generate(&JobId::new("huge"), Ask::chat(huge), Duration::from_secs(60));
    assert_eq!(refused, Err(Refusal("the request is too large".into())));
    let raw = Ask::Raw { format: ApiFormat::Anthropic, body: "{}".into(), stream: false };
    assert!(engine.generate(&JobId::new("raw"), raw, Duration::from_secs(60)).is_err(), "it speaks one API");
    engine
        .generate(&JobId::new("a"), Ask::chat(request(1)), Duration::from_secs(60))
        .expect("the engine goes on");
    wait_for(&mut events, |event| matches!(event, EngineEvent::Finished { .. })).await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn programs_that_are_no_engine_are_told_apart() {
    let missing = Engine::launch(&Launch::new("/no/such/engine")).await.expect_err("missing");
    assert!(matches!(missing, LaunchError::Missing), "{missing}");
    for (program, argument) in [("/bin/true", None), ("/bin/cat", None), ("/bin/sleep", Some("60"))] {
        let mut launch = Launch::new(program);
        launch.arguments.extend(argument.map(Into::into));
        launch.patience = Patience { hello: Duration::from_secs(2), ..Patience::default() };
        let error = Engine::launch(&launch).await.expect_err("no engine");
        assert!(matches!(error, LaunchError::NoHello(_)), "{program}: {error}");
    }
}
