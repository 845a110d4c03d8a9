//! The pages that were recorded, asked for here: the same statuses and words, the same members.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use practice::settlement::{PayoutRow, PayoutStatus};
use practice::{Network, Proof};
use reqwest::Method;
use serde_json::{Value, json};
use types::{Den, Timestamp};

use crate::callers::{Wallet, get, send, text};
use crate::settlements::serve;
use crate::support::{T0, Wire, network};

fn pages(name: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/data/transcripts").join(name);
    let pages = std::fs::read_to_string(path).expect("a recording");
    serde_json::from_str(&pages).expect("JSON")
}

/// The pages that belong to pictures, to validators, to the coordinator's choices or to customers' money.
const NOT_HERE: [&str; 9] = [
    "/v1/progress",
    "/v1/styles",
    "/v1/status/routing",
    "/v1/validator",
    "/v1/account/deposits",
    "/v1/account/credits",
    "/v1/models/z-image-turbo",
    "/v1/models/LTX-2.3",
    "/v1/models/nope/params",
];
/// Objects whose members are names and not fields.
const NAMED: [&str; 3] = [".day", ".month", ".total"];
/// Null until something was paid.
const LATER: [&str; 2] = [".totals.last_paid", ".payouts.last_paid"];

/// What each place of a body holds: the kinds of value, and the members of its objects.
#[derive(Default)]
struct Place {
    kinds: BTreeSet<&'static str>,
    members: BTreeSet<String>,
}

fn survey(value: &Value, path: &str, found: &mut BTreeMap<String, Place>) {
    let place = found.entry(path.to_owned()).or_default();
    place.kinds.insert(match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "text",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    });
    place.members.extend(value.as_object().into_iter().flat_map(|members| members.keys().cloned()));
    for element in value.as_array().into_iter().flatten() {
        survey(element, &format!("{path}[]"), found);
    }
    for (name, member) in value.as_object().into_iter().flatten() {
        survey(member, &format!("{path}.{name}"), found);
    }
}

/// The same members wherever both have something, and no kind of value that was not recorded.
fn check_members(page: &str, ours: &Value, theirs: &Value) {
    let (mut here, mut there) = (BTreeMap::new(), BTreeMap::new());
    survey(ours, "", &mut here);
    survey(theirs, "", &mut there);
    for (path, place) in &here {
        let Some(recorded) = there.get(path) else { continue };
        if NAMED.contains(&path.as_str()) {
            assert!(place.members.is_subset(&recorded.members), "{page}{path}");
        } else {
            assert_eq!(place.members, recorded.members, "{page}{path}");
        }
        assert!(
            place.kinds.is_subset(&recorded.kinds) || LATER.contains(&path.as_str()),
            "{page}{path}: {:?}, recorded {:?}",
            place.kinds,
            recorded.kinds
        );
    }
}

#[tokio::test]
async fn recorded_pages_are_answered_alike() {
    let (network, _) = network().await;
    let account = network.open_account(Some(Wallet::numbered(9).address()));
    let token = network.issue_user_token(&account.id, Proof::Wallet).expect("a token");
    serve(&network, &account, "tw1", &["x", "x"]).await;
    let _wire = Wire::worker(&network, &account.api_key, "tw1").await;
    let mut compared = 0;
    for page in [pages("earnings.json"), pages("models.json")].concat() {
        let request = &page["request"];
        let path = text(&request["path"]);
        if path == "/" || NOT_HERE.iter().any(|other| path.starts_with(other)) {
            continue;
        }
        let headers = match request["auth"].as_str() {
            Some("API key") => vec![("apikey", account.api_key.expose().as_str())],
            Some(_) => vec![("apikey", token.expose().as_str())],
            None => Vec::new(),
        };
        let method: Method = text(&request["method"]).parse().expect("a method");
        let body = request.get("body").filter(|body| !body.is_null());
        let answer = send(&network, method, &path, &headers, body).await;
        assert_eq!(json!(answer.status), page["status"], "{path}: {}", answer.body);
        if answer.status == 200 {
            check_members(&path, &answer.body, &page["body"]);
        } else {
            assert_eq!(answer.body, page["body"], "{path}");
        }
        compared += 1;
    }
    assert!(compared >= 30, "{compared} pages");
}

async fn page(network: &Network, path: &str) -> Value {
    get(network, path, "").await.good()
}

#[tokio::test]
async fn the_status_pages_tell_what_the_books_say() {
    let (network, clock) = network().await;
    let account = network.open_account(None);
    assert_eq!(page(&network, "/v1/status/models").await, json!([]));
    let nothing = json!({"day": {}, "month": {}, "total": {}});
    assert_eq!(page(&network, "/v1/stats/totals").await, nothing);
    serve(&network, &account, "rig", &["x", "alpha bravo"]).await;
    let _wire = Wire::worker(&network, &account.api_key, "rig").await;
    let status = page(&network, "/v1/status/models").await;
    let known = json!({"name": "grid/fake-1", "count": 1, "type": "text", "max_context_length": 8192});
    for (name, value) in known.as_object().expect("members") {
        assert_eq!(status[0][name], *value);
    }
    assert_eq!(status[0]["samples"], 2);
    assert!(status[0]["tokens_per_s"].is_number() && status[0]["avg_latency_s"].is_number());
    let work = json!({"text": {"jobs": 2, "den": 0.2, "units": 3}});
    let totals = page(&network, "/v1/stats/totals").await;
    assert_eq!(totals, json!({"day": work, "month": work, "total": work}));
    let network_status = page(&network, "/v1/status/network").await;
    assert_eq!(network_status["capacity"]["models_below_target"], json!(["grid/fake-1"]));
    assert_eq!(network_status["advisories"][0]["affected_models"], json!(["grid/fake-1"]));

    clock.advance(Duration::from_secs(24 * 60 * 60));
    let status = page(&network, "/v1/status/models").await;
    assert_eq!((&status[0]["samples"], &status[0]["tokens_per_s"]), (&json!(0), &Value::Null), "a day later");
    let totals = page(&network, "/v1/stats/totals").await;
    assert_eq!(totals, json!({"day": {}, "month": work, "total": work}));
}

#[tokio::test]
async fn models_are_counted_by_period_and_an_unknown_one_is_a_month() {
    let (network, clock) = network().await;
    let account = network.open_account(None);
    serve(&network, &account, "rig", &["x"]).await;
    clock.advance(Duration::from_secs(3600));
    for (asked, period, jobs) in [
        ("", "month", 1),
        ("?period=minute", "minute", 0),
        ("?period=hour", "hour", 0),
        ("?period=day", "day", 1),
        ("?period=total", "total", 1),
        ("?period=aeon", "month", 1),
    ] {
        let page = page(&network, &format!("/v1/stats/models{asked}")).await;
        assert_eq!(page["period"], period);
        assert_eq!(page["models"].as_array().map(Vec::len), Some(jobs), "{asked}");
    }
}

#[tokio::test]
async fn recent_jobs_are_newest_first_and_bounded() {
    let (network, _) = network().await;
    let account = network.open_account(None);
    let jobs = serve(&network, &account, "rig", &["x", "x", "x"]).await;
    let recent = page(&network, "/v1/jobs/recent?limit=2").await;
    let ids: Vec<String> =
        recent["jobs"].as_array().expect("jobs").iter().map(|job| text(&job["job_id"])).collect();
    assert_eq!(ids, [jobs[2].as_str(), jobs[1].as_str()]);
    assert_eq!(recent["jobs"][0]["worker"], "rig");
    assert!(recent["jobs"][0].get("account_id").is_none(), "no account is named");
    for limit in ["0", "101", "x"] {
        assert_eq!(get(&network, &format!("/v1/jobs/recent?limit={limit}"), "").await.status, 422, "{limit}");
    }
}

#[tokio::test]
async fn the_network_page_counts_what_was_paid() {
    let (network, _) = network().await;
    let wallet = Wallet::numbered(9).address();
    let account = network.open_account(Some(wallet));
    let at = |seconds| Timestamp::from_millis((T0 + seconds) * 1000);
    let row = |hour: u64, status: PayoutStatus| PayoutRow {
        period: format!("hour-{hour}"),
        account: account.id.clone(),
        den: Den::from_hundredths(100),
        aipg: 1.25,
        tx_hash: None,
        address: Some(wallet),
        created: at(hour),
        paid: status.is_paid().then(|| at(hour)),
        status,
    };
    for (hour, status) in
        [PayoutStatus::Sent, PayoutStatus::Pending, PayoutStatus::Confirmed].into_iter().enumerate()
    {
        network.put_payout_row(row(hour as u64, status));
    }
    let payouts = page(&network, "/v1/status/network").await["payouts"].clone();
    let last_paid = "2027-01-15T08:01:42.000000+00:00";
    assert_eq!(payouts, json!({"aipg_paid": 2.5, "payouts": 2, "workers_paid": 1, "last_paid": last_paid}));
}
