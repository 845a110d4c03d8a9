//! The account vectors that tell a story: each case builds on the ones before.
#![expect(clippy::print_stderr, reason = "what a vector run left out is told to whoever runs it")]

use std::collections::BTreeSet;

use practice::Network;
use reqwest::Method;
use serde_json::{Value, json};

use crate::account_vectors::{NONCE, SERVER_TIME, cases, check, name, network_then, nonce_of};
use crate::callers::{Answer, Wallet, call, enrolling, get, issued, post, text};
use crate::support::{Wire, first_frame};
use crate::vectors::ELSEWHERE;

const LINK: &str = "/v1/account/identities/wallet/link";
const LINKING: [&str; 9] = [
    "ok-link-new-wallet",
    "after-link-account-wallet",
    "link-same-wallet-again",
    "link-nonce-reuse",
    "link-wrong-account",
    "link-trailing-space",
    "link-wrong-signer",
    "link-after-wrong-signer",
    "link-wallet-owning-other-account",
];
const FLOWS: [&str; 20] = [
    "account-before-keys",
    "issue-inference-key",
    "issue-validator-key",
    "issue-unknown-purpose",
    "account-with-inference-key",
    "account-with-validator-key",
    "payout-wallet-with-inference-key",
    "payout-wallet-set",
    "payout-wallet-bad",
    "payout-wallet-clear",
    "payout-preference",
    "payout-preference-bad-asset",
    "payout-preference-bad-bps",
    "jobs-no-work",
    "payouts-none",
    "workers-none",
    "revoke-by-12-hex-id",
    "use-revoked-key",
    "revoke-unknown",
    "revoke-wildcard-danger",
];
const ENROLLING: [&str; 17] = [
    "default-off",
    "create",
    "public-view",
    "ack-too-early",
    "prepare-different-wallet-without-replace",
    "prepare",
    "approve-wrong-signer",
    "approve",
    "poll-wrong-token",
    "poll-complete",
    "ack",
    "worker-key-cannot-read-account",
    "bad-key-format",
    "bad-poll-hash",
    "untrimmed-name",
    "extra-field",
    "days-366",
];

/// The cases of a story, as far as it has no gap.
fn story(section: &str, known: &[&str], steps: &[&str]) -> (Vec<Value>, bool) {
    let mut cases = cases(section, known);
    cases.retain(|case| {
        let told = steps.contains(&name(case));
        if !told {
            eprintln!("{section}: unknown case {}", name(case));
        }
        told
    });
    let whole = cases.iter().zip(steps).take_while(|(case, step)| name(case) == **step).count();
    let complete = whole == steps.len();
    if !complete {
        eprintln!("{section}: no {}, and nothing after it is run", steps[whole]);
    }
    cases.truncate(whole);
    assert!(complete || std::env::var_os(ELSEWHERE).is_some(), "the project's own file tells it whole");
    (cases, complete)
}

#[tokio::test]
async fn wallets_are_linked_as_recorded() {
    let known = [
        "id",
        "message_template",
        "signer_private_key",
        "address",
        "status",
        "body",
        "why",
        "observed_account_wallet",
        "observed_payout_wallet",
        "linked",
        "first_login_wallet",
    ];
    let (network, _) = network_then().await;
    let account = Wallet::numbered(0x11).signed_in(&network).await;
    let (id, token) = (text(&account["account_id"]), text(&account["access_token"]));
    // The last case meets an account with a key and a worker.
    let other = Wallet::numbered(0x44).signed_in(&network).await;
    let key = issued(&network, &text(&other["access_token"]), "other", "inference").await;
    let first = first_frame(&types::Sensitive::new(key.clone()), "moving-rig");
    Wire::ready(&network, first).await.0.vanish();
    let mut offered = BTreeSet::new();
    let (cases, complete) = story("wallet_link", &known, &LINKING);
    for case in cases {
        if let Some(wallet) = case.get("observed_account_wallet") {
            let page = get(&network, "/v1/account", &token).await.good();
            assert_eq!(
                (&page["wallet"], Some(&page["payout_wallet"])),
                (wallet, case.get("observed_payout_wallet"))
            );
            continue;
        }
        let template = case.get("message_template").and_then(Value::as_str);
        let key = case.get("signer_private_key").and_then(Value::as_str);
        let (Some(template), Some(key)) = (template, key) else {
            eprintln!("{}: inputs are missing", name(&case));
            continue;
        };
        if let Some(nonce) = nonce_of(template).filter(|nonce| offered.insert((*nonce).to_owned())) {
            network.plan_ids([nonce.to_owned()]);
            post(&network, NONCE, "", json!({})).await.good();
        }
        let message = template.replace("{account_id}", &id);
        let body = json!({"message": message, "signature": Wallet::of(key).sign(&message),
            "address": case.get("address")});
        check(&case, &post(&network, LINK, &token, body).await, "body");
    }
    if !complete {
        return;
    }
    let revoked = get(&network, "/v1/account", &key).await;
    assert_eq!(revoked, Answer::refused(401, "Invalid API key"), "the absorbed account's keys are gone");
    let gone = get(&network, "/v1/account", &text(&other["access_token"])).await;
    assert_eq!(gone, Answer::refused(401, "Expired or invalid Grid user token"));
    let workers = get(&network, "/v1/account/workers", &token).await.good();
    assert_eq!(workers["workers"][0]["name"], "moving-rig", "its workers have moved");
    let page = get(&network, "/v1/account", &token).await.good();
    assert_eq!(page["wallet"], Wallet::numbered(0x44).lower());
    assert_eq!(page["identities"].as_array().map(Vec::len), Some(3));
}

/// What each of the account flows sends. Its place in the vectors is a sentence.
struct Flows {
    network: Network,
    token: String,
    inference: String,
    validator: String,
    first_id: String,
}

impl Flows {
    async fn send(&mut self, case: &str) -> Option<Answer> {
        let Self { network, token, .. } = self;
        let network = &*network;
        let wallet = |wallet: &str| json!({"wallet": wallet});
        let keys = "/v1/account/keys";
        Some(match case {
            "account-before-keys" => get(network, "/v1/account", token).await,
            "issue-inference-key" => {
                let answer = post(network, keys, token, json!({"label": "desktop reader"})).await;
                self.inference = text(&answer.body["api_key"]);
                answer
            }
            "issue-validator-key" => {
                let body = json!({"label": null, "purpose": "validator"});
                let answer = post(network, keys, token, body).await;
                self.validator = text(&answer.body["api_key"]);
                answer
            }
            "issue-unknown-purpose" => post(network, keys, token, json!({"purpose": "worker"})).await,
            "account-with-inference-key" => {
                let answer = get(network, "/v1/account", &self.inference).await;
                self.first_id = text(&answer.body["keys"][0]["id"]);
                answer
            }
            "account-with-validator-key" => get(network, "/v1/account", &self.validator).await,
            "payout-wallet-with-inference-key" => {
                post(network, "/v1/account/payout-wallet", &self.inference, wallet(WALLET_2)).await
            }
            "payout-wallet-set" => {
                post(network, "/v1/account/payout-wallet", token, wallet(&format!(" {WALLET_2}\n"))).await
            }
            "payout-wallet-bad" => post(network, "/v1/account/payout-wallet", token, wallet("0x12")).await,
            "payout-wallet-clear" => post(network, "/v1/account/payout-wallet", token, wallet("")).await,
            "payout-preference" => preference(network, token, "usdc", 5000).await,
            "payout-preference-bad-asset" => preference(network, token, "DOGE", 5000).await,
            "payout-preference-bad-bps" => preference(network, token, "USDC", 10_001).await,
            "jobs-no-work" => get(network, "/v1/account/jobs", &self.inference).await,
            "payouts-none" => get(network, "/v1/account/payouts", &self.inference).await,
            "workers-none" => get(network, "/v1/account/workers", &self.inference).await,
            "revoke-by-12-hex-id" => revoke(network, token, &self.first_id).await,
            "use-revoked-key" => get(network, "/v1/account", &self.inference).await,
            "revoke-unknown" => revoke(network, token, "zzzzzzzzzzzz").await,
            "revoke-wildcard-danger" => {
                // Two more rows, as when it was recorded.
                issued(network, token, "third", "inference").await;
                issued(network, token, "fourth", "inference").await;
                revoke(network, token, "%25").await
            }
            _ => return None,
        })
    }
}

const WALLET_2: &str = "0x1563915e194D8CfBA1943570603F7606A3115508";

async fn preference(network: &Network, token: &str, asset: &str, bps: i64) -> Answer {
    let body = json!({"asset": asset, "aipg_bps": bps});
    post(network, "/v1/account/payout-preference", token, body).await
}

async fn revoke(network: &Network, token: &str, id: &str) -> Answer {
    call(network, Method::DELETE, &format!("/v1/account/keys/{id}"), token, None).await
}

#[tokio::test]
async fn account_flows_go_as_recorded() {
    let (network, _) = network_then().await;
    let token = Wallet::numbered(0x11).token(&network).await;
    let nothing = String::new;
    let mut flows = Flows { network, token, inference: nothing(), validator: nothing(), first_id: nothing() };
    let (cases, complete) = story("account_flows", &["id", "request", "status", "body", "why"], &FLOWS);
    for case in cases {
        match flows.send(name(&case)).await {
            Some(answer) => check(&case, &answer, "body"),
            None => eprintln!("account_flows: unknown case {}", name(&case)),
        }
    }
    let page = get(&flows.network, "/v1/account", &flows.token).await.good();
    let keys = page["keys"].as_array().expect("keys");
    assert!(!complete || keys.iter().all(|key| key["revoked"] == true), "the percent sign revoked every key");
}

#[tokio::test]
async fn rigs_enrol_as_recorded() {
    let known = [
        "id",
        "request",
        "request_body",
        "poll_token",
        "status",
        "body",
        "signer_private_key",
        "message",
        "signature",
        "changed",
    ];
    let (cases, complete) = story("worker_enrollment", &known, &ENROLLING);
    let (off, _) = network_then().await;
    let (network, _) = enrolling(SERVER_TIME).await;
    // The account has another payout wallet than the one that will be prepared.
    let token = Wallet::numbered(0x11).token(&network).await;
    let Some(create) = cases.iter().find(|case| name(case) == "create") else {
        return eprintln!("no create");
    };
    let (application, poll_token) = (&create["request_body"], &create["poll_token"]);
    let id = create["body"]["enrollment_id"].as_str().unwrap_or("no-id").to_owned();
    let path = |step: &str| format!("/v1/workers/enrollments/{id}{step}");
    for case in &cases {
        let answer = match name(case) {
            "default-off" => post(&off, "/v1/workers/enrollments", "", application.clone()).await,
            "create" => {
                network.plan_ids([id.clone()]);
                post(&network, "/v1/workers/enrollments", "", application.clone()).await
            }
            "public-view" => get(&network, &path(""), "").await,
            "ack-too-early" | "ack" => {
                post(&network, &path("/ack"), "", json!({"poll_token": poll_token})).await
            }
            "prepare-different-wallet-without-replace" => {
                let body = json!({"payout_wallet": Wallet::numbered(0x55).checksummed()});
                post(&network, &path("/prepare"), &token, body).await
            }
            "prepare" => {
                network.plan_ids(case["body"]["payload"]["delegation_id"].as_str().map(str::to_owned));
                let wallet = Wallet::numbered(0x55).checksummed();
                let body = json!({"payout_wallet": wallet, "replace_payout_wallet": true});
                post(&network, &path("/prepare"), &token, body).await
            }
            "approve-wrong-signer" => {
                let recorded = cases.iter().find(|case| name(case) == "approve");
                let message = recorded.and_then(|case| case["message"].as_str()).unwrap_or_default();
                let body = json!({"signature": Wallet::numbered(0x11).sign(message)});
                post(&network, &path("/approve"), &token, body).await
            }
            "approve" => {
                post(&network, &path("/approve"), &token, json!({"signature": case["signature"]})).await
            }
            "poll-wrong-token" => {
                post(&network, &path("/poll"), "", json!({"poll_token": "q".repeat(48)})).await
            }
            "poll-complete" => post(&network, &path("/poll"), "", json!({"poll_token": poll_token})).await,
            "worker-key-cannot-read-account" => {
                get(&network, "/v1/account", application["api_key"].as_str().unwrap_or_default()).await
            }
            _ if case.get("changed").is_some() => {
                let mut changed = application.clone();
                for (field, value) in case["changed"].as_object().into_iter().flatten() {
                    changed[field] = value.clone();
                }
                post(&network, "/v1/workers/enrollments", "", changed).await
            }
            other => {
                eprintln!("worker_enrollment: unknown case {other}");
                continue;
            }
        };
        check(case, &answer, "body");
    }
    if !complete {
        return;
    }
    let page = get(&network, "/v1/account", &token).await.good();
    assert_eq!(
        page["payout_wallet"],
        Wallet::numbered(0x55).lower(),
        "approval has changed where it is paid"
    );
}
