//! The child process and its three pipes.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use engine_protocol::{FrameError, FromEngine, ToEngine, VERSION, decode, encode, frame_length};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout, timeout_at};
use types::{Ask, JobId, Refusal};

use crate::watchdog::Watchdog;
use crate::{EngineEvent, Patience, convert};

/// A killed process ends at once, unless a driver holds it in the kernel.
const UNKILLABLE: Duration = Duration::from_secs(2);

/// What to start, and how patiently.
#[derive(Debug, Clone)]
pub struct Launch {
    /// The engine executable.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// How long it may be quiet.
    pub patience: Patience,
}

impl Launch {
    /// An engine with no arguments and ordinary patience.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self { program: program.into(), arguments: Vec::new(), patience: Patience::default() }
    }
}

/// Why no engine runs.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    /// The executable is not there.
    #[error("the engine executable is missing")]
    Missing,
    /// The system did not start it.
    #[error("the engine could not be started")]
    Spawn(#[source] std::io::Error),
    /// It started and ended, or said something else than hello.
    #[error("the engine did not introduce itself: {0}")]
    NoHello(String),
    /// It speaks another version of the protocol.
    #[error("the engine speaks protocol {theirs}, this app speaks {VERSION}")]
    Version {
        /// The engine's version.
        theirs: u32,
    },
    /// A server cannot be spoken to with these settings.
    #[error("the server cannot be spoken to: {0}")]
    Server(String),
}

/// A running engine process. Dropping it kills the process.
#[derive(Debug)]
pub(crate) struct ChildEngine {
    to_child: mpsc::Sender<Vec<u8>>,
    kill: Option<oneshot::Sender<()>>,
    ended: Option<oneshot::Receiver<()>>,
    pid: u32,
    name: String,
    device: String,
    stop_patience: Duration,
}

impl ChildEngine {
    /// Starts the executable and waits for its hello. Events come until [`EngineEvent::Gone`].
    pub(crate) async fn launch(launch: &Launch) -> Result<(Self, mpsc::Receiver<EngineEvent>), LaunchError> {
        if !launch.program.is_file() {
            return Err(LaunchError::Missing);
        }
        let mut child = spawn(launch).map_err(LaunchError::Spawn)?;
        let pid = child.id().unwrap_or_default();
        let (Some(stdin), Some(stdout), Some(stderr)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(LaunchError::NoHello("it has no pipes".into()));
        };
        tokio::spawn(log(stderr));
        let mut stdin = stdin;
        let mut stdout = BufReader::new(stdout);
        let hello = timeout(launch.patience.hello, greet(&mut stdin, &mut stdout));
        let (name, device) = hello.await.map_err(|_| LaunchError::NoHello("it said nothing".into()))??;
        tracing::info!(pid, engine = %name, %device, "engine started");

        let (to_child, messages) = mpsc::channel(16);
        let (events_in, events) = mpsc::channel(256);
        let (kill, killed) = oneshot::channel();
        let (ended_in, ended) = oneshot::channel();
        tokio::spawn(write(stdin, messages));
        tokio::spawn(watch(child, stdout, events_in, launch.patience, killed, ended_in));
        let stop_patience = launch.patience.stop;
        let engine =
            Self { to_child, kill: Some(kill), ended: Some(ended), pid, name, device, stop_patience };
        Ok((engine, events))
    }

    /// The process id, for the log and for tests.
    pub(crate) const fn pid(&self) -> u32 {
        self.pid
    }

    /// The engine's name and version.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// What it computes on.
    pub(crate) fn device(&self) -> &str {
        &self.device
    }

    /// Asks for a model; answered by progress, then `Loaded` or `LoadFailed`.
    pub(crate) fn load(&self, model: &Path, max_context: Option<u32>) {
        let path = model.to_string_lossy().into_owned();
        self.say(&ToEngine::Load { path, max_context });
    }

    /// Asks for an answer of at most this duration. What this engine cannot do it refuses in words for the customer.
    pub(crate) fn generate(&self, job: &JobId, ask: Ask, longest: Duration) -> Result<(), Refusal> {
        let request = match ask {
            Ask::Chat { read, .. } => read?,
            Ask::Raw { .. } => return Err(Refusal("this model serves chat completions only".to_owned())),
        };
        let message = ToEngine::Generate(Box::new(convert::generate(job, request, longest)));
        // A message has a size, and no other message of ours can be larger.
        if self.say(&message) { Ok(()) } else { Err(Refusal("the request is too large".to_owned())) }
    }

    /// Asks to stop a job; it still ends with a terminal event.
    pub(crate) fn cancel(&self, job: &JobId) {
        self.say(&ToEngine::Cancel { job: job.as_str().to_owned() });
    }

    /// Ends the process: politely for a moment, then by force. When this returns, its memory is free.
    pub(crate) async fn stop(mut self) {
        self.say(&ToEngine::Shutdown);
        let Some(mut ended) = self.ended.take() else { return };
        if timeout(self.stop_patience, &mut ended).await.is_err() {
            drop(self.kill.take());
            if timeout(UNKILLABLE, ended).await.is_err() {
                tracing::error!(pid = self.pid, "the engine cannot be ended; a driver may hold it");
            }
        }
    }

    /// Never waits: a child that is gone is reported by `Gone`, one that reads nothing is the watchdog's.
    fn say(&self, message: &ToEngine) -> bool {
        let Ok(frame) = encode(message) else { return false };
        if let Err(error) = self.to_child.try_send(frame) {
            tracing::warn!(%error, "the engine does not listen");
        }
        true
    }
}

fn spawn(launch: &Launch) -> std::io::Result<Child> {
    let mut command = Command::new(&launch.program);
    command
        .args(&launch.arguments)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    // What the loaders of GPU libraries need, and nothing that could hold a secret.
    for name in ["PATH", "LD_LIBRARY_PATH", "SystemRoot", "TEMP", "TMPDIR", "CUDA_VISIBLE_DEVICES"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    // Ctrl-C in a terminal goes to the whole group; the app decides how a running job ends, so the engine has its own.
    #[cfg(unix)]
    command.process_group(0);
    #[cfg(windows)]
    command.creation_flags(0x0800_0000); // CREATE_NO_WINDOW
    command.spawn()
}

async fn greet(
    stdin: &mut ChildStdin,
    stdout: &mut BufReader<ChildStdout>,
) -> Result<(String, String), LaunchError> {
    let no_hello = |error: &dyn std::fmt::Display| LaunchError::NoHello(error.to_string());
    let hello = encode(&ToEngine::Hello { version: VERSION }).map_err(|error| no_hello(&error))?;
    stdin.write_all(&hello).await.map_err(|error| no_hello(&error))?;
    match read(stdout).await {
        Ok(FromEngine::Hello { version: VERSION, engine, device }) => Ok((engine, device)),
        Ok(FromEngine::Hello { version, .. }) => Err(LaunchError::Version { theirs: version }),
        Ok(_) => Err(LaunchError::NoHello("it said something else".into())),
        Err(error) => Err(no_hello(&error)),
    }
}

async fn read(stdout: &mut BufReader<ChildStdout>) -> Result<FromEngine, FrameError> {
    let mut header = [0; 4];
    stdout.read_exact(&mut header).await?;
    let mut body = vec![0; frame_length(header)?];
    stdout.read_exact(&mut body).await?;
    decode(&body)
}

async fn write(mut stdin: ChildStdin, mut frames: mpsc::Receiver<Vec<u8>>) {
    while let Some(frame) = frames.recv().await {
        if stdin.write_all(&frame).await.is_err() {
            break;
        }
    }
}

/// Reads messages in a task of its own, since a read that is dropped half-way would lose its place.
async fn watch(
    mut child: Child,
    mut stdout: BufReader<ChildStdout>,
    events: mpsc::Sender<EngineEvent>,
    patience: Patience,
    mut killed: oneshot::Receiver<()>,
    ended: oneshot::Sender<()>,
) {
    let (said, mut messages) = mpsc::channel(1);
    let reader = tokio::spawn(async move {
        loop {
            let message = read(&mut stdout).await;
            let last = message.is_err();
            if said.send(message).await.is_err() || last {
                break;
            }
        }
    });
    let mut watchdog = Watchdog::new(patience, Instant::now());
    let why = loop {
        let (deadline, complaint) = watchdog.deadline();
        let message = tokio::select! {
            message = timeout_at(deadline, messages.recv()) => message,
            _ = &mut killed => break "it was ended".to_owned(),
        };
        match message {
            Ok(Some(Ok(message))) => {
                watchdog.hear(&message, Instant::now());
                if let Some(event) = convert::event(message) {
                    tokio::select! {
                        // A consumer that went away wants the child gone too.
                        sent = events.send(event) => if sent.is_err() { break "nobody listens to it".to_owned() },
                        _ = &mut killed => break "it was ended".to_owned(),
                    }
                    // Waiting for a slow consumer is not the engine's silence.
                    watchdog.excuse(Instant::now());
                }
            }
            Ok(Some(Err(error))) => break broken(&error),
            Ok(None) => break "its pipe closed".to_owned(),
            Err(_) => break complaint.to_owned(),
        }
    };
    reader.abort();
    let _ = child.start_kill();
    let how = match timeout(UNKILLABLE, child.wait()).await {
        Ok(Ok(status)) => status.to_string(),
        Ok(Err(error)) => error.to_string(),
        Err(_) => "it cannot be ended".to_owned(),
    };
    tracing::info!(%why, %how, "engine ended");
    let _ = ended.send(());
    let _ = events.send(EngineEvent::Gone { why: format!("{why} ({how})") }).await;
}

fn broken(error: &FrameError) -> String {
    match error {
        FrameError::Pipe(_) => "it ended".to_owned(),
        FrameError::TooLarge(_) | FrameError::Malformed(_) => format!("it spoke another language: {error}"),
    }
}

/// Its own log lines, cut to a length. Read to the end, so that a talkative engine never blocks on its log.
async fn log(stderr: ChildStderr) {
    let mut stderr = BufReader::new(stderr);
    let mut line = Vec::new();
    while let Ok(1..) = (&mut stderr).take(500).read_until(b'\n', &mut line).await {
        tracing::info!(target: "engine", "{}", String::from_utf8_lossy(&line).trim_end());
        line.clear();
    }
}
