//! The pages an operator reads its work and its payouts from.

use std::time::Duration;

use alloy_primitives::Address;
use practice::settlement::{PayoutRow, PayoutStatus};
use practice::{Account, Network, Purpose};
use serde_json::{Value, json};
use types::{Den, Sensitive, Timestamp};

use crate::settlements::{WALLET, serve};
use crate::support::{T0, network};

pub(crate) async fn get(network: &Network, path: &str, key: Option<&Sensitive<String>>) -> (u16, Value) {
    let client = crate::support::http();
    let request = client.get(format!("{}{path}", network.api_base()));
    let request = match key {
        Some(key) => request.header("apikey", key.expose()),
        None => request,
    };
    let response = request.send().await.expect("answers");
    (response.status().as_u16(), response.json().await.expect("JSON"))
}

fn row(account: &Account, hour: u64, status: PayoutStatus) -> PayoutRow {
    PayoutRow {
        period: format!("hour-{hour}"),
        account: account.id.clone(),
        den: Den::from_hundredths(100),
        aipg: 0.5,
        tx_hash: Some("no hash at all".into()),
        address: (status != PayoutStatus::Accrued).then_some(WALLET),
        created: Timestamp::from_millis((T0 + hour * 3600) * 1000),
        paid: status.is_paid().then(|| Timestamp::from_millis((T0 + hour * 3600 + 60) * 1000)),
        status,
    }
}

#[tokio::test]
async fn the_sums_cover_all_rows_and_the_list_the_newest_200() {
    let (network, _) = network().await;
    let (account, stranger) = (network.open_account(Some(WALLET)), network.open_account(None));
    for hour in 0..205 {
        let status = if hour < 3 { PayoutStatus::Accrued } else { PayoutStatus::Sent };
        network.put_payout_row(row(&account, hour, status));
    }
    network.put_payout_row(row(&stranger, 7, PayoutStatus::Sent));
    let (_, page) = get(&network, "/v1/account/payouts", Some(&account.api_key)).await;
    assert_eq!((&page["accrued_aipg"], &page["paid_aipg"]), (&json!(1.5), &json!(101.0)));
    assert_eq!((&page["total_den"], &page["periods"]), (&json!(205.0), &json!(205)));
    let rows = page["payouts"].as_array().expect("a list");
    assert_eq!(
        (rows.len(), &rows[0]["period_id"], &rows[199]["period_id"]),
        (200, &json!("hour-204"), &json!("hour-5"))
    );
    assert_eq!(rows[0]["tx_hash"], "no hash at all", "a rail may lie, and the page shows it");
    let (_, page) = get(&network, "/v1/account/payouts", Some(&stranger.api_key)).await;
    assert_eq!((&page["payout_wallet"], &page["periods"]), (&json!(""), &json!(1)));
}

#[tokio::test]
async fn only_a_paid_row_shows_its_hash() {
    let (network, _) = network().await;
    let account = network.open_account(Some(WALLET));
    let other = PayoutStatus::Other("on_the_moon".into());
    for (hour, status) in [PayoutStatus::ManualReview, other, PayoutStatus::Failed].into_iter().enumerate() {
        network.put_payout_row(row(&account, hour as u64, status));
    }
    let (_, page) = get(&network, "/v1/account/payouts", Some(&account.api_key)).await;
    let rows = page["payouts"].as_array().expect("a list");
    let words: Vec<&str> = rows.iter().filter_map(|row| row["status"].as_str()).collect();
    assert_eq!(words, ["failed", "on_the_moon", "manual_review"]);
    assert!(rows.iter().all(|row| row["tx_hash"].is_null() && row["paid"].is_null()));
    assert_eq!((&page["accrued_aipg"], &page["paid_aipg"]), (&json!(0.0), &json!(0.0)));
    let (_, public) = get(&network, "/v1/payouts/public", None).await;
    let nothing = json!({"aipg_paid": 0.0, "payouts": 0, "workers_paid": 0, "periods": 0, "last_paid": null});
    assert_eq!(public, json!({"totals": nothing, "periods": [], "recent": []}), "paid rows only");
}

#[tokio::test]
async fn jobs_are_listed_by_the_wallet_in_the_books() {
    let (network, _) = network().await;
    let account = network.open_account(None);
    let jobs = serve(&network, &account, "early", &["x"]).await;
    let page = |limit: &'static str| {
        let (network, key) = (&network, &account.api_key);
        async move { get(network, &format!("/v1/account/jobs{limit}"), Some(key)).await.1 }
    };
    let without = json!({"payout_wallet": "", "jobs": [],
        "note": "set a payout wallet to attribute + settle your worker jobs"});
    assert_eq!(page("").await, without);
    network.set_payout_wallet(&account.id, Some(WALLET));
    assert_eq!(page("").await["jobs"], json!([]), "work done before has no wallet in the books");
    let later = serve(&network, &account, "late", &["x", "alpha bravo"]).await;
    assert_ne!(jobs, later);
    let all = page("?limit=100").await;
    assert_eq!((&all["total_den"], all["jobs"].as_array().map(Vec::len)), (&json!(0.2), Some(2)));
    assert_eq!(all["jobs"][0]["job_id"], later[1].as_str(), "newest first");
    assert!(all["jobs"][0]["ttft_s"].is_null() && all["jobs"][1]["ttft_s"].is_number());
    let one = page("?limit=1").await;
    assert_eq!((&one["total_den"], &one["jobs"]), (&json!(0.1), &json!([all["jobs"][0]])));
}

#[tokio::test]
async fn refusals_of_the_pages_have_the_coordinators_form() {
    let (network, _) = network().await;
    let account = network.open_account(None);
    let validator = network.issue_key(&account.id, Purpose::Validator).expect("a key");
    let rig = network.issue_key(&account.id, Purpose::Worker("rig".into())).expect("a key");
    for path in ["/v1/account/payouts", "/v1/account/jobs", "/v1/account/workers", "/v1/account"] {
        let check = async |key: Option<&Sensitive<String>>, status: u16, words: &str| {
            assert_eq!(get(&network, path, key).await, (status, json!({"detail": words})), "{path}");
        };
        check(None, 401, "Missing API key. Use 'apikey' header or 'Authorization: Bearer' header.").await;
        check(Some(&Sensitive::new("grid_wrong".into())), 401, "Invalid API key").await;
        check(Some(&validator), 403, "API key lacks account.read scope").await;
        check(Some(&rig), 403, "API key lacks account.read scope").await;
    }
    let fault = json!({"type": "less_than_equal", "loc": ["query", "limit"],
        "msg": "Input should be less than or equal to 100", "input": "101", "ctx": {"le": 100}});
    let refused = get(&network, "/v1/account/jobs?limit=101", None).await;
    assert_eq!(refused, (422, json!({"detail": [fault]})), "before the key is looked at");
    assert_eq!(get(&network, "/v1/payouts/public?limit=200", None).await.0, 200);
    assert_eq!(get(&network, "/v1/payouts/public?limit=many", None).await.0, 422);
}

#[tokio::test]
async fn a_wallets_page_forgets_after_a_day_and_takes_any_text() {
    let (network, clock) = network().await;
    let account = network.open_account(Some(WALLET));
    serve(&network, &account, "rig", &["x"]).await;
    clock.advance(Duration::from_secs(24 * 60 * 60));
    serve(&network, &account, "rig", &["x"]).await;
    let path = format!("/v1/wallets/{}/earnings", format!("{WALLET:#x}").to_uppercase().replace("0X", "0x"));
    let (status, page) = get(&network, &path, None).await;
    assert_eq!((status, &page["wallet"]), (200, &json!(format!("{WALLET:#x}"))));
    assert_eq!(page["total"], json!({"jobs": 2, "den": 0.2}));
    assert_eq!(page["last_24h"], json!({"jobs": 1, "den": 0.1}));
    assert_eq!(page["recent"].as_array().map(Vec::len), Some(2));
    let none = json!({"jobs": 0, "den": 0.0});
    let nobody = get(&network, "/v1/wallets/Nonsense/earnings", None).await;
    assert_eq!(nobody, (200, json!({"wallet": "nonsense", "total": none, "last_24h": none, "recent": []})));
}

#[tokio::test]
async fn work_for_every_wallet_of_the_account_is_listed_and_for_a_replaced_one_is_not() {
    let (network, _) = network().await;
    let (login, former, current) = (WALLET, Address::repeat_byte(0xf0), Address::repeat_byte(0xc0));
    let account = network.open_account(Some(login));
    let signed_in = serve(&network, &account, "one", &["x"]).await;
    network.set_payout_wallet(&account.id, Some(former));
    serve(&network, &account, "two", &["x"]).await;
    network.set_payout_wallet(&account.id, Some(current));
    let named = serve(&network, &account, "three", &["x"]).await;
    let (_, page) = get(&network, "/v1/account/jobs", Some(&account.api_key)).await;
    let ids = page["jobs"].as_array().expect("jobs").iter().map(|job| job["job_id"].clone());
    assert_eq!(ids.collect::<Vec<_>>(), [json!(named[0].as_str()), json!(signed_in[0].as_str())]);
    assert_eq!(page["payout_wallet"], json!(format!("{current:#x}")));
}
