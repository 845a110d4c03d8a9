//! The driver against a real server that is not ours: llama.cpp's, with a real model. `cargo xtask setup` fetches it.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use engine_link::{EngineEvent, ServerAddress, ServerKind, ServerSettings, detect};
use types::{ApiFormat, Ask, FinishReason, JobId, Piece};

use crate::fake::Driven;

const MODEL: &str = "kjv-tiny";

/// A running server. It ends with the test: by its standard input if the test is killed.
struct LlamaServer {
    process: Child,
    address: ServerAddress,
}

impl LlamaServer {
    /// With room for this many tokens in each of its two slots.
    fn start(context: u32) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
        let folder = root.join("target/llama-server");
        assert!(folder.join("xllamacpp").is_dir(), "the server is not there: run cargo xtask setup");
        let mut process = Command::new("python3")
            .arg("-B")
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/llama_server.py"))
            .arg(folder)
            .arg(root.join("tests/data/models/kjv-tiny.Q8_0.gguf"))
            .arg((context * 2).to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Python 3.10 or newer");
        let lines = BufReader::new(process.stdout.take().expect("piped")).lines();
        let address = lines.map_while(Result::ok).find_map(|line| ServerAddress::parse(&line).ok());
        Self { address: address.expect("the server says where it is"), process }
    }

    fn settings(&self) -> ServerSettings {
        ServerSettings::new(self.address.clone(), MODEL)
    }

    fn port(&self) -> u16 {
        let address = self.address.to_string();
        address.rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port")
    }

    fn kill(&mut self) {
        self.process.kill().expect("it runs");
        self.process.wait().expect("it ends");
    }
}

impl Drop for LlamaServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn body(prompt: &str, max_tokens: u32, more: &str) -> String {
    format!(
        r#"{{"model":"grid/x","messages":[{{"role":"user","content":"{prompt}"}}],"max_tokens":{max_tokens},"temperature":0,"top_p":0.9,"n":1,"seed":7,"stream":false{more}}}"#
    )
}

fn text(pieces: &[Piece]) -> String {
    let text = |piece: &Piece| match piece {
        Piece::Text(text) => text.to_string(),
        Piece::Reasoning(_) | Piece::ToolCalls(_) | Piece::Refusal(_) | Piece::Event { .. } => {
            panic!("this model only writes text: {piece:?}")
        }
    };
    pieces.iter().map(text).collect()
}

#[tokio::test]
async fn it_is_found_with_its_model_its_context_and_the_apis_it_speaks() {
    let server = LlamaServer::start(256);
    let found = detect(&[server.port()]).await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].kind, ServerKind::LlamaCpp);
    assert_eq!(
        found[0].models.iter().map(|model| (&*model.name, model.context)).collect::<Vec<_>>(),
        [(MODEL, Some(256))]
    );
    assert_eq!(found[0].formats, ApiFormat::ALL);

    let mut driven = Driven::start(server.settings()).await;
    let EngineEvent::Loaded(facts) = driven.load().await else { panic!("it loads") };
    assert_eq!((facts.context, &*facts.quantization, facts.parameters), (256, "Q8_0", 2_885_376));
    assert_eq!(driven.engine.formats(), ApiFormat::ALL);
}

#[tokio::test]
async fn it_writes_counts_and_stops_where_it_is_told() {
    let server = LlamaServer::start(256);
    let mut driven = Driven::loaded(server.settings()).await;
    driven.ask("a", &body("And the LORD said unto", 12, ""));
    let (pieces, end) = driven.rest().await;
    let whole = text(&pieces);
    assert!(pieces.len() >= 6 && !whole.trim().is_empty(), "token by token: {}", pieces.len());
    let EngineEvent::Finished { reason, usage: Some(usage), .. } = end else { panic!("{end:?}") };
    assert_eq!((reason, usage.completion_tokens), (FinishReason::Length, 12));
    assert!(usage.prompt_tokens > 4);

    // The same again, stopped at its third word.
    let stop = whole.split_whitespace().nth(2).expect("three words");
    let more = format!(r#","stop":[{}]"#, serde_json::Value::from(stop));
    driven.ask("b", &body("And the LORD said unto", 12, &more));
    let (pieces, end) = driven.rest().await;
    let cut = text(&pieces);
    assert!(whole.starts_with(&cut) && !cut.contains(stop), "{cut:?} of {whole:?}");
    assert!(matches!(end, EngineEvent::Finished { reason: FinishReason::Stop, .. }), "{end:?}");

    // The coordinator's ordinary limit is a hundred times this context.
    driven.ask("c", &body("And the LORD said unto", 32_768, r#","ignore_eos":true"#));
    let (_, end) = driven.rest().await;
    let EngineEvent::Finished { reason, usage: Some(usage), .. } = end else { panic!("{end:?}") };
    assert_eq!(reason, FinishReason::Length);
    assert!((150..256).contains(&usage.completion_tokens), "{usage:?}");
}

#[tokio::test]
async fn a_prompt_that_does_not_fit_is_refused_in_words() {
    let server = LlamaServer::start(256);
    let mut driven = Driven::loaded(server.settings()).await;
    driven.ask("a", &body(&"lord ".repeat(600), 10, ""));
    let (pieces, end) = driven.rest().await;
    assert_eq!(pieces, []);
    assert!(
        matches!(&end, EngineEvent::Refused { message, .. } if message.contains("context size")),
        "{end:?}"
    );
    let picture = r#"{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]}]}"#;
    driven.ask("b", picture);
    let (_, end) = driven.rest().await;
    assert!(matches!(&end, EngineEvent::Refused { message, .. } if message.contains("text only")), "{end:?}");
    driven.ask("c", &body("And", 2, ""));
    assert!(matches!(driven.rest().await.1, EngineEvent::Finished { .. }), "it goes on");
}

#[tokio::test]
async fn two_jobs_run_at_once_and_a_cancelled_one_frees_its_slot() {
    let server = LlamaServer::start(16_384);
    let mut driven = Driven::loaded(server.settings()).await;
    let endless = body("And the LORD said unto", 16_000, r#","ignore_eos":true"#);
    driven.ask("a", &endless);
    driven.ask("b", &endless);
    let (mut of_a, mut of_b) = (0, 0);
    while of_a < 5 || of_b < 5 {
        match driven.next().await {
            EngineEvent::Piece { job, .. } if job.as_str() == "a" => of_a += 1,
            EngineEvent::Piece { .. } => of_b += 1,
            other => panic!("both still write: {other:?}"),
        }
    }
    driven.engine.cancel(&JobId::new("a"));
    let mut after = 0;
    loop {
        match driven.next().await {
            EngineEvent::Piece { .. } => after += 1,
            EngineEvent::Finished { job, reason: FinishReason::Cancelled, .. } if job.as_str() == "a" => {
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(after < 15_000, "it did not just run to its end");
    driven.ask("c", &body("And", 2, ""));
    loop {
        match driven.next().await {
            EngineEvent::Piece { job, .. } => assert_ne!(job.as_str(), "a", "nothing of it follows"),
            EngineEvent::Finished { job, .. } if job.as_str() == "c" => break,
            other => panic!("{other:?}"),
        }
    }
    driven.engine.stop().await;
}

#[tokio::test]
async fn a_server_killed_in_the_middle_of_an_answer_is_a_failure_and_gone() {
    let mut server = LlamaServer::start(16_384);
    let mut driven = Driven::loaded(server.settings()).await;
    driven.ask("a", &body("And the LORD said unto", 16_000, r#","ignore_eos":true"#));
    assert!(matches!(driven.next().await, EngineEvent::Piece { .. }));
    server.kill();
    let (_, end) = driven.rest().await;
    assert!(matches!(&end, EngineEvent::Failed { job, .. } if job.as_str() == "a"), "{end:?}");
    let gone = driven.next().await;
    assert!(matches!(&gone, EngineEvent::Gone { why } if why.contains("nobody answers")), "{gone:?}");
}

#[tokio::test]
async fn its_other_apis_are_relayed_whole() {
    let server = LlamaServer::start(256);
    let mut driven = Driven::loaded(server.settings()).await;
    let anthropic = r#"{"model":"grid/x","max_tokens":4,"messages":[{"role":"user","content":"And"}]}"#;
    let responses = r#"{"model":"grid/x","max_output_tokens":4,"input":"And"}"#;
    for (format, body, last) in [
        (ApiFormat::Anthropic, anthropic, "message_stop"),
        (ApiFormat::OpenAiResponses, responses, "response.completed"),
    ] {
        let ask = |stream| Ask::Raw { format, body: body.into(), stream };
        let job = JobId::new("raw");
        driven.engine.generate(&job, ask(true), Duration::from_secs(60)).expect("it is served");
        let (pieces, end) = driven.rest().await;
        let ends = matches!(pieces.last(), Some(Piece::Event { name: Some(name), .. }) if name == last);
        assert!(ends && pieces.len() > 4, "{} events", pieces.len());
        let counted =
            matches!(&end, EngineEvent::Finished { usage: Some(usage), .. } if usage.completion_tokens > 0);
        assert!(counted, "{end:?}");

        driven.engine.generate(&job, ask(false), Duration::from_secs(60)).expect("it is served");
        let (pieces, end) = driven.rest().await;
        assert_eq!(pieces, []);
        assert!(matches!(&end, EngineEvent::Finished { body: Some(_), usage: Some(_), .. }), "{end:?}");
    }
}
