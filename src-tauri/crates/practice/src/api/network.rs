//! The public pages about who is online and how the network does.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::earnings::payout_totals;
use super::performance::{DAY, Performance, joined};
use super::statistics::by_model;
use crate::calendar::iso;
use crate::error::ApiError;
use crate::hub::{Hub, State as Memory};

/// So many workers should serve every model.
const REDUNDANCY: usize = 3;

/// The workers online.
pub(super) async fn workers(State(hub): State<Arc<Hub>>) -> Json<Value> {
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

/// The models a customer may name.
pub(super) async fn models(State(hub): State<Arc<Hub>>) -> Json<Value> {
    let models = hub.state().roster.text_models();
    let mut data: Vec<Value> = Vec::new();
    if !models.is_empty() {
        data.push(model_entry("auto", &["text".to_owned()]));
    }
    data.extend(models.iter().map(|(name, kinds)| model_entry(name, kinds)));
    Json(json!({"object": "list", "data": data}))
}

/// One of them.
pub(super) async fn model(
    State(hub): State<Arc<Hub>>,
    Path(name): Path<String>,
) -> Result<Json<Value>, ApiError> {
    // A name with a slash cannot be fetched, not even encoded.
    if name.contains('/') {
        return Err(ApiError::NotFound);
    }
    let models = hub.state().roster.text_models();
    let kinds = models.get(&name).ok_or_else(|| ApiError::ModelNotFound(name.clone()))?;
    Ok(Json(model_entry(&name, kinds)))
}

/// Whether the coordinator is well.
pub(super) async fn health(State(hub): State<Arc<Hub>>) -> Json<Value> {
    let state = hub.state();
    let online = state.roster.online().count();
    let models: Vec<String> = state.roster.text_models().into_keys().collect();
    Json(json!({"status": "ok", "build_commit": null, "redis": true, "workers_connected": online,
        "models_available": models}))
}

/// A model that somebody serves now.
struct Served<'a> {
    name: &'a str,
    kind: &'a str,
    workers: usize,
    context: u64,
}

/// The models online, by name.
fn served(state: &Memory) -> Vec<Served<'_>> {
    let mut models: BTreeMap<&str, Served<'_>> = BTreeMap::new();
    for (_, online) in state.roster.online() {
        let abilities = &online.abilities;
        let kind = abilities.job_types.first().map_or("text", String::as_str);
        for name in &abilities.models {
            let new = Served { name, kind, workers: 0, context: 0 };
            let model = models.entry(name).or_insert(new);
            model.workers += 1;
            model.context = model.context.max(abilities.max_context_length);
        }
    }
    models.into_values().collect()
}

/// The models online and how they did in the last day.
pub(super) async fn status_models(State(hub): State<Arc<Hub>>) -> Json<Value> {
    let now = hub.now();
    let state = hub.state();
    let speeds = by_model(&state.rows, Some(DAY), now);
    let idle = Performance::default();
    let models = served(&state).into_iter().map(|model| {
        let known = json!({"name": model.name, "count": model.workers, "type": model.kind,
            "max_context_length": model.context});
        joined(known, speeds.get(model.name).unwrap_or(&idle).speed())
    });
    Json(models.collect())
}

/// The network as its status page tells it.
pub(super) async fn status_network(State(hub): State<Arc<Hub>>) -> Json<Value> {
    let now = hub.now();
    let state = hub.state();
    let models = served(&state);
    let scarce: Vec<&str> =
        models.iter().filter(|model| model.workers < REDUNDANCY).map(|model| model.name).collect();
    Json(json!({
        "schema": "aipg.network.status.v1",
        "generated_at": iso(now),
        "status": "operational",
        "build_commit": null,
        "core": {"api": "operational", "redis": true},
        "capacity": capacity(&state, &models, &scarce),
        "validators": no_validators(),
        "payouts": payouts(&state),
        "charging": {"mode": "off", "global": false},
        "incidents": [],
        "incident_history_available": false,
        "advisories": advisories(&scarce),
        "architecture": {"coordinator_federated": false, "validator_economic_effect": "none",
            "staking_required": false},
    }))
}

fn capacity(state: &Memory, models: &[Served<'_>], scarce: &[&str]) -> Value {
    let listed = models.iter().map(
        |model| json!({"name": model.name, "type": model.kind, "workers": model.workers, "capabilities": []}),
    );
    json!({"workers_online": state.roster.online().count(), "models_online": models.len(),
        "redundancy_target": REDUNDANCY, "models_below_target": scarce, "models": listed.collect::<Vec<_>>()})
}

/// Nobody validates here.
fn no_validators() -> Value {
    json!({"window_hours": 24, "registered_active": 0, "heartbeat_fresh": 0, "participating": 0,
        "verified_independent": 0, "independence_proven": false,
        "quorum": {"pending": 0, "accepted": 0, "disputed": 0, "finalized": 0}, "assignments_completed": 0,
        "authoritative_votes": 0, "agreement_rate": 0.0, "disputed_rate": 0.0,
        "coverage": {"workers": 0, "models": 0}, "software_versions": [], "economic_effect": "none"})
}

fn payouts(state: &Memory) -> Value {
    let mut totals = payout_totals(state);
    // This page does not count periods.
    totals.as_object_mut().map(|totals| totals.remove("periods"));
    totals
}

fn advisories(scarce: &[&str]) -> Vec<Value> {
    let mut advisories = Vec::new();
    if !scarce.is_empty() {
        advisories.push(json!({"code": "limited_model_redundancy", "severity": "warning",
            "summary": "Some online models have fewer than three serving workers.", "affected_models": scarce}));
    }
    advisories.push(json!({"code": "validator_independence_unproven", "severity": "warning",
        "summary": "Validator preview operators are not yet independently verified."}));
    advisories
}
