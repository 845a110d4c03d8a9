//! The pages about work and what was paid for it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use alloy_primitives::Address;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use serde_json::{Value, json};
use types::{Den, Timestamp};

use super::query::{Asked, limit};
use super::{number, reader, sum};
use crate::accounts::lower;
use crate::books::BookRow;
use crate::calendar::iso;
use crate::error::ApiError;
use crate::hub::{Hub, State as Memory};
use crate::settlement::{PayoutRow, PayoutStatus, rounded};

/// The page of payouts ends here. Older rows are only in its sums.
const PAYOUT_ROWS: usize = 200;
/// The page of a wallet ends here.
const WALLET_ROWS: usize = 25;
/// What an account without any wallet is told instead of its jobs.
const NO_WALLET: &str = "set a payout wallet to attribute + settle your worker jobs";

/// The payouts of an account. Its sums cover all rows, its list the newest ones.
pub(super) async fn payouts(
    State(hub): State<Arc<Hub>>,
    headers: HeaderMap,
) -> Result<Json<Value>, ApiError> {
    let key = reader(&hub, &headers)?;
    let state = hub.state();
    let rows = state.payouts.newest(|row| row.account == key.account);
    let sum = |passes: fn(&PayoutStatus) -> bool| rounded(aipg(rows.iter().copied(), passes), 6);
    let den: Den = rows.iter().map(|row| row.den).sum();
    Ok(Json(json!({
        "payout_wallet": lower(state.accounts.payout_wallet(&key.account)),
        "accrued_aipg": sum(|status| *status == PayoutStatus::Accrued),
        "paid_aipg": sum(PayoutStatus::is_paid),
        "total_den": number(den),
        "periods": rows.len(),
        "payouts": rows.iter().take(PAYOUT_ROWS).map(|row| payout(row)).collect::<Vec<_>>(),
    })))
}

fn payout(row: &PayoutRow) -> Value {
    json!({
        "period_id": row.period,
        "den": number(row.den),
        "aipg": row.aipg,
        "status": row.status.as_str(),
        "tx_hash": row.tx_hash.as_ref().filter(|_| row.status.is_paid()),
        "address": row.address.map(|address| format!("{address:#x}")),
        "created": iso(row.created),
        "paid": row.paid.map(iso),
    })
}

/// The jobs of an account, by the wallets in the books: work done for a wallet since replaced is missing.
pub(super) async fn jobs(
    State(hub): State<Arc<Hub>>,
    asked: Asked,
    headers: HeaderMap,
) -> Result<Json<Value>, ApiError> {
    // The framework looks at the query before anybody looks at the key.
    let limit = limit(&asked, 50, 100)?;
    let key = reader(&hub, &headers)?;
    let state = hub.state();
    let Some(wallet) = state.accounts.payout_wallet(&key.account) else {
        return Ok(Json(json!({"payout_wallet": "", "jobs": [], "note": NO_WALLET})));
    };
    let holder = state.accounts.holder(&key.account);
    let ours = |wallet: Address| holder.is_some_and(|holder| holder.knows(wallet));
    let rows = newest(&state.rows, |row| row.wallet.is_some_and(ours));
    let rows = &rows[..rows.len().min(limit)];
    Ok(Json(json!({
        "payout_wallet": lower(Some(wallet)),
        "total_den": sum(rows.iter().map(|row| row.den).sum(), rows.is_empty()),
        "jobs": rows.iter().map(|row| job(row)).collect::<Vec<_>>(),
    })))
}

fn job(row: &BookRow) -> Value {
    json!({
        "job_id": row.job_id.as_str(),
        "model": row.model,
        "type": "text",
        "den": number(row.den),
        "output_units": row.output_units,
        "duration_s": rounded(row.duration.as_secs_f64(), 2),
        "ttft_s": row.ttft.map(|ttft| rounded(ttft.as_secs_f64(), 3)),
        "result_hash": row.result_hash.map(|digest| digest.to_string()),
        "signed": row.signed(),
        "epoch_id": null,
        "created": iso(row.created),
    })
}

/// The work of a wallet, for everybody. Any text is a wallet, one without work if need be.
pub(super) async fn wallet(State(hub): State<Arc<Hub>>, Path(address): Path<String>) -> Json<Value> {
    let address = address.to_lowercase();
    let now = hub.now();
    let state = hub.state();
    let rows = newest(&state.rows, |row| lower(row.wallet) == address && row.wallet.is_some());
    let day = Duration::from_secs(24 * 60 * 60);
    let last_day = rows.iter().copied().filter(|row| now.since(row.created) < day);
    Json(json!({
        "wallet": address,
        "total": tally(rows.iter().copied()),
        "last_24h": tally(last_day),
        "recent": rows.iter().take(WALLET_ROWS).map(|row| json!({"type": "text", "model": row.model,
            "den": number(row.den), "at": iso(row.created)})).collect::<Vec<_>>(),
    }))
}

fn tally<'a>(rows: impl Iterator<Item = &'a BookRow>) -> Value {
    let (jobs, den) = rows.fold((0, Den::ZERO), |(jobs, den), row| (jobs + 1, den + row.den));
    json!({"jobs": jobs, "den": number(den)})
}

/// All that was paid, for everybody, without naming accounts.
pub(super) async fn payouts_public(
    State(hub): State<Arc<Hub>>,
    asked: Asked,
) -> Result<Json<Value>, ApiError> {
    let limit = limit(&asked, 50, 200)?;
    let state = hub.state();
    let paid = paid(&state);
    let mut periods: Vec<_> = by_period(&paid).into_iter().collect();
    periods.sort_by_key(|(_, rows)| std::cmp::Reverse(last_paid(rows)));
    let periods = periods.iter().take(limit).map(|(id, rows)| {
        json!({"period_id": id, "aipg": rounded(aipg(rows.iter().copied(), PayoutStatus::is_paid), 4),
            "payouts": rows.len(), "at": last_paid(rows).map(iso)})
    });
    let recent = paid.iter().filter(|row| row.tx_hash.is_some()).take(limit).map(|row| {
        json!({"period_id": row.period, "aipg": rounded(row.aipg, 4),
            "address": row.address.map(|address| format!("{address:#x}")), "tx_hash": row.tx_hash,
            "at": row.paid.map(iso)})
    });
    Ok(Json(json!({"totals": payout_totals(&state), "periods": periods.collect::<Vec<_>>(),
        "recent": recent.collect::<Vec<_>>()})))
}

/// What was paid, the newest first.
fn paid(state: &Memory) -> Vec<&PayoutRow> {
    let mut paid = state.payouts.newest(|row| row.status.is_paid());
    paid.sort_by_key(|row| std::cmp::Reverse(row.paid));
    paid
}

fn by_period<'a>(paid: &[&'a PayoutRow]) -> BTreeMap<&'a str, Vec<&'a PayoutRow>> {
    let mut periods: BTreeMap<&str, Vec<&PayoutRow>> = BTreeMap::new();
    for row in paid {
        periods.entry(&row.period).or_default().push(row);
    }
    periods
}

/// The sums over all that was paid.
pub(super) fn payout_totals(state: &Memory) -> Value {
    let paid = paid(state);
    let wallets: BTreeSet<Option<Address>> = paid.iter().map(|row| row.address).collect();
    json!({"aipg_paid": rounded(aipg(paid.iter().copied(), PayoutStatus::is_paid), 4), "payouts": paid.len(),
        "workers_paid": wallets.iter().flatten().count(), "periods": by_period(&paid).len(),
        "last_paid": last_paid(&paid).map(iso)})
}

fn last_paid(rows: &[&PayoutRow]) -> Option<Timestamp> {
    rows.iter().filter_map(|row| row.paid).max()
}

fn aipg<'a>(rows: impl Iterator<Item = &'a PayoutRow>, passes: fn(&PayoutStatus) -> bool) -> f64 {
    // Begun at zero: an empty sum of doubles is a negative zero, and that would be shown.
    rows.filter(|row| passes(&row.status)).fold(0.0, |sum, row| sum + row.aipg)
}

/// The jobs that pass, newest first.
fn newest(rows: &[BookRow], passes: impl Fn(&BookRow) -> bool) -> Vec<&BookRow> {
    let mut rows: Vec<&BookRow> = rows.iter().rev().filter(|row| passes(row)).collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.created));
    rows
}
