//! `/v1/workers/enrollments…`: off unless the network is told otherwise, as at the real coordinator.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use serde_json::{Value, json};
use types::Sensitive;

use super::form::{ANY, Form};
use crate::credential::credential;
use crate::enrolment::{Application, EnrolmentError, Preparation};
use crate::error::ApiError;
use crate::hub::Hub;
use crate::limits::Rule;

/// Where the owner of an account lets a rig in.
const CONSOLE: &str = "https://console.aipowergrid.io/dashboard/connect-worker";
const FIELDS: [&str; 6] =
    ["worker_signer", "worker_name", "profile_id", "api_key", "poll_token_hash", "valid_days"];

/// Counts the request, and refuses it where enrolment is off.
fn enter(hub: &Hub, rule: Rule, headers: &HeaderMap) -> Result<(), ApiError> {
    hub.count(rule, credential(headers))?;
    if hub.enrolment { Ok(()) } else { Err(EnrolmentError::Off.into()) }
}

/// Step 1: a rig applies.
pub(super) async fn create(
    State(hub): State<Arc<Hub>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, ApiError> {
    let mut form = Form::read(&body)?;
    let signer = form.text("worker_signer", ANY);
    let name = form.text("worker_name", 1..=usize::MAX);
    let profile = form.text("profile_id", 1..=128);
    let key = Sensitive::new(form.text("api_key", ANY));
    let poll_token = form.text("poll_token_hash", ANY);
    let days = form.whole("valid_days", 90, 1..=365);
    form.nothing_but(&FIELDS);
    form.done()?;
    enter(&hub, Rule::Enrol, &headers)?;
    let days = days.unsigned_abs();
    let application = Application::check(&signer, &name, profile, key.expose(), &poll_token, days)?;
    let now = hub.now();
    let mut state = hub.state();
    let id = state.chance.enrolment_id();
    let digest = state.accounts.keys.digest(key.expose());
    let expires = state.enrolments.open(id.clone(), application, digest, now).ok_or(ApiError::TooFast)?;
    Ok(Json(json!({"enrollment_id": id, "authorize_url": format!("{CONSOLE}/{id}"),
        "expires_at": expires.seconds(), "poll_after_seconds": 2})))
}

/// Step 2: what everybody may know.
pub(super) async fn view(
    State(hub): State<Arc<Hub>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Value>, ApiError> {
    enter(&hub, Rule::EnrolmentView, &headers)?;
    Ok(Json(hub.state().enrolments.view(&id, hub.now())?))
}

/// Step 3: the owner names a wallet.
pub(super) async fn prepare(
    State(hub): State<Arc<Hub>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, ApiError> {
    let mut form = Form::read(&body)?;
    let payout_wallet = form.text("payout_wallet", ANY);
    let replace = form.flag("replace_payout_wallet");
    form.nothing_but(&["payout_wallet", "replace_payout_wallet"]);
    form.done()?;
    enter(&hub, Rule::EnrolmentPrepare, &headers)?;
    let account = hub.manager(credential(&headers))?;
    Ok(Json(hub.prepare_enrolment(&id, Preparation { account, payout_wallet, replace })?))
}

/// Step 4: the wallet has signed.
pub(super) async fn approve(
    State(hub): State<Arc<Hub>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, ApiError> {
    let mut form = Form::read(&body)?;
    let signature = form.text("signature", ANY);
    form.nothing_but(&["signature"]);
    form.done()?;
    enter(&hub, Rule::EnrolmentApprove, &headers)?;
    let account = hub.manager(credential(&headers))?;
    hub.approve_enrolment(&id, &account, signature)?;
    Ok(Json(json!({"status": "complete"})))
}

/// The poll token of a body that holds nothing else.
fn poll_token(body: &[u8]) -> Result<Sensitive<String>, ApiError> {
    let mut form = Form::read(body)?;
    let token = Sensitive::new(form.text("poll_token", ANY));
    form.nothing_but(&["poll_token"]);
    form.done()?;
    Ok(token)
}

/// Step 5: the rig asks how far it has come.
pub(super) async fn poll(
    State(hub): State<Arc<Hub>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, ApiError> {
    let token = poll_token(&body)?;
    enter(&hub, Rule::EnrolmentPoll, &headers)?;
    Ok(Json(hub.state().enrolments.poll(&id, token.expose(), hub.now())?))
}

/// Step 6: the rig has everything.
pub(super) async fn acknowledge(
    State(hub): State<Arc<Hub>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, ApiError> {
    let token = poll_token(&body)?;
    enter(&hub, Rule::EnrolmentAck, &headers)?;
    hub.acknowledge_enrolment(&id, token.expose())?;
    Ok(Json(json!({"status": "activated"})))
}
