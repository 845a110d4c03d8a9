//! A server that writes quickly and the same for everybody: for tests of the node around it.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use engine_link::{ServerAddress, ServerPatience, ServerSettings};
use futures_util::stream::{self, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

/// The model it lists.
pub(crate) const MODEL: &str = "talker-1";
/// A prompt with this word always ends as a server's fault.
pub(crate) const POISON: &str = "hemlock";
/// It holds this many words.
const CONTEXT: usize = 8192;

/// The server. It ends with this value.
pub(crate) struct TalkingServer {
    port: u16,
    task: AbortHandle,
}

impl TalkingServer {
    /// Writes a word after each pause, and no more than a few thousand.
    pub(crate) async fn start(pause: Duration) -> Self {
        Self::brief(pause, 4096).await
    }

    /// Writes a word after each pause, and no more than so many.
    pub(crate) async fn brief(pause: Duration, most: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let models = json!({"data": [{"id": MODEL, "owned_by": "vllm", "max_model_len": CONTEXT}]});
        let pages = Router::new()
            .route("/health", get(|| async { "{}" }))
            .route("/v1/models", get(|| async move { Json(models) }))
            .route("/v1/chat/completions", post(chat))
            .route("/v1/messages", post(messages))
            .route("/v1/responses", post(responses))
            .with_state((pause, most));
        let task = tokio::spawn(async move { axum::serve(listener, pages).await }).abort_handle();
        Self { port, task }
    }

    pub(crate) fn settings(&self) -> ServerSettings {
        let address =
            ServerAddress::parse(&format!("http://127.0.0.1:{}/v1", self.port)).expect("an address");
        let patience = ServerPatience { look: Duration::from_secs(3600), ..ServerPatience::default() };
        ServerSettings { patience, ..ServerSettings::new(address, MODEL) }
    }
}

impl Drop for TalkingServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn chat(State((pause, longest)): State<(Duration, u64)>, Json(asked): Json<Value>) -> Response {
    let prompt = words(&asked);
    if prompt > CONTEXT {
        let error = json!({"error": {"message": "the prompt is longer than the context"}});
        return (StatusCode::BAD_REQUEST, Json(error)).into_response();
    }
    if asked["messages"].to_string().contains(POISON) {
        return (StatusCode::INTERNAL_SERVER_ERROR, Json(json!({}))).into_response();
    }
    let most = asked["max_tokens"].as_u64().unwrap_or(64).min(longest);
    let (deltas, reason): (Vec<Value>, _) = if asked["tool_choice"] == "required" {
        let call = json!({"index": 0, "id": "call_1", "type": "function",
            "function": {"name": "spell", "arguments": "{\"word\":\"amen\"}"}});
        (vec![json!({"tool_calls": [call]})], "tool_calls")
    } else {
        ((0..most).map(|word| json!({"content": format!("word{word} ")})).collect(), "length")
    };
    let usage = json!({"prompt_tokens": prompt, "completion_tokens": deltas.len()});
    let chunk = |delta: Value| json!({"choices": [{"index": 0, "delta": delta, "finish_reason": null}]});
    let last = [
        json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}).to_string(),
        json!({"choices": [], "usage": usage}).to_string(),
        "[DONE]".to_owned(),
    ];
    let spoken = stream::iter(deltas).then(move |delta| async move {
        tokio::time::sleep(pause).await;
        chunk(delta).to_string()
    });
    let events =
        spoken.chain(stream::iter(last)).map(|data| Ok::<_, Infallible>(Event::default().data(data)));
    Sse::new(events).into_response()
}

/// The Messages API, whole.
async fn messages(Json(asked): Json<Value>) -> Response {
    let most = asked["max_tokens"].as_u64().unwrap_or(8).min(64);
    let usage = json!({"input_tokens": words(&asked), "output_tokens": most});
    let content = json!([{"type": "text", "text": "word ".repeat(most as usize)}]);
    Json(json!({"type": "message", "role": "assistant", "model": MODEL, "content": content, "usage": usage}))
        .into_response()
}

/// The Responses API: whole, or event by event.
async fn responses(Json(asked): Json<Value>) -> Response {
    let most = asked["max_output_tokens"].as_u64().unwrap_or(8).min(64);
    let usage = json!({"input_tokens": 3, "output_tokens": most});
    let whole = json!({"object": "response", "model": MODEL, "output": [], "usage": usage});
    if asked["stream"] != true {
        return Json(whole).into_response();
    }
    let named = |kind: &str, rest: (&str, Value)| {
        let data = json!({"type": kind, rest.0: rest.1}).to_string();
        Ok::<_, Infallible>(Event::default().event(kind).data(data))
    };
    let mut events = vec![named("response.created", ("response", json!({"object": "response"})))];
    events.extend(
        (0..most).map(|word| named("response.output_text.delta", ("delta", json!(format!("word{word} "))))),
    );
    events.push(named("response.completed", ("response", whole)));
    Sse::new(stream::iter(events)).into_response()
}

fn words(asked: &Value) -> usize {
    let messages = asked["messages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let contents = messages.iter().filter_map(|message| message["content"].as_str());
    contents.map(|content| content.split_whitespace().count()).sum()
}
