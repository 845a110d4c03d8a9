//! The account's desk: what the owner sees of the account, and one act at a time.
//!
//! Whoever shows the account watches a [`DeskView`] and asks for things; nothing here waits for a window. An act is
//! carried out by [`Account`], which asks the owner, so a desk that vanishes at any moment loses nothing.

mod outcome;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tokio_util::task::{AbortOnDropHandle, TaskTracker};
use types::{KeyId, Sensitive, Timestamp, WorkerName};

use super::{Account, AccountTrouble, AccountView};
use crate::money::Confirm;
pub use outcome::Outcome;

/// The account is read again so often while somebody watches. The coordinator asks to be asked no more than twice a minute.
const FRESH: Duration = Duration::from_secs(60);

/// One account's desk. Cheap to clone; all clones are the same desk.
#[derive(Clone)]
pub struct AccountDesk(Arc<Shared>);

struct Shared {
    account: Account,
    names: Vec<WorkerName>,
    view: watch::Sender<DeskView>,
    tasks: TaskTracker,
    end: CancellationToken,
}

/// Everything about the account at one moment. What is not known yet is `None`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DeskView {
    /// What the account's page said, and when it was read.
    pub seen: Option<(Arc<AccountView>, Timestamp)>,
    /// Whether this computer keeps a key of the account.
    pub has_key: Option<bool>,
    /// Why there is no newer look.
    pub trouble: Option<Outcome>,
    /// Whether the coordinator gives workers keys of their own.
    pub enrolment: Option<bool>,
    /// What is being done, or was done last.
    pub task: Option<Task>,
}

/// Something that is done with the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Task {
    /// What.
    pub act: Act,
    /// How it ended; `None` while it is under way.
    pub outcome: Option<Outcome>,
}

/// What an owner may want of the account.
#[derive(Debug)]
pub enum Wish {
    /// Sign in, and get a key if there is none.
    SignIn,
    /// Another key for this computer.
    MakeKey,
    /// Keep a key that was made elsewhere.
    KeepKey(Sensitive<String>),
    /// A key of its own for the first worker.
    Enrol,
    /// Be paid at this address, as it was typed.
    PayTo(String),
    /// End a key.
    Revoke(KeyId),
    /// Let this computer's rig key sign for every worker.
    Permit,
}

/// A wish without its particulars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Act {
    /// See [`Wish::SignIn`].
    SignIn,
    /// See [`Wish::MakeKey`].
    MakeKey,
    /// See [`Wish::KeepKey`].
    KeepKey,
    /// See [`Wish::Enrol`].
    Enrol,
    /// See [`Wish::PayTo`].
    PayTo,
    /// See [`Wish::Revoke`].
    Revoke,
    /// See [`Wish::Permit`].
    Permit,
}

/// Another act is under way at this desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("something else is being done with this account")]
pub struct UnderWay;

impl Wish {
    const fn act(&self) -> Act {
        match self {
            Self::SignIn => Act::SignIn,
            Self::MakeKey => Act::MakeKey,
            Self::KeepKey(_) => Act::KeepKey,
            Self::Enrol => Act::Enrol,
            Self::PayTo(_) => Act::PayTo,
            Self::Revoke(_) => Act::Revoke,
            Self::Permit => Act::Permit,
        }
    }
}

impl AccountDesk {
    /// Opens the desk for the workers of these names, and has a first look.
    pub fn open(account: Account, names: Vec<WorkerName>) -> Self {
        let (view, _) = watch::channel(DeskView::default());
        let (tasks, end) = (TaskTracker::new(), CancellationToken::new());
        let desk = Self(Arc::new(Shared { account, names, view, tasks, end }));
        desk.run(desk.clone().keep_fresh());
        desk
    }

    /// Whose account it is.
    pub fn account(&self) -> &Account {
        &self.0.account
    }

    /// The workers of this computer.
    pub fn names(&self) -> &[WorkerName] {
        &self.0.names
    }

    /// Everything now.
    pub fn view(&self) -> DeskView {
        self.0.view.borrow().clone()
    }

    /// Tells when it changes.
    pub fn changes(&self) -> watch::Receiver<DeskView> {
        self.0.view.subscribe()
    }

    /// Reads the account's page anew. Answers at once.
    pub fn look_again(&self) {
        let desk = self.clone();
        self.run(async move { desk.look().await });
    }

    /// Ends everything that is under way here. What the owner is being asked is not done.
    pub async fn close(&self) {
        self.0.end.cancel();
        self.0.tasks.close();
        self.0.tasks.wait().await;
    }

    /// Asks the owner and carries it out. Answers at once; the view tells what becomes of it.
    pub fn begin(&self, wish: Wish, confirm: Arc<dyn Confirm>) -> Result<(), UnderWay> {
        let task = Task { act: wish.act(), outcome: None };
        let is_free = |view: &DeskView| view.task.is_none_or(|task| task.outcome.is_some());
        let begun = self.0.view.send_if_modified(|view| {
            let free = is_free(view);
            if free {
                view.task = Some(task);
            }
            free
        });
        if !begun {
            return Err(UnderWay);
        }
        let desk = self.clone();
        self.run(async move {
            let doing = desk.clone();
            // In a task of its own, so that a fault in there still ends as an outcome.
            let doing = tokio::spawn(async move { doing.fulfil(wish, &*confirm).await });
            let done = AbortOnDropHandle::new(doing).await;
            let outcome = done.map_or(Outcome::Broken, |done| Outcome::of(&done));
            desk.look().await;
            desk.0.view.send_modify(|view| {
                if outcome == Outcome::NotOffered {
                    view.enrolment = Some(false);
                }
                view.task = Some(Task { outcome: Some(outcome), ..task });
            });
        });
        Ok(())
    }

    /// Until the desk is closed.
    fn run(&self, work: impl Future<Output = ()> + Send + 'static) {
        let end = self.0.end.clone();
        self.0.tasks.spawn(async move { end.run_until_cancelled(work).await });
    }

    async fn keep_fresh(self) {
        let mut ticks = interval(FRESH);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            // The first look is for whoever comes; later ones only while somebody watches.
            if self.0.view.receiver_count() > 0 || self.0.view.borrow().has_key.is_none() {
                self.look().await;
            }
        }
    }

    async fn fulfil(&self, wish: Wish, confirm: &dyn Confirm) -> Result<(), AccountTrouble> {
        let account = self.account();
        match wish {
            Wish::SignIn => {
                account.sign_in(confirm).await?;
                // Without a key, or with one that is worth nothing any more, another one is wanted.
                if let Err(error) = account.look().await {
                    if !matches!(Outcome::from(&error), Outcome::NoKey | Outcome::KeyRefused) {
                        return Err(error);
                    }
                    account.make_key(confirm).await?;
                }
            }
            Wish::MakeKey => drop(account.make_key(confirm).await?),
            Wish::KeepKey(key) => drop(account.paste_key(&key, confirm).await?),
            Wish::Enrol => {
                let name = self.names().first().ok_or(AccountTrouble::NoWorker)?.clone();
                account.enrol(name, confirm).await?;
            }
            Wish::PayTo(typed) => drop(account.set_payout_wallet(&typed, confirm).await?),
            Wish::Revoke(id) => drop(account.revoke_key(&id, confirm).await?),
            Wish::Permit => drop(account.delegate(self.names().to_vec(), confirm).await?),
        }
        Ok(())
    }

    async fn look(&self) {
        let looked = self.account().look().await;
        let now = self.account().now();
        self.0.view.send_modify(|view| match looked {
            Ok(seen) => {
                (view.seen, view.has_key, view.trouble) = (Some((Arc::new(seen), now)), Some(true), None);
            }
            Err(AccountTrouble::NoKey) => (view.has_key, view.trouble) = (Some(false), None),
            Err(error) => {
                tracing::info!(%error, "the account could not be read");
                view.has_key = view.has_key.or(Some(true));
                view.trouble = Some(Outcome::from(&error));
            }
        });
    }
}

impl std::fmt::Debug for AccountDesk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AccountDesk({:?})", self.account())
    }
}
