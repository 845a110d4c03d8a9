//! Runs the real engine and talks with it.

use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use engine_protocol::{
    Finish, FromEngine, Generate, GenerateUsage, LoadFault, ModelFacts, ToEngine, Turn, VERSION,
    read_message, write_message,
};

/// Generous: the machine that runs this may be busy with other builds.
pub(crate) const DEADLINE: Duration = Duration::from_secs(120);

/// The model that comes with the sources.
pub(crate) fn kjv_tiny() -> PathBuf {
    workspace().join("tests/data/models/kjv-tiny.Q8_0.gguf")
}

pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..")
}

/// A running engine; killed when dropped.
pub(crate) struct Engine {
    child: Child,
    stdin: Option<ChildStdin>,
    messages: Receiver<FromEngine>,
    log: Option<thread::JoinHandle<String>>,
}

/// How a job ended, and what it said.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) text: String,
    pub(crate) end: FromEngine,
}

impl Answer {
    pub(crate) fn finish(&self) -> (Finish, GenerateUsage) {
        match &self.end {
            FromEngine::Finished { reason, usage, .. } => (*reason, *usage),
            other => panic!("the job should have finished, not {other:?}"),
        }
    }
}

impl Engine {
    /// Starts the executable without a word said.
    pub(crate) fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_grid-node-engine"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the engine starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
        let mut stderr = child.stderr.take().expect("piped");
        let (sender, messages) = sync_channel(100_000);
        thread::spawn(move || {
            // A test that is over no longer listens.
            while let Ok(Some(message)) = read_message(&mut stdout) {
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        let log = thread::spawn(move || {
            let mut text = String::new();
            stderr.read_to_string(&mut text).expect("the log is text");
            text
        });
        Self { stdin: child.stdin.take(), child, messages, log: Some(log) }
    }

    /// Starts the executable and exchanges greetings.
    pub(crate) fn greeted() -> Self {
        let mut engine = Self::start();
        engine.say(&ToEngine::Hello { version: VERSION });
        match engine.next() {
            FromEngine::Hello { version, .. } => assert_eq!(version, VERSION),
            other => panic!("the first message is {other:?}"),
        }
        engine
    }

    /// Starts the executable with a model loaded.
    pub(crate) fn with(model: &Path) -> Self {
        let mut engine = Self::greeted();
        engine.load(model).expect("the model loads");
        engine
    }

    pub(crate) fn say(&mut self, message: &ToEngine) {
        write_message(self.stdin.as_mut().expect("open"), message).expect("the engine listens");
    }

    pub(crate) fn say_bytes(&mut self, bytes: &[u8]) {
        use std::io::Write;
        let stdin = self.stdin.as_mut().expect("open");
        stdin.write_all(bytes).and_then(|()| stdin.flush()).expect("the engine listens");
    }

    /// The next message that is no heartbeat.
    pub(crate) fn next(&mut self) -> FromEngine {
        self.wait_for("a message", |message| !matches!(message, FromEngine::Heartbeat { .. }))
    }

    /// The first message that fits; those before it are dropped.
    pub(crate) fn wait_for(&mut self, what: &str, fits: impl Fn(&FromEngine) -> bool) -> FromEngine {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.messages.recv_timeout(left) {
                Ok(message) if fits(&message) => return message,
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => panic!("waited too long for {what}"),
                Err(RecvTimeoutError::Disconnected) => panic!("the engine ended before {what}"),
            }
        }
    }

    pub(crate) fn load(&mut self, model: &Path) -> Result<ModelFacts, (LoadFault, String)> {
        self.load_within(model, None)
    }

    pub(crate) fn load_within(
        &mut self,
        model: &Path,
        max_context: Option<u32>,
    ) -> Result<ModelFacts, (LoadFault, String)> {
        self.say(&ToEngine::Load { path: model.to_str().expect("text").to_owned(), max_context });
        let done =
            |message: &FromEngine| matches!(message, FromEngine::Loaded(_) | FromEngine::LoadFailed { .. });
        match self.wait_for("the end of the load", done) {
            FromEngine::Loaded(facts) => Ok(facts),
            FromEngine::LoadFailed { fault, message } => Err((fault, message)),
            other => unreachable!("{other:?}"),
        }
    }

    /// Runs a job to its end and proves that it follows the rules on the way.
    pub(crate) fn ask(&mut self, request: Generate) -> Answer {
        self.say(&ToEngine::Generate(Box::new(request.clone())));
        self.collect(&request.job)
    }

    /// Listens to a job until its end.
    pub(crate) fn collect(&mut self, of: &str) -> Answer {
        let mut text = String::new();
        loop {
            match self.next() {
                FromEngine::Token { job, text: piece } => {
                    assert_eq!(job, of, "tokens of another job");
                    assert!(!piece.is_empty(), "an empty token");
                    text.push_str(&piece);
                }
                FromEngine::Progress { .. } => {}
                end @ (FromEngine::Finished { .. }
                | FromEngine::Refused { .. }
                | FromEngine::Failed { .. }) => {
                    assert_eq!(job_of(&end), of);
                    return Answer { text, end };
                }
                other => panic!("{other:?} in the middle of a job"),
            }
        }
    }

    /// Closes the engine's stdin, as the parent's death does.
    pub(crate) fn hang_up(&mut self) {
        self.stdin = None;
    }

    /// Waits for the process to end; the pipe's end tells without polling.
    pub(crate) fn wait_for_end(&mut self, within: Duration) -> ExitStatus {
        let deadline = Instant::now() + within;
        loop {
            match self.messages.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(_) => {}
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("the engine should have ended within {within:?}"),
            }
        }
        self.child.wait().expect("the engine ended")
    }

    /// Everything the engine wrote to stderr; call it after the end.
    pub(crate) fn log(&mut self) -> String {
        self.log.take().expect("once").join().expect("the log was read")
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn job_of(end: &FromEngine) -> &str {
    match end {
        FromEngine::Finished { job, .. }
        | FromEngine::Refused { job, .. }
        | FromEngine::Failed { job, .. } => job,
        other => panic!("{other:?} ends no job"),
    }
}

/// A greedy request with one user turn.
pub(crate) fn request(text: &str, max_tokens: u32) -> Generate {
    Generate {
        job: "job-1".into(),
        messages: vec![turn("user", text)],
        max_tokens,
        max_seconds: 600,
        stop: Vec::new(),
        temperature: 0.0,
        top_p: 1.0,
        top_k: None,
        min_p: None,
        seed: 1,
        presence_penalty: 0.0,
        frequency_penalty: 0.0,
        repetition_penalty: 1.0,
    }
}

pub(crate) fn turn(role: &str, content: &str) -> Turn {
    Turn {
        role: role.into(),
        content: content.into(),
        tool_calls: Vec::new(),
        tool_call_id: None,
        name: None,
    }
}
