//! The node behind the window: one task owns it, commands send it requests, and what it shows can be watched.

mod errands;
mod keeper;
mod start;
#[cfg(test)]
mod tests;
mod told;

use app::money::Desk;
use app::money::desk::View;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use crate::dto::{Failure, Money, Status};
use keeper::Keeper;
pub(crate) use start::Start;

/// A handle on the running node.
pub(crate) struct Node {
    requests: mpsc::Sender<Request>,
    status: watch::Receiver<Status>,
    desk: watch::Receiver<Option<Desk>>,
    money: watch::Receiver<Option<View>>,
    end: CancellationToken,
}

enum Request {
    Pause(oneshot::Sender<()>),
    Resume(oneshot::Sender<()>),
    Job { prompt: String, answer: oneshot::Sender<Result<String, Failure>> },
    PlayMoney(oneshot::Sender<Result<(), Failure>>),
    SkipCooldown(oneshot::Sender<Result<(), Failure>>),
}

impl Node {
    /// Starts the node in a task of its own.
    pub(crate) fn start(start: Start) -> Self {
        let (requests, received) = mpsc::channel(8);
        let (out, status) = watch::channel(Status::starting(&start.rehearsal(), Money::Making));
        let (desks, desk) = watch::channel(None);
        let (views, money) = watch::channel(None);
        let end = CancellationToken::new();
        let keeper =
            Keeper { requests: received, out: out.clone(), desks, end: end.clone(), money: Money::Making };
        let keeping = tauri::async_runtime::spawn(keeper.run(start));
        tauri::async_runtime::spawn(async move {
            if let Err(error) = keeping.await {
                tracing::error!(%error, "the task that keeps the node broke");
                out.send_modify(|status| *status = status.clone().broken());
            }
        });
        tauri::async_runtime::spawn(pass_on(desk.clone(), views));
        Self { requests, status, desk, money, end }
    }

    /// The state now.
    pub(crate) fn status(&self) -> Status {
        self.status.borrow().clone()
    }

    /// Tells when the state changes.
    pub(crate) fn changes(&self) -> watch::Receiver<Status> {
        self.status.clone()
    }

    /// Where money is seen and moved, once it is there.
    pub(crate) fn desk(&self) -> Option<Desk> {
        self.desk.borrow().clone()
    }

    /// What the desk shows, whichever desk it is.
    pub(crate) fn money(&self) -> watch::Receiver<Option<View>> {
        self.money.clone()
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

    /// Fills the practice wallet up.
    pub(crate) async fn play_money(&self) -> Result<(), Failure> {
        self.ask(Request::PlayMoney).await?
    }

    /// Moves the practice chain's clock to the end of a cooldown.
    pub(crate) async fn skip_cooldown(&self) -> Result<(), Failure> {
        self.ask(Request::SkipCooldown).await?
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

/// Shows what the present desk shows, so that whoever watches need not know when there is another one.
async fn pass_on(mut desks: watch::Receiver<Option<Desk>>, views: watch::Sender<Option<View>>) {
    loop {
        let desk = desks.borrow_and_update().clone();
        // First listened to, then read: a change in between is told twice and not never.
        let changes = desk.as_ref().map(Desk::changes);
        views.send_replace(desk.as_ref().map(Desk::view));
        let other_desk = match changes {
            None => desks.changed().await,
            Some(mut changes) => loop {
                tokio::select! {
                    other = desks.changed() => break other,
                    changed = changes.changed() => {
                        if changed.is_err() { break desks.changed().await }
                        views.send_replace(Some(changes.borrow_and_update().clone()));
                    }
                }
            },
        };
        if other_desk.is_err() {
            return;
        }
    }
}
