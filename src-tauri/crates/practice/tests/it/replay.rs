//! The recordings of the real coordinator, played against ours: same kinds, words, order and close codes.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use practice::{Account, Network, Purpose};
use serde_json::{Value, json};

use player::{Player, Scene};

use crate::support::{Got, PATIENCE, Wire, first_frame, network, network_with};

mod player;

/// The wallet of the recorded worker.
const WALLET: &str = "0x4e10e7a3fe6bb0c5361fd3fa2ee7cc46d39668f1";

#[derive(Debug, Clone)]
struct Line {
    t_ms: u64,
    dir: String,
    frame: Value,
}

impl Line {
    fn tag(&self) -> &str {
        self.frame["tag"].as_str().unwrap_or_default()
    }

    /// The socket it is about; some recordings have only one.
    fn connection(&self) -> String {
        match &self.frame["_conn"] {
            Value::Null => String::new(),
            number => number.to_string(),
        }
    }
}

fn recording(name: &str) -> Vec<Line> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/data/transcripts").join(name);
    let text = std::fs::read_to_string(path).expect("a recording");
    text.lines()
        .map(|line| {
            let line: Value = serde_json::from_str(line).expect("a line is JSON");
            let dir = line["dir"].as_str().expect("a direction").to_owned();
            Line { t_ms: line["t_ms"].as_u64().expect("a time"), dir, frame: line["frame"].clone() }
        })
        .collect()
}

async fn played(name: &str, scene: Scene) {
    Player::new(scene).await.play(&recording(name)).await;
}

#[tokio::test]
async fn text_job() {
    played("text-job.jsonl", Scene::default()).await;
}

#[tokio::test]
async fn client_error() {
    played("client-error.jsonl", Scene::default()).await;
}

#[tokio::test]
async fn empty_output() {
    played("empty-output.jsonl", Scene::default()).await;
}

#[tokio::test]
async fn text_parallel() {
    played("text-parallel.jsonl", Scene::default()).await;
}

#[tokio::test]
async fn text_cancel_frame() {
    played("text-cancel-frame.jsonl", Scene::default()).await;
}

#[tokio::test]
async fn text_done_only() {
    played("text-done-only.jsonl", Scene { worker: false, ..Scene::default() }).await;
}

#[tokio::test]
async fn text_stream_cancel() {
    played("text-stream-cancel.jsonl", Scene::default()).await;
}

#[tokio::test]
async fn backend_dies_midway() {
    played("backend-dies-midway.jsonl", Scene::default()).await;
}

#[tokio::test]
async fn worker_killed_midjob() {
    played("worker-killed-midjob.jsonl", Scene::default()).await;
}

#[tokio::test]
async fn raw_formats() {
    played("raw-formats.jsonl", Scene::default()).await;
}

#[tokio::test]
async fn limits_429() {
    played("limits-429.jsonl", Scene { worker: false, ..Scene::default() }).await;
}

#[tokio::test]
async fn text_signed_worker() {
    // The proof in it is fresh for five minutes.
    let scene = Scene {
        wallet: "0xd5531f0cfcf863dec42b24b1f0c691f6ce66b994",
        start: 1_795_345_905,
        worker: false,
        ..Scene::default()
    };
    played("text-signed-worker.jsonl", scene).await;
}

#[tokio::test]
async fn eviction() {
    let mut player = Player::new(Scene::default()).await;
    player.strike().await;
    player.play(&recording("eviction.jsonl")).await;
}

#[tokio::test]
async fn lost_job_ghost_poller() {
    let mut scene = Scene { lost: &[1, 2], worker: false, ..Scene::default() };
    // 300, 300 and 60 seconds there.
    scene.timings.customer_silence = Duration::from_millis(1500);
    scene.timings.claim = Duration::from_millis(3000);
    scene.timings.sweep = Duration::from_millis(200);
    let mut lines = recording("lost-job-ghost-poller.jsonl");
    // Six customers asked within a second, and this is the order their jobs came in: first the two that were lost.
    let order = ["r0", "r3", "r1", "r4", "r2", "r5"];
    let places: Vec<usize> = (0..lines.len()).filter(|at| lines[*at].dir == "client->grid").collect();
    let mut asking: Vec<Line> = places.iter().map(|at| lines[*at].clone()).collect();
    asking.sort_by_key(|line| order.iter().position(|tag| *tag == line.tag()));
    for (at, line) in places.into_iter().zip(asking) {
        lines[at].frame = line.frame;
    }
    Player::new(scene).await.play(&lines).await;
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
                let answer = crate::support::http().get(url).timeout(PATIENCE).send().await.expect("answers");
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
    let answer = crate::support::http().get(url).header("apikey", account.api_key.expose()).send().await;
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
