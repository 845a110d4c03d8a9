//! A raw stream: the worker's events as they came, and nothing else.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use serde_json::json;

use crate::hub::{Hub, RawPlaced};
use crate::news::{News, next_news};
use crate::relay::{Ending, RawEvent, Relay};
use crate::sse::HEADERS;

/// The response whose body follows the job.
pub(super) fn response(hub: Arc<Hub>, placed: RawPlaced) -> Response {
    let answering = Answering { hub, placed, over: false };
    let lines = stream::unfold(answering, |mut answering| async move {
        let line = answering.next().await?;
        Some((Ok::<_, Infallible>(Bytes::from(line)), answering))
    });
    (HEADERS, Body::from_stream(lines)).into_response()
}

/// One customer's stream. It is dropped early if the customer hangs up.
struct Answering {
    hub: Arc<Hub>,
    placed: RawPlaced,
    over: bool,
}

impl Answering {
    /// The next event; `None` at the end, which has no line of its own.
    async fn next(&mut self) -> Option<String> {
        if self.over {
            return None;
        }
        match next_news(&self.hub, &mut self.placed.news).await {
            News::Told(Relay::Piece(event)) => Some(lines(&event)),
            News::Told(Relay::Ended(Ending::Failed { message, .. })) => {
                self.over = true;
                let body = json!({"type": "error", "error": {"type": "api_error", "message": message}});
                Some(lines(&RawEvent { event: Some("error".to_owned()), data: body.to_string() }))
            }
            News::Told(Relay::Ended(Ending::Done(_))) | News::Silence | News::Over => {
                self.over = true;
                None
            }
        }
    }
}

fn lines(event: &RawEvent) -> String {
    match &event.event {
        Some(name) => format!("event: {name}\ndata: {}\n\n", event.data),
        None => format!("data: {}\n\n", event.data),
    }
}

impl Drop for Answering {
    /// A customer who hangs up leaves the job running, as at the real coordinator.
    fn drop(&mut self) {
        if !self.over && self.hub.cancel_on_disconnect {
            self.hub.cancel(&self.placed.job);
        }
    }
}
