//! An engine that answers every job with the text in `answer.txt` beside it, for tests of what the app does with it.

use std::io::{self, Stdout};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Context as _;
use engine_protocol::{
    Finish, FromEngine, Generate, GenerateUsage, ModelFacts, ToEngine, VERSION, read_message, write_message,
};

/// The app takes an engine that is quiet for long for one that hangs.
const HEARTBEAT: Duration = Duration::from_secs(1);

fn main() -> anyhow::Result<()> {
    let program = std::env::current_exe()?;
    let answer = program.parent().unwrap_or(Path::new(".")).join("answer.txt");
    let answer = std::fs::read_to_string(answer).context("read the answer")?;
    let out = Arc::new(Mutex::new(io::stdout()));
    say(&out, &FromEngine::Hello { version: VERSION, engine: "talking".into(), device: "cpu".into() })?;
    keep_alive(out.clone());
    while let Some(order) = read_message::<ToEngine>(&mut io::stdin().lock())? {
        match order {
            ToEngine::Hello { .. } | ToEngine::Cancel { .. } => {}
            ToEngine::Load { .. } => say(&out, &FromEngine::Loaded(facts()))?,
            ToEngine::Generate(request) => answer_with(&out, *request, &answer)?,
            ToEngine::Shutdown => break,
        }
    }
    Ok(())
}

fn answer_with(out: &Mutex<Stdout>, request: Generate, answer: &str) -> anyhow::Result<()> {
    let job = request.job;
    say(out, &FromEngine::Token { job: job.clone(), text: answer.to_owned() })?;
    let usage = GenerateUsage { prompt_tokens: 1, completion_tokens: 1 };
    say(out, &FromEngine::Finished { job, reason: Finish::Stop, usage })
}

fn facts() -> ModelFacts {
    ModelFacts {
        architecture: "talking".into(),
        name: Some("Talking".into()),
        context: 2048,
        quantization: "Q8_0".into(),
        parameters: 1,
        slow: false,
    }
}

fn say(out: &Mutex<Stdout>, message: &FromEngine) -> anyhow::Result<()> {
    let mut out = out.lock().map_err(|_| anyhow::anyhow!("another thread broke down while it wrote"))?;
    Ok(write_message(&mut *out, message)?)
}

/// A heartbeat in a thread of its own; it ends when nobody reads any more, and with the process.
fn keep_alive(out: Arc<Mutex<Stdout>>) {
    std::thread::spawn(move || {
        let (_never, tick) = std::sync::mpsc::channel::<()>();
        while tick.recv_timeout(HEARTBEAT).is_err() {
            if say(&out, &FromEngine::Heartbeat { steps: 0, busy: false }).is_err() {
                return;
            }
        }
    });
}
