//! A streamed answer: role, deltas, finish, usage, `[DONE]`.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::Serialize;
use serde_json::{Value, json};

use crate::completion::{Completion, GridNote};
use crate::hub::{Hub, Placed};
use crate::news::{News, next_news};
use crate::relay::{Delta, Ending, Fault, Finished, Relay};

/// What every stream is sent with.
pub(crate) const HEADERS: [(HeaderName, &str); 3] = [
    (header::CONTENT_TYPE, "text/event-stream; charset=utf-8"),
    (header::CACHE_CONTROL, "no-cache"),
    (HeaderName::from_static("x-accel-buffering"), "no"),
];

/// The response whose body follows the job.
pub(crate) fn response(hub: Arc<Hub>, placed: Placed) -> Response {
    let lines = stream::unfold(Answering::new(hub, placed), |mut answering| async move {
        let line = answering.next().await?;
        Some((Ok::<_, Infallible>(Bytes::from(line)), answering))
    });
    (HEADERS, Body::from_stream(lines)).into_response()
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
        answering.push_delta(json!({"role": "assistant"}), None);
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
            let news = next_news(&self.hub, &mut self.placed.news).await;
            self.hear(news);
        }
    }

    fn hear(&mut self, news: News<Delta, Finished>) {
        match news {
            News::Told(Relay::Piece(Delta { delta, finish_reason })) => {
                self.push_delta(delta, finish_reason.as_deref());
            }
            News::Told(Relay::Ended(Ending::Done(finished))) => self.finish(&finished),
            News::Told(Relay::Ended(Ending::Failed { message, fault })) => {
                let kind = match fault {
                    Fault::Customer => "invalid_request_error",
                    Fault::Worker => "upstream_error",
                };
                self.lines.push_back(line(&json!({"error": {"message": message, "type": kind}})));
                self.close();
            }
            // A lost job ends without a finish chunk.
            News::Silence | News::Over => self.close(),
        }
    }

    fn finish(&mut self, finished: &Finished) {
        self.push_delta(json!({}), Some(&finished.finish_reason));
        let mut totals = self.chunk(json!([]));
        totals.usage = Some(finished.usage.clone().unwrap_or_else(|| json!({})));
        totals.grid = Some(GridNote::served(finished, &self.placed.seed));
        let totals = line(&totals);
        self.lines.push_back(totals);
        self.close();
    }

    /// The last line. The slot is free before the customer has read it.
    fn close(&mut self) {
        self.lines.push_back("data: [DONE]\n\n".to_owned());
        self.over = true;
        self.hub.exit(&self.placed.account);
    }

    fn push_delta(&mut self, delta: Value, finish_reason: Option<&str>) {
        let choices = json!([{"index": 0, "delta": delta, "finish_reason": finish_reason}]);
        let chunk = line(&self.chunk(choices));
        self.lines.push_back(chunk);
    }

    fn chunk(&self, choices: Value) -> Completion<'_> {
        Completion::new(&self.hub, &self.placed, "chat.completion.chunk", choices)
    }
}

fn line(data: &impl Serialize) -> String {
    let data = serde_json::to_string(data).expect("BUG: what was read as JSON can be written as JSON");
    format!("data: {data}\n\n")
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
