//! The node behind the window: one task owns it, commands send it requests, and its status can be watched.

#[cfg(test)]
mod tests;

use app::StartError;
use app::practice::{Rehearsal, RehearsalOptions};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use crate::dto::{Failure, Phase, Status};

/// Practice jobs under way at once; more are refused, so that a pause never waits behind them.
const JOBS_AT_ONCE: usize = 4;

/// A handle on the running node.
pub(crate) struct Node {
    requests: mpsc::Sender<Request>,
    status: watch::Receiver<Status>,
    end: CancellationToken,
}

enum Request {
    Pause(oneshot::Sender<()>),
    Resume(oneshot::Sender<()>),
    Job { prompt: String, answer: oneshot::Sender<Result<String, Failure>> },
}

impl Node {
    /// Starts the node in a task of its own; `options` is asked again for each try to start.
    pub(crate) fn start(options: impl Fn() -> RehearsalOptions + Send + 'static) -> Self {
        let (requests, received) = mpsc::channel(8);
        let (out, status) = watch::channel(Status::starting(&options()));
        let end = CancellationToken::new();
        let keeper = Keeper { requests: received, out, end: end.clone() };
        tauri::async_runtime::spawn(keeper.run(options));
        Self { requests, status, end }
    }

    /// The state now.
    pub(crate) fn status(&self) -> Status {
        self.status.borrow().clone()
    }

    /// Tells when the state changes.
    pub(crate) fn changes(&self) -> watch::Receiver<Status> {
        self.status.clone()
    }

    /// Finishes the running job, then takes no more.
    pub(crate) async fn pause(&self) -> Result<(), Failure> {
        self.ask(Request::Pause).await
    }

    /// Takes jobs again, or tries once more to start.
    pub(crate) async fn resume(&self) -> Result<(), Failure> {
        self.ask(Request::Resume).await
    }

    /// Sends one chat as a customer of the practice network would, and waits for the answer.
    pub(crate) async fn send_job(&self, prompt: String) -> Result<String, Failure> {
        self.ask(|answer| Request::Job { prompt, answer }).await?
    }

    /// Ends the node; returns when it has ended.
    pub(crate) async fn shutdown(&self) {
        self.end.cancel();
        self.requests.closed().await;
    }

    async fn ask<T>(&self, request: impl FnOnce(oneshot::Sender<T>) -> Request) -> Result<T, Failure> {
        let (answer, answered) = oneshot::channel();
        self.requests.send(request(answer)).await.map_err(|_| Failure::ended())?;
        answered.await.map_err(|_| Failure::ended())
    }
}

/// Owns the node from its start to its end.
struct Keeper {
    requests: mpsc::Receiver<Request>,
    out: watch::Sender<Status>,
    end: CancellationToken,
}

impl Keeper {
    async fn run(mut self, options: impl Fn() -> RehearsalOptions) {
        let end = self.end.clone();
        loop {
            let started = tokio::select! {
                started = Rehearsal::start(options()) => started,
                () = end.cancelled() => return,
            };
            match started {
                Ok(rehearsal) => self.serve(rehearsal).await,
                Err(error) => drop(self.out.send_replace(Status::not_started(&options(), &error))),
            }
            // Reached with the end not asked for: nothing was started, or the node broke down and says so.
            tokio::select! {
                biased;
                () = end.cancelled() => return,
                again = self.asked_to_start() => if !again { return },
            }
            self.out.send_replace(Status::starting(&options()));
        }
    }

    /// Waits until the owner wants another try; false when nobody can ask any more.
    async fn asked_to_start(&mut self) -> bool {
        loop {
            match self.requests.recv().await {
                None => return false,
                // The one who asked may be gone; the wish stands.
                Some(Request::Resume(done)) => {
                    let _ = done.send(());
                    return true;
                }
                Some(Request::Pause(done)) => drop(done.send(())),
                Some(Request::Job { answer, .. }) => drop(answer.send(Err(Failure::not_serving()))),
            }
        }
    }

    /// Serves until the end is asked for or the node breaks down.
    async fn serve(&mut self, rehearsal: Rehearsal) {
        let mut changes = rehearsal.changes();
        let mut jobs = FuturesUnordered::new();
        self.out.send_replace(rehearsal.status().into());
        loop {
            tokio::select! {
                () = self.end.cancelled() => break,
                changed = changes.changed() => {
                    if changed.is_err() { break }
                    let now = changes.borrow_and_update().clone();
                    self.out.send_replace(now.into());
                }
                Some(()) = jobs.next(), if !jobs.is_empty() => {}
                request = self.requests.recv() => match request {
                    None => break,
                    Some(Request::Pause(done)) => {
                        rehearsal.pause().await;
                        let _ = done.send(());
                    }
                    Some(Request::Resume(done)) => {
                        rehearsal.resume().await;
                        let _ = done.send(());
                    }
                    Some(Request::Job { answer, .. }) if jobs.len() >= JOBS_AT_ONCE => {
                        let _ = answer.send(Err(Failure::busy()));
                    }
                    Some(Request::Job { prompt, answer }) => jobs.push(job(&rehearsal, prompt, answer)),
                },
            }
        }
        drop(jobs);
        rehearsal.shutdown().await;
    }
}

async fn job(rehearsal: &Rehearsal, prompt: String, answer: oneshot::Sender<Result<String, Failure>>) {
    let reply = rehearsal.send_job(&prompt).await;
    // A window that was closed does not wait for its answer.
    let _ = answer.send(reply.map_err(|error| Failure::because(&error)));
}

/// An error and what is behind it, in one line.
fn with_sources(error: &dyn std::error::Error) -> String {
    let behind = std::iter::successors(error.source(), |error| error.source());
    behind.fold(error.to_string(), |line, error| format!("{line}: {error}"))
}

impl Status {
    /// Before the node can say anything itself.
    fn starting(options: &RehearsalOptions) -> Self {
        Self {
            phase: Phase::Starting,
            code: None,
            detail: None,
            practice: true,
            worker_name: options.worker_name.clone(),
            model: None,
            device: None,
            current_job: None,
            jobs_done: None,
            work_units: None,
            recent: Vec::new(),
        }
    }

    fn not_started(options: &RehearsalOptions, error: &StartError) -> Self {
        Self {
            phase: Phase::NeedsAttention,
            code: Some(error.code().name().to_owned()),
            detail: Some(with_sources(error)),
            ..Self::starting(options)
        }
    }
}

impl Failure {
    fn because(error: &dyn std::error::Error) -> Self {
        Self { code: None, detail: error.to_string() }
    }

    fn busy() -> Self {
        Self { code: None, detail: "Some practice jobs are under way already.".to_owned() }
    }

    fn ended() -> Self {
        Self { code: None, detail: "The node has ended.".to_owned() }
    }

    fn not_serving() -> Self {
        Self { code: None, detail: "The node does not serve now.".to_owned() }
    }
}
