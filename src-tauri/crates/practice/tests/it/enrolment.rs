//! Enrolment, where the recordings end: who may do which step when, and how long a key lives.

use std::time::Duration;

use practice::Network;
use serde_json::{Value, json};
use types::Sha256;

use crate::callers::{Answer, Wallet, enrolling_now, get, post, text};
use crate::support::{Wire, network};

const POLL_TOKEN: &str = "pppppppppppppppppppppppppppppppppppppppppppppppp";
const ENROL: &str = "/v1/workers/enrollments";

fn key(letter: char) -> String {
    format!("grid_{}", letter.to_string().repeat(32))
}

/// A rig that has applied.
struct Rig<'a> {
    network: &'a Network,
    id: String,
}

impl<'a> Rig<'a> {
    async fn applied(network: &'a Network, key: &str) -> Self {
        let body = json!({"worker_signer": Wallet::numbered(0x66).checksummed(), "worker_name": "rig",
            "profile_id": "text", "api_key": key, "poll_token_hash": Sha256::of(POLL_TOKEN).to_string()});
        let answer = post(network, ENROL, "", body).await.good();
        Self { network, id: text(&answer["enrollment_id"]) }
    }

    async fn step(&self, step: &str, token: &str, body: Value) -> Answer {
        post(self.network, &format!("{ENROL}/{}/{step}", self.id), token, body).await
    }

    async fn prepare(&self, token: &str, wallet: &Wallet) -> Answer {
        self.step("prepare", token, json!({"payout_wallet": wallet.lower()})).await
    }

    async fn approved(&self, token: &str, wallet: &Wallet) {
        let message = text(&self.prepare(token, wallet).await.good()["message"]);
        self.step("approve", token, json!({"signature": wallet.sign(&message)})).await.good();
    }

    async fn ack(&self) -> Answer {
        self.step("ack", "", json!({"poll_token": POLL_TOKEN})).await
    }

    async fn poll(&self) -> Answer {
        self.step("poll", "", json!({"poll_token": POLL_TOKEN})).await
    }
}

/// Whether a key connects a rig, by what the socket says.
async fn connects(network: &Network, key: &str) -> Value {
    let mut wire = Wire::open(network).await;
    wire.send(json!({"apikey": key, "name": "rig", "models": ["m"]})).await;
    let frame = wire.frame().await;
    wire.vanish();
    if frame["type"] == "ready" { json!("ready") } else { frame["message"].clone() }
}

#[tokio::test]
async fn without_the_switch_every_call_is_unavailable() {
    let (network, _) = network().await;
    let off = Answer::refused(503, "Native worker enrollment is not enabled.");
    let rig = Rig { network: &network, id: "x".into() };
    assert_eq!(get(&network, &format!("{ENROL}/x"), "").await, off);
    assert_eq!(rig.step("prepare", "", json!({"payout_wallet": "0x"})).await, off);
    assert_eq!(rig.step("approve", "", json!({"signature": "0x"})).await, off);
    assert_eq!((rig.poll().await, rig.ack().await), (off.clone(), off));
}

#[tokio::test]
async fn each_step_has_its_time_and_its_account() {
    let (network, _) = enrolling_now().await;
    let (owner, other) = (Wallet::numbered(1), Wallet::numbered(2));
    let (token, stranger) = (owner.token(&network).await, other.token(&network).await);
    let rig = Rig::applied(&network, &key('A')).await;
    let refused = |answer: Answer, status: u16| {
        assert_eq!(answer.status, status, "{}", answer.body);
        assert!(answer.body["detail"].is_string());
    };
    refused(rig.step("approve", &token, json!({"signature": "0x"})).await, 409);
    refused(rig.ack().await, 409);
    assert_eq!(rig.poll().await.good(), json!({"status": "pending"}));
    let bad = rig.step("prepare", &token, json!({"payout_wallet": "0x12"})).await;
    assert_eq!(bad, Answer::refused(400, "payout wallet is not a valid EVM address"));
    rig.prepare(&token, &owner).await.good();
    assert_eq!(rig.poll().await.good(), json!({"status": "prepared"}));
    refused(rig.prepare(&stranger, &other).await, 409);
    refused(rig.step("approve", &stranger, json!({"signature": "0x"})).await, 409);
    let malformed = rig.step("approve", &token, json!({"signature": "0x"})).await;
    assert_eq!(malformed, Answer::refused(401, "worker delegation signature is invalid"));
    rig.approved(&token, &owner).await;
    refused(rig.prepare(&token, &owner).await, 409);
    refused(rig.step("approve", &token, json!({"signature": "0x"})).await, 409);
    let wrong = rig.step("ack", "", json!({"poll_token": "x"})).await;
    assert_eq!(wrong, Answer::refused(401, "invalid worker enrollment poll token"));
    assert_eq!(rig.ack().await.good(), json!({"status": "activated"}));
    let again = Rig::applied(&network, &key('A')).await;
    let message = text(&again.prepare(&token, &owner).await.good()["message"]);
    refused(again.step("approve", &token, json!({"signature": owner.sign(&message)})).await, 409);
}

#[tokio::test]
async fn a_key_dies_unless_it_is_acknowledged() {
    let (network, clock) = enrolling_now().await;
    let owner = Wallet::numbered(1);
    let rig = Rig::applied(&network, &key('A')).await;
    assert_eq!(connects(&network, &key('A')).await, "Invalid API key", "before the owner has approved");
    rig.approved(&owner.token(&network).await, &owner).await;
    assert_eq!(connects(&network, &key('A')).await, "ready");
    clock.advance(Duration::from_secs(899));
    assert_eq!(connects(&network, &key('A')).await, "ready");
    clock.advance(Duration::from_secs(1));
    assert_eq!(connects(&network, &key('A')).await, "Invalid API key");
    let gone = Answer::refused(404, "worker enrollment was not found or has expired");
    assert_eq!(rig.ack().await, gone);
    assert_eq!(get(&network, &format!("{ENROL}/{}", rig.id), "").await, gone);
}

#[tokio::test]
async fn an_acknowledged_key_lives_and_older_ones_of_its_name_do_not() {
    let (network, clock) = enrolling_now().await;
    let owner = Wallet::numbered(1);
    let token = owner.token(&network).await;
    for letter in ['A', 'B'] {
        let rig = Rig::applied(&network, &key(letter)).await;
        rig.approved(&token, &owner).await;
        assert_eq!(connects(&network, &key('A')).await, "ready", "until the newer one is acknowledged");
        rig.ack().await.good();
        rig.ack().await.good();
        clock.advance(Duration::from_secs(60));
        assert_eq!(rig.ack().await.status, 404, "repeated for a minute and no longer");
    }
    assert_eq!(connects(&network, &key('A')).await, "Invalid API key");
    clock.advance(Duration::from_secs(3600));
    assert_eq!(connects(&network, &key('B')).await, "ready");
    let page = get(&network, "/v1/account", &owner.token(&network).await).await.good();
    let keys: Vec<_> = page["keys"].as_array().expect("keys").iter().collect();
    let listed: Vec<_> = keys.iter().map(|key| (text(&key["label"]), key["revoked"] == true)).collect();
    assert_eq!(listed, [("worker:rig".to_owned(), true), ("worker:rig".to_owned(), false)]);
}
