//! `POST /v1/messages` and `POST /v1/responses`: what a worker's own API says is relayed unread.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use serde_json::Value;

use crate::accounts::Scope;
use crate::credential::credential;
use crate::format::{ApiFormat, RawFormat};
use crate::hub::{Hub, RawPlaced};
use crate::news::{News, next_news};
use crate::relay::{Ending, Fault, Relay};

mod generation;
mod refusal;
mod request;
mod stream;

pub(crate) use generation::{RawAnswer, RawGeneration, RawHeard};
pub(crate) use request::RawRequest;

use refusal::RawRefusal;

/// Serves one request to the Messages API.
pub(crate) async fn messages(
    State(hub): State<Arc<Hub>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, RawRefusal> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).filter(|text| !text.is_empty());
    // The SDKs send this one; a bearer token will do too.
    let given = text("x-api-key").or_else(|| {
        let bearer = text("authorization")?;
        Some(bearer.split_once(' ').map_or(bearer, |(_, key)| key))
    });
    serve(hub, RawFormat::Messages, given, &body).await
}

/// Serves one request to the Responses API.
pub(crate) async fn responses(
    State(hub): State<Arc<Hub>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, RawRefusal> {
    serve(hub, RawFormat::Responses, credential(&headers), &body).await
}

async fn serve(
    hub: Arc<Hub>,
    format: RawFormat,
    credential: Option<&str>,
    body: &Bytes,
) -> Result<Response, RawRefusal> {
    let body = request::object(body)?;
    hub.admit_raw(format, credential.unwrap_or_default())?;
    request::guard(&body)?;
    hub.authorise(credential, Scope::SubmitInference).map_err(|error| RawRefusal::key(format, error))?;
    let online = hub.state().roster.models_by(ApiFormat::Raw(format));
    let request = RawRequest::of(body, format, &online)?;
    let placed = hub.place_raw(&request);
    if request.stream { Ok(stream::response(hub, placed)) } else { whole(hub, placed).await }
}

/// Waits for the whole body. The wait goes on when the customer hangs up.
async fn whole(hub: Arc<Hub>, placed: RawPlaced) -> Result<Response, RawRefusal> {
    let waiting = Arc::clone(&hub);
    let answer = hub.tasks.spawn(async move { wait(&waiting, placed).await });
    Ok(Json(answer.await.unwrap_or(Err(RawRefusal::shutting_down()))?).into_response())
}

async fn wait(hub: &Hub, mut placed: RawPlaced) -> Result<Value, RawRefusal> {
    loop {
        match next_news(hub, &mut placed.news).await {
            News::Told(Relay::Piece(_)) => {}
            News::Told(Relay::Ended(Ending::Done(body))) => return Ok(body),
            News::Told(Relay::Ended(Ending::Failed { message, fault })) => {
                return Err(match fault {
                    Fault::Customer => RawRefusal::client_error(message),
                    Fault::Worker => RawRefusal::upstream(message),
                });
            }
            News::Silence => return Err(RawRefusal::silence()),
            News::Over => return Err(RawRefusal::shutting_down()),
        }
    }
}
