//! Servers that misbehave in the middle of a customer's job.

use std::time::Duration;

use engine_link::EngineEvent;
use types::{Ask, FinishReason, JobId, Piece, Refusal, Usage};

use crate::fake::{BODY, Driven, Fake, Reply, Step, event, say};

/// How a job is expected to end.
#[derive(Debug)]
enum Ends {
    Finished(FinishReason, Option<Usage>),
    /// With words that hold this and not that.
    Refused(&'static str),
    Failed,
}

async fn check(what: &str, reply: Reply, pieces: &[Piece], expected: Ends) {
    let fake = Fake::answering(reply).await;
    let mut settings = fake.settings();
    settings.patience.silence = Duration::from_secs(1);
    let mut driven = Driven::loaded(settings).await;
    driven.ask("a", BODY);
    let (found, end) = driven.rest().await;
    assert_eq!(found, pieces, "{what}");
    match (&end, &expected) {
        (EngineEvent::Finished { reason, usage, body: None, .. }, Ends::Finished(wanted, cost)) => {
            assert_eq!((reason, usage), (wanted, cost), "{what}");
        }
        (EngineEvent::Refused { message, .. }, Ends::Refused(words)) => {
            assert!(message.contains(words), "{what}: {message}");
            for secret in ["/home", "192.168", "diary", "sk-"] {
                assert!(!message.contains(secret), "{what}: {message}");
            }
        }
        (EngineEvent::Failed { message, .. }, Ends::Failed) => {
            assert!(!message.contains("diary") && !message.contains("127.0.0.1"), "{what}: {message}");
        }
        _ => panic!("{what}: {end:?} instead of {expected:?}"),
    }
}

fn text(text: &str) -> Piece {
    Piece::Text(text.into())
}

const COST: Option<Usage> = Some(Usage { prompt_tokens: 9, completion_tokens: 2 });

#[tokio::test]
async fn answers_arrive_in_pieces_however_they_are_cut() {
    let whole = Reply::chat(
        &[
            r#"{"role":"assistant","content":null}"#,
            r#"{"reasoning":"hm"}"#,
            r#"{"content":"日本"}"#,
            r#"{"content":""}"#,
            r#"{"tool_calls":[{"index":0}]}"#,
        ],
        "tool_calls",
    );
    let expected = [Piece::Reasoning("hm".into()), text("日本"), Piece::ToolCalls(r#"[{"index":0}]"#.into())];
    let finished = || Ends::Finished(FinishReason::ToolCalls, COST);
    check("whole", whole.clone(), &expected, finished()).await;
    let drip = |step: &Step| match step {
        Step::Say(bytes) => bytes.iter().map(|byte| Step::Say(vec![*byte])).collect(),
        Step::Wait(_) | Step::Hang | Step::Cut => vec![step.clone()],
    };
    let dripping = Reply { steps: whole.steps.iter().flat_map(drip).collect(), ..whole };
    check("byte by byte", dripping, &expected, finished()).await;
}

#[tokio::test]
async fn an_answer_without_its_end_is_a_failure() {
    let hello = say(r#"{"content":"Hel"}"#);
    for (what, steps) in [
        ("cut in the middle", vec![hello.clone(), Step::Cut]),
        ("closed without a reason", vec![hello.clone()]),
        ("done without a reason", vec![hello.clone(), event("[DONE]")]),
        ("silent", vec![hello.clone(), Step::Hang]),
        ("cut inside an event", vec![hello.clone(), Step::Say(b"data: {\"choices\":[{\"fin".to_vec())]),
        ("given up", vec![hello.clone(), event(r#"{"error":{"message":"cuda /home/eve","code":500}}"#)]),
        ("bad after it began", vec![hello.clone(), event(r#"{"error":{"message":"x","code":400}}"#)]),
        ("garbage", vec![hello.clone(), event("<html>")]),
        ("half a character", vec![hello.clone(), say(r#"{"content":"\ud83d"}"#)]),
        ("no text at all", vec![hello, Step::Say(b"data: \xff\n\n".to_vec())]),
    ] {
        check(what, Reply::stream(steps), &[text("Hel")], Ends::Failed).await;
    }
}

#[tokio::test]
async fn an_end_counts_even_if_the_line_is_cut_after_it() {
    let end = event(r#"{"choices":[{"delta":{"content":"Hello"},"finish_reason":"length"}]}"#);
    for steps in [vec![end.clone(), Step::Cut], vec![end.clone(), Step::Hang], vec![end]] {
        let finished = Ends::Finished(FinishReason::Length, None);
        check("no cost", Reply::stream(steps), &[text("Hello")], finished).await;
    }
    check("nothing", Reply::chat(&[], "stop"), &[], Ends::Finished(FinishReason::Stop, COST)).await;
    let silly = event(r#"{"choices":[],"usage":{"prompt_tokens":1e400,"completion_tokens":2}}"#);
    check("a number no number is", Reply::stream(vec![silly]), &[], Ends::Failed).await;
    let huge = event(
        r#"{"choices":[{"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":99999999999}}"#,
    );
    check("a huge cost", Reply::stream(vec![huge]), &[], Ends::Finished(FinishReason::Stop, None)).await;
}

#[tokio::test]
async fn a_line_that_stays_open_after_the_answer_holds_nobody_up() {
    let mut whole = Reply::chat(&[r#"{"content":"Hello"}"#], "stop");
    whole.steps.push(Step::Hang);
    let fake = Fake::answering(whole).await;
    let mut settings = fake.settings();
    settings.patience.silence = Duration::from_secs(3600);
    let mut driven = Driven::loaded(settings).await;
    driven.ask("a", BODY);
    let (pieces, end) = driven.rest().await;
    assert_eq!(pieces, [text("Hello")]);
    assert!(matches!(end, EngineEvent::Finished { reason: FinishReason::Stop, usage: COST, .. }), "{end:?}");
    fake.hung_up().await;
}

#[tokio::test]
async fn a_long_prompt_is_read_in_silence() {
    let reading = Step::Wait(Duration::from_secs(2));
    for before in [vec![reading.clone()], vec![Step::Say(Vec::new()), reading]] {
        let chat = Reply::chat(&[r#"{"content":"Hello"}"#], "stop");
        let slow = Reply { steps: [before, chat.steps.clone()].concat(), ..chat };
        check("slow to begin", slow, &[text("Hello")], Ends::Finished(FinishReason::Stop, COST)).await;
    }
}

#[tokio::test]
async fn nothing_in_all_the_time_is_a_failure() {
    let fake = Fake::answering(Reply::stream(vec![Step::Hang])).await;
    let mut driven = Driven::loaded(fake.settings()).await;
    let ask = Ask::Chat { read: Err(Refusal(String::new())), body: BODY.into() };
    driven.engine.generate(&JobId::new("a"), ask, Duration::from_secs(1)).expect("it is asked");
    let (_, end) = driven.rest().await;
    assert!(matches!(end, EngineEvent::Failed { .. }), "{end:?}");
}

#[tokio::test]
async fn an_answer_that_never_ends_is_refused_before_it_fills_the_memory() {
    let line = Step::Say(vec![b'x'; 1024 * 1024]);
    check("one line", Reply::stream(vec![line; 8]), &[], Ends::Failed).await;
    let comments = Step::Say(format!(": {}\n", "y".repeat(1000)).repeat(1024).into_bytes());
    // It does end, but only after more than anybody should have read.
    let end = event(r#"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#);
    let many = [vec![comments; 80], vec![end]].concat();
    check("many comments", Reply::stream(many), &[], Ends::Failed).await;
}

#[tokio::test]
async fn what_the_server_says_by_number_is_the_customers_fault_or_ours() {
    let words = r#"{"error":{"message":"prompt too long for /home/eve/m.gguf at 192.168.1.4, key sk-123"}}"#;
    for (status, said) in
        [(400, "prompt too long for … at … key …"), (413, "too large"), (422, "cannot work")]
    {
        check("the customer's", Reply::json(status, words), &[], Ends::Refused(said)).await;
    }
    let echo = r#"{"detail":[{"msg":"x, 'input': 'my diary'"}]}"#;
    check("an echo", Reply::json(422, echo), &[], Ends::Refused("cannot work with the request")).await;
    let inside = Reply::stream(vec![event(r#"{"error":{"message":"too long","code":400}}"#)]);
    check("inside a stream", inside, &[], Ends::Refused("too long")).await;
    for status in [401, 403, 404, 429, 500, 502, 503, 204] {
        check("ours", Reply::json(status, words), &[], Ends::Failed).await;
    }
    check("no stream", Reply::json(200, r#"{"choices":[]}"#), &[], Ends::Failed).await;
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Fake::answering(Reply::chat(&[r#"{"content":"stolen"}"#], "stop")).await;
    let location: &'static str =
        format!("location: http://127.0.0.1:{}/v1/chat/completions\r\n", elsewhere.port).leak();
    for status in [301, 307, 308] {
        let reply = Reply { status, headers: location, steps: vec![] };
        check("a redirect", reply, &[], Ends::Failed).await;
    }
    assert!(elsewhere.asked("POST /v1/chat/completions").is_empty(), "the prompt went nowhere else");
}

#[tokio::test]
async fn an_answer_is_cut_when_its_time_is_over() {
    let fake = Fake::answering(Reply::stream(vec![say(r#"{"content":"slow"}"#), Step::Hang])).await;
    let mut driven = Driven::loaded(fake.settings()).await;
    let ask = Ask::Chat { read: Err(Refusal(String::new())), body: BODY.into() };
    driven.engine.generate(&JobId::new("a"), ask, Duration::from_secs(1)).expect("it is asked");
    let (pieces, end) = driven.rest().await;
    assert_eq!(pieces, [text("slow")]);
    assert!(
        matches!(end, EngineEvent::Finished { reason: FinishReason::Length, usage: None, .. }),
        "{end:?}"
    );
    fake.hung_up().await;
}
