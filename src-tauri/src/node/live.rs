//! The node on a real Grid, from its start to its end.

use std::sync::Arc;

use app::account::AccountDesk;
use app::account::desk::{Act, Outcome, Task};
use app::live::{Live, LiveError, LiveOptions};

use tokio_util::sync::CancellationToken;

use super::keeper::{Keeper, Next};
use super::told::stopped;
use super::{FINISH, Request, Start};
use crate::dto::{Failure, Money, Status};

impl Start {
    fn options(&self) -> Result<LiveOptions, LiveError> {
        Ok(LiveOptions {
            home: self.live.clone(),
            config: self.config()?,
            engine: self.engine.clone(),
            api_key: None,
            keyring: self.keyring,
            ask: Arc::clone(&self.ask),
            clock: Arc::clone(&self.clock),
            policy: app::Policy::default(),
            patience: app::Patience::default(),
            ledger: app::Limits::default(),
        })
    }
}

impl Keeper {
    /// Serves a real Grid until the app ends or the owner wants to begin anew.
    pub(super) async fn live(&mut self, start: &Start) -> Next {
        self.money = Money::NotYet;
        self.out.send_replace(Status::starting(false, "", self.money));
        let end = self.end.clone();
        let opened = async { Live::open(start.options()?).await };
        let opened = tokio::select! {
            opened = opened => opened,
            () = end.cancelled() => return Next::End,
        };
        let mut live = match opened {
            Ok(live) => live,
            Err(error) => {
                self.not_live("", &error);
                return self.wait_for_another_try(None, false).await;
            }
        };
        if let Some(account) = live.account().cloned() {
            self.show_account(&live, account);
        }
        // The store may ask for a password, and an app that ends does not wait for it.
        let books = tokio::select! {
            books = live.books() => books,
            () = self.end.cancelled() => return Next::End,
        };
        self.books.send_replace(books);
        let next = self.serve_live(&mut live).await;
        self.put_books_away().await;
        self.put_account_away().await;
        next
    }

    async fn serve_live(&mut self, live: &mut Live) -> Next {
        loop {
            let mut wants_key = false;
            let end = self.end.clone();
            let served = tokio::select! {
                served = self.serve_as_the_account(live) => served,
                () = end.cancelled() => return Next::End,
            };
            let next = match served {
                Ok(node) => {
                    let next = self.follow(&node).await;
                    node.shutdown().await;
                    next
                }
                Err(error) => {
                    let name = live.name().map(|name| name.to_string()).unwrap_or_default();
                    self.not_live(&name, &error);
                    wants_key = matches!(error, LiveError::NoApiKey);
                    None
                }
            };
            match next {
                Some(Next::Again) => {}
                Some(next) => return next,
                // Nothing was started, or the node broke down and says so.
                None => match self.wait_for_another_try(Some(live), wants_key).await {
                    Next::Again => {}
                    next @ (Next::Anew | Next::End) => return next,
                },
            }
        }
    }

    /// Serves, after the books were told of an account whose key may have come only after they were opened.
    async fn serve_as_the_account(&self, live: &Live) -> Result<app::Node, LiveError> {
        let books = self.books.borrow().clone();
        if let (Some(books), Some(account)) = (books, live.account()) {
            books.follow_account(account).await;
        }
        live.serve().await
    }

    /// Shows a running node and does what is asked of it. `None` when it ended by itself.
    async fn follow(&mut self, node: &app::Node) -> Option<Next> {
        let mut changes = node.changes();
        if self.paused {
            node.pause(true).await;
        }
        self.show(node.status());
        let mut renewed = std::pin::pin!(account_changed(self.accounts.borrow().clone()));
        loop {
            tokio::select! {
                () = self.end.cancelled() => return Some(Next::End),
                // A running node holds the keys and permissions it was started with.
                () = &mut renewed => {
                    finish(node, &self.end).await;
                    return Some(Next::Again);
                }
                changed = changes.changed() => {
                    if changed.is_err() { return None }
                    let now = changes.borrow_and_update().clone();
                    self.show(now);
                }
                request = self.requests.recv() => match request {
                    None => return Some(Next::End),
                    Some(Request::Pause(done)) => {
                        self.paused = true;
                        node.pause(false).await;
                        let _ = done.send(());
                    }
                    Some(Request::Rest(done)) => {
                        node.pause(false).await;
                        let _ = done.send(());
                    }
                    Some(Request::Resume(done)) => {
                        self.paused = false;
                        node.resume().await;
                        let _ = done.send(());
                    }
                    Some(Request::Anew(done)) => {
                        let _ = done.send(());
                        return Some(Next::Anew);
                    }
                    // A node that serves has its key from somewhere, and a wallet may still be wanted.
                    Some(other) => other.refuse(),
                },
            }
        }
    }

    /// Waits until the owner wants another try, or until there is the key that was missing.
    async fn wait_for_another_try(&mut self, mut live: Option<&mut Live>, wants_key: bool) -> Next {
        let end = self.end.clone();
        loop {
            let desk = self.accounts.borrow().clone().filter(|_| wants_key);
            let request = tokio::select! {
                biased;
                () = end.cancelled() => return Next::End,
                request = self.requests.recv() => request,
                () = a_key_came(desk) => return Next::Again,
            };
            match request {
                None => return Next::End,
                Some(Request::Resume(done)) => {
                    self.paused = false;
                    let _ = done.send(());
                    return if live.is_some() { Next::Again } else { Next::Anew };
                }
                Some(Request::Anew(done)) => {
                    let _ = done.send(());
                    return Next::Anew;
                }
                Some(Request::Pause(done) | Request::Rest(done)) => drop(done.send(())),
                Some(Request::OpenAccount(answer)) => {
                    let opened = async {
                        match live.as_deref_mut() {
                            Some(live) => self.make_account(live).await,
                            None => Err(Failure::not_now()),
                        }
                    };
                    // A password may be asked for, and an app that ends does not wait for it.
                    tokio::select! {
                        opened = opened => drop(answer.send(opened)),
                        () = end.cancelled() => return Next::End,
                    }
                }
                Some(other) => other.refuse(),
            }
        }
    }

    /// The account, with a new wallet if there was none.
    async fn make_account(&mut self, live: &mut Live) -> Result<(), Failure> {
        let account = live.make_account().await.map_err(|error| Failure::because(&error))?;
        if self.accounts.borrow().is_none() {
            self.show_account(live, account);
        }
        Ok(())
    }

    fn show_account(&self, live: &Live, account: app::account::Account) {
        let names = live.names().ok().filter(|names| !names.is_empty());
        let names = names.or_else(|| live.name().ok().map(|name| vec![name])).unwrap_or_default();
        self.accounts.send_replace(Some(AccountDesk::open(account, names)));
    }

    fn not_live(&self, worker_name: &str, error: &LiveError) {
        tracing::warn!(%error, "there is no node on the Grid");
        self.state.send_replace(Some(stopped(error.code())));
        self.out.send_replace(Status::not_live(worker_name, error, self.money));
    }
}

/// Ends when an act of account changed what a node works with.
async fn account_changed(desk: Option<AccountDesk>) {
    let Some(desk) = desk else { return std::future::pending().await };
    let mut changes = desk.changes();
    let mut under_way = false;
    loop {
        let task = changes.borrow_and_update().task;
        under_way = match task {
            Some(Task { outcome: Some(Outcome::Done), .. }) if under_way => return,
            Some(Task { outcome: None, act }) => match act {
                Act::MakeKey | Act::KeepKey | Act::Enrol | Act::PayTo | Act::Permit => true,
                // Neither changes what is kept here; a sign-in that also made a key found no node at work.
                Act::SignIn | Act::Revoke => false,
            },
            Some(Task { outcome: Some(_), .. }) | None => false,
        };
        if changes.changed().await.is_err() {
            return std::future::pending().await;
        }
    }
}

/// Lets a node finish what is in hand, for a while.
async fn finish(node: &app::Node, end: &CancellationToken) {
    node.pause(false).await;
    let mut changes = node.changes();
    let at_work = |status: &app::Status| matches!(status.phase, app::Phase::Working | app::Phase::Finishing);
    tokio::select! {
        _ = tokio::time::timeout(FINISH, changes.wait_for(|status| !at_work(status))) => {}
        () = end.cancelled() => {}
    }
}

/// Ends when the account was read with a key that is kept here.
async fn a_key_came(desk: Option<AccountDesk>) {
    let Some(desk) = desk else { return std::future::pending().await };
    let came =
        desk.changes().wait_for(|view| view.has_key == Some(true) && view.trouble.is_none()).await.is_ok();
    if !came {
        std::future::pending::<()>().await;
    }
}
