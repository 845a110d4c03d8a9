//! The account's own pages.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use serde_json::{Value, json};
use types::Den;

use super::{number, reader, sum};
use crate::accounts::{ASSETS, Holder, Key, lower};
use crate::calendar::iso;
use crate::error::ApiError;
use crate::hub::Hub;

/// Who the account is, where it is paid, which keys it has.
pub(super) async fn account(
    State(hub): State<Arc<Hub>>,
    headers: HeaderMap,
) -> Result<Json<Value>, ApiError> {
    let reader = reader(&hub, &headers)?;
    let state = hub.state();
    let holder = state.accounts.holder(&reader.account).ok_or(ApiError::UnknownKey)?;
    let wish = holder.preference();
    Ok(Json(json!({
        "account_id": reader.account.as_str(),
        "username": holder.username(),
        "wallet": lower(holder.wallet()),
        "payout_wallet": lower(holder.payout_wallet()),
        "identities": identities(holder),
        "payout": {"asset": wish.asset, "aipg_bps": wish.aipg_bps, "assets": ASSETS,
            "par_assets": ["USDC", "AIPG"], "conversion_fee_bps": 50, "active": false, "live_asset": "AIPG"},
        "keys": state.accounts.keys.of(&reader.account).map(key).collect::<Vec<_>>(),
    })))
}

fn identities(holder: &Holder) -> Vec<Value> {
    let primary = holder.wallet();
    let wallets = holder.wallets().iter().rev();
    let identity = |wallet| {
        json!({"kind": "wallet", "display_hint": lower(Some(wallet)), "primary": primary == Some(wallet),
            "verified": true})
    };
    wallets.copied().map(identity).collect()
}

fn key(key: &Key) -> Value {
    json!({"id": key.id(), "label": key.label, "created": iso(key.created), "last_used": key.last_used.map(iso),
        "revoked": key.revoked})
}

/// The account's workers, with their work of all time.
pub(super) async fn workers(
    State(hub): State<Arc<Hub>>,
    headers: HeaderMap,
) -> Result<Json<Value>, ApiError> {
    let reader = reader(&hub, &headers)?;
    let state = hub.state();
    let mut total = (Den::ZERO, 0, 0);
    let workers: Vec<Value> = state
        .roster
        .all()
        .filter(|(_, worker)| worker.account == reader.account)
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
    Ok(Json(
        json!({"count": workers.len(), "online": total.2, "den_earned": sum(total.0, workers.is_empty()),
        "jobs_completed": total.1, "workers": workers}),
    ))
}
