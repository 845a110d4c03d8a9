//! What was done, for everybody, without naming accounts.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Query, State};
use serde_json::{Value, json};
use types::Timestamp;

use super::number;
use super::performance::{DAY, Performance, job_rate, joined, within};
use super::query::{Asked, limit};
use crate::books::BookRow;
use crate::calendar::iso;
use crate::error::ApiError;
use crate::hub::Hub;
use crate::settlement::rounded;

const MONTH: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// The only kind of job there is so far.
const KIND: &str = "text";

/// The newest jobs, with the name of the worker and without the account.
pub(super) async fn recent_jobs(State(hub): State<Arc<Hub>>, asked: Asked) -> Result<Json<Value>, ApiError> {
    let limit = limit(&asked, 20, 100)?;
    let state = hub.state();
    let jobs: Vec<Value> = state.rows.iter().rev().take(limit).map(job).collect();
    Ok(Json(json!({"jobs": jobs})))
}

fn job(row: &BookRow) -> Value {
    json!({
        "job_id": row.job_id.as_str(),
        "model": row.model,
        "type": KIND,
        "worker": row.worker_name,
        "den": number(row.den),
        "output_units": row.output_units,
        "duration_s": rounded(row.duration.as_secs_f64(), 2),
        "ttft_s": row.ttft.map(|ttft| rounded(ttft.as_secs_f64(), 3)),
        "tokens_per_s": job_rate(row),
        "prompt_hash": row.prompt_hash.to_string(),
        "result_hash": row.result_hash.map(|digest| digest.to_string()),
        "signed": row.signed(),
        "created": iso(row.created),
    })
}

/// The work of a day, a month and all time, by kind of job. A kind without work is not in it.
pub(super) async fn totals(State(hub): State<Arc<Hub>>) -> Json<Value> {
    let now = hub.now();
    let state = hub.state();
    let span = |span| {
        let sum: Performance = within(&state.rows, span, now).collect();
        if sum.jobs() == 0 { json!({}) } else { json!({KIND: sum.work()}) }
    };
    Json(json!({"day": span(Some(DAY)), "month": span(Some(MONTH)), "total": span(None)}))
}

/// The work and the speed of each model, the busiest one first. An unknown period is a month.
pub(super) async fn models(
    State(hub): State<Arc<Hub>>,
    Query(asked): Query<HashMap<String, String>>,
) -> Json<Value> {
    let (period, span) = match asked.get("period").map(String::as_str) {
        Some("minute") => ("minute", Some(Duration::from_secs(60))),
        Some("hour") => ("hour", Some(Duration::from_secs(60 * 60))),
        Some("day") => ("day", Some(DAY)),
        Some("total") => ("total", None),
        Some(_) | None => ("month", Some(MONTH)),
    };
    let state = hub.state();
    let mut models: Vec<_> = by_model(&state.rows, span, hub.now()).into_iter().collect();
    models.sort_by_key(|(_, sum)| std::cmp::Reverse(sum.jobs()));
    let models: Vec<Value> = models
        .iter()
        .map(|(name, sum)| joined(json!({"name": name, "type": KIND}), joined(sum.work(), sum.speed())))
        .collect();
    Json(json!({"period": period, "models": models}))
}

/// The jobs of a span, by model.
pub(super) fn by_model(
    rows: &[BookRow],
    span: Option<Duration>,
    now: Timestamp,
) -> BTreeMap<&str, Performance> {
    let mut models: BTreeMap<&str, Vec<&BookRow>> = BTreeMap::new();
    for row in within(rows, span, now) {
        models.entry(&row.model).or_default().push(row);
    }
    models.into_iter().map(|(name, rows)| (name, rows.into_iter().collect())).collect()
}
