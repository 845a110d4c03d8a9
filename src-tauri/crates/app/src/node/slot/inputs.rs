//! Everything the driver waits for, as one thing.

use engine_link::{Engine, EngineEvent, LaunchError};
use grid::{ConnectError, Connection};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

type Launched = Result<(Engine, mpsc::Receiver<EngineEvent>), LaunchError>;

/// What the owner can ask for.
#[derive(Debug)]
pub(super) enum Command {
    /// Serve.
    Resume,
    /// Stop serving; after the running job unless `now`.
    Pause { now: bool },
    /// End.
    Shutdown,
}

/// One thing that happened.
pub(super) enum Input {
    /// The owner asked for something; `None` when nobody can ask any more.
    Command(Option<Command>),
    /// The engine process started, or did not.
    Launched(Launched),
    /// The engine said something.
    Engine(EngineEvent),
    /// A connection came about, or did not.
    Connected(Result<Connection, ConnectError>),
    /// The coordinator said something.
    Grid(grid::Event),
    /// A deadline passed.
    Deadline,
}

/// Where inputs come from. What is `None` is not waited for.
pub(super) struct Sources {
    pub(super) commands: mpsc::Receiver<Command>,
    pub(super) launching: Option<JoinHandle<Launched>>,
    pub(super) engine: Option<mpsc::Receiver<EngineEvent>>,
    pub(super) connecting: Option<JoinHandle<Result<Connection, ConnectError>>>,
    pub(super) connection: Option<Connection>,
}

impl Sources {
    pub(super) const fn new(commands: mpsc::Receiver<Command>) -> Self {
        Self { commands, launching: None, engine: None, connecting: None, connection: None }
    }

    /// The next thing that happens, or `Deadline` when that passes first.
    pub(super) async fn next(&mut self, deadline: Option<Instant>) -> Input {
        tokio::select! {
            // The owner first, then deadlines, so that no stream of events can starve them.
            biased;
            command = self.commands.recv() => Input::Command(command),
            () = at(deadline) => Input::Deadline,
            launched = joined(&mut self.launching) => Input::Launched(launched),
            connected = joined(&mut self.connecting) => Input::Connected(connected),
            event = said(&mut self.engine) => Input::Engine(event),
            event = heard(&mut self.connection) => Input::Grid(event),
        }
    }

    /// Stops waiting for an engine that is no longer wanted; a process that was just started is killed.
    pub(super) async fn stop_launching(&mut self) {
        if let Some(task) = self.launching.take() {
            task.abort();
            if let Ok(Ok((engine, _))) = task.await {
                engine.stop().await;
            }
        }
    }

    /// Stops waiting for a connection that is no longer wanted.
    pub(super) fn stop_connecting(&mut self) {
        if let Some(task) = self.connecting.take() {
            task.abort();
        }
    }
}

async fn at(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

async fn joined<T>(task: &mut Option<JoinHandle<T>>) -> T {
    let Some(running) = task else { return std::future::pending().await };
    let outcome = running.await;
    *task = None;
    match outcome {
        Ok(value) => value,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        // Aborted by us, in which case nobody waits here any more.
        Err(_) => std::future::pending().await,
    }
}

async fn said(engine: &mut Option<mpsc::Receiver<EngineEvent>>) -> EngineEvent {
    let Some(events) = engine else { return std::future::pending().await };
    let event = events.recv().await;
    event.unwrap_or_else(|| EngineEvent::Gone { why: "its events ended".into() })
}

async fn heard(connection: &mut Option<Connection>) -> grid::Event {
    let Some(open) = connection else { return std::future::pending().await };
    let event = open.next().await;
    event.unwrap_or_else(|| grid::Event::Closed(grid::CloseCause::Dropped("the connection ended".into())))
}
