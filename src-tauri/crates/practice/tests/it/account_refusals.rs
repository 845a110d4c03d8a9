//! Every refusal of the account calls, in the coordinator's words, and the limits before them.

use std::time::Duration;

use practice::{Network, Proof, Purpose};
use reqwest::Method;
use serde_json::{Value, json};

use crate::callers::{Answer, Wallet, call, enrolling_now, get, issued, post, send, text};
use crate::support::{HandClock, ask, http, network, question};

const NO_KEY: &str = "Missing API key. Use 'apikey' header or 'Authorization: Bearer' header.";
const NO_TOKEN: &str = "Expired or invalid Grid user token";
const NO_PROOF: &str = "This action needs a fresh Google or wallet proof; an inference or service key cannot manage the account.";
const PAYOUT: &str = "/v1/account/payout-wallet";
const PREFERENCE: &str = "/v1/account/payout-preference";
const LINK: &str = "/v1/account/identities/wallet/link";
const KEYS: &str = "/v1/account/keys";
const ENROL: &str = "/v1/workers/enrollments";
const VERIFY: &str = "/v1/accounts/wallet/verify";
const NONCE: &str = "/v1/accounts/wallet/nonce";

/// Calls of an account's owner, with bodies in good shape.
fn managing() -> Vec<(Method, &'static str, Option<Value>)> {
    let link = json!({"message": "x", "signature": "0x", "address": "0x"});
    vec![
        (Method::POST, KEYS, Some(json!({"label": "x"}))),
        (Method::DELETE, "/v1/account/keys/0123456789ab", None),
        (Method::POST, PAYOUT, Some(json!({"wallet": null}))),
        (Method::POST, PREFERENCE, Some(json!({"asset": "AIPG"}))),
        (Method::POST, LINK, Some(link)),
        (Method::POST, "/v1/workers/enrollments/x/prepare", Some(json!({"payout_wallet": "0x"}))),
        (Method::POST, "/v1/workers/enrollments/x/approve", Some(json!({"signature": "0x"}))),
    ]
}

#[tokio::test]
async fn only_a_fresh_proof_manages_an_account() {
    let (network, clock) = enrolling_now().await;
    let account = network.open_account(None);
    let token = |proof| network.issue_user_token(&account.id, proof).expect("a token").expose().clone();
    let key = |purpose| network.issue_key(&account.id, purpose).expect("a key").expose().clone();
    let (expired, ahead) = (token(Proof::Wallet), Duration::from_secs(300));
    clock.advance(ahead);
    let stale = token(Proof::Wallet);
    clock.advance(Duration::from_secs(601));
    let refusals = [
        (String::new(), 401, NO_KEY),
        ("grid_unknown".to_owned(), 401, "Invalid API key"),
        (key(Purpose::Inference), 403, NO_PROOF),
        (key(Purpose::Validator), 403, NO_PROOF),
        (key(Purpose::Worker("rig".into())), 403, NO_PROOF),
        ("gridu_nonsense".to_owned(), 401, NO_TOKEN),
        (format!("{}x", token(Proof::Wallet)), 401, NO_TOKEN),
        (expired, 401, NO_TOKEN),
        (stale, 403, "Account proof is stale; sign in again"),
        (token(Proof::App), 403, "Account management requires Google or wallet proof"),
    ];
    for (method, path, body) in managing() {
        for (credential, status, words) in &refusals {
            let answer = call(&network, method.clone(), path, credential, body.as_ref()).await;
            assert_eq!(answer, Answer::refused(*status, words), "{path}");
        }
        // None of these is the refusal of a fresh one.
        let answer = call(&network, method, path, &token(Proof::Google), body.as_ref()).await;
        assert!(![403, 503].contains(&answer.status), "{path}: {}", answer.body);
    }
}

#[tokio::test]
async fn a_credential_is_read_as_the_coordinator_reads_it() {
    let (network, _) = network().await;
    let account = network.open_account(None);
    let (key, token) =
        (account.api_key.expose(), network.issue_user_token(&account.id, Proof::Wallet).expect("a token"));
    let (bearer, unknown) = (format!("Bearer {key}"), Answer::refused(401, "Invalid API key"));
    let small = bearer.replace("Bearer", "bearer");
    let page =
        async |headers: &[(&str, &str)]| send(&network, Method::GET, "/v1/account", headers, None).await;
    for good in [
        vec![("apikey", key.as_str())],
        vec![("authorization", bearer.as_str())],
        vec![("authorization", key.as_str())],
        vec![("apikey", key.as_str()), ("authorization", "Bearer grid_wrong")],
        vec![("apikey", ""), ("authorization", bearer.as_str())],
        vec![("apikey", token.expose().as_str())],
    ] {
        assert_eq!(page(&good).await.status, 200, "{}", good[0].0);
    }
    assert_eq!(page(&[("authorization", &small)]).await, unknown, "the scheme is matched to the letter");
    assert_eq!(page(&[("apikey", "grid_wrong"), ("authorization", &bearer)]).await, unknown, "apikey wins");
    for header in ["x-grid-user-token", "x-grid-user-assertion"] {
        assert_eq!(page(&[("apikey", key), (header, token.expose())]).await.status, 403, "{header}");
    }
}

#[tokio::test]
async fn a_sign_in_is_refused_in_words() {
    let (network, clock) = network().await;
    let (owner, stranger) = (Wallet::numbered(1), Wallet::numbered(2));
    let verify = async |body: &Value| post(&network, VERIFY, "", body.clone()).await;
    let challenge = owner.challenge(&network).await;
    let good = owner.signed(&challenge);
    let check = async |change: &[(&str, Value)], words: &str| {
        let mut body = good.clone();
        for (field, value) in change {
            body[*field] = value.clone();
        }
        assert_eq!(verify(&body).await, Answer::refused(401, words), "{change:?}");
    };
    let message = text(&challenge["message"]);
    let nonce = "Invalid or expired nonce. Please retry.";
    check(&[("message", json!("no nonce"))], nonce).await;
    check(&[("message", json!(message.replace("Nonce: ", "Nonce: 0")))], nonce).await;
    let other = json!(stranger.checksummed());
    check(&[("address", other)], "Sign-in challenge belongs to a different wallet.").await;
    let extended = json!(format!("{message} "));
    check(&[("message", extended)], "Unexpected sign-in message; refusing to verify.").await;
    check(&[("signature", json!("0x1234"))], "Signature verification failed.").await;
    check(&[("signature", json!(stranger.sign(&message)))], "Signature does not match the address.").await;
    let bare = post(&network, NONCE, "", json!({})).await.good();
    let legacy = json!(format!("Sign in to AIPG Grid\n\nNonce: {}", text(&bare["nonce"])));
    let words = "Legacy wallet sign-in is disabled; request a SIWE challenge.";
    check(&[("message", legacy)], words).await;
    // None of these has used the challenge up; the success does.
    assert_eq!(verify(&good).await.good()["created"], true);
    assert_eq!(verify(&good).await, Answer::refused(401, nonce));
    clock.advance(Duration::from_secs(60));
    let late = owner.signed(&owner.challenge(&network).await);
    clock.advance(Duration::from_secs(300));
    assert_eq!(verify(&late).await, Answer::refused(401, nonce), "after 300 seconds");
}

#[tokio::test]
async fn of_many_sign_ins_with_one_challenge_one_succeeds() {
    let (network, _) = network().await;
    let network = std::sync::Arc::new(network);
    let owner = Wallet::numbered(1);
    let signed = owner.signed(&owner.challenge(&network).await);
    let tries = (0..10).map(|_| {
        let (network, signed) = (network.clone(), signed.clone());
        tokio::spawn(async move { post(&network, VERIFY, "", signed).await })
    });
    let answers = futures_util::future::join_all(tries).await;
    let mut good = 0;
    for answer in answers {
        match answer.expect("no panic") {
            Answer { status: 200, .. } => good += 1,
            refused => {
                let words = refused.body["detail"].as_str().expect("words").to_owned();
                assert!(
                    [
                        "Invalid or expired nonce. Please retry.",
                        "Sign-in challenge was already used. Please retry."
                    ]
                    .contains(&words.as_str()),
                    "{words}"
                );
            }
        }
    }
    assert_eq!(good, 1);
}

#[tokio::test]
async fn retired_calls_are_gone() {
    let (network, _) = network().await;
    let gone = Answer::refused(410, "Legacy internal account creation is retired");
    assert_eq!(post(&network, "/v1/accounts", "", json!({"username": "x"})).await, gone);
    assert_eq!(post(&network, "/v1/accounts/session", "", json!({})).await.status, 410);
    let wrong = get(&network, "/v1/accounts", "").await;
    assert_eq!(wrong, Answer::refused(405, "Method Not Allowed"));
    assert_eq!(get(&network, "/v1/account/logout", "").await, Answer::refused(404, "Not Found"));
}

#[tokio::test]
async fn what_cannot_be_stored_is_refused_in_words() {
    let (network, _) = network().await;
    let token = Wallet::numbered(1).token(&network).await;
    let check = async |path: &str, body: Value, status: u16, words: &str| {
        assert_eq!(
            post(&network, path, &token, body.clone()).await,
            Answer::refused(status, words),
            "{body}"
        );
    };
    let address = "payout address must be a valid 0x-prefixed 40-hex EVM address";
    for wallet in ["nonsense", "0x12", " ", "0X19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A"] {
        check(PAYOUT, json!({"wallet": wallet}), 400, address).await;
    }
    let asset = "payout asset must be one of ['USDC', 'USDS', 'ETH', 'AIPG']";
    check(PREFERENCE, json!({"asset": "DOGE"}), 400, asset).await;
    let share = "payout_aipg_bps must be between 0 and 10000";
    for bps in [-1, 10_001] {
        check(PREFERENCE, json!({"asset": "ETH", "aipg_bps": bps}), 400, share).await;
    }
    let page = get(&network, "/v1/account", &token).await.good();
    assert_eq!((&page["payout"]["asset"], &page["payout"]["aipg_bps"]), (&json!("USDC"), &json!(0)));
    post(&network, PREFERENCE, &token, json!({"asset": "eth", "aipg_bps": 7})).await.good();
    let page = get(&network, "/v1/account", &token).await.good();
    assert_eq!((&page["payout"]["asset"], &page["payout"]["aipg_bps"]), (&json!("ETH"), &json!(7)));
    assert_eq!(page["payout"]["live_asset"], "AIPG", "a wish changes nothing");
}

#[tokio::test]
async fn a_shape_is_refused_before_anybody_looks_at_the_credential() {
    let (network, _) = enrolling_now().await;
    let check = async |path: &str, body: Value, expected: &[(&str, &str)]| {
        let answer = post(&network, path, "", body.clone()).await;
        assert_eq!(answer.status, 422, "{path} {body}");
        let faults = answer.body["detail"].as_array().expect("a list");
        let faults: Vec<_> =
            faults.iter().map(|fault| (text(&fault["type"]), text(&fault["loc"][1]))).collect();
        let expected: Vec<_> =
            expected.iter().map(|(kind, field)| ((*kind).to_owned(), (*field).to_owned())).collect();
        assert_eq!(faults, expected, "{path} {body}");
    };
    let missing =
        |fields: &[&'static str]| fields.iter().map(|field| ("missing", *field)).collect::<Vec<_>>();
    check("/v1/accounts/wallet/challenge", json!({}), &missing(&["address", "domain", "uri"])).await;
    check(VERIFY, json!({}), &missing(&["message", "signature", "address"])).await;
    check(
        KEYS,
        json!({"label": 7, "purpose": "worker"}),
        &[("string_type", "label"), ("literal_error", "purpose")],
    )
    .await;
    check(PAYOUT, json!({}), &missing(&["wallet"])).await;
    check(PREFERENCE, json!({"asset": "ETH", "aipg_bps": "x"}), &[("int_parsing", "aipg_bps")]).await;
    check(LINK, json!({}), &missing(&["message", "signature", "address"])).await;
    let rig = ["worker_signer", "worker_name", "profile_id", "api_key", "poll_token_hash"];
    check(ENROL, json!({}), &missing(&rig)).await;
    let step = |step: &str| format!("{ENROL}/x/{step}");
    check(&step("prepare"), json!({}), &missing(&["payout_wallet"])).await;
    check(&step("approve"), json!({"signature": "0x", "y": 1}), &[("extra_forbidden", "y")]).await;
    check(&step("poll"), json!({}), &missing(&["poll_token"])).await;
    check(&step("ack"), json!({"poll_token": 7}), &[("string_type", "poll_token")]).await;
}

#[tokio::test]
async fn a_key_is_revoked_by_whatever_its_id_is_like() {
    let (network, _) = network().await;
    let (token, stranger) =
        (Wallet::numbered(1).token(&network).await, Wallet::numbered(2).token(&network).await);
    let theirs = issued(&network, &stranger, "theirs", "inference").await;
    for label in ["a", "b", "c"] {
        issued(&network, &token, label, "inference").await;
    }
    let page = get(&network, "/v1/account", &token).await.good();
    let ids: Vec<String> =
        page["keys"].as_array().expect("keys").iter().map(|key| text(&key["id"])).collect();
    let revoke = async |id: &str| call(&network, Method::DELETE, &format!("{KEYS}/{id}"), &token, None).await;
    let check = async |sent: &str, id: &str, count: usize| {
        assert_eq!(revoke(sent).await.good(), json!({"revoked": id, "count": count}), "{sent}");
    };
    let none = Answer::refused(404, "No such key on this account");
    assert_eq!(revoke("zzzzzzzzzzzz").await, none);
    assert_eq!(revoke("%5C%25").await, none, "a backslash takes the percent sign as it is");
    check(&ids[0], &ids[0], 1).await;
    check(&ids[0], &ids[0], 1).await;
    check("____________", "____________", 3).await;
    check("%25", "%", 3).await;
    assert_eq!(get(&network, "/v1/account", &theirs).await.status, 200, "another account's keys live on");
}

#[tokio::test]
async fn accounts_with_jobs_under_way_are_not_merged() {
    let (network, _) = network().await;
    let owner = Wallet::numbered(1).signed_in(&network).await;
    let (id, token) = (text(&owner["account_id"]), text(&owner["access_token"]));
    let busy = Wallet::numbered(2);
    let account = network.open_account(Some(busy.address()));
    let mut wire = crate::support::Wire::worker(&network, &account.api_key, "rig").await;
    let asking = ask(&network, &account, question());
    let job = wire.job().await;
    let link = async || {
        let nonce = text(&post(&network, NONCE, "", json!({})).await.good()["nonce"]);
        let message = format!("Link wallet to AIPG Grid account {id}\n\nNonce: {nonce}");
        let body = json!({"message": message, "signature": busy.sign(&message), "address": busy.lower()});
        post(&network, LINK, &token, body).await
    };
    let words = "finish in-flight jobs before linking these accounts";
    assert_eq!(link().await, Answer::refused(409, words));
    wire.answer(&job, "done").await;
    asking.await.expect("asked");
    assert_eq!(link().await.good()["status"], "merged");
}

#[tokio::test]
async fn a_new_primary_wallet_is_paid_unless_another_was_named() {
    let (network, _) = network().await;
    let (first, second) = (Wallet::numbered(1), Wallet::numbered(2));
    let owner = first.signed_in(&network).await;
    let (id, token) = (text(&owner["account_id"]), text(&owner["access_token"]));
    post(&network, PAYOUT, &token, json!({"wallet": first.checksummed()})).await.good();
    let nonce = text(&post(&network, NONCE, "", json!({})).await.good()["nonce"]);
    let message = format!("Link wallet to AIPG Grid account {id}\n\nNonce: {nonce}");
    let body = json!({"message": message, "signature": second.sign(&message), "address": second.lower()});
    post(&network, LINK, &token, body).await.good();
    let page = get(&network, "/v1/account", &token).await.good();
    assert_eq!((text(&page["wallet"]), text(&page["payout_wallet"])), (second.lower(), first.lower()));
    post(&network, PAYOUT, &token, json!({"wallet": null})).await.good();
    let page = get(&network, "/v1/account", &token).await.good();
    assert_eq!(text(&page["payout_wallet"]), second.lower(), "cleared, it falls back to the primary wallet");
    let again = second.signed_in(&network).await;
    assert_eq!((&again["created"], text(&again["account_id"])), (&json!(false), id), "it signs in here now");
}

/// Sends so many requests that are counted, and one more.
async fn limited(
    network: &Network,
    clock: &HandClock,
    most: usize,
    window: u64,
    path: &str,
    body: Option<Value>,
) {
    let method = if body.is_some() { Method::POST } else { Method::GET };
    for count in 0..most {
        let answer = call(network, method.clone(), path, "", body.as_ref()).await;
        assert_ne!(answer.status, 429, "{path}: request {count}");
    }
    let answer = call(network, method.clone(), path, "", body.as_ref()).await;
    let words =
        json!({"error": {"message": "Rate limit exceeded. Please slow down.", "type": "rate_limit_error"}});
    assert_eq!(answer, Answer { status: 429, body: words }, "{path}");
    clock.advance(Duration::from_secs(window));
    let answer = call(network, method, path, "", body.as_ref()).await;
    assert_ne!(answer.status, 429, "{path}: the next window");
}

#[tokio::test]
async fn every_counted_call_has_its_own_fixed_window() {
    let (network, clock) = enrolling_now().await;
    let check = async |most: usize, window: u64, path: &str, body: Option<Value>| {
        limited(&network, &clock, most, window, path, body).await;
    };
    let rig = json!({"worker_signer": "0x", "worker_name": "rig", "profile_id": "p", "api_key": "k",
        "poll_token_hash": "h"});
    let signed = json!({"message": "x", "signature": "0x", "address": "0x"});
    let page = json!({"address": "0x", "domain": "localhost", "uri": "http://localhost/"});
    check(30, 60, "/v1/accounts/wallet/challenge", Some(page)).await;
    check(10, 60, VERIFY, Some(signed.clone())).await;
    check(30, 60, NONCE, Some(json!({}))).await;
    check(20, 60, PAYOUT, Some(json!({"wallet": null}))).await;
    check(20, 60, PREFERENCE, Some(json!({"asset": "ETH"}))).await;
    check(10, 60, LINK, Some(signed)).await;
    check(10, 3600, ENROL, Some(rig)).await;
    check(60, 60, "/v1/workers/enrollments/x", None).await;
    check(20, 60, "/v1/workers/enrollments/x/prepare", Some(json!({"payout_wallet": "0x"}))).await;
    check(20, 60, "/v1/workers/enrollments/x/approve", Some(json!({"signature": "0x"}))).await;
    check(60, 60, "/v1/workers/enrollments/x/poll", Some(json!({"poll_token": "t"}))).await;
    check(20, 60, "/v1/workers/enrollments/x/ack", Some(json!({"poll_token": "t"}))).await;
}

#[tokio::test]
async fn each_credential_is_counted_for_itself_and_a_misshapen_one_as_this_computer() {
    let (network, _) = network().await;
    let nonce = async |credential: &str| call(&network, Method::POST, NONCE, credential, None).await.status;
    for _ in 0..30 {
        assert_eq!(nonce("").await, 200);
    }
    assert_eq!((nonce("").await, nonce("grid_short").await), (429, 429));
    let (one, two) = (format!("grid_{}", "1".repeat(32)), format!("grid_{}", "2".repeat(32)));
    for _ in 0..30 {
        assert_eq!(nonce(&one).await, 200);
    }
    assert_eq!((nonce(&one).await, nonce(&two).await), (429, 200));
}

#[tokio::test]
async fn a_page_of_any_origin_may_ask() {
    let (network, _) = network().await;
    let url = format!("{}{NONCE}", network.api_base());
    let page = ("origin", "http://127.0.0.1:47821");
    let before = http().request(Method::OPTIONS, &url).header(page.0, page.1);
    let before = before.header("access-control-request-method", "POST");
    let before =
        before.header("access-control-request-headers", "authorization").send().await.expect("answers");
    let header = |response: &reqwest::Response, name: &str| {
        response.headers().get(name).map(|value| value.to_str().expect("text").to_owned())
    };
    assert_eq!(before.status(), 200);
    assert_eq!(header(&before, "access-control-allow-headers").as_deref(), Some("authorization"));
    assert_eq!(header(&before, "access-control-allow-origin").as_deref(), Some("*"));
    let asked = http().post(&url).header(page.0, page.1).send().await.expect("answers");
    assert_eq!(header(&asked, "access-control-allow-origin").as_deref(), Some("*"));
    assert_eq!(header(&asked, "access-control-allow-credentials"), None);
    let elsewhere = http().post(&url).send().await.expect("answers");
    assert_eq!(header(&elsewhere, "access-control-allow-origin"), None, "who is no page needs no leave");
}
