//! The feed of jobs and the pages for everybody, as recorded from the real coordinator.

use std::time::Duration;

use grid::{AccountClient, AccountPatience, Endpoint, Period, PublicClient, Tally};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use types::{Address, Den, ModelId, Sensitive, Sha256};

use crate::accounts::recorded;

const KEY: &str = "grid_canary-canary-canary-canary-canary";
const PATIENCE: Duration = Duration::from_secs(20);

/// A server that answers one request with this page. The task ends with the request's head.
async fn page(body: String) -> (Endpoint, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    let server = tokio::spawn(async move {
        let (mut stream, _) =
            timeout(PATIENCE, listener.accept()).await.expect("in time").expect("a connection");
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(timeout(PATIENCE, stream.read_u8()).await.expect("in time").expect("a byte"));
        }
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        stream.write_all(answer.as_bytes()).await.expect("leaves");
        String::from_utf8(head).expect("text")
    });
    (Endpoint::practice(&base).expect("loopback"), server)
}

async fn public(body: Value) -> (PublicClient, JoinHandle<String>) {
    let (endpoint, server) = page(body.to_string()).await;
    (PublicClient::new(&endpoint, AccountPatience::default()).expect("a client"), server)
}

/// The first line of what was asked, after a look whether a key came along.
async fn asked(server: JoinHandle<String>, with_key: bool) -> String {
    let head = server.await.expect("served");
    assert_eq!(head.contains("canary") || head.contains("apikey"), with_key, "{head}");
    head.lines().next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn siwe_vectors_earnings_jobs_are_read() {
    let recorded = recorded()["earnings_responses"]["account_jobs"]["body"].take();
    if recorded.is_null() {
        return println!("no recorded jobs");
    }
    let (endpoint, server) = page(recorded.to_string()).await;
    let client = AccountClient::new(&endpoint, Sensitive::new(KEY.into()), AccountPatience::default());
    let jobs = client.expect("a client").jobs().await.expect("a page");
    assert_eq!(asked(server, true).await, "GET /v1/account/jobs?limit=100 HTTP/1.1");
    let wallet = jobs.payout_wallet.map(|wallet| format!("{wallet:#x}"));
    assert_eq!(wallet.as_deref(), recorded["payout_wallet"].as_str());
    let rows = recorded["jobs"].as_array().expect("a list");
    assert_eq!(jobs.rows.len(), rows.len());
    for (ours, theirs) in jobs.rows.iter().zip(rows) {
        let id = theirs["job_id"].as_str().expect("an id");
        assert_eq!((ours.job.as_str(), Some(ours.model.as_str())), (id, theirs["model"].as_str()));
        assert_eq!(Some(ours.kind.as_str()), theirs["type"].as_str(), "{id}");
        assert_eq!(Some(ours.den), theirs["den"].as_f64().and_then(Den::from_wire), "{id}");
        assert_eq!(ours.output_units, theirs["output_units"].as_u64(), "{id}");
        assert_eq!(ours.duration.map(|span| span.as_secs_f64()), theirs["duration_s"].as_f64(), "{id}");
        assert_eq!(
            ours.time_to_first_token.map(|span| span.as_secs_f64()),
            theirs["ttft_s"].as_f64(),
            "{id}"
        );
        assert_eq!(ours.result_hash, theirs["result_hash"].as_str().and_then(Sha256::parse), "{id}");
        assert_eq!(Some(ours.signed), theirs["signed"].as_bool(), "{id}");
        assert!(ours.created.as_ref().is_some_and(|moment| moment.at.is_some()), "{id}");
    }
}

#[tokio::test]
async fn siwe_vectors_earnings_wallets_are_read() {
    for section in ["wallet_earnings_new", "wallet_earnings_checksummed_upper", "wallet_earnings_old"] {
        let recorded = recorded()["earnings_responses"][section]["body"].take();
        let Some(wallet) = recorded["wallet"].as_str().map(|text| text.parse::<Address>().expect("a wallet"))
        else {
            println!("{section} is not there");
            continue;
        };
        let (client, server) = public(recorded.clone()).await;
        let earnings = client.wallet(wallet).await.expect("a page");
        let line = format!("GET /v1/wallets/{wallet:#x}/earnings HTTP/1.1");
        assert_eq!(asked(server, false).await, line, "everybody may read it, so no key goes along");
        let tally = |stated: &Value| Tally {
            jobs: stated["jobs"].as_u64().expect("jobs"),
            den: stated["den"].as_f64().and_then(Den::from_wire).expect("den"),
        };
        assert_eq!(earnings.total, tally(&recorded["total"]), "{section}");
        assert_eq!(earnings.last_day, tally(&recorded["last_24h"]), "{section}");
    }
}

#[tokio::test]
async fn the_models_online_are_read_with_their_demand() {
    let online = json!([{"name": "grid/fake-1", "count": 1, "type": "text", "max_context_length": 8192,
        "samples": 40, "tokens_per_s": 20.4, "avg_ttft_s": 0.05, "avg_latency_s": 1.23},
        {"name": "new", "count": 2, "type": "image", "max_context_length": null, "samples": 0,
        "tokens_per_s": null, "avg_ttft_s": null, "avg_latency_s": null, "recipe_backed": true}]);
    let (client, server) = public(online).await;
    let models = client.models().await.expect("a page");
    assert_eq!(asked(server, false).await, "GET /v1/status/models HTTP/1.1");
    let [first, second] = models.as_slice() else { panic!("two models: {models:?}") };
    assert_eq!((first.model.as_str(), first.workers, first.jobs_of_a_day), ("grid/fake-1", 1, 40));
    assert_eq!((first.tokens_per_second, first.context), (Some(20.4), Some(8192)));
    assert_eq!((second.jobs_of_a_day, second.tokens_per_second, second.context), (0, None, None));

    let demand = json!({"period": "hour", "models": [{"name": "grid/fake-1", "type": "text", "jobs": 40,
        "den": 11.42, "units": 963, "samples": 40, "tokens_per_s": 20.4}]});
    let (client, server) = public(demand.clone()).await;
    let models = client.demand(Period::Hour).await.expect("a page");
    assert_eq!(asked(server, false).await, "GET /v1/stats/models?period=hour HTTP/1.1");
    assert_eq!((models[0].jobs, models[0].den), (40, Den::from_hundredths(1142)));
    let (client, _server) = public(demand).await;
    client.demand(Period::Day).await.expect_err("another period's figures are not this one's");
}

#[tokio::test]
async fn the_network_and_its_coordinator_say_how_they_are() {
    let health = |status: &str| {
        json!({"status": status, "build_commit": null, "redis": true, "workers_connected": 1,
        "models_available": ["grid/fake-1"]})
    };
    for (status, is_ok) in [("ok", true), ("degraded", false), ("", false)] {
        let (client, server) = public(health(status)).await;
        let health = client.health().await.expect("a page");
        assert_eq!((health.is_ok, health.workers), (is_ok, 1), "{status}");
        assert_eq!(health.models, [ModelId::new("grid/fake-1")]);
        assert_eq!(asked(server, false).await, "GET /health HTTP/1.1");
    }
    let status = json!({"schema": "aipg.network.status.v1", "generated_at": "2026-11-22T11:16:21.966654+00:00",
        "status": "operational", "core": {"api": "operational", "redis": true},
        "capacity": {"workers_online": 1, "models_online": 1, "redundancy_target": 3,
            "models_below_target": ["grid/fake-1"], "models": []},
        "incidents": [], "advisories": [{"code": "limited_model_redundancy", "severity": "warning",
            "summary": "Some online models have fewer than three serving workers."}],
        "architecture": {"coordinator_federated": false, "validator_economic_effect": "none",
            "staking_required": false}});
    let (client, server) = public(status).await;
    let network = client.network().await.expect("a page");
    assert_eq!(asked(server, false).await, "GET /v1/status/network HTTP/1.1");
    assert_eq!((network.workers_online, network.redundancy_target), (1, 3));
    assert_eq!(network.staking_required, Some(false));
    assert_eq!(network.models_below_target, [ModelId::new("grid/fake-1")]);
}
