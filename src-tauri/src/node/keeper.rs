//! Owns the node from its start to its end, wherever it works; and the practice grounds, while it practises.

use std::sync::Arc;

use app::account::AccountDesk;
use app::earnings::BooksDesk;
use app::money::Desk;
use app::practice::{Grounds, Rehearsal};
use futures_util::StreamExt as _;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::errands::{self, Errands};
use super::{Request, Start};
use crate::dto::{Failure, Money, Place, Status};

pub(super) struct Keeper {
    pub(super) requests: mpsc::Receiver<Request>,
    pub(super) out: watch::Sender<Status>,
    pub(super) desks: watch::Sender<Option<Desk>>,
    pub(super) accounts: watch::Sender<Option<AccountDesk>>,
    pub(super) books: watch::Sender<Option<BooksDesk>>,
    pub(super) state: watch::Sender<Option<app::Status>>,
    pub(super) end: CancellationToken,
    pub(super) money: Money,
    /// The owner paused: whatever begins anew stays paused.
    pub(super) paused: bool,
}

/// What comes after a node is gone.
#[derive(PartialEq, Eq)]
pub(super) enum Next {
    /// The owner wants another try.
    Again,
    /// Everything anew, since the node shall work elsewhere or in another way.
    Anew,
    /// The app ends.
    End,
}

impl Keeper {
    pub(super) async fn run(mut self, start: Arc<Start>) {
        let mut next = Next::Anew;
        while next != Next::End {
            next = match start.place() {
                Place::Practice => self.practise(&start).await,
                Place::Grid | Place::Elsewhere { .. } => self.live(&start).await,
            };
        }
    }

    async fn practise(&mut self, start: &Start) -> Next {
        let end = self.end.clone();
        self.money = Money::Making;
        self.out.send_replace(Status::starting(true, &start.rehearsal().worker_name, self.money));
        let opened = tokio::select! {
            opened = Grounds::open(&start.home, start.purse(), Arc::clone(&start.clock)) => opened,
            () = end.cancelled() => return Next::End,
        };
        match opened {
            Ok(grounds) => self.on(grounds, start).await,
            Err(error) => {
                let name = start.rehearsal().worker_name;
                self.out.send_replace(Status::not_started(&name, self.money, &error));
                self.asked_to_start(None, &mut Errands::new()).await
            }
        }
    }

    /// Closes the account's desk, if there is one.
    pub(super) async fn put_account_away(&self) {
        let desk = self.accounts.send_replace(None);
        if let Some(desk) = desk {
            desk.close().await;
        }
    }

    /// Closes the books, if they are open.
    pub(super) async fn put_books_away(&self) {
        self.state.send_replace(None);
        let books = self.books.send_replace(None);
        if let Some(books) = books {
            books.close().await;
        }
    }

    /// Shows what a node does, and tells the books what it serves.
    pub(super) fn show(&self, status: app::Status) {
        if let Some(books) = &*self.books.borrow() {
            let mut models: Vec<_> = status.slots.iter().map(|slot| slot.model.clone()).collect();
            models.dedup();
            books.serves(models);
        }
        self.state.send_replace(Some(status.clone()));
        self.out.send_replace(Status::of(status, self.money));
    }

    /// Keeps nodes on these grounds until the app ends, or until another try may find the chain that is missing.
    async fn on(&mut self, grounds: Grounds, start: &Start) -> Next {
        self.desks.send_replace(grounds.desk().cloned());
        self.money = match (grounds.desk(), grounds.money_failed()) {
            (Some(_), _) => Money::There,
            (None, true) => Money::Failed,
            (None, false) => Money::NoChain,
        };
        let mut money = Errands::new();
        let next = loop {
            let anew = self.try_a_node(&grounds, start, &mut money).await;
            self.put_account_away().await;
            self.put_books_away().await;
            if self.end.is_cancelled() {
                break Next::End;
            }
            if anew == Some(Next::Anew) {
                break Next::Anew;
            }
            // Nothing was started, or the node broke down and says so.
            let next = self.asked_to_start(Some(&grounds), &mut money).await;
            if next != Next::Again || grounds.desk().is_none() {
                break next;
            }
            let name = start.rehearsal().worker_name;
            self.out.send_replace(Status::starting(true, &name, self.money));
        };
        self.desks.send_replace(None);
        drop(money);
        grounds.close().await;
        next
    }

    /// Starts a node and serves with it until the end is asked for or it breaks down.
    async fn try_a_node<'a>(
        &mut self,
        grounds: &'a Grounds,
        start: &Start,
        money: &mut Errands<'a>,
    ) -> Option<Next> {
        let end = self.end.clone();
        let started = tokio::select! {
            started = grounds.rehearse(start.rehearsal()) => started,
            () = end.cancelled() => return None,
        };
        match started {
            Ok(rehearsal) => {
                if let Some(account) = grounds.account(&rehearsal).await {
                    self.accounts.send_replace(Some(AccountDesk::open(account, rehearsal.names())));
                }
                self.books.send_replace(grounds.books(&rehearsal).await);
                let next = self.serve(grounds, &rehearsal, start, money).await;
                rehearsal.shutdown().await;
                next
            }
            Err(error) => {
                let name = start.rehearsal().worker_name;
                self.out.send_replace(Status::not_started(&name, self.money, &error));
                None
            }
        }
    }

    /// Waits until the owner wants another try. Money matters go on meanwhile.
    async fn asked_to_start<'a>(&mut self, grounds: Option<&'a Grounds>, money: &mut Errands<'a>) -> Next {
        loop {
            let request = tokio::select! {
                biased;
                () = self.end.cancelled() => return Next::End,
                Some(()) = money.next(), if !money.is_empty() => continue,
                request = self.requests.recv() => request,
            };
            match request {
                None => return Next::End,
                // The one who asked may be gone; the wish stands.
                Some(Request::Resume(done)) => {
                    self.paused = false;
                    let _ = done.send(());
                    return Next::Again;
                }
                Some(Request::Anew(done)) => {
                    let _ = done.send(());
                    return Next::Anew;
                }
                Some(Request::Pause(done) | Request::Rest(done)) => drop(done.send(())),
                Some(Request::Job { answer, .. }) => drop(answer.send(Err(Failure::not_serving()))),
                Some(errand) => match grounds {
                    Some(grounds) => about_money(grounds, errand, money),
                    None => errand.refuse(),
                },
            }
        }
    }

    async fn serve<'a>(
        &mut self,
        grounds: &'a Grounds,
        rehearsal: &Rehearsal,
        start: &Start,
        money: &mut Errands<'a>,
    ) -> Option<Next> {
        let mut changes = rehearsal.changes();
        let mut jobs = Errands::new();
        // Not among the errands: it never ends, and would take a place for good.
        let mut paydays = std::pin::pin!(grounds.paydays(rehearsal, start.hour));
        if self.paused {
            rehearsal.node().pause(true).await;
        }
        self.show(rehearsal.status());
        loop {
            tokio::select! {
                () = self.end.cancelled() => return None,
                () = &mut paydays => {}
                changed = changes.changed() => {
                    if changed.is_err() { return None }
                    let now = changes.borrow_and_update().clone();
                    self.show(now);
                }
                Some(()) = jobs.next(), if !jobs.is_empty() => {}
                Some(()) = money.next(), if !money.is_empty() => {}
                request = self.requests.recv() => match request {
                    None => return None,
                    Some(Request::Anew(done)) => {
                        let _ = done.send(());
                        return Some(Next::Anew);
                    }
                    Some(Request::Pause(done)) => {
                        self.paused = true;
                        rehearsal.pause().await;
                        let _ = done.send(());
                    }
                    Some(Request::Rest(done)) => {
                        rehearsal.pause().await;
                        let _ = done.send(());
                    }
                    Some(Request::Resume(done)) => {
                        self.paused = false;
                        rehearsal.resume().await;
                        let _ = done.send(());
                    }
                    Some(Request::Job { prompt, answer }) if errands::have_room(&jobs) => {
                        jobs.push(errands::job(rehearsal, prompt, answer));
                    }
                    Some(errand) => about_money(grounds, errand, money),
                },
            }
        }
    }
}

fn about_money<'a>(grounds: &'a Grounds, errand: Request, money: &mut Errands<'a>) {
    match errand {
        Request::PlayMoney(answer) if errands::have_room(money) => {
            money.push(errands::play_money(grounds, answer))
        }
        Request::SkipCooldown(answer) if errands::have_room(money) => {
            money.push(errands::skip_cooldown(grounds, answer));
        }
        other => other.refuse(),
    }
}
