//! A server on loopback that does what a test tells it, and remembers what it was asked.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use engine_link::{Engine, EngineEvent, EngineSource, ServerAddress, ServerPatience, ServerSettings};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::sync::mpsc::Receiver;
use tokio::time::timeout;
use types::{Ask, JobId, Piece, Refusal};

/// The model it lists.
pub(crate) const MODEL: &str = "fake-1";

/// One request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) page: String,
    pub(crate) head: String,
    pub(crate) body: serde_json::Value,
}

/// What it does after the head of its answer.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// Writes this; where it is empty, the head of the answer alone.
    Say(Vec<u8>),
    /// Is slow. At the beginning it holds back the head too.
    Wait(Duration),
    /// Writes nothing more until the other side hangs up.
    Hang,
    /// Drops the line in the middle of the answer.
    Cut,
}

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: &'static str,
    pub(crate) steps: Vec<Step>,
}

impl Reply {
    pub(crate) fn json(status: u16, body: &str) -> Self {
        Self { status, headers: "content-type: application/json\r\n", steps: vec![Step::Say(body.into())] }
    }

    pub(crate) fn stream(steps: Vec<Step>) -> Self {
        Self { status: 200, headers: "content-type: text/event-stream\r\n", steps }
    }

    /// A chat of these deltas with a reason and a cost.
    pub(crate) fn chat(deltas: &[&str], finish: &str) -> Self {
        let mut steps: Vec<Step> = deltas.iter().map(|delta| say(delta)).collect();
        steps.push(event(&format!(
            r#"{{"choices":[{{"index":0,"delta":{{}},"finish_reason":"{finish}"}}]}}"#
        )));
        steps.push(event(r#"{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":2}}"#));
        steps.push(event("[DONE]"));
        Self::stream(steps)
    }
}

/// One event with this data.
pub(crate) fn event(data: &str) -> Step {
    Step::Say(format!("data: {data}\n\n").into_bytes())
}

/// One chunk of a chat with this delta.
pub(crate) fn say(delta: &str) -> Step {
    event(&format!(r#"{{"choices":[{{"index":0,"delta":{delta},"finish_reason":null}}]}}"#))
}

type Script = dyn Fn(&Asked) -> Option<Reply> + Send + Sync;

/// The server. It ends with the test.
pub(crate) struct Fake {
    pub(crate) port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
    hung_up: Arc<Semaphore>,
}

impl Fake {
    /// Answers by the script, and where that says nothing as a healthy server would.
    pub(crate) async fn start(script: impl Fn(&Asked) -> Option<Reply> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (asked, hung_up) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Semaphore::new(0)));
        let (script, seen, gone): (Arc<Script>, _, _) =
            (Arc::new(script), Arc::clone(&asked), Arc::clone(&hung_up));
        tokio::spawn(async move {
            while let Ok((line, _)) = listener.accept().await {
                let (script, seen, gone) = (Arc::clone(&script), Arc::clone(&seen), Arc::clone(&gone));
                tokio::spawn(async move { serve(line, &*script, &seen, &gone).await });
            }
        });
        Self { port, asked, hung_up }
    }

    /// Answers every customer like this.
    pub(crate) async fn answering(reply: Reply) -> Self {
        Self::start(move |asked| is_customers(asked).then(|| reply.clone())).await
    }

    pub(crate) fn settings(&self) -> ServerSettings {
        let address =
            ServerAddress::parse(&format!("http://127.0.0.1:{}/v1", self.port)).expect("an address");
        let patience = ServerPatience {
            page: Duration::from_secs(20),
            gate: Duration::from_secs(20),
            silence: Duration::from_secs(20),
            look: Duration::from_secs(3600),
            ..ServerPatience::default()
        };
        ServerSettings { patience, ..ServerSettings::new(address, MODEL) }
    }

    /// What it was asked on a page.
    pub(crate) fn asked(&self, page: &str) -> Vec<Asked> {
        let asked = self.asked.lock().expect("unpoisoned");
        asked.iter().filter(|asked| asked.page == page).cloned().collect()
    }

    /// Waits until somebody hung up on an answer that hangs.
    pub(crate) async fn hung_up(&self) {
        let permit = timeout(Duration::from_secs(20), self.hung_up.acquire()).await;
        permit.expect("the other side hangs up").expect("open").forget();
    }
}

/// Neither a look nor the gate.
pub(crate) fn is_customers(asked: &Asked) -> bool {
    asked.page.starts_with("POST /v1/chat") && asked.body["messages"][0]["content"] != "hi"
}

fn healthy(asked: &Asked) -> Reply {
    match asked.page.as_str() {
        "GET /v1/models" => {
            Reply::json(200, r#"{"data":[{"id":"fake-1","owned_by":"vllm","max_model_len":8192}]}"#)
        }
        "POST /v1/chat/completions" => Reply::chat(&[r#"{"content":"hello"}"#], "stop"),
        "GET /health" => Reply::json(200, "{}"),
        _ => Reply::json(404, "{}"),
    }
}

async fn serve(mut line: TcpStream, script: &Script, seen: &Mutex<Vec<Asked>>, gone: &Semaphore) {
    let Some(asked) = read(&mut line).await else { return };
    seen.lock().expect("unpoisoned").push(asked.clone());
    let reply = script(&asked).unwrap_or_else(|| healthy(&asked));
    let head = format!("HTTP/1.1 {} X\r\n{}transfer-encoding: chunked\r\n\r\n", reply.status, reply.headers);
    let mut head = Some(head);
    for step in reply.steps {
        if let Step::Wait(span) = step {
            tokio::time::sleep(span).await;
            continue;
        }
        if let Some(head) = head.take()
            && line.write_all(head.as_bytes()).await.is_err()
        {
            return;
        }
        match step {
            Step::Wait(_) => {}
            Step::Say(bytes) if bytes.is_empty() => {}
            Step::Say(bytes) => {
                let chunk = [format!("{:x}\r\n", bytes.len()).as_bytes(), &bytes, b"\r\n"].concat();
                if line.write_all(&chunk).await.is_err() {
                    return;
                }
            }
            Step::Hang => {
                let _ = line.read(&mut [0]).await;
                gone.add_permits(1);
                return;
            }
            Step::Cut => return,
        }
    }
    let end = head.unwrap_or_default() + "0\r\n\r\n";
    let _ = line.write_all(end.as_bytes()).await;
    // Until the other side has read it all: a line closed with unread bytes would be cut.
    let _ = line.read(&mut [0]).await;
}

async fn read(line: &mut TcpStream) -> Option<Asked> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        line.read_buf(&mut bytes).await.ok().filter(|read| *read > 0)?;
    };
    let head = String::from_utf8_lossy(&bytes[..head_end]).to_lowercase();
    let length =
        head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
    while bytes.len() < head_end + length {
        line.read_buf(&mut bytes).await.ok().filter(|read| *read > 0)?;
    }
    let words: Vec<String> = String::from_utf8_lossy(&bytes).split(' ').take(2).map(str::to_owned).collect();
    let body = serde_json::from_slice(&bytes[head_end..]).unwrap_or_default();
    Some(Asked { page: words.join(" "), head, body })
}

/// A loaded engine and its events.
pub(crate) struct Driven {
    pub(crate) engine: Engine,
    pub(crate) events: Receiver<EngineEvent>,
}

impl Driven {
    pub(crate) async fn start(settings: ServerSettings) -> Self {
        let (engine, events) = Engine::start(&EngineSource::Server(settings)).await.expect("it starts");
        Self { engine, events }
    }

    /// Loaded, with the time of a test.
    pub(crate) async fn loaded(settings: ServerSettings) -> Self {
        let mut driven = Self::start(settings).await;
        let end = driven.load().await;
        assert!(matches!(end, EngineEvent::Loaded(_)), "{end:?}");
        driven
    }

    /// What a load came to.
    pub(crate) async fn load(&mut self) -> EngineEvent {
        self.engine.load(std::path::Path::new(""), None);
        loop {
            let event = self.next().await;
            if !matches!(event, EngineEvent::Progress { .. }) {
                return event;
            }
        }
    }

    pub(crate) async fn next(&mut self) -> EngineEvent {
        timeout(Duration::from_secs(60), self.events.recv())
            .await
            .expect("an event in time")
            .expect("an event")
    }

    /// A customer's job with this body.
    pub(crate) fn ask(&self, job: &str, body: &str) {
        let ask = Ask::Chat { read: Err(Refusal("our own engine cannot".into())), body: body.into() };
        self.engine.generate(&JobId::new(job), ask, Duration::from_secs(60)).expect("it is asked");
    }

    /// The pieces of the one job that runs, and its end.
    pub(crate) async fn rest(&mut self) -> (Vec<Piece>, EngineEvent) {
        let mut pieces = Vec::new();
        loop {
            match self.next().await {
                EngineEvent::Piece { piece, .. } => pieces.push(piece),
                end => return (pieces, end),
            }
        }
    }
}

/// A customer's body.
pub(crate) const BODY: &str =
    r#"{"model":"grid/x","messages":[{"role":"user","content":"my diary"}],"max_tokens":64}"#;
