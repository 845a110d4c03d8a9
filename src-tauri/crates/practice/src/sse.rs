//! A streamed answer: role, deltas, finish, usage, `[DONE]`.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde_json::{Value, json};

use crate::chat::{News, grid_note, next_news};
use crate::hub::{Hub, Placed};
use crate::relay::{Fault, Finished, Relay};

/// The response whose body follows the job.
pub(crate) fn response(hub: Arc<Hub>, placed: Placed) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache"),
        (header::HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    let lines = stream::unfold(Answering::new(hub, placed), |mut answering| async move {
        let line = answering.next().await?;
        Some((Ok::<_, Infallible>(Bytes::from(line)), answering))
    });
    (headers, Body::from_stream(lines)).into_response()
}

/// One customer's stream. It is dropped early if the customer hangs up.
struct Answering {
    hub: Arc<Hub>,
    placed: Placed,
    lines: VecDeque<String>,
    over: bool,
}

impl Answering {
    fn new(hub: Arc<Hub>, placed: Placed) -> Self {
        let mut answering = Self { hub, placed, lines: VecDeque::new(), over: false };
        let role = answering.chunk(json!({"role": "assistant"}), None);
        answering.push(role);
        answering
    }

    async fn next(&mut self) -> Option<String> {
        loop {
            if let Some(line) = self.lines.pop_front() {
                return Some(line);
            }
            if self.over {
                return None;
            }
            let news = next_news(&self.hub, &mut self.placed).await;
            self.hear(news);
        }
    }

    fn hear(&mut self, news: News) {
        match news {
            News::Told(Relay::Delta { delta, finish_reason }) => {
                let chunk = self.chunk(delta, finish_reason.as_deref());
                self.push(chunk);
            }
            News::Told(Relay::Done(finished)) => self.finish(&finished),
            News::Told(Relay::Failed { message, fault }) => {
                let kind = match fault {
                    Fault::Customer => "invalid_request_error",
                    Fault::Worker => "upstream_error",
                };
                self.push(json!({"error": {"message": message, "type": kind}}));
                self.close();
            }
            // A lost job ends without a finish chunk.
            News::Silence | News::Over => self.close(),
        }
    }

    fn finish(&mut self, finished: &Finished) {
        let last = self.chunk(json!({}), Some(&finished.finish_reason));
        self.push(last);
        let mut totals = self.frame(json!([]));
        totals["usage"] = finished.usage.clone().unwrap_or_else(|| json!({}));
        totals["grid"] = grid_note(&finished.worker, finished.pace, &self.placed.seed);
        self.push(totals);
        self.close();
    }

    /// The last line. The slot is free before the customer has read it.
    fn close(&mut self) {
        self.lines.push_back("data: [DONE]\n\n".to_owned());
        self.over = true;
        self.hub.exit(&self.placed.account);
    }

    fn push(&mut self, chunk: Value) {
        self.lines.push_back(format!("data: {chunk}\n\n"));
    }

    fn chunk(&self, delta: Value, finish_reason: Option<&str>) -> Value {
        self.frame(json!([{"index": 0, "delta": delta, "finish_reason": finish_reason}]))
    }

    fn frame(&self, choices: Value) -> Value {
        json!({
            "id": self.placed.completion_id,
            "object": "chat.completion.chunk",
            "created": self.hub.now().seconds(),
            "model": self.placed.model,
            "choices": choices,
        })
    }
}

impl Drop for Answering {
    /// A customer who hangs up leaves the slot taken and the job running, as at the real coordinator.
    fn drop(&mut self) {
        if !self.over && self.hub.cancel_on_disconnect {
            self.hub.cancel(&self.placed.job);
            self.hub.exit(&self.placed.account);
        }
    }
}
