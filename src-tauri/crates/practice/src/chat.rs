//! `POST /v1/chat/completions`.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use types::JobId;

use crate::accounts::Scope;
use crate::completion::{Completion, GridNote};
use crate::counting::tokens;
use crate::credential::credential;
use crate::error::ApiError;
use crate::hub::{Hub, Placed};
use crate::news::{News, next_news};
use crate::relay::{Ending, Fault, Finished, Relay};
use crate::request::ChatRequest;
use crate::sse;

/// Serves one chat request, as one body or as a stream.
pub(crate) async fn complete(
    State(hub): State<Arc<Hub>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    let credential = credential(&headers);
    hub.admit(credential.unwrap_or_default())?;
    let key = hub.authorise(credential, Scope::SubmitInference)?;
    let request = ChatRequest::parse(&body)?;
    let stream = request.stream;
    let placed = hub.place(key.account, request)?;
    if stream { Ok(sse::response(hub, placed)) } else { whole(hub, placed).await }
}

/// Waits for the whole answer. The wait goes on when the customer hangs up, as at the real coordinator.
async fn whole(hub: Arc<Hub>, placed: Placed) -> Result<Response, ApiError> {
    let hang_up = HangUp::new(Arc::clone(&hub), placed.job.clone());
    let waiting = Arc::clone(&hub);
    let answer = hub.tasks.spawn(async move {
        let account = placed.account.clone();
        let answer = wait(&waiting, placed).await;
        waiting.exit(&account);
        answer
    });
    let answer = answer.await.unwrap_or(Err(ApiError::ShuttingDown));
    hang_up.disarm();
    answer
}

async fn wait(hub: &Hub, mut placed: Placed) -> Result<Response, ApiError> {
    loop {
        match next_news(hub, &mut placed.news).await {
            News::Told(Relay::Piece(_)) => {}
            News::Told(Relay::Ended(Ending::Done(finished))) => {
                return Ok(body(hub, &placed, finished).await);
            }
            News::Told(Relay::Ended(Ending::Failed { message, fault })) => {
                return Err(match fault {
                    Fault::Customer => ApiError::ClientError(message),
                    Fault::Worker => ApiError::Upstream(message),
                });
            }
            News::Silence => return Ok(empty_body(hub, &placed).await),
            News::Over => return Err(ApiError::ShuttingDown),
        }
    }
}

async fn body(hub: &Hub, placed: &Placed, finished: Finished) -> Response {
    let usage = match &finished.usage {
        Some(usage) => usage.clone(),
        None => counted(&placed.prompt, finished.billed).await,
    };
    let grid = GridNote::served(&finished, &placed.seed);
    completion(hub, placed, message(&finished), &finished.finish_reason, usage, grid)
}

/// A lost job is answered with nothing, and with status 200.
async fn empty_body(hub: &Hub, placed: &Placed) -> Response {
    let message = json!({"role": "assistant", "content": null});
    let usage = counted(&placed.prompt, 0).await;
    completion(hub, placed, message, "stop", usage, GridNote::lost(&placed.seed))
}

fn completion<'a>(
    hub: &Hub,
    placed: &'a Placed,
    message: Value,
    finish_reason: &str,
    usage: Value,
    grid: GridNote<'a>,
) -> Response {
    let choices = json!([{"index": 0, "message": message, "finish_reason": finish_reason}]);
    let mut answer = Completion::new(hub, placed, "chat.completion", choices);
    (answer.usage, answer.grid) = (Some(usage), Some(grid));
    Json(answer).into_response()
}

fn message(finished: &Finished) -> Value {
    let content = if finished.text.is_empty() { Value::Null } else { finished.text.clone().into() };
    let mut message =
        Map::from_iter([("role".to_owned(), "assistant".into()), ("content".to_owned(), content)]);
    if !finished.reasoning.is_empty() {
        message.insert("reasoning_content".to_owned(), finished.reasoning.clone().into());
    }
    if !finished.tool_calls.is_empty() {
        message.insert("tool_calls".to_owned(), finished.tool_calls.clone().into());
    }
    message.into()
}

/// The coordinator's own count, for a worker that reported none.
async fn counted(prompt: &str, completion: u64) -> Value {
    let prompt = tokens(prompt).await;
    json!({"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion})
}

/// Cancels the job if the customer hangs up, where the network was told to do so.
struct HangUp {
    hub: Arc<Hub>,
    job: Option<JobId>,
}

impl HangUp {
    fn new(hub: Arc<Hub>, job: JobId) -> Self {
        let job = hub.cancel_on_disconnect.then_some(job);
        Self { hub, job }
    }

    fn disarm(mut self) {
        self.job = None;
    }
}

impl Drop for HangUp {
    fn drop(&mut self) {
        if let Some(job) = &self.job {
            self.hub.cancel(job);
        }
    }
}
