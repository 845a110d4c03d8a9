//! The account pages as recorded, and from servers that lie, flood, stall or send elsewhere.
#![expect(clippy::print_stdout, reason = "what a vector run left out is told to whoever runs it")]

use std::path::PathBuf;
use std::time::Duration;

use grid::{AccountClient, AccountError, AccountPatience, Endpoint, PayoutStatus};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use types::{Address, Aipg, B256, Den, Sensitive};

const KEY: &str = "grid_canary-canary-canary-canary-canary";
const PATIENCE: Duration = Duration::from_secs(20);

/// Listens on loopback, and gives a client for what listens there.
async fn listener(patience: AccountPatience) -> (TcpListener, AccountClient) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    let endpoint = Endpoint::practice(&base).expect("loopback");
    let client = AccountClient::new(&endpoint, Sensitive::new(KEY.into()), patience).expect("a client");
    (listener, client)
}

/// The next request, to the end of its head.
async fn request(listener: &TcpListener) -> (TcpStream, String) {
    let (mut stream, _) = timeout(PATIENCE, listener.accept()).await.expect("in time").expect("a connection");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(timeout(PATIENCE, stream.read_u8()).await.expect("in time").expect("a byte"));
    }
    (stream, String::from_utf8(head).expect("text"))
}

/// A server that gives one answer, and a client for it. The task ends with the request's head.
async fn answering(
    status: &str,
    head: &str,
    body: impl Into<Vec<u8>>,
) -> (AccountClient, JoinHandle<String>) {
    let (listener, client) = listener(AccountPatience::default()).await;
    let body = body.into();
    let head = format!("HTTP/1.1 {status}\r\n{head}content-length: {}\r\n\r\n", body.len());
    let server = tokio::spawn(async move {
        let (mut stream, asked) = request(&listener).await;
        stream.write_all(head.as_bytes()).await.expect("leaves");
        // The client may have hung up on a large body.
        let _ = stream.write_all(&body).await;
        let _ = timeout(PATIENCE, stream.read_u8()).await;
        asked
    });
    (client, server)
}

async fn refusal(status: &str, head: &str, body: impl Into<Vec<u8>>) -> AccountError {
    let (client, server) = answering(status, head, body).await;
    let refusal = timeout(PATIENCE, client.payouts()).await.expect("in time").expect_err("a refusal");
    server.await.expect("the server served");
    assert!(!format!("{refusal} {refusal:?} {client:?}").contains("canary"), "{refusal:?}");
    refusal
}

/// The recorded bodies. A folder named from outside may lack the file, the project's own may not.
pub(crate) fn recorded() -> Value {
    let given = std::env::var_os("GRID_NODE_VECTORS").map(PathBuf::from);
    let own = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../tests/data/vectors"));
    let path = given.clone().unwrap_or_else(own).join("siwe.json");
    if !path.exists() {
        assert!(given.is_some(), "the project's own account vectors are missing");
        println!("no account vectors in the given folder");
        return Value::Null;
    }
    let file = std::fs::read(path).expect("readable vectors");
    serde_json::from_slice(&file).expect("vectors are JSON")
}

/// A client for a server that answers with this recorded body; `None` if it is not in the file.
async fn playing(body: &Value) -> Option<(AccountClient, JoinHandle<String>)> {
    if body.is_null() {
        println!("a recorded body is not there");
        return None;
    }
    Some(answering("200 OK", "content-type: application/json\r\n", body.to_string()).await)
}

#[tokio::test]
async fn siwe_vectors_earnings_payouts_are_read() {
    let recorded = &recorded()["earnings_responses"]["account_payouts"]["body"];
    let Some((client, server)) = playing(recorded).await else { return };
    let payouts = client.payouts().await.expect("a page");
    let asked = server.await.expect("served").to_lowercase();
    assert!(asked.starts_with("get /v1/account/payouts http/1.1\r\n"), "{asked}");
    assert!(asked.contains(&format!("apikey: {KEY}")), "the key goes in its own header");
    let rows = recorded["payouts"].as_array().cloned().unwrap_or_default();
    assert_eq!(payouts.rows.len(), rows.len());
    for (ours, theirs) in payouts.rows.iter().zip(&rows) {
        let text = |member: &str| theirs[member].as_str();
        let id = &ours.period;
        assert_eq!(Some(ours.period.as_str()), text("period_id"));
        assert_eq!(Some(ours.aipg_stated), theirs["aipg"].as_f64(), "{id}");
        assert_eq!(Some(ours.amount), theirs["aipg"].as_f64().and_then(Aipg::from_payout), "{id}");
        assert_eq!(Some(ours.den), theirs["den"].as_f64().and_then(Den::from_wire), "{id}");
        assert_eq!(ours.status, status(text("status").unwrap_or_default()), "{id}");
        assert_eq!(ours.tx_hash, text("tx_hash").map(|hash| hash.parse::<B256>().expect("a hash")), "{id}");
        assert_eq!(ours.address, text("address").map(|address| address.parse().expect("one")), "{id}");
        assert_eq!(ours.created.as_ref().map(|moment| moment.text.as_str()), text("created"), "{id}");
        assert_eq!(ours.paid.as_ref().map(|moment| moment.text.as_str()), text("paid"), "{id}");
        assert!(ours.created.iter().chain(&ours.paid).all(|moment| moment.at.is_some()), "{id}");
    }
    let stated = |member: &str| recorded[member].as_f64().and_then(Aipg::from_payout);
    assert_eq!(Some(payouts.paid_over_all), stated("paid_aipg"));
    assert_eq!(Some(payouts.accrued_over_all), stated("accrued_aipg"));
    assert_eq!((payouts.paid_stated(), payouts.owed()), (payouts.paid_over_all, payouts.accrued_over_all));
    assert_eq!(Some(payouts.rows_over_all), recorded["periods"].as_u64());
    assert_eq!(Some(payouts.den_over_all), recorded["total_den"].as_f64().and_then(Den::from_wire));
    assert_eq!(
        payouts.payout_wallet,
        recorded["payout_wallet"].as_str().and_then(|wallet| wallet.parse().ok())
    );
}

/// The table of the specification.
fn status(word: &str) -> PayoutStatus {
    match word {
        "sent" => PayoutStatus::Sent,
        "confirmed" => PayoutStatus::Confirmed,
        "pending" => PayoutStatus::Sending,
        "failed" => PayoutStatus::Retrying,
        "accrued" => PayoutStatus::Owed,
        "manual_review" => PayoutStatus::UnderReview,
        "review_sanctions" | "blocked_sanctions" => PayoutStatus::Held,
        other => PayoutStatus::Other(other.to_owned()),
    }
}

#[tokio::test]
async fn siwe_vectors_earnings_workers_are_read() {
    let recorded = &recorded()["earnings_responses"]["account_workers"]["body"];
    let Some((client, server)) = playing(recorded).await else { return };
    let page = client.workers().await.expect("a page");
    assert!(server.await.expect("served").starts_with("GET /v1/account/workers HTTP/1.1\r\n"));
    assert_eq!(Some(page.den), recorded["den_earned"].as_f64().and_then(Den::from_wire));
    assert_eq!(Some(page.jobs), recorded["jobs_completed"].as_u64());
    assert_eq!(Some(page.workers.len() as u64), recorded["count"].as_u64());
    for (ours, theirs) in page.workers.iter().zip(recorded["workers"].as_array().into_iter().flatten()) {
        assert_eq!(
            (Some(ours.name.as_str()), Some(ours.kind.as_str())),
            (theirs["name"].as_str(), theirs["type"].as_str())
        );
        assert_eq!(json!(ours.models), theirs["models"]);
        assert_eq!(Some(ours.den), theirs["den_earned"].as_f64().and_then(Den::from_wire));
        assert_eq!(
            (Some(ours.jobs), Some(ours.online)),
            (theirs["jobs_completed"].as_u64(), theirs["online"].as_bool())
        );
        assert!(ours.last_registered.as_ref().is_some_and(|moment| moment.at.is_some()));
    }
}

#[tokio::test]
async fn siwe_vectors_account_flows_are_read_or_refused_as_recorded() {
    let recorded = recorded();
    for flow in recorded["account_flows"].as_array().into_iter().flatten() {
        let (id, Some(asked), Some(code)) = (&flow["id"], flow["request"].as_str(), flow["status"].as_u64())
        else {
            println!("a flow lacks its request or status");
            continue;
        };
        let (client, _server) = answering(&format!("{code} X"), "", flow["body"].to_string()).await;
        let page = asked.strip_prefix("GET /v1/account").and_then(|rest| rest.split(' ').next());
        let outcome = match page {
            Some("") => client.account().await.map(|account| {
                let wallet = account.payout_wallet.map(|wallet| format!("{wallet:#x}")).unwrap_or_default();
                assert_eq!(Some(wallet.as_str()), flow["body"]["payout_wallet"].as_str(), "{id}");
            }),
            Some("/payouts") => {
                client.payouts().await.map(|payouts| assert_eq!(payouts.rows.len(), 0, "{id}"))
            }
            Some("/workers") => client.workers().await.map(|page| assert_eq!(page.workers.len(), 0, "{id}")),
            _ => {
                println!("{id}: no page that is read here");
                continue;
            }
        };
        match (code, outcome) {
            (200, Ok(())) | (401, Err(AccountError::Unauthorised)) => {}
            (403, Err(AccountError::Forbidden { detail })) => {
                assert_eq!(Some(detail.as_str()), flow["body"]["detail"].as_str(), "{id}");
            }
            (code, outcome) => panic!("{id}: {code} became {outcome:?}"),
        }
    }
}

#[tokio::test]
async fn refusals_are_told_apart() {
    let forbidden = AccountError::Forbidden { detail: "API key lacks account.read scope".into() };
    let refused = |status, detail: &str| AccountError::Refused { status, detail: detail.into() };
    let check = async |status: &str, body: &str, expected: AccountError| {
        assert_eq!(refusal(status, "", body).await, expected, "{status}");
    };
    check("401 Unauthorized", &json!({"detail": "Invalid API key"}).to_string(), AccountError::Unauthorised)
        .await;
    check("403 Forbidden", r#"{"detail":"API key lacks account.read scope"}"#, forbidden).await;
    let list =
        json!({"detail": [{"type": "x", "loc": ["query", "limit"], "msg": "no integer", "input": KEY}]});
    check("422 Unprocessable", &list.to_string(), refused(422, "query.limit: no integer")).await;
    check(
        "429 Too Many",
        r#"{"error":{"message":"slow","type":"rate_limit_error"}}"#,
        AccountError::RateLimited,
    )
    .await;
    let echo = format!("Internal\u{1b}[31m Server Error {KEY}");
    check("500 Internal", &echo, refused(500, "Internal[31m Server Error …")).await;
    check("204 No Content", "", refused(204, "")).await;
    let flood = "x".repeat(3_000_000);
    check("503 Unavailable", &flood, refused(503, &"x".repeat(300))).await;
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (elsewhere, _) = listener(AccountPatience::default()).await;
    let there = elsewhere.local_addr().expect("an address");
    for status in ["301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let head = format!("location: http://{there}/v1/account/payouts\r\n");
        let refusal = refusal(status, &head, "").await;
        assert!(matches!(refusal, AccountError::Refused { status: 300..400, .. }), "{refusal:?}");
    }
    // Whoever followed stands in line before us.
    let ours = TcpStream::connect(there).await.expect("connects").local_addr().expect("an address");
    let (_, first) = timeout(PATIENCE, elsewhere.accept()).await.expect("in time").expect("a connection");
    assert_eq!(first, ours, "the key must not be carried to another place");
}

#[tokio::test]
async fn a_giant_body_is_not_swallowed() {
    let body = vec![b' '; 1024 * 1024 + 1];
    assert_eq!(refusal("200 OK", "", body).await, AccountError::TooLarge, "it says how large it is");

    let (listener, client) = listener(AccountPatience::default()).await;
    let server = tokio::spawn(async move {
        let (mut stream, _) = request(&listener).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.expect("leaves");
        let mut sent = 0;
        while stream.write_all(&[b' '; 65_536]).await.is_ok() {
            sent += 65_536;
            assert!(sent < 64 * 1024 * 1024, "somebody reads this without end");
        }
    });
    let refusal = timeout(PATIENCE, client.payouts()).await.expect("in time");
    assert_eq!(refusal, Err(AccountError::TooLarge), "it never said how large it would be");
    timeout(PATIENCE, server).await.expect("the client hung up").expect("served");
}

#[tokio::test]
async fn a_stalled_answer_has_a_deadline() {
    for start in
        ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{", "HTTP/1.1 500 X\r\n\r\n"]
    {
        let patience = AccountPatience { whole: Duration::from_millis(200), ..AccountPatience::default() };
        let (listener, client) = listener(patience).await;
        let server = tokio::spawn(async move {
            let (mut stream, _) = request(&listener).await;
            stream.write_all(start.as_bytes()).await.expect("leaves");
            // Held open until the client hangs up.
            let _ = timeout(PATIENCE, stream.read_u8()).await;
        });
        let refusal = timeout(PATIENCE, client.payouts()).await.expect("in time").expect_err("no page");
        assert_eq!(refusal, AccountError::Unreachable("no answer in time".into()), "{start:?}");
        assert!(refusal.is_transient());
        server.await.expect("served");
    }
}

#[tokio::test]
async fn half_an_answer_is_a_cut_line_and_nobody_is_unreachable() {
    let (listener, client) = listener(AccountPatience::default()).await;
    let server = tokio::spawn(async move {
        let (mut stream, _) = request(&listener).await;
        stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"payouts\":")
            .await
            .expect("leaves");
    });
    let refusal = timeout(PATIENCE, client.payouts()).await.expect("in time");
    assert_eq!(refusal, Err(AccountError::Unreachable("the line was cut".into())));
    server.await.expect("served");
    // The listener is gone by now.
    let refusal = timeout(PATIENCE, client.payouts()).await.expect("in time");
    assert_eq!(refusal, Err(AccountError::Unreachable("nobody answers there".into())));
}

#[tokio::test]
async fn what_is_no_page_is_malformed() {
    let good = json!({"period_id": "p", "den": 1, "aipg": 1, "status": "sent", "tx_hash": null,
        "address": null, "created": null, "paid": null});
    let page = |rows: &[Value]| json!({"payout_wallet": "", "accrued_aipg": 0, "paid_aipg": 0, "total_den": 0, "periods": 0, "payouts": rows});
    let many = vec![good.clone(); 201];
    let whole = page(&[good]).to_string();
    for body in [
        String::new(),
        "null".to_owned(),
        "{}".to_owned(),
        "[".repeat(1_000_000),
        whole[..whole.len() - 1].to_owned(),
        whole.replace("\"aipg\":1,", "\"aipg\":NaN,"),
        whole.replace("\"aipg\":1,", "\"aipg\":1e999,"),
        whole.replace("\"periods\":0", "\"periods\":-1"),
        page(&many).to_string(),
    ] {
        let shown = body.get(..60).unwrap_or(&body).to_owned();
        let refusal = refusal("200 OK", "", body).await;
        assert!(matches!(refusal, AccountError::Malformed(_)), "{shown}: {refusal:?}");
        assert!(!refusal.is_transient());
    }
    let (client, _server) = answering("200 OK", "", whole).await;
    assert_eq!(client.payouts().await.map(|payouts| payouts.rows.len()), Ok(1), "the unchanged page is one");
}

#[tokio::test]
async fn what_cannot_be_read_of_one_row_does_not_hide_the_others() {
    let row = |hash: &str, address: &str, status: &str| {
        json!({"period_id": "p", "den": 1, "aipg": 1, "status": status, "tx_hash": hash, "address": address,
            "created": null, "paid": null})
    };
    let (hash, address) = ("ab".repeat(32), format!("0x{}", "12".repeat(20)));
    let rows = [
        row(&hash, &address, "sent"),
        row("ab", &address, "sent"),
        row(&hash, "0x12", "sent"),
        row(&hash.to_uppercase(), &address, ""),
    ];
    let body = json!({"payout_wallet": "", "accrued_aipg": 0, "paid_aipg": 0, "total_den": 0, "periods": 0, "payouts": rows});
    let (client, _server) = answering("200 OK", "", body.to_string()).await;
    let rows = client.payouts().await.expect("a page").rows;
    let known: Vec<_> = rows.iter().map(|row| (row.tx_hash.is_some(), row.address.is_some())).collect();
    assert_eq!(known, [(true, true), (false, true), (true, false), (false, true)]);
    assert!(!rows[3].status.is_paid(), "an unreadable word is no payment");
}

#[test]
fn what_is_no_key_is_not_sent() {
    let endpoint = Endpoint::practice("http://127.0.0.1:1").expect("loopback");
    for bad in ["", "grid_\r\nhost: x", "grid_ä", "grid a", &"x".repeat(129)] {
        let key = Sensitive::new(bad.to_owned());
        let client = AccountClient::new(&endpoint, key, AccountPatience::default());
        assert_eq!(client.err(), Some(AccountError::BadKey), "{bad:?}");
    }
}

#[tokio::test]
async fn the_account_page_names_the_wallet_that_is_paid() {
    let wallet = Address::repeat_byte(0xb2);
    let body =
        json!({"account_id": "a", "username": "u", "wallet": "", "payout_wallet": format!("{wallet:#x}")});
    let (client, server) = answering("200 OK", "", body.to_string()).await;
    assert_eq!(client.account().await.map(|account| account.payout_wallet), Ok(Some(wallet)));
    assert!(server.await.expect("served").starts_with("GET /v1/account HTTP/1.1\r\n"));
}
