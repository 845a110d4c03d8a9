//! The node on a real Grid, from its start to its end.

use std::sync::Arc;

use app::account::AccountDesk;
use app::live::{Live, LiveError, LiveOptions};

use super::keeper::{Keeper, Next};
use super::told::stopped;
use super::{Request, Start};
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
                self.not_live(&error);
                return self.wait_for_another_try(None).await;
            }
        };
        if let Some(account) = live.account().cloned() {
            self.show_account(&live, account);
        }
        self.books.send_replace(live.books().await);
        let next = self.serve_live(&mut live).await;
        self.put_books_away().await;
        self.put_account_away().await;
        next
    }

    async fn serve_live(&mut self, live: &mut Live) -> Next {
        loop {
            let end = self.end.clone();
            let served = tokio::select! {
                served = live.serve() => served,
                () = end.cancelled() => return Next::End,
            };
            let next = match served {
                Ok(node) => {
                    let next = self.follow(&node).await;
                    node.shutdown().await;
                    next
                }
                Err(error) => {
                    self.not_live(&error);
                    None
                }
            };
            match next {
                Some(next) => return next,
                // Nothing was started, or the node broke down and says so.
                None => match self.wait_for_another_try(Some(live)).await {
                    Next::Again => {}
                    next @ (Next::Anew | Next::End) => return next,
                },
            }
        }
    }

    /// Shows a running node and does what is asked of it. `None` when it ended by itself.
    async fn follow(&mut self, node: &app::Node) -> Option<Next> {
        let mut changes = node.changes();
        self.show(node.status());
        loop {
            tokio::select! {
                () = self.end.cancelled() => return Some(Next::End),
                changed = changes.changed() => {
                    if changed.is_err() { return None }
                    let now = changes.borrow_and_update().clone();
                    self.show(now);
                }
                request = self.requests.recv() => match request {
                    None => return Some(Next::End),
                    Some(Request::Pause(done)) => {
                        node.pause(false).await;
                        let _ = done.send(());
                    }
                    Some(Request::Resume(done)) => {
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

    /// Waits until the owner wants another try, or until there is something to try with.
    async fn wait_for_another_try(&mut self, mut live: Option<&mut Live>) -> Next {
        loop {
            let request = tokio::select! {
                biased;
                () = self.end.cancelled() => return Next::End,
                request = self.requests.recv() => request,
            };
            match request {
                None => return Next::End,
                Some(Request::Resume(done)) => {
                    let _ = done.send(());
                    return if live.is_some() { Next::Again } else { Next::Anew };
                }
                Some(Request::Anew(done)) => {
                    let _ = done.send(());
                    return Next::Anew;
                }
                Some(Request::Pause(done)) => drop(done.send(())),
                Some(Request::OpenAccount(answer)) => {
                    let opened = match live.as_deref_mut() {
                        Some(live) => self.make_account(live).await,
                        None => Err(Failure::not_now()),
                    };
                    let _ = answer.send(opened);
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

    fn not_live(&self, error: &LiveError) {
        tracing::warn!(%error, "there is no node on the Grid");
        self.state.send_replace(Some(stopped(error.code())));
        self.out.send_replace(Status::not_live(error, self.money));
    }
}
