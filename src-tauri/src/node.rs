//! The node behind the window: one task owns it, commands send it requests, and what it shows can be watched.

mod errands;
mod keeper;
mod live;
mod place;
mod start;
#[cfg(test)]
mod tests;
mod told;

use std::sync::Arc;
use std::time::Duration;

use app::account::AccountDesk;
use app::config::FILE;
use app::earnings::BooksDesk;
use app::engines::Engines;
use app::money::Desk;
use app::money::desk::View;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use crate::confirm::NativeConfirmation;
use crate::dto::{Failure, Money, Phase, Place, Status};
use keeper::Keeper;
pub(crate) use place::the_grid;
pub(crate) use start::Start;

/// How long the jobs in hand may take before a node begins anew.
const FINISH: Duration = Duration::from_secs(60);

/// A handle on the running node.
pub(crate) struct Node {
    requests: mpsc::Sender<Request>,
    status: watch::Receiver<Status>,
    desk: watch::Receiver<Option<Desk>>,
    money: watch::Receiver<Option<View>>,
    accounts: watch::Receiver<Option<AccountDesk>>,
    books: watch::Receiver<Option<BooksDesk>>,
    state: watch::Receiver<Option<app::Status>>,
    engines: Engines,
    start: Arc<Start>,
    end: CancellationToken,
}

enum Request {
    Pause(oneshot::Sender<()>),
    Resume(oneshot::Sender<()>),
    Job {
        prompt: String,
        answer: oneshot::Sender<Result<String, Failure>>,
    },
    PlayMoney(oneshot::Sender<Result<(), Failure>>),
    SkipCooldown(oneshot::Sender<Result<(), Failure>>),
    /// The account of a real Grid, with a wallet if there is none yet.
    OpenAccount(oneshot::Sender<Result<(), Failure>>),
    /// Finish what is in hand and take no more, until the node begins anew.
    Rest(oneshot::Sender<()>),
    /// End what runs and begin with what is set now.
    Anew(oneshot::Sender<()>),
}

impl Node {
    /// Starts the node in a task of its own.
    pub(crate) fn start(start: Start) -> Self {
        let (requests, received) = mpsc::channel(8);
        let start = Arc::new(start);
        let (out, status) = watch::channel(Status::starting(!start.settings.live(), "", Money::Making));
        let (desks, desk) = watch::channel(None);
        let (shown, accounts) = watch::channel(None);
        let (kept, books) = watch::channel(None);
        let (told, state) = watch::channel(None);
        let (views, money) = watch::channel(None);
        let end = CancellationToken::new();
        let keeper = Keeper {
            requests: received,
            out: out.clone(),
            desks,
            accounts: shown,
            books: kept,
            state: told,
            end: end.clone(),
            money: Money::Making,
            paused: false,
        };
        let keeping = tauri::async_runtime::spawn(keeper.run(Arc::clone(&start)));
        tauri::async_runtime::spawn(async move {
            if let Err(error) = keeping.await {
                tracing::error!(%error, "the task that keeps the node broke");
                out.send_modify(|status| *status = status.clone().broken());
            }
        });
        tauri::async_runtime::spawn(pass_on(desk.clone(), views));
        let engines = Engines::of(start.live.join(FILE));
        Self { requests, status, desk, money, accounts, books, state, engines, start, end }
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

    /// Where the account is seen and managed, once it is there.
    pub(crate) fn account(&self) -> Option<AccountDesk> {
        self.accounts.borrow().clone()
    }

    /// Tells when there is another desk for the account.
    pub(crate) fn accounts(&self) -> watch::Receiver<Option<AccountDesk>> {
        self.accounts.clone()
    }

    /// The books, once they are open.
    pub(crate) fn books(&self) -> Option<BooksDesk> {
        self.books.borrow().clone()
    }

    /// Tells when there are other books.
    pub(crate) fn all_books(&self) -> watch::Receiver<Option<BooksDesk>> {
        self.books.clone()
    }

    /// What the node says of itself, in its own words and not the screen's.
    pub(crate) fn state(&self) -> Option<app::Status> {
        self.state.borrow().clone()
    }

    /// The account's desk; on a real Grid a wallet is made for it if there is none yet, with a password that the system asks for.
    pub(crate) async fn open_account(&self) -> Result<AccountDesk, Failure> {
        self.start.ask.owner_acts();
        if self.account().is_none() {
            self.ask(Request::OpenAccount).await??;
        }
        self.account().ok_or_else(Failure::no_wallet)
    }

    /// The engines for a real Grid.
    pub(crate) const fn engines(&self) -> &Engines {
        &self.engines
    }

    /// Where the node works.
    pub(crate) fn place(&self) -> Place {
        self.start.place()
    }

    /// Lets the node work elsewhere, if the owner says yes in the system's own dialog.
    pub(crate) async fn move_to(&self, place: Place, ask: &NativeConfirmation) -> Result<(), Failure> {
        let wanted = self.start.check(place).map_err(|error| Failure::because(&error))?;
        if !ask.agrees_to_move(wanted.address.as_deref()).await {
            return Ok(());
        }
        self.start.keep(&wanted).map_err(|error| Failure::because(&error))?;
        self.begin_anew().await
    }

    /// Ends what runs, in order, and begins with what is set now. What is in hand is finished first, if it does not take
    /// too long; else it is given back to the Grid.
    pub(crate) async fn begin_anew(&self) -> Result<(), Failure> {
        let mut status = self.status.clone();
        let finish = async {
            let _ = self.ask(Request::Rest).await;
            let at_rest =
                status.wait_for(|status| !matches!(status.phase, Phase::Working | Phase::Finishing));
            let _ = at_rest.await;
        };
        let _ = tokio::time::timeout(FINISH, finish).await;
        self.ask(Request::Anew).await
    }

    /// Finishes the running job, then takes no more.
    pub(crate) async fn pause(&self) -> Result<(), Failure> {
        self.ask(Request::Pause).await
    }

    /// Takes jobs again, or tries once more to start.
    pub(crate) async fn resume(&self) -> Result<(), Failure> {
        self.start.ask.owner_acts();
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
