//! The recordings about accounts, from the client's side: the same statuses, words and shapes.

use std::collections::HashMap;
use std::path::Path;

use futures_util::StreamExt as _;
use practice::Network;
use reqwest::Method;
use serde_json::{Value, json};
use types::Sha256;

use crate::callers::{Answer, Wallet, call, enrolling_now, post, text};
use crate::support::{PATIENCE, Wire, first_frame, http, network};

struct Line {
    dir: String,
    frame: Value,
}

fn recording(name: &str) -> Vec<Line> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/data/transcripts").join(name);
    let lines = std::fs::read_to_string(path).expect("a recording");
    let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).expect("a line is JSON"));
    lines.map(|line| Line { dir: text(&line["dir"]), frame: line["frame"].clone() }).collect()
}

/// What is drawn by chance or taken from a clock, and so differs from the recording.
const FREE: [&str; 15] = [
    "nonce",
    "message",
    "account_id",
    "access_token",
    "api_key",
    "id",
    "created",
    "last_used",
    "enrollment_id",
    "authorize_url",
    "expires_at",
    "delegation_id",
    "issued_at",
    "worker_id",
    "signature",
];

/// A client that says what was recorded, in terms of what it was told here.
struct Player<'a> {
    network: &'a Network,
    wallet: Wallet,
    token: String,
    key: String,
    poll_token: String,
    /// Recorded texts, and what they are here.
    here: HashMap<String, String>,
    compared: usize,
}

impl<'a> Player<'a> {
    fn new(network: &'a Network, recorded_wallet: &str) -> Self {
        let wallet = Wallet::numbered(9);
        let short = |address: &str| format!("{}…{}", &address[..6], &address[38..]);
        let lower = recorded_wallet.to_lowercase();
        let here = HashMap::from([
            (short(&lower), short(&wallet.lower())),
            (lower, wallet.lower()),
            (recorded_wallet.to_owned(), wallet.checksummed()),
        ]);
        let poll_token = "p".repeat(48);
        Self { network, wallet, token: String::new(), key: String::new(), poll_token, here, compared: 0 }
    }

    /// A recorded text with all that is known by another name here.
    fn renamed(&self, recorded: &str) -> String {
        // Longest first: a message holds a nonce and an address.
        let mut names: Vec<_> = self.here.iter().collect();
        names.sort_by_key(|(recorded, _)| std::cmp::Reverse(recorded.len()));
        names.into_iter().fold(recorded.to_owned(), |text, (recorded, here)| text.replace(recorded, here))
    }

    fn retold(&self, recorded: &Value) -> Value {
        match recorded {
            Value::String(text) => self.renamed(text).into(),
            Value::Array(items) => items.iter().map(|item| self.retold(item)).collect(),
            Value::Object(members) => {
                members.iter().map(|(name, member)| (name.clone(), self.retold(member))).collect()
            }
            other => other.clone(),
        }
    }

    fn body(&self, recorded: &Value) -> Value {
        let mut body = self.retold(recorded);
        if body.get("signature").is_some() {
            let delegation = json!(self.here.get("delegation").cloned().unwrap_or_default());
            let signed = text(body.get("message").unwrap_or(&delegation));
            body["signature"] = self.wallet.sign(&signed).into();
        }
        for (field, ours) in [
            ("api_key", self.key.clone()),
            ("poll_token", self.poll_token.clone()),
            ("poll_token_hash", Sha256::of(&self.poll_token).to_string()),
        ] {
            if body.get(field).is_some() {
                body[field] = ours.into();
            }
        }
        body
    }

    async fn say(&self, frame: &Value) -> Answer {
        let method: Method = text(&frame["method"]).parse().expect("a method");
        let credential = match frame["headers"]["authorization"].as_str() {
            Some(recorded) if recorded.contains("gridu_") => self.token.as_str(),
            Some(_) => self.key.as_str(),
            None => "",
        };
        let body = frame.get("body").map(|body| self.body(body));
        call(self.network, method, &self.renamed(&text(&frame["path"])), credential, body.as_ref()).await
    }

    /// Compares an answer with the recorded one, and learns its names.
    fn hear(&mut self, answer: &Answer, frame: &Value) {
        let tag = frame["tag"].as_str().unwrap_or_default().to_owned();
        assert_eq!(json!(answer.status), frame["status"], "{tag}: {}", answer.body);
        for (field, kept) in [("access_token", &mut self.token), ("api_key", &mut self.key)] {
            if let Some(given) = answer.body[field].as_str() {
                *kept = given.to_owned();
            }
        }
        if let Some(message) = answer.body["message"].as_str().filter(|text| text.starts_with("aipg-")) {
            self.here.insert("delegation".into(), message.to_owned());
        }
        self.compare(&answer.body, &frame["body"], "", &tag);
        self.compared += 1;
    }

    fn compare(&mut self, ours: &Value, theirs: &Value, name: &str, tag: &str) {
        match (ours, theirs) {
            (Value::String(ours), Value::String(theirs)) if FREE.contains(&name) => {
                assert_eq!(ours.lines().count(), theirs.lines().count(), "{tag}: {name}");
                self.here.insert(theirs.clone(), ours.clone());
            }
            (Value::Number(ours), Value::Number(_)) if FREE.contains(&name) => {
                assert!(ours.is_u64(), "{tag}")
            }
            (Value::Object(ours), Value::Object(theirs)) => {
                assert_eq!(
                    ours.keys().collect::<Vec<_>>(),
                    theirs.keys().collect::<Vec<_>>(),
                    "{tag}: {name}"
                );
                ours.iter().for_each(|(name, ours)| self.compare(ours, &theirs[name], name, tag));
            }
            (Value::Array(ours), Value::Array(theirs)) => {
                assert_eq!(ours.len(), theirs.len(), "{tag}: {name}");
                ours.iter().zip(theirs).for_each(|(ours, theirs)| self.compare(ours, theirs, name, tag));
            }
            (ours, theirs) => assert_eq!(*ours, self.retold(theirs), "{tag}: {name}"),
        }
    }

    async fn play(&mut self, lines: &[Line]) {
        let mut wire = None;
        let mut answer = None;
        for line in lines {
            match line.dir.as_str() {
                "worker->grid" => {
                    let mut opened = Wire::open(self.network).await;
                    let mut frame = line.frame.clone();
                    frame["apikey"] = self.key.clone().into();
                    opened.send(frame).await;
                    wire = Some(opened);
                }
                "grid->worker" => {
                    let got = wire.as_mut().expect("an open socket").frame().await;
                    self.compare(&got, &line.frame, "", "worker");
                    self.compared += 1;
                }
                "meta" => {}
                dir if dir.ends_with("->grid") => answer = Some(self.say(&line.frame).await),
                _ => self.hear(&answer.take().expect("a question"), &line.frame),
            }
        }
    }
}

#[tokio::test]
async fn account_key_flow() {
    let (network, _) = network().await;
    let mut player = Player::new(&network, "0xF85a2C5f64B9Edcb633877A66CdAb5513A4f4745");
    player.play(&recording("account-key-flow.jsonl")).await;
    assert_eq!(player.compared, 17);
}

#[tokio::test]
async fn worker_enrollment() {
    let (network, _) = enrolling_now().await;
    let mut player = Player::new(&network, "0xD5531f0CfcF863dEc42b24b1f0c691F6ce66b994");
    // The recording begins with a signed-in operator and a manager that has made its key.
    player.token = player.wallet.token(&network).await;
    player.key = format!("grid_{}", "K".repeat(32));
    player.play(&recording("worker-enrollment.jsonl")).await;
    assert_eq!(player.compared, 10);
}

/// Opens a stream, reads its first line and hangs up.
async fn dropped_stream(network: &Network, key: &str, body: &Value) -> String {
    let request =
        http().post(format!("{}/v1/chat/completions", network.api_base())).bearer_auth(key).json(body);
    let response = request.timeout(PATIENCE).send().await.expect("answers");
    assert_eq!(response.status(), 200);
    let first = response.bytes_stream().next().await.expect("a line").expect("readable");
    String::from_utf8(first.to_vec()).expect("text")
}

#[tokio::test]
async fn limits_429() {
    let lines = recording("limits-429.jsonl");
    let tagged = |tag: &str, dir: &str| {
        let line = lines.iter().find(|line| line.frame["tag"] == tag && line.dir == dir);
        line.unwrap_or_else(|| panic!("no {tag}")).frame.clone()
    };
    let (network, _) = network().await;
    let account = network.open_account(None);
    let key = account.api_key.expose();
    let mut first = first_frame(&account.api_key, "mini1");
    first["models"] = json!(["mini/echo-1"]);
    let (mut wire, _) = Wire::ready(&network, first).await;
    let asked = tagged("dropped stream 1", "client->grid")["body"].clone();
    for _ in 0..24 {
        let line = dropped_stream(&network, key, &asked).await;
        assert!(line.starts_with("data: {"), "{line}");
        let job = wire.job().await;
        wire.answer(&job, "x").await;
    }
    let request = tagged("request 25", "client->grid");
    let answer = post(&network, "/v1/chat/completions", key, request["body"].clone()).await;
    let recorded = tagged("request 25", "grid->client");
    assert_eq!((json!(answer.status), &answer.body), (recorded["status"].clone(), &recorded["body"]));
    // A burst of another account's key, whose minute it is.
    let other = network.open_account(None);
    let request = tagged("burst 31", "client->grid")["body"].clone();
    for count in 1..=30 {
        let answer = post(&network, "/v1/chat/completions", other.api_key.expose(), request.clone()).await;
        assert_eq!(answer.status, 404, "{count}");
    }
    let answer = post(&network, "/v1/chat/completions", other.api_key.expose(), request).await;
    let recorded = tagged("burst 31", "grid->client");
    assert_eq!((json!(answer.status), &answer.body), (recorded["status"].clone(), &recorded["body"]));
}
