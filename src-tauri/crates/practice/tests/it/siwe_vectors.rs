//! The sections of the account vectors that are about money: how a budget is split, what the pages look like.
#![expect(clippy::print_stderr, reason = "what a vector run left out is told to whoever runs it")]

use std::collections::{BTreeMap, BTreeSet};

use practice::settlement::{Entry, PayoutRow, PayoutStatus, Split, split};
use practice::{Account, Network};
use serde_json::{Map, Value, json};
use types::{Address, Den, Timestamp};

use crate::earnings::get;
use crate::settlements::{WALLET, serve};
use crate::support::network;
use crate::vectors::{ELSEWHERE, file};

fn section(name: &str) -> Option<Value> {
    let section = file(&["siwe.json"]).remove(name);
    if section.is_none() {
        eprintln!("no section {name}");
    }
    section
}

type Rail = Split<String, String>;

fn run(case: &Value) -> Option<Rail> {
    let rows = case.get("rows")?.as_array()?;
    let entries = rows.iter().map(|row| {
        Some(Entry {
            account: row.get("account_id")?.as_str()?.to_owned(),
            wallet: row.get("payout_address").and_then(Value::as_str).map(str::to_owned),
            den: row.get("den")?.as_f64()?,
        })
    });
    Some(split(case.get("budget_aipg")?.as_f64()?, entries.collect::<Option<_>>()?))
}

/// Compares what the rail computed with a list of payouts, field by field.
fn check_payouts(id: &str, ours: &Rail, theirs: &Value) {
    let Some(theirs) = theirs.as_array() else { return eprintln!("{id}: no payouts") };
    assert_eq!(ours.allocations.len(), theirs.len(), "{id}: how many payouts");
    for (ours, theirs) in ours.allocations.iter().zip(theirs) {
        let ours = json!({"account_id": ours.account, "payout_address": ours.wallet, "den": ours.den,
            "share": ours.share, "aipg": ours.aipg, "payable": ours.payable(),
            "raw_units_18dp": ours.amount.base().to_string(), "api_json_aipg": json!(ours.aipg).to_string()});
        for (field, theirs) in theirs.as_object().expect("a payout is an object") {
            match ours.get(field) {
                // The JSON reader may miss a figure of 17 digits by its last unit, and only shares have so many.
                Some(ours) if field == "share" => {
                    let apart =
                        ours.as_f64().zip(theirs.as_f64()).map(|(ours, theirs)| (ours - theirs).abs());
                    assert!(apart.is_some_and(|apart| apart <= 2.0 * f64::EPSILON), "{id}: {field}");
                }
                Some(ours) => assert_eq!(ours, theirs, "{id}: {field}"),
                None => eprintln!("{id}: unknown field {field}"),
            }
        }
    }
}

#[test]
fn siwe_vectors_payout_math() {
    let Some(section) = section("payout_math") else { return };
    let cases = section.get("cases").and_then(Value::as_array).cloned().unwrap_or_default();
    eprintln!("payout_math: {} cases", cases.len());
    assert!(!cases.is_empty() || std::env::var_os(ELSEWHERE).is_some(), "the project's own file has cases");
    for case in &cases {
        let id = case.get("id").and_then(Value::as_str).unwrap_or("?");
        let Some(ours) = run(case) else {
            eprintln!("{id}: inputs are missing");
            continue;
        };
        check_payouts(id, &ours, case.get("payouts").unwrap_or(&Value::Null));
        if let Some(dropped) = case.get("dropped") {
            assert_eq!(json!(ours.dropped), *dropped, "{id}: dropped");
        }
        if let Some(least) = section.get("min_aipg").and_then(Value::as_f64) {
            let none_below = ours.allocations.iter().all(|allocation| allocation.aipg >= least);
            assert!(none_below, "{id}: nothing below {least} is allocated");
        }
    }
}

#[test]
fn siwe_vectors_period_aggregate() {
    let Some(period) = section("earnings_responses").map(|mut all| all["period_aggregate"].take()) else {
        return;
    };
    let Some(ours) = run(&period) else { return eprintln!("no period_aggregate") };
    check_payouts("period_aggregate", &ours, &period["preview"]["payouts"]);
}

/// The kinds of value each place of a body may hold, with `[]` for the elements of lists.
fn places(value: &Value, path: &str, found: &mut BTreeMap<String, BTreeSet<&'static str>>) {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "text",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    };
    found.entry(path.to_owned()).or_default().insert(kind);
    for element in value.as_array().into_iter().flatten() {
        places(element, &format!("{path}[]"), found);
    }
    for (name, member) in value.as_object().into_iter().flatten() {
        places(member, &format!("{path}.{name}"), found);
    }
}

/// Same members everywhere, and nowhere a kind of value that the recording does not have.
fn check_shape(page: &str, ours: &Value, theirs: &Value) {
    let (mut our_places, mut their_places) = (BTreeMap::new(), BTreeMap::new());
    places(ours, "", &mut our_places);
    places(theirs, "", &mut their_places);
    let names = |places: &BTreeMap<String, _>| places.keys().cloned().collect::<BTreeSet<_>>();
    let differing: Vec<_> = names(&our_places).symmetric_difference(&names(&their_places)).cloned().collect();
    eprintln!("{page}: members on one side only: {differing:?}");
    assert!(differing.is_empty() || std::env::var_os(ELSEWHERE).is_some(), "{page}: {differing:?}");
    for (place, kinds) in &our_places {
        let Some(recorded) = their_places.get(place) else { continue };
        assert!(kinds.is_subset(recorded), "{page}{place}: {kinds:?}, recorded {recorded:?}");
    }
}

#[tokio::test]
async fn siwe_vectors_earnings_pages_have_the_recorded_members() {
    let Some(recorded) = section("earnings_responses") else { return };
    let (network, account) = recorded_network(&recorded).await;
    // Two jobs, one of them without a first token, so that every kind of value is seen.
    serve(&network, &account, "rig-1", &["x", "x"]).await;
    for (page, recorded) in recorded.as_object().into_iter().flatten() {
        let (Some(path), Some(body)) = (recorded["path"].as_str(), recorded.get("body")) else {
            eprintln!("{page}: no page");
            continue;
        };
        if !["account_workers", "account_payouts", "account_jobs", "payouts_public"].contains(&page.as_str())
            && !page.starts_with("wallet_earnings")
        {
            eprintln!("{page}: not compared");
            continue;
        }
        let path = match page.as_str() {
            // The recorded old wallet has work too; ours is not asked for it.
            page if page.starts_with("wallet_earnings") => format!("/v1/wallets/{WALLET:#x}/earnings"),
            _ => path.to_owned(),
        };
        let (status, ours) = get(&network, &path, Some(&account.api_key)).await;
        assert_eq!(Some(u64::from(status)), recorded["status"].as_u64(), "{page}");
        check_shape(page, &ours, body);
    }
}

#[tokio::test]
async fn siwe_vectors_recorded_payouts_come_back_as_recorded() {
    let Some(recorded) = section("earnings_responses") else { return };
    let (network, account) = recorded_network(&recorded).await;
    for (page, path) in [("account_payouts", "/v1/account/payouts"), ("payouts_public", "/v1/payouts/public")]
    {
        let (_, ours) = get(&network, path, Some(&account.api_key)).await;
        for (name, theirs) in recorded[page]["body"].as_object().into_iter().flatten() {
            match (ours.get(name), name.as_str()) {
                (None, _) => eprintln!("{page}: unknown member {name}"),
                // The seven rows were made in one moment, and the recording's order among them is nobody's rule.
                (Some(ours), "payouts") => assert_eq!(by_period(ours), by_period(theirs), "{page}: {name}"),
                (Some(ours), _) => assert_eq!(*ours, with_offsets(theirs), "{page}: {name}"),
            }
        }
    }
}

fn by_period(rows: &Value) -> BTreeMap<String, Value> {
    let rows = rows.as_array().into_iter().flatten();
    rows.map(|row| (row["period_id"].to_string(), with_offsets(row))).collect()
}

/// The recording's database keeps no offsets; the real one and ours do.
fn with_offsets(value: &Value) -> Value {
    match value {
        Value::String(text) if text.len() == 19 && text.as_bytes()[10] == b'T' => {
            json!(format!("{text}.000000+00:00"))
        }
        Value::Array(elements) => elements.iter().map(with_offsets).collect(),
        Value::Object(members) => {
            let members = members.iter().map(|(name, member)| (name.clone(), with_offsets(member)));
            Value::Object(members.collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}

/// A network whose rail has the recorded rows, and the account they belong to.
async fn recorded_network(recorded: &Value) -> (Network, Account) {
    let body = &recorded["account_payouts"]["body"];
    let wallet = body["payout_wallet"].as_str().and_then(|wallet| wallet.parse().ok()).unwrap_or(WALLET);
    let (network, _) = network().await;
    let account = network.open_account(Some(wallet));
    for row in body["payouts"].as_array().into_iter().flatten() {
        match recorded_row(&account, row) {
            Some(row) => network.put_payout_row(row),
            None => eprintln!("a recorded payout lacks fields: {row}"),
        }
    }
    (network, account)
}

fn recorded_row(account: &Account, row: &Value) -> Option<PayoutRow> {
    let text = |name: &str| row.get(name).and_then(Value::as_str);
    let hash = text("tx_hash").map(str::to_owned);
    // An unpaid row stores something else there, which must not be shown.
    let hash = hash.or_else(|| Some("broadcast failed: canary".to_owned()));
    let statuses = [
        PayoutStatus::Pending,
        PayoutStatus::Sent,
        PayoutStatus::Confirmed,
        PayoutStatus::Failed,
        PayoutStatus::Accrued,
        PayoutStatus::ManualReview,
        PayoutStatus::ReviewSanctions,
        PayoutStatus::BlockedSanctions,
    ];
    let word = text("status")?;
    let known = statuses.into_iter().find(|status| status.as_str() == word);
    Some(PayoutRow {
        period: text("period_id")?.to_owned(),
        account: account.id.clone(),
        den: Den::from_wire(row.get("den")?.as_f64()?)?,
        aipg: row.get("aipg")?.as_f64()?,
        status: known.unwrap_or_else(|| PayoutStatus::Other(word.to_owned())),
        tx_hash: hash,
        address: text("address").and_then(|address| address.parse::<Address>().ok()),
        created: moment(text("created")?)?,
        paid: text("paid").and_then(moment),
    })
}

/// Enough of a calendar for the recording: a moment on the first of September 2026.
fn moment(text: &str) -> Option<Timestamp> {
    const MIDNIGHT: u64 = 1_788_220_800;
    let mut parts = text.strip_prefix("2026-09-01T")?.get(..8)?.split(':').map(str::parse::<u64>);
    let mut part = || parts.next()?.ok();
    let seconds = MIDNIGHT + part()? * 3600 + part()? * 60 + part()?;
    Some(Timestamp::from_millis(seconds * 1000))
}
