//! The HTTP side: who asks, and the pages that only read.

use std::sync::Arc;

use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{any, get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use types::Den;

use crate::accounts::{Key, Scope};
use crate::calendar::iso;
use crate::credential::credential;
use crate::error::ApiError;
use crate::hub::Hub;
use crate::{chat, socket};

mod earnings;
mod query;

/// The largest request body: 200,000 characters with escapes, and pictures.
const LARGEST_BODY: usize = 32 * 1024 * 1024;

/// Everything the practice network answers.
pub(crate) fn router(hub: Arc<Hub>) -> Router {
    Router::new()
        .route("/v1/workers/ws", any(worker_socket))
        .route("/v1/chat/completions", post(chat::complete))
        .route("/v1/workers", get(workers))
        .route("/v1/models", get(models))
        .route("/v1/models/{name}", get(model))
        .route("/v1/account", get(account))
        .route("/v1/account/workers", get(account_workers))
        .route("/v1/account/jobs", get(earnings::jobs))
        .route("/v1/account/payouts", get(earnings::payouts))
        .route("/v1/payouts/public", get(earnings::payouts_public))
        .route("/v1/wallets/{address}/earnings", get(earnings::wallet))
        .route("/health", get(health))
        .fallback(|| async { ApiError::NotFound })
        .method_not_allowed_fallback(|| async {
            (StatusCode::METHOD_NOT_ALLOWED, Json(json!({"detail": "Method Not Allowed"})))
        })
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .with_state(hub)
}

async fn worker_socket(State(hub): State<Arc<Hub>>, upgrade: WebSocketUpgrade) -> Response {
    upgrade.max_message_size(socket::LARGEST_READ).max_frame_size(socket::LARGEST_READ).on_upgrade(
        move |line| {
            let tasks = hub.tasks.clone();
            tasks.track_future(socket::serve(line, hub))
        },
    )
}

async fn workers(State(hub): State<Arc<Hub>>) -> Json<Value> {
    let state = hub.state();
    let online: Vec<Value> = state
        .roster
        .all()
        .filter(|(name, _)| state.roster.is_online(name))
        .map(|(name, worker)| {
            json!({"id": worker.id, "name": name, "models": worker.models, "job_types": worker.job_types,
                "online": true})
        })
        .collect();
    Json(json!({"count": online.len(), "workers": online}))
}

fn model_entry(id: &str, kinds: &[String]) -> Value {
    json!({"id": id, "object": "model", "created": 0, "owned_by": "aipowergrid", "input_modalities": kinds})
}

async fn models(State(hub): State<Arc<Hub>>) -> Json<Value> {
    let models = hub.state().roster.text_models();
    let mut data: Vec<Value> = Vec::new();
    if !models.is_empty() {
        data.push(model_entry("auto", &["text".to_owned()]));
    }
    data.extend(models.iter().map(|(name, kinds)| model_entry(name, kinds)));
    Json(json!({"object": "list", "data": data}))
}

async fn model(State(hub): State<Arc<Hub>>, Path(name): Path<String>) -> Result<Json<Value>, ApiError> {
    // A name with a slash cannot be fetched, not even encoded.
    if name.contains('/') {
        return Err(ApiError::NotFound);
    }
    let models = hub.state().roster.text_models();
    let kinds = models.get(&name).ok_or_else(|| ApiError::ModelNotFound(name.clone()))?;
    Ok(Json(model_entry(&name, kinds)))
}

fn reader(hub: &Hub, headers: &HeaderMap) -> Result<Key, ApiError> {
    hub.authorise(credential(headers), Scope::ReadAccount)
}

async fn account(State(hub): State<Arc<Hub>>, headers: HeaderMap) -> Result<Json<Value>, ApiError> {
    let key = reader(&hub, &headers)?;
    let state = hub.state();
    let wallet = state.accounts.payout_wallet(&key.account).map(|wallet| format!("{wallet:#x}"));
    let keys: Vec<Value> = state.accounts.keys_of(&key.account).iter().map(listed).collect();
    let identities: Vec<Value> = wallet
        .iter()
        .map(|wallet| json!({"kind": "wallet", "display_hint": wallet, "primary": true, "verified": true}))
        .collect();
    let wallet = wallet.unwrap_or_default();
    Ok(Json(json!({
        "account_id": key.account.as_str(),
        "username": short(&wallet),
        "wallet": wallet,
        "payout_wallet": wallet,
        "identities": identities,
        "payout": {"asset": "USDC", "aipg_bps": 0, "assets": ["USDC", "USDS", "ETH", "AIPG"],
            "par_assets": ["USDC", "AIPG"], "conversion_fee_bps": 50, "active": false, "live_asset": "AIPG"},
        "keys": keys,
    })))
}

fn listed(key: &Key) -> Value {
    json!({"id": key.id, "label": key.label, "created": iso(key.created), "last_used": key.last_used.map(iso),
        "revoked": false})
}

fn short(wallet: &str) -> String {
    match (wallet.get(..6), wallet.get(wallet.len().saturating_sub(4)..)) {
        (Some(head), Some(tail)) => format!("{head}…{tail}"),
        _ => "practice".to_owned(),
    }
}

async fn account_workers(State(hub): State<Arc<Hub>>, headers: HeaderMap) -> Result<Json<Value>, ApiError> {
    let key = reader(&hub, &headers)?;
    let state = hub.state();
    let mut total = (Den::ZERO, 0, 0);
    let workers: Vec<Value> = state
        .roster
        .all()
        .filter(|(_, worker)| worker.account == key.account)
        .map(|(name, worker)| {
            let rows: Vec<_> = state.rows.iter().filter(|row| row.worker_name == *name).collect();
            let den: Den = rows.iter().map(|row| row.den).sum();
            let online = state.roster.is_online(name);
            total = (total.0 + den, total.1 + rows.len(), total.2 + usize::from(online));
            json!({"name": name, "type": worker.job_types.first(), "models": worker.models,
                "den_earned": number(den), "jobs_completed": rows.len(), "last_seen": iso(worker.last_seen),
                "maintenance": false, "online": online})
        })
        .collect();
    Ok(Json(json!({"count": workers.len(), "online": total.2, "den_earned": number(total.0),
        "jobs_completed": total.1, "workers": workers})))
}

async fn health(State(hub): State<Arc<Hub>>) -> Json<Value> {
    let state = hub.state();
    let online = state.roster.all().filter(|(name, _)| state.roster.is_online(name)).count();
    let models: Vec<String> = state.roster.text_models().into_keys().collect();
    Json(json!({"status": "ok", "build_commit": null, "redis": true, "workers_connected": online,
        "models_available": models}))
}

/// Den as the API writes it, a JSON number.
fn number(den: Den) -> f64 {
    den.hundredths() as f64 / 100.0
}
