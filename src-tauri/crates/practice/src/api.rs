//! The HTTP side: who asks, and the pages that only read.

use std::sync::Arc;

use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, delete, get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use types::Den;

use crate::access::Authority;
use crate::accounts::Scope;
use crate::credential::credential;
use crate::error::ApiError;
use crate::hub::Hub;
use crate::{chat, raw, socket};

mod account;
mod cors;
mod earnings;
mod enrolment;
mod form;
mod manage;
mod network;
mod performance;
mod query;
mod sign_in;
mod statistics;

/// The largest request body: 200,000 characters with escapes, and pictures.
const LARGEST_BODY: usize = 32 * 1024 * 1024;

/// What a back end sends beside its service key.
const DELEGATION_HEADERS: [&str; 2] = ["x-grid-user-token", "x-grid-user-assertion"];

/// Everything the practice network answers.
pub(crate) fn router(hub: Arc<Hub>) -> Router {
    Router::new()
        .route("/v1/workers/ws", any(worker_socket))
        .route("/v1/chat/completions", post(chat::complete))
        .route("/v1/messages", post(raw::messages))
        .route("/v1/responses", post(raw::responses))
        .route("/v1/workers", get(network::workers))
        .route("/v1/models", get(network::models))
        .route("/v1/models/{name}", get(network::model))
        .route("/v1/accounts/wallet/challenge", post(sign_in::challenge))
        .route("/v1/accounts/wallet/verify", post(sign_in::verify))
        .route("/v1/accounts/wallet/nonce", post(sign_in::nonce))
        .route("/v1/accounts", post(sign_in::retired_accounts))
        .route("/v1/accounts/session", post(sign_in::retired_session))
        .route("/v1/workers/enrollments", post(enrolment::create))
        .route("/v1/workers/enrollments/{id}", get(enrolment::view))
        .route("/v1/workers/enrollments/{id}/prepare", post(enrolment::prepare))
        .route("/v1/workers/enrollments/{id}/approve", post(enrolment::approve))
        .route("/v1/workers/enrollments/{id}/poll", post(enrolment::poll))
        .route("/v1/workers/enrollments/{id}/ack", post(enrolment::acknowledge))
        .route("/v1/account", get(account::account))
        .route("/v1/account/keys", post(manage::issue_key))
        .route("/v1/account/keys/{id}", delete(manage::revoke_key))
        .route("/v1/account/payout-wallet", post(manage::payout_wallet))
        .route("/v1/account/payout-preference", post(manage::payout_preference))
        .route("/v1/account/identities/wallet/link", post(manage::link_wallet))
        .route("/v1/account/workers", get(account::workers))
        .route("/v1/account/jobs", get(earnings::jobs))
        .route("/v1/account/payouts", get(earnings::payouts))
        .route("/v1/payouts/public", get(earnings::payouts_public))
        .route("/v1/wallets/{address}/earnings", get(earnings::wallet))
        .route("/v1/status/models", get(network::status_models))
        .route("/v1/status/network", get(network::status_network))
        .route("/v1/stats/totals", get(statistics::totals))
        .route("/v1/stats/models", get(statistics::models))
        .route("/v1/jobs/recent", get(statistics::recent_jobs))
        .route("/health", get(network::health))
        .fallback(|| async { ApiError::NotFound })
        .method_not_allowed_fallback(|| async {
            (StatusCode::METHOD_NOT_ALLOWED, Json(json!({"detail": "Method Not Allowed"})))
        })
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(from_fn(no_delegated_user))
        .layer(from_fn(cors::open_to_all))
        .with_state(hub)
}

/// A request for somebody else's account needs a service key; an ordinary one beside such a header is refused.
async fn no_delegated_user(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let delegated = DELEGATION_HEADERS.iter().any(|name| headers.contains_key(*name));
    if delegated && credential(headers).is_some() {
        return ApiError::DelegatedUser.into_response();
    }
    next.run(request).await
}

async fn worker_socket(State(hub): State<Arc<Hub>>, upgrade: WebSocketUpgrade) -> Response {
    upgrade.max_message_size(socket::LARGEST_READ).max_frame_size(socket::LARGEST_READ).on_upgrade(
        move |line| {
            let tasks = hub.tasks.clone();
            tasks.track_future(socket::serve(line, hub))
        },
    )
}

fn reader(hub: &Hub, headers: &HeaderMap) -> Result<Authority, ApiError> {
    hub.authorise(credential(headers), Scope::ReadAccount)
}

/// Den as the API writes it, a JSON number.
fn number(den: Den) -> f64 {
    den.hundredths() as f64 / 100.0
}

/// The same for a sum that the coordinator makes itself: over nothing it is a whole zero.
fn sum(den: Den, of_nothing: bool) -> Value {
    if of_nothing { Value::from(0) } else { Value::from(number(den)) }
}
