//! Plays one recording: does what workers and customers did in it, and compares what the network answers.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use practice::settlement::receipt_holds;
use practice::{Account, BookRow, Event, Network, Options, Timings};
use serde_json::Value;
use tokio::sync::broadcast;
use tokio::task::JoinHandle;
use types::{Den, JobId, Sha256};

use super::{Line, WALLET, is_uuid, mask, with_key, written_out};
use crate::support::{Got, HandClock, PATIENCE, Wire, http};

/// The beginning of a minute, so that a recording that fits into one does so here.
const START: u64 = 1_800_000_120;

/// What a customer got.
struct Outcome {
    status: u16,
    content_type: String,
    body: String,
}

/// What is special about a recording.
pub(super) struct Scene {
    pub(super) wallet: &'static str,
    /// When it begins, where something in it is dated.
    pub(super) start: u64,
    pub(super) timings: Timings,
    /// Which jobs never come out of the queue, counted from 1.
    pub(super) lost: &'static [u64],
    /// Whether the recorded worker is there from the beginning.
    pub(super) worker: bool,
}

impl Default for Scene {
    fn default() -> Self {
        let timings = Timings { cancel_poll: Duration::ZERO, ..Timings::default() };
        Self { wallet: WALLET, start: START, timings, lost: &[], worker: true }
    }
}

/// A network with the recorded sockets and customers on it.
pub(super) struct Player {
    network: Network,
    clock: Arc<HandClock>,
    start: u64,
    account: Account,
    events: broadcast::Receiver<Event>,
    /// The sockets that are open, by their number in the recording.
    wires: HashMap<String, Wire>,
    /// Sockets nothing is heard of any more.
    kept: Vec<Wire>,
    asked: HashMap<String, JoinHandle<Outcome>>,
    streamed: HashMap<String, Vec<String>>,
    /// Recorded ids and seeds, and what they are here.
    here: HashMap<String, Value>,
    /// The signer a recorded identity names.
    signer: Option<String>,
    compared: usize,
}

impl Player {
    pub(super) async fn new(scene: Scene) -> Self {
        let clock = HandClock::at(scene.start);
        let mut options = Options::new(clock.clone(), 7);
        options.timings = scene.timings;
        let network = Network::start(options).await.expect("a port on loopback");
        network.rigs().lose_jobs(scene.lost);
        let account = network.open_account(Some(scene.wallet.parse().expect("an address")));
        let mut wires = HashMap::new();
        if scene.worker {
            let wire = Wire::worker(&network, &account.api_key, "tw1").await;
            wires.insert(String::new(), wire);
        }
        Self {
            events: network.events(),
            network,
            clock,
            start: scene.start,
            account,
            wires,
            kept: Vec::new(),
            asked: HashMap::new(),
            streamed: HashMap::new(),
            here: HashMap::new(),
            signer: None,
            compared: 0,
        }
    }

    /// One job that fails after its first token, from before the recording began.
    pub(super) async fn strike(&mut self) {
        let asking = crate::support::ask(&self.network, &self.account, crate::support::question());
        let wire = self.wires.get_mut("").expect("the worker");
        let job = wire.job().await;
        wire.token(&job, "x").await;
        wire.error(&job).await;
        asking.await.expect("asked");
    }

    pub(super) async fn play(mut self, lines: &[Line]) {
        for line in lines {
            self.clock.advance_to(self.start * 1000 + line.t_ms);
            match line.dir.as_str() {
                "client->grid" => self.customer(line).await,
                "worker->grid" => self.worker(line).await,
                "grid->worker" => self.hear(line).await,
                "grid->client" => self.answer(line).await,
                "operator->grid" => self.cancel(line),
                "grid-state" => self.strikes(line),
                "ledger" => self.ledger(line),
                "meta" => self.meta(line).await,
                _ => {}
            }
        }
        let unfinished: Vec<String> = self.streamed.keys().cloned().collect();
        for tag in unfinished.iter().filter(|tag| self.asked.contains_key(*tag)).cloned().collect::<Vec<_>>()
        {
            self.compare_stream(&tag).await;
        }
        assert!(self.compared >= 3, "a recording has something to compare");
    }

    async fn customer(&mut self, line: &Line) {
        if !line.frame["event"].is_null() {
            // Hangs up, or gives up.
            self.asked.remove(line.tag()).expect("it was asked").abort();
            self.streamed.remove(line.tag());
            return;
        }
        if line.tag().starts_with("burst") {
            // The recording shows the last request of a burst; the ones before it fill the minute.
            for _ in 0..5 {
                self.ask(line).await.expect("asked");
            }
        }
        while self.events.try_recv().is_ok() {}
        let mut asked = self.ask(line);
        // What is asked one after the other waits in that order.
        loop {
            let queued = tokio::select! {
                biased;
                event = self.events.recv() => matches!(event, Ok(Event::JobQueued { .. })),
                outcome = &mut asked => {
                    asked = tokio::spawn(async move { outcome.expect("asked") });
                    true
                }
            };
            if queued {
                break;
            }
        }
        self.asked.insert(line.tag().to_owned(), asked);
    }

    fn ask(&self, line: &Line) -> JoinHandle<Outcome> {
        let frame = &line.frame;
        let url = format!("{}{}", self.network.api_base(), frame["path"].as_str().expect("a path"));
        let client = http();
        let mut request = match frame["method"].as_str() {
            Some("POST") => client.post(url).json(&written_out(&frame["body"])),
            _ => client.get(url),
        };
        for name in ["authorization", "x-api-key"] {
            if let Some(value) = frame["headers"][name].as_str() {
                request = request.header(name, value.replace("grid_REDACTED", self.account.api_key.expose()));
            }
        }
        tokio::spawn(async move {
            let response = request.timeout(PATIENCE).send().await.expect("answers");
            let content_type = response.headers()["content-type"].to_str().expect("text").to_owned();
            Outcome {
                status: response.status().as_u16(),
                content_type,
                body: response.text().await.expect("text"),
            }
        })
    }

    async fn worker(&mut self, line: &Line) {
        let (frame, connection) = (&line.frame, line.connection());
        if frame["apikey"].is_string() {
            let mut wire = Wire::open(&self.network).await;
            wire.send(with_key(frame, self.account.api_key.expose())).await;
            self.signer = frame["worker_identity"]["payload"]["worker_signer"].as_str().map(str::to_owned);
            self.kept.extend(self.wires.insert(connection, wire));
            return;
        }
        match (frame["ws"].as_str(), frame["type"].as_str()) {
            // A process that was killed; what the network ended before is ended already.
            (Some("tcp-eof"), _) => drop(self.wires.remove(&connection).map(Wire::vanish)),
            (None, Some("token" | "done" | "error" | "raw")) => {
                let mut frame = with_key(frame, "");
                let recorded = frame["id"].as_str().expect("a job's id").to_owned();
                frame["id"] = self.here.get(&recorded).expect("a job that came").clone();
                self.wire(&connection).send(frame).await;
            }
            // Idle pings and their pongs have their own tests.
            _ => {}
        }
    }

    /// The socket of a number, which before its first registration is the worker from before the recording.
    fn wire(&mut self, connection: &str) -> &mut Wire {
        if !self.wires.contains_key(connection) {
            let first = self.wires.remove("").expect("an open socket");
            self.wires.insert(connection.to_owned(), first);
        }
        self.wires.get_mut(connection).expect("it was just looked at")
    }

    async fn hear(&mut self, line: &Line) {
        let (frame, connection) = (&line.frame, line.connection());
        match (frame["ws"].as_str(), frame["type"].as_str()) {
            (Some("close"), _) => {
                let code = frame["code"].as_u64().expect("a code");
                self.ends(&connection, Got::Close(code as u16)).await;
            }
            (Some("tcp-eof"), _) if self.is_open(&connection) => self.ends(&connection, Got::Cut).await,
            (None, Some("ready")) => {
                let got = self.wire(&connection).frame().await;
                assert_eq!(got["type"], "ready", "{got}");
                let recorded = frame["worker_id"].as_str().expect("an id").to_owned();
                let here = self.here.entry(recorded).or_insert_with(|| got["worker_id"].clone());
                assert_eq!(got["worker_id"], *here, "a name keeps its id");
                assert!(here.as_str().is_some_and(is_uuid), "{here}");
                self.compared += 1;
            }
            (None, Some("job" | "ack" | "cancel")) => self.about_a_job(frame, &connection).await,
            (None, Some("error")) => {
                let got = self.wire(&connection).frame().await;
                assert_eq!(got, with_key(frame, ""));
                self.compared += 1;
            }
            _ => {}
        }
    }

    /// Whether a line is about a socket that has not ended here.
    fn is_open(&self, connection: &str) -> bool {
        self.wires.contains_key(connection) || (self.kept.is_empty() && self.wires.contains_key(""))
    }

    async fn ends(&mut self, connection: &str, expected: Got) {
        assert_eq!(self.wire(connection).next().await, expected);
        self.kept.extend(self.wires.remove(connection));
        self.compared += 1;
    }

    async fn about_a_job(&mut self, frame: &Value, connection: &str) {
        let mut got = self.wire(connection).frame().await;
        let mut expected = with_key(frame, "");
        let recorded = expected["id"].as_str().expect("an id").to_owned();
        let here = self.here.entry(recorded).or_insert_with(|| got["id"].clone()).clone();
        expected["id"] = here;
        if got["type"] == "job" {
            assert!(got["id"].as_str().is_some_and(is_uuid), "{got}");
            let (wanted, drawn) =
                (&expected["payload"]["request"]["seed"], &got["payload"]["request"]["seed"]);
            if !wanted.is_null() {
                self.match_seed(&wanted.clone(), &drawn.clone());
                expected["payload"]["request"]["seed"] = Value::Null;
                got["payload"]["request"]["seed"] = Value::Null;
            }
        }
        assert_eq!(got, expected);
        self.compared += 1;
    }

    /// A random seed is another one here, but the same wherever it is shown.
    fn match_seed(&mut self, expected: &Value, got: &Value) {
        assert!(got.as_u64().is_some_and(|seed| seed < 1 << 53), "{got}");
        let here = self.here.entry(format!("seed {expected}")).or_insert_with(|| got.clone());
        assert_eq!(here, got);
    }

    fn cancel(&self, line: &Line) {
        if let Some(recorded) = line.frame["job_id"].as_str() {
            let job = JobId::new(self.here[recorded].as_str().expect("an id"));
            assert!(self.network.cancel_job(&job), "it is open");
        }
    }

    /// Compares when the recorded answer is complete.
    async fn answer(&mut self, line: &Line) {
        if !self.asked.contains_key(line.tag()) {
            return;
        }
        let kind = line.frame["headers"]["content-type"].as_str();
        if let Some(sse) = line.frame["sse"].as_str() {
            self.streamed.entry(line.tag().to_owned()).or_default().push(sse.to_owned());
            if sse == "data: [DONE]" {
                self.compare_stream(line.tag()).await;
            }
        } else if !kind.is_some_and(|kind| kind.contains("stream")) {
            let outcome = self.outcome(line.tag()).await;
            let status = line.frame["status"].as_u64().expect("a status");
            assert_eq!(u64::from(outcome.status), status, "{}", outcome.body);
            let got: Value = serde_json::from_str(&outcome.body).expect("JSON");
            self.compare(line.frame["body"].clone(), got);
        }
    }

    async fn outcome(&mut self, tag: &str) -> Outcome {
        let asked = self.asked.remove(tag).expect("it was asked");
        tokio::time::timeout(PATIENCE, asked).await.expect("in time").expect("asked")
    }

    async fn compare_stream(&mut self, tag: &str) {
        let expected = self.streamed.remove(tag).expect("it was streamed");
        let outcome = self.outcome(tag).await;
        assert_eq!(
            (outcome.status, outcome.content_type.as_str()),
            (200, "text/event-stream; charset=utf-8")
        );
        let got: Vec<&str> = outcome.body.lines().filter(|line| !line.is_empty()).collect();
        assert_eq!(got.len(), expected.len(), "{got:#?}");
        for (expected, got) in expected.iter().zip(got) {
            let chunk = |line: &str| {
                let data: Value = serde_json::from_str(line.strip_prefix("data: ")?).ok()?;
                (data["object"] == "chat.completion.chunk").then_some(data)
            };
            match (chunk(expected), chunk(got)) {
                (Some(expected), Some(got)) => self.compare(expected, got),
                _ => assert_eq!(plain(expected), plain(got)),
            }
        }
        self.compared += 1;
    }

    fn compare(&mut self, mut expected: Value, mut got: Value) {
        if got["object"].as_str().is_some_and(|object| object.starts_with("chat.completion")) {
            let id = got["id"].as_str().and_then(|id| id.strip_prefix("chatcmpl-"));
            assert!(id.is_some_and(|id| id.len() == 12), "{got}");
            assert!(got["created"].is_u64(), "{got}");
            if got["grid"].is_object() {
                self.match_seed(&expected["grid"]["seed"].clone(), &got["grid"]["seed"].clone());
            }
            mask(&mut expected);
            mask(&mut got);
        }
        assert_eq!(got, expected);
        self.compared += 1;
    }

    fn strikes(&mut self, line: &Line) {
        let state = &line.frame;
        let Some(expected) = state.get("strikes").or_else(|| state.get("strikes_key")) else { return };
        let strikes = self.network.books().strikes.get("tw1").map(u32::to_string);
        assert_eq!(strikes.as_deref(), expected.as_str());
        self.compared += 1;
    }

    /// The newest rows of the books. A recording may leave older ones out, or show some from before it began.
    fn ledger(&mut self, line: &Line) {
        let expected = line.frame.as_array().expect("rows");
        let books = self.network.books();
        let known = |row: &&Value| row["job_id"].as_str().is_some_and(|job| self.here.contains_key(job));
        let known: Vec<&Value> = expected.iter().take_while(known).collect();
        assert!(!known.is_empty() && books.rows.len() >= known.len(), "newest first");
        for (row, expected) in books.rows.iter().zip(known) {
            self.compare_row(row, expected);
        }
        self.compared += 1;
    }

    fn compare_row(&self, row: &BookRow, expected: &Value) {
        let text = |field: &str| expected[field].as_str().map(str::to_owned);
        let recorded = text("job_id").expect("an id");
        assert_eq!(self.here[&recorded], row.job_id.as_str());
        assert_eq!(Some(row.den), expected["den"].as_f64().and_then(Den::from_wire));
        assert_eq!(Some(row.output_units), expected["output_units"].as_u64());
        assert_eq!(Some(row.prompt_hash.to_string()), text("prompt_hash"));
        assert_eq!(row.result_hash.map(|hash| hash.to_string()), text("result_hash"));
        assert_eq!(row.wallet.map(|wallet| format!("{wallet:#x}")), text("wallet"));
        assert_eq!(Some(&row.model), text("model").as_ref());
        assert_eq!(row.ttft.is_some(), expected["ttft"].is_number());
        // A signature is bound to its job's id, which is another one here.
        assert_eq!(row.worker_sig, None);
        if let (Some(signature), Some(signer)) = (text("worker_sig"), &self.signer) {
            let hash: Sha256 = row.result_hash.expect("a text was signed");
            let signers = [signer.parse().expect("an address")];
            assert!(receipt_holds(&JobId::new(recorded), hash, &signature, &signers), "it was stored");
        }
    }

    /// Streams of which the recording only says that they were dropped like the first one.
    async fn meta(&mut self, line: &Line) {
        let said = line.frame["event"].as_str().unwrap_or_default();
        if !(said.starts_with("stream ") && said.contains("dropped")) {
            return;
        }
        let body = serde_json::json!({"model": "mini/echo-1", "stream": true,
            "messages": [{"role": "user", "content": said}]});
        let url = format!("{}/v1/chat/completions", self.network.api_base());
        let request = http().post(url).bearer_auth(self.account.api_key.expose()).json(&body);
        let mut response = request.send().await.expect("answers");
        response.chunk().await.expect("the role chunk comes at once");
        drop(response);
        let wire = self.wire("");
        let job = wire.job().await;
        assert_eq!(wire.answer(&job, "x").await["type"], "ack", "it runs to its end");
    }
}

/// A line of a stream; JSON compares without its blanks, as the recorded writer put some in.
fn plain(line: &str) -> Value {
    let data = line.strip_prefix("data: {\"error\"").and(line.strip_prefix("data: "));
    data.and_then(|data| serde_json::from_str(data).ok()).unwrap_or_else(|| line.into())
}
