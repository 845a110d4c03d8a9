//! A server is an engine when it has really written something, and no longer when it fails a look.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use engine_link::{Engine, EngineEvent, EngineSource, LaunchError, LoadFault};
use tokio::time::timeout;
use types::{ApiFormat, Sensitive};

use crate::fake::{BODY, Driven, Fake, Reply, Step, is_customers, say};

async fn check(what: &str, page: &'static str, reply: Reply, expected: LoadFault) {
    let fake = Fake::start(move |asked| (asked.page == page).then(|| reply.clone())).await;
    let mut settings = fake.settings();
    settings.patience.gate = Duration::from_secs(1);
    settings.patience.page = Duration::from_secs(1);
    let mut driven = Driven::start(settings).await;
    let end = driven.load().await;
    let EngineEvent::LoadFailed { fault, message } = end else { panic!("{what}: {end:?}") };
    assert_eq!(fault, expected, "{what}: {message}");
    assert!(!message.contains("127.0.0.1"), "{what}: {message}");
    let unready = driven.engine.formats();
    assert_eq!(unready, [], "{what}: no job may come");
}

#[tokio::test]
async fn a_server_that_does_not_serve_is_no_engine() {
    const CHAT: &str = "POST /v1/chat/completions";
    let other = r#"{"data":[{"id":"other","max_model_len":8192}]}"#;
    for (what, page, reply, fault) in [
        ("not ready", "GET /health", Reply::json(503, "{}"), LoadFault::Unreadable),
        ("another model", "GET /v1/models", Reply::json(200, other), LoadFault::Unreadable),
        ("a locked list", "GET /v1/models", Reply::json(401, "{}"), LoadFault::Unsupported),
        ("a locked health", "GET /health", Reply::json(403, "{}"), LoadFault::Unsupported),
        ("a locked chat", CHAT, Reply::json(401, "{}"), LoadFault::Unsupported),
        ("no list", "GET /v1/models", Reply::json(200, "<html>"), LoadFault::Unreadable),
        ("a hanging list", "GET /v1/models", Reply::stream(vec![Step::Hang]), LoadFault::Unreadable),
        ("nothing but spaces", CHAT, Reply::chat(&[r#"{"content":"  "}"#], "stop"), LoadFault::Internal),
        ("nothing", CHAT, Reply::chat(&[], "stop"), LoadFault::Internal),
        ("broken", CHAT, Reply::json(500, "{}"), LoadFault::Internal),
        ("refusing", CHAT, Reply::json(400, "{}"), LoadFault::Internal),
        ("hanging", CHAT, Reply::stream(vec![say(r#"{"content":"a"}"#), Step::Hang]), LoadFault::Internal),
    ] {
        check(what, page, reply, fault).await;
    }
}

#[tokio::test]
async fn nobody_there_is_said_so_and_an_odd_key_is_not_sent() {
    let fake = Fake::start(|_| None).await;
    let mut settings = fake.settings();
    settings.address = engine_link::ServerAddress::parse("http://127.0.0.1:1").expect("an address");
    let end = Driven::start(settings).await.load().await;
    assert!(matches!(&end, EngineEvent::LoadFailed { message, .. } if message.contains("nobody")), "{end:?}");
    let mut settings = fake.settings();
    settings.key = Some(Arc::new(Sensitive::new("two words".to_owned())));
    let error = Engine::start(&EngineSource::Server(settings)).await.expect_err("no such key");
    assert!(matches!(error, LaunchError::Server(_)), "{error}");
}

#[tokio::test]
async fn the_context_is_the_smallest_of_what_everybody_says() {
    let fake = Fake::start(|_| None).await;
    let check = async |owner: Option<u32>, most: Option<u32>, expected: u32| {
        let mut settings = fake.settings();
        settings.context = owner;
        let mut driven = Driven::start(settings).await;
        driven.engine.load(std::path::Path::new(""), most);
        loop {
            match driven.next().await {
                EngineEvent::Progress { .. } => {}
                EngineEvent::Loaded(facts) => {
                    break assert_eq!(facts.context, expected, "{owner:?} {most:?}");
                }
                other => panic!("{other:?}"),
            }
        }
    };
    check(None, None, 8192).await;
    check(Some(4096), None, 4096).await;
    check(Some(100_000), Some(2048), 2048).await;
    let silent = Fake::start(|asked| {
        (asked.page == "GET /v1/models").then(|| Reply::json(200, r#"{"data":[{"id":"fake-1"}]}"#))
    })
    .await;
    let end = Driven::start(silent.settings()).await.load().await;
    assert!(matches!(&end, EngineEvent::LoadFailed { fault: LoadFault::Unsupported, .. }), "{end:?}");
    let mut settings = silent.settings();
    settings.context = Some(1000);
    Driven::loaded(settings).await;
}

#[tokio::test]
async fn only_a_real_answer_makes_an_api_served() {
    let message = r#"{"type":"message","role":"assistant","content":[],"usage":{}}"#;
    let check = async |reply: Reply, expected: &[ApiFormat]| {
        let fake = Fake::start(move |asked| (asked.page == "POST /v1/messages").then(|| reply.clone())).await;
        let driven = Driven::loaded(fake.settings()).await;
        assert_eq!(driven.engine.formats(), expected);
    };
    check(Reply::json(200, message), &[ApiFormat::OpenAiChat, ApiFormat::Anthropic]).await;
    for other in ["{}", r#"{"choices":[]}"#, "ok", r#"{"type":"error"}"#] {
        check(Reply::json(200, other), &[ApiFormat::OpenAiChat]).await;
    }
    check(Reply::json(500, message), &[ApiFormat::OpenAiChat]).await;
}

#[tokio::test]
async fn an_idle_server_that_fails_a_look_is_gone() {
    let sick = Arc::new(AtomicBool::new(false));
    let is_sick = Arc::clone(&sick);
    let fake = Fake::start(move |asked| {
        (asked.page == "GET /health" && is_sick.load(Ordering::SeqCst)).then(|| Reply::json(503, "{}"))
    })
    .await;
    let mut settings = fake.settings();
    settings.patience.look = Duration::from_millis(20);
    let mut driven = Driven::loaded(settings).await;
    let looked = async {
        while fake.asked("GET /health").len() < 4 {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(20), looked).await.expect("it is looked at again and again");
    sick.store(true, Ordering::SeqCst);
    let gone = driven.next().await;
    assert!(matches!(&gone, EngineEvent::Gone { why } if why.contains("not ready")), "{gone:?}");
    assert_eq!(driven.events.recv().await, None, "nothing follows");
}

#[tokio::test]
async fn a_failed_job_is_followed_by_a_look_at_once_and_a_good_look_keeps_the_engine() {
    let sick = Arc::new(AtomicBool::new(false));
    let is_sick = Arc::clone(&sick);
    let fake = Fake::start(move |asked| match asked.page.as_str() {
        "GET /v1/models" if is_sick.load(Ordering::SeqCst) => Some(Reply::json(200, r#"{"data":[]}"#)),
        _ if is_customers(asked) => Some(Reply::json(500, "{}")),
        _ => None,
    })
    .await;
    let mut driven = Driven::loaded(fake.settings()).await;
    for _ in 0..2 {
        driven.ask("a", BODY);
        assert!(matches!(driven.rest().await.1, EngineEvent::Failed { .. }));
    }
    sick.store(true, Ordering::SeqCst);
    driven.ask("b", BODY);
    assert!(matches!(driven.rest().await.1, EngineEvent::Failed { .. }));
    assert!(matches!(driven.next().await, EngineEvent::Gone { .. }), "the next look is an hour away");
}

/// A list that says how large the model is.
fn described(parameters: u64) -> Reply {
    let model = format!(r#"{{"id":"fake-1","max_model_len":8192,"meta":{{"n_params":{parameters}}}}}"#);
    Reply::json(200, &format!(r#"{{"data":[{model}]}}"#))
}

/// Until somebody has looked at the list so often.
async fn looked(fake: &Fake, times: usize) {
    let looked = async {
        while fake.asked("GET /v1/models").len() < times {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(20), looked).await.expect("it is looked at again and again");
}

#[tokio::test]
async fn a_busy_server_is_looked_at_too_and_one_that_serves_another_model_is_gone() {
    let parameters = Arc::new(AtomicU64::new(7));
    let now = Arc::clone(&parameters);
    let fake = Fake::start(move |asked| match asked.page.as_str() {
        "GET /v1/models" => match now.load(Ordering::SeqCst) {
            1 => Some(Reply::json(500, "{}")),
            said => Some(described(said)),
        },
        _ if is_customers(asked) => Some(Reply::stream(vec![say(r#"{"content":"on and on"}"#), Step::Hang])),
        _ => None,
    })
    .await;
    let mut settings = fake.settings();
    settings.patience.look = Duration::from_millis(20);
    let mut driven = Driven::loaded(settings).await;
    driven.ask("a", BODY);
    assert!(matches!(driven.next().await, EngineEvent::Piece { .. }));
    // Neither silence about its size nor an error while it is busy says that it is another one.
    for said in [7, 0, 1, 7] {
        parameters.store(said, Ordering::SeqCst);
        looked(&fake, fake.asked("GET /v1/models").len() + 3).await;
    }
    assert!(driven.events.try_recv().is_err(), "nothing happened");
    parameters.store(8, Ordering::SeqCst);
    let gone = driven.next().await;
    assert!(matches!(&gone, EngineEvent::Gone { why } if why.contains("another model")), "{gone:?}");
}

#[tokio::test]
async fn jobs_do_not_put_a_look_off_for_ever() {
    let fake = Fake::start(|_| None).await;
    let mut settings = fake.settings();
    settings.patience.look = Duration::from_secs(1);
    let mut driven = Driven::loaded(settings).await;
    let before = fake.asked("GET /v1/models").len();
    let work = async {
        while fake.asked("GET /v1/models").len() < before + 2 {
            driven.ask("a", BODY);
            assert!(matches!(driven.rest().await.1, EngineEvent::Finished { .. }));
        }
    };
    timeout(Duration::from_secs(30), work).await.expect("it is looked at between and during jobs");
}
