//! Several jobs at once, and what reaches the server.

use std::time::Duration;

use engine_link::EngineEvent;
use types::{FinishReason, JobId, Piece};

use crate::fake::{BODY, Driven, Fake, Reply, Step, is_customers, say};

#[tokio::test]
async fn jobs_run_side_by_side_and_one_that_is_cancelled_disturbs_no_other() {
    let fake = Fake::start(|asked| {
        let name = asked.body["messages"][0]["content"].as_str()?.to_owned();
        let first = format!(r#"{{"content":"{name}"}}"#);
        match name.as_str() {
            "slow" => Some(Reply::stream(vec![say(&first), Step::Hang])),
            "quick" => Some(Reply::chat(&[&first], "stop")),
            _ => None,
        }
    })
    .await;
    let mut driven = Driven::loaded(fake.settings()).await;
    let body = |name: &str| format!(r#"{{"messages":[{{"role":"user","content":"{name}"}}]}}"#);
    for (job, name) in [("1", "slow"), ("2", "slow"), ("3", "quick")] {
        driven.ask(job, &body(name));
    }
    // All three have begun and one has ended; the order among them is the server's.
    let (mut begun, mut ended) = (Vec::new(), Vec::new());
    while begun.len() < 3 || ended.is_empty() {
        match driven.next().await {
            EngineEvent::Piece { job, piece: Piece::Text(text) } => {
                begun.push((job.as_str().to_owned(), text.into_string()));
            }
            EngineEvent::Finished { job, reason, .. } => ended.push((job, reason)),
            other => panic!("{other:?}"),
        }
    }
    begun.sort();
    let expected =
        [("1", "slow"), ("2", "slow"), ("3", "quick")].map(|(job, text)| (job.to_owned(), text.to_owned()));
    assert_eq!(begun, expected);
    assert_eq!(ended, [(JobId::new("3"), FinishReason::Stop)]);

    for job in ["1", "2"] {
        driven.engine.cancel(&JobId::new("nobody's"));
        driven.engine.cancel(&JobId::new(job));
        let end = driven.next().await;
        let cancelled = matches!(&end, EngineEvent::Finished { job: of, reason: FinishReason::Cancelled, .. } if of.as_str() == job);
        assert!(cancelled, "{end:?}");
        fake.hung_up().await;
    }
    driven.ask("4", &body("quick"));
    assert!(matches!(driven.rest().await.1, EngineEvent::Finished { reason: FinishReason::Stop, .. }));
}

#[tokio::test]
async fn a_job_is_cancelled_even_before_the_server_has_answered() {
    let fake = Fake::answering(Reply { status: 200, headers: "", steps: vec![Step::Hang] }).await;
    let mut driven = Driven::loaded(fake.settings()).await;
    driven.ask("a", BODY);
    driven.engine.cancel(&JobId::new("a"));
    let (pieces, end) = driven.rest().await;
    assert_eq!(pieces, []);
    assert!(matches!(end, EngineEvent::Finished { reason: FinishReason::Cancelled, .. }), "{end:?}");
}

#[tokio::test]
async fn letting_go_hangs_up_on_every_job() {
    let fake = Fake::answering(Reply::stream(vec![say(r#"{"content":"on and on"}"#), Step::Hang])).await;
    let mut driven = Driven::loaded(fake.settings()).await;
    driven.ask("a", BODY);
    assert!(matches!(driven.next().await, EngineEvent::Piece { .. }));
    driven.engine.stop().await;
    fake.hung_up().await;
    let gone = driven.events.recv().await;
    assert!(matches!(gone, Some(EngineEvent::Gone { .. })), "{gone:?}");
    assert_eq!(driven.events.recv().await, None, "nothing follows");
}

#[tokio::test]
async fn a_dropped_handle_or_a_deaf_listener_hangs_up_too() {
    let fake = Fake::answering(Reply::stream(vec![say(r#"{"content":"on and on"}"#), Step::Hang])).await;
    let mut driven = Driven::loaded(fake.settings()).await;
    driven.ask("a", BODY);
    assert!(matches!(driven.next().await, EngineEvent::Piece { .. }));
    drop(driven.engine);
    fake.hung_up().await;

    let mut driven = Driven::loaded(fake.settings()).await;
    driven.ask("a", BODY);
    assert!(matches!(driven.next().await, EngineEvent::Piece { .. }));
    drop(driven.events);
    fake.hung_up().await;
}

#[tokio::test]
async fn the_server_gets_its_own_model_its_key_and_nothing_that_would_make_it_fetch() {
    let fake = Fake::answering(Reply::chat(&[r#"{"content":"ok"}"#], "stop")).await;
    let mut settings = fake.settings();
    settings.key = Some(std::sync::Arc::new(types::Sensitive::new("sk-mine".to_owned())));
    assert!(!format!("{settings:?}").contains("mine"), "{settings:?}");
    let mut driven = Driven::loaded(settings).await;
    let link = r#"{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"http://10.0.0.1/"}}]}]}"#;
    driven.ask("a", link);
    let (_, end) = driven.rest().await;
    assert!(matches!(&end, EngineEvent::Refused { message, .. } if message.contains("data:")), "{end:?}");
    let before = fake.asked("POST /v1/chat/completions").len();
    driven.ask("b", BODY);
    driven.rest().await;
    let asked = fake.asked("POST /v1/chat/completions");
    assert_eq!(asked.len(), before + 1, "the picture's address went nowhere");
    let last = asked.last().expect("one");
    assert!(last.head.contains("authorization: bearer sk-mine"), "{}", last.head);
    assert_eq!(last.body["model"], crate::fake::MODEL);
    assert_eq!(last.body["stream"], true);
}

#[tokio::test]
async fn a_limit_that_does_not_fit_is_left_to_the_server() {
    // As vLLM refuses: the prompt and the limit together are more than the context.
    let fake = Fake::start(|asked| {
        let refusal = Reply::json(400, r#"{"message":"maximum context length exceeded"}"#);
        let fits = asked.body["max_tokens"].is_null();
        is_customers(asked)
            .then(|| if fits { Reply::chat(&[r#"{"content":"ok"}"#], "length") } else { refusal })
    })
    .await;
    let mut driven = Driven::loaded(fake.settings()).await;
    let body = |max: u32, prompt: usize| {
        format!(r#"{{"messages":[{{"content":"{}"}}],"max_tokens":{max}}}"#, "x ".repeat(prompt))
    };
    driven.ask("may not fit", &body(32_768, 1000));
    assert!(matches!(driven.rest().await.1, EngineEvent::Finished { reason: FinishReason::Length, .. }));
    driven.ask("surely fits", &body(10, 10));
    let (_, end) = driven.rest().await;
    assert!(
        matches!(&end, EngineEvent::Refused { message, .. } if message.contains("maximum context")),
        "{end:?}"
    );
}

#[tokio::test]
async fn a_job_without_a_loaded_server_is_refused() {
    let fake = Fake::start(|_| None).await;
    let driven = Driven::start(fake.settings()).await;
    let ask = types::Ask::Chat { read: Err(types::Refusal(String::new())), body: BODY.into() };
    let refused = driven.engine.generate(&JobId::new("a"), ask, Duration::from_secs(1));
    assert!(refused.is_err(), "nothing was tried out");
}
