//! Jobs by another API, relayed as they are.

use std::time::Duration;

use engine_link::EngineEvent;
use types::{ApiFormat, Ask, FinishReason, JobId, Piece, Usage};

use crate::fake::{Asked, Driven, Fake, Reply, Step};

const MESSAGE: &str = r#"{"type": "message", "role":"assistant","model":"fake-1","content":[{"type":"text","text":"é"}],"usage":{"input_tokens":7,"output_tokens":3}}"#;
const COST: Option<Usage> = Some(Usage { prompt_tokens: 7, completion_tokens: 3 });

/// Speaks the Messages API: as one body, or as these bytes.
async fn speaking(stream: &'static [u8], end: Vec<Step>) -> Driven {
    let fake = Fake::start(move |asked: &Asked| {
        (asked.page == "POST /v1/messages").then(|| {
            assert_eq!(asked.body["model"], "fake-1");
            let mut steps = vec![Step::Say(stream.to_vec())];
            steps.extend(end.clone());
            if asked.body["stream"] == true { Reply::stream(steps) } else { Reply::json(200, MESSAGE) }
        })
    })
    .await;
    Driven::loaded(fake.settings()).await
}

fn ask(driven: &Driven, stream: bool, longest: Duration) {
    let body = r#"{"model":"grid/x","max_tokens":50,"messages":[]}"#.into();
    let ask = Ask::Raw { format: ApiFormat::Anthropic, body, stream };
    driven.engine.generate(&JobId::new("raw"), ask, longest).expect("it is served");
}

const STREAM: &[u8] = b"event: message_start\ndata: {\"type\": \"message_start\", \"message\": {\"usage\": \
    {\"input_tokens\": 7, \"output_tokens\": 0}, \"model\": \"/home/eve/m.gguf\"}}\n\nevent: ping\ndata: {\"type\":\"ping\"}\n\ndata: [DONE]\n\n\
    event: message_delta\ndata: {\"type\":\"message_delta\",\"usage\":{\"output_tokens\":3}}\n\n";
const STOP: &[u8] = b"event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";

#[tokio::test]
async fn a_body_comes_back_as_it_is_but_for_the_models_name() {
    let mut driven = speaking(b"", vec![]).await;
    ask(&driven, false, Duration::from_secs(20));
    let end = driven.next().await;
    let EngineEvent::Finished { reason: FinishReason::Stop, usage, body: Some(body), .. } = end else {
        panic!("{end:?}")
    };
    assert_eq!((&*body, usage), (&*MESSAGE.replace("fake-1", "grid/x"), COST));
}

#[tokio::test]
async fn events_are_relayed_byte_for_byte_but_for_the_models_name() {
    let mut driven = speaking(STREAM, vec![Step::Say(STOP.to_vec()), Step::Hang]).await;
    ask(&driven, true, Duration::from_secs(20));
    let (pieces, end) = driven.rest().await;
    let named = |name: &str, data: &str| Piece::Event { name: Some(name.to_owned()), data: data.into() };
    let start = r#"{"type": "message_start", "message": {"usage": {"input_tokens": 7, "output_tokens": 0}, "model": "grid/x"}}"#;
    let expected = [
        named("message_start", start),
        named("ping", r#"{"type":"ping"}"#),
        named("message_delta", r#"{"type":"message_delta","usage":{"output_tokens":3}}"#),
        named("message_stop", r#"{"type":"message_stop"}"#),
    ];
    assert_eq!(pieces, expected);
    assert!(matches!(end, EngineEvent::Finished { usage: COST, body: None, .. }), "{end:?}");
}

#[tokio::test]
async fn a_body_that_takes_longer_than_any_pause_is_waited_for() {
    let fake = Fake::start(|asked| {
        let late = vec![Step::Wait(Duration::from_secs(2)), Step::Say(MESSAGE.into())];
        let head = "content-type: application/json\r\n";
        let customers = asked.body["max_tokens"] == 50;
        let steps = if customers { late } else { vec![Step::Say(MESSAGE.into())] };
        (asked.page == "POST /v1/messages").then_some(Reply { status: 200, headers: head, steps })
    })
    .await;
    let mut settings = fake.settings();
    settings.patience.silence = Duration::from_secs(1);
    let mut driven = Driven::loaded(settings).await;
    ask(&driven, false, Duration::from_secs(20));
    let end = driven.next().await;
    assert!(matches!(end, EngineEvent::Finished { body: Some(_), .. }), "{end:?}");
}

#[tokio::test]
async fn a_part_of_a_raw_answer_is_a_failure() {
    let broken = Step::Say(b"event: error\ndata: {\"type\":\"error\",\"error\":{}}\n\n".to_vec());
    for (what, end) in [
        ("cut", vec![Step::Cut]),
        ("closed early", vec![]),
        ("given up", vec![broken]),
        ("garbage", vec![Step::Say(b"data: {\"no\":\"type\"}\n\n".to_vec())]),
        ("too slow", vec![Step::Hang]),
    ] {
        let mut driven = speaking(STREAM, end).await;
        ask(&driven, true, Duration::from_secs(1));
        let (pieces, end) = driven.rest().await;
        assert_eq!(pieces.len(), 3, "{what}: what came was relayed, and nothing of a failure");
        assert!(matches!(end, EngineEvent::Failed { .. }), "{what}: {end:?}");
    }
}

#[tokio::test]
async fn an_api_the_server_does_not_speak_is_refused() {
    let driven = speaking(b"", vec![]).await;
    let ask = Ask::Raw { format: ApiFormat::OpenAiResponses, body: "{}".into(), stream: false };
    assert!(driven.engine.generate(&JobId::new("a"), ask, Duration::from_secs(1)).is_err());
}
