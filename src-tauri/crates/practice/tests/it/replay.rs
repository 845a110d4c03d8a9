//! The recordings of the real coordinator, played against ours: same kinds, words, order and close codes.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use practice::{Account, Network, Purpose};
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use types::Den;

use crate::support::{Got, PATIENCE, Wire, first_frame, network, network_with};

/// The wallet of the recorded worker.
const WALLET: &str = "0x4e10e7a3fe6bb0c5361fd3fa2ee7cc46d39668f1";

#[derive(Debug, Clone)]
struct Line {
    dir: String,
    frame: Value,
}

impl Line {
    fn tag(&self) -> &str {
        self.frame["tag"].as_str().unwrap_or_default()
    }
}

fn recording(name: &str) -> Vec<Line> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/data/transcripts").join(name);
    let text = std::fs::read_to_string(path).expect("a recording");
    text.lines()
        .map(|line| {
            let line: Value = serde_json::from_str(line).expect("a line is JSON");
            Line { dir: line["dir"].as_str().expect("a direction").to_owned(), frame: line["frame"].clone() }
        })
        .collect()
}

#[tokio::test]
async fn text_job() {
    Stage::new().await.play(&recording("text-job.jsonl")).await;
}

#[tokio::test]
async fn client_error() {
    Stage::new().await.play(&recording("client-error.jsonl")).await;
}

#[tokio::test]
async fn empty_output() {
    Stage::new().await.play(&recording("empty-output.jsonl")).await;
}

/// What a customer got.
struct Outcome {
    status: u16,
    content_type: String,
    body: String,
}

/// A network with the recorded worker on it.
struct Stage {
    network: Network,
    account: Account,
    wire: Wire,
    asked: HashMap<String, JoinHandle<Outcome>>,
    streamed: HashMap<String, Vec<String>>,
    /// Recorded ids and seeds, and what they are here.
    here: HashMap<String, Value>,
}

impl Stage {
    async fn new() -> Self {
        let (network, _) = network().await;
        let account = network.open_account(Some(WALLET.parse().expect("an address")));
        let wire = Wire::worker(&network, &account.api_key, "tw1").await;
        Self { network, account, wire, asked: HashMap::new(), streamed: HashMap::new(), here: HashMap::new() }
    }

    async fn play(mut self, lines: &[Line]) {
        let mut compared = 0;
        for line in lines {
            let counts = match line.dir.as_str() {
                "client->grid" => {
                    self.ask(line);
                    false
                }
                "worker->grid" if line.frame["ws"].is_null() => {
                    self.work(line).await;
                    false
                }
                "grid->worker" if line.frame["ws"].is_null() => {
                    self.hear(line).await;
                    true
                }
                "grid->client" => self.answer(line).await,
                "grid-state" => self.strikes(line),
                "ledger" => self.ledger(line),
                _ => false,
            };
            compared += usize::from(counts);
        }
        assert!(compared > 5, "a recording has something to compare");
    }

    fn ask(&mut self, line: &Line) {
        let frame = &line.frame;
        let url = format!("{}{}", self.network.api_base(), frame["path"].as_str().expect("a path"));
        let client = reqwest::Client::new();
        let mut request = match frame["method"].as_str() {
            Some("POST") => client.post(url).json(&written_out(&frame["body"])),
            _ => client.get(url),
        };
        if let Some(authorization) = frame["headers"]["authorization"].as_str() {
            request = request.header(
                "authorization",
                authorization.replace("grid_REDACTED", self.account.api_key.expose()),
            );
        }
        let asked = tokio::spawn(async move {
            let response = request.timeout(PATIENCE).send().await.expect("answers");
            let content_type = response.headers()["content-type"].to_str().expect("text").to_owned();
            Outcome {
                status: response.status().as_u16(),
                content_type,
                body: response.text().await.expect("text"),
            }
        });
        self.asked.insert(line.tag().to_owned(), asked);
    }

    async fn work(&mut self, line: &Line) {
        let mut frame = line.frame.clone();
        let recorded = frame["id"].as_str().expect("a job's id").to_owned();
        frame["id"] = self.here.get(&recorded).expect("a job that came").clone();
        self.wire.send(frame).await;
    }

    async fn hear(&mut self, line: &Line) {
        let mut got = self.wire.frame().await;
        let mut expected = line.frame.clone();
        let recorded = expected["id"].as_str().expect("an id").to_owned();
        let here = self.here.entry(recorded).or_insert_with(|| got["id"].clone()).clone();
        expected["id"] = here;
        if got["type"] == "job" {
            assert!(got["id"].as_str().is_some_and(is_uuid), "{got}");
            self.match_seed(&expected["payload"]["request"]["seed"], &got["payload"]["request"]["seed"]);
            expected["payload"]["request"]["seed"] = Value::Null;
            got["payload"]["request"]["seed"] = Value::Null;
        }
        assert_eq!(got, expected);
    }

    /// A random seed is another one here, but the same wherever it is shown.
    fn match_seed(&mut self, expected: &Value, got: &Value) {
        assert!(got.as_u64().is_some_and(|seed| seed < 1 << 53), "{got}");
        let here = self.here.entry(format!("seed {expected}")).or_insert_with(|| got.clone());
        assert_eq!(here, got);
    }

    /// Compares when the recorded answer is complete.
    async fn answer(&mut self, line: &Line) -> bool {
        let streamed =
            line.frame["headers"]["content-type"].as_str().is_some_and(|kind| kind.contains("stream"));
        if let Some(sse) = line.frame["sse"].as_str() {
            let lines = self.streamed.entry(line.tag().to_owned()).or_default();
            lines.push(sse.to_owned());
            if sse == "data: [DONE]" {
                let expected = std::mem::take(lines);
                self.compare_stream(line.tag(), &expected).await;
                return true;
            }
            return false;
        }
        if streamed {
            return false;
        }
        let outcome = self.outcome(line.tag()).await;
        assert_eq!(
            u64::from(outcome.status),
            line.frame["status"].as_u64().expect("a status"),
            "{}",
            outcome.body
        );
        let got: Value = serde_json::from_str(&outcome.body).expect("JSON");
        self.compare(line.frame["body"].clone(), got);
        true
    }

    async fn outcome(&mut self, tag: &str) -> Outcome {
        let asked = self.asked.remove(tag).expect("it was asked");
        tokio::time::timeout(PATIENCE, asked).await.expect("in time").expect("asked")
    }

    async fn compare_stream(&mut self, tag: &str, expected: &[String]) {
        let outcome = self.outcome(tag).await;
        assert_eq!(
            (outcome.status, outcome.content_type.as_str()),
            (200, "text/event-stream; charset=utf-8")
        );
        let got: Vec<&str> = outcome.body.split("\n\n").filter(|line| !line.is_empty()).collect();
        assert_eq!(got.len(), expected.len(), "{got:#?}");
        for (expected, got) in expected.iter().zip(got) {
            let data = |line: &str| serde_json::from_str(line.strip_prefix("data: ").expect("data")).ok();
            match (data(expected), data(got)) {
                (Some(expected), Some(got)) => self.compare(expected, got),
                _ => assert_eq!(expected, got),
            }
        }
    }

    fn compare(&mut self, mut expected: Value, mut got: Value) {
        if got["id"].is_string() {
            let id = got["id"].as_str().and_then(|id| id.strip_prefix("chatcmpl-"));
            assert!(id.is_some_and(|id| id.len() == 12), "{got}");
            assert!(got["created"].is_u64(), "{got}");
        }
        if got["grid"].is_object() {
            self.match_seed(&expected["grid"]["seed"].clone(), &got["grid"]["seed"].clone());
        }
        mask(&mut expected);
        mask(&mut got);
        assert_eq!(got, expected);
    }

    fn strikes(&self, line: &Line) -> bool {
        let state = &line.frame;
        let Some(expected) = state.get("strikes").or_else(|| state.get("strikes_key")) else { return false };
        let strikes = self.network.books().strikes.get("tw1").map(u32::to_string);
        assert_eq!(strikes.as_deref(), expected.as_str());
        true
    }

    fn ledger(&self, line: &Line) -> bool {
        let expected = line.frame.as_array().expect("rows");
        let books = self.network.books();
        assert_eq!(books.rows.len(), expected.len(), "newest first");
        for (row, expected) in books.rows.iter().zip(expected) {
            let text = |field: &str| expected[field].as_str().map(str::to_owned);
            assert_eq!(self.here[expected["job_id"].as_str().expect("an id")], row.job_id.as_str());
            assert_eq!(Some(row.den), expected["den"].as_f64().and_then(Den::from_wire));
            assert_eq!(Some(row.output_units), expected["output_units"].as_u64());
            assert_eq!(Some(row.prompt_hash.to_string()), text("prompt_hash"));
            assert_eq!(row.result_hash.map(|hash| hash.to_string()), text("result_hash"));
            assert_eq!(row.worker_sig, text("worker_sig"), "a `receipt` field is not read");
            assert_eq!(row.wallet.map(|wallet| format!("{wallet:#x}")), text("wallet"));
            assert_eq!(Some(&row.model), text("model").as_ref());
            assert!(row.ttft.is_some_and(|ttft| ttft <= row.duration));
        }
        true
    }
}

/// Cut-down texts in a recording, at their full length.
fn written_out(body: &Value) -> Value {
    let mut body = body.clone();
    if let Some(text) = body["messages"][0]["content"].as_str()
        && let Some((head, size)) = text.split_once("...<")
    {
        let size: usize = size.trim_end_matches(" chars>").parse().expect("a size");
        body["messages"][0]["content"] = head[..1].repeat(size).into();
    }
    body
}

/// Hides what differs from run to run, but not whether it is there.
fn mask(value: &mut Value) {
    for field in ["id", "created"] {
        if !value[field].is_null() {
            value[field] = "*".into();
        }
    }
    if value["grid"].is_object() {
        for field in ["gen_time", "ttft", "tokens_per_s"] {
            if value["grid"][field].is_number() {
                value["grid"][field] = "*".into();
            }
        }
        value["grid"]["seed"] = "*".into();
    }
    // Looking at an absent field must not have made it.
    if let Some(object) = value.as_object_mut() {
        object.retain(|_, value| !value.is_null());
    }
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36 && text.bytes().filter(|byte| *byte == b'-').count() == 4
}

#[tokio::test]
async fn text_register() {
    let (network, _) = network_with(|timings| {
        timings.idle_ping = Duration::from_millis(100);
        timings.socket_ping = Duration::from_millis(200);
    })
    .await;
    let account = network.open_account(None);
    let mut wire = Wire::open(&network).await;
    let (mut pings, mut worker_id) = (0, Value::Null);
    for line in recording("text-register.jsonl") {
        match (line.dir.as_str(), line.frame["ws"].as_str()) {
            ("worker->grid", None) => wire.send(with_key(&line.frame, account.api_key.expose())).await,
            ("grid->worker", None) => {
                let got = loop {
                    match wire.next_or_ping().await {
                        Got::Ping => pings += 1,
                        Got::Frame(frame) => break frame,
                        other => panic!("{other:?}"),
                    }
                };
                if got["type"] == "ready" {
                    worker_id = got["worker_id"].clone();
                    assert!(worker_id.as_str().is_some_and(is_uuid));
                    assert_eq!(got.as_object().map(serde_json::Map::len), Some(2));
                } else {
                    assert_eq!(got, line.frame);
                }
            }
            ("grid->worker", Some("ping")) => {
                while pings == 0 {
                    pings += u32::from(wire.next_or_ping().await == Got::Ping);
                }
            }
            ("grid->client", _) => {
                let url = format!("{}/v1/workers", network.api_base());
                let answer = reqwest::Client::new().get(url).timeout(PATIENCE).send().await.expect("answers");
                let got: Value = answer.json().await.expect("JSON");
                let mut expected = line.frame["body"].clone();
                expected["workers"][0]["id"] = worker_id.clone();
                assert_eq!(got, expected);
            }
            _ => {}
        }
    }
    assert!(pings > 0 && worker_id.is_string(), "the recording was played");
}

fn with_key(frame: &Value, key: &str) -> Value {
    let mut frame = frame.clone();
    if frame["apikey"] == "grid_REDACTED" {
        frame["apikey"] = key.into();
    }
    if let Some(object) = frame.as_object_mut() {
        object.retain(|field, _| field != "tag" && field != "_conn");
        object.retain(|_, value| !value.is_null());
    }
    frame
}

#[tokio::test]
async fn register_errors() {
    let (network, _) = network().await;
    let account = network.open_account(Some(WALLET.parse().expect("an address")));
    let validator = network.issue_key(&account.id, Purpose::Validator).expect("a key");
    let (impatient, _) = network_with(|timings| timings.first_frame = Duration::from_millis(80)).await;
    let stranger = network.open_account(None);
    Wire::worker(&network, &stranger.api_key, "mw1").await.vanish();
    let lines = recording("register-errors.jsonl");
    let mut tags: Vec<String> =
        lines.iter().map(|line| line.tag().to_owned()).filter(|tag| !tag.is_empty()).collect();
    tags.dedup();
    assert!(tags.len() > 15, "{tags:?}");
    for tag in tags {
        let key = if tag == "validator key" { &validator } else { &account.api_key };
        let mut wire = Wire::open(if tag == "silent for 30 s" { &impatient } else { &network }).await;
        for line in lines.iter().filter(|line| line.tag() == tag) {
            one_line(&mut wire, line, key.expose()).await;
        }
    }
    second_socket(&network, &account, &lines).await;
    rows(&network, &account, &lines).await;
}

async fn one_line(wire: &mut Wire, line: &Line, key: &str) {
    let frame = &line.frame;
    match (line.dir.as_str(), frame["ws"].as_str()) {
        ("worker->grid", Some("text")) => {
            let text = frame["data"].as_str().expect("text").to_owned();
            wire.send_raw(text.into()).await.expect("sends");
        }
        ("worker->grid", _) => wire.send(with_key(frame, key)).await,
        (_, Some("close")) => {
            let code = frame["code"].as_u64().expect("a code");
            let expected = if code == 1006 { Got::Cut } else { Got::Close(code as u16) };
            assert_eq!(wire.next().await, expected, "{}", line.tag());
        }
        _ if frame["type"] == "ready" => {
            let got = wire.frame().await;
            assert!(got["worker_id"].as_str().is_some_and(is_uuid), "{}: {got}", line.tag());
        }
        _ => assert_eq!(wire.frame().await, with_key(frame, key), "{}", line.tag()),
    }
}

/// The end of the recording: socket B takes the name of socket A.
async fn second_socket(network: &Network, account: &Account, lines: &[Line]) {
    let mut wires: HashMap<String, Wire> = HashMap::new();
    let mut played = 0;
    for line in lines {
        let Some(connection) = line.frame["_conn"].as_str() else { continue };
        played += 1;
        if line.dir == "worker->grid" {
            let mut wire = Wire::open(network).await;
            let name = line.frame["name"].as_str().expect("a name");
            wire.send(first_frame(&account.api_key, name)).await;
            wires.insert(connection.to_owned(), wire);
        } else {
            let wire = wires.get_mut(connection).expect("an open socket");
            one_line(wire, line, account.api_key.expose()).await;
        }
    }
    assert_eq!(played, 5);
}

/// What the recorded coordinator had stored of the lenient registrations.
async fn rows(network: &Network, account: &Account, lines: &[Line]) {
    let url = format!("{}/v1/account/workers", network.api_base());
    let answer = reqwest::Client::new().get(url).header("apikey", account.api_key.expose()).send().await;
    let page: Value = answer.expect("answers").json().await.expect("JSON");
    let state = lines.iter().find(|line| line.dir == "grid-state").expect("the stored rows");
    let stored = state.frame["workers"].as_array().expect("rows");
    for name in ["rt2", "rt3", "rt4", "rt5"] {
        let of = |rows: &[Value]| rows.iter().find(|row| row["name"] == name).expect(name).clone();
        let (expected, got) = (of(stored), of(page["workers"].as_array().expect("rows")));
        assert_eq!((&got["type"], &got["models"]), (&expected["type"], &expected["models"]), "{name}");
    }
    assert_eq!(
        page["workers"].as_array().map(|rows| rows.iter().any(|row| row["name"] == "rt1")),
        Some(false)
    );
    assert_eq!(json!(page["count"]), json!(5), "only who was accepted has a row");
}
