//! The money desk: what the owner sees of his money, kept fresh, and one plan at a time.
//!
//! Whoever shows money watches a [`View`] and asks for things; nothing here waits for a window. What is asked for is
//! carried out by [`Money`], so a desk that vanishes at any moment loses nothing.

mod keeper;
mod offers;
mod outcome;
mod view;

use std::sync::{Arc, Mutex, PoisonError};

use chain::action::End;
use grid::AccountClient;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use types::Plan;

use super::{Carried, Confirm, Money, MoneyError};
pub use chain::action::{Obstacle, Wish};
pub use chain::{BondState, Snapshot};
pub use ledger::{TransactionRow, TransactionState};
pub use outcome::Outcome;
pub use view::{ActionStage, ActionView, Estimate, Offer, Outlook, Seen, Subject, Trouble, View};

/// One wallet's desk. Cheap to clone; all clones are the same desk.
#[derive(Clone)]
pub struct Desk(Arc<Shared>);

struct Shared {
    money: Money,
    /// Where payouts are read, once there is a node with an account.
    account: Mutex<Option<Arc<AccountClient>>>,
    view: watch::Sender<View>,
    again: Notify,
    end: CancellationToken,
    tasks: TaskTracker,
}

/// With what somebody starts.
#[derive(Debug, Clone, Copy)]
enum Start {
    /// Something new.
    Anew(Subject),
    /// What was interrupted.
    Again,
}

/// What came of it, and how that is told if not by its end. Nothing: there was nothing to go on with.
type Came = Option<(Carried, Option<Outcome>)>;

/// Another plan is under way at this desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("something else is begun with this wallet already, or there is nothing to go on with")]
pub struct UnderWay;

impl Desk {
    /// Opens the desk: finds what was interrupted, and goes on by itself with what is signed already.
    pub fn open(money: Money) -> Self {
        let (view, _) = watch::channel(View::default());
        let shared = Shared {
            money,
            account: Mutex::default(),
            view,
            again: Notify::new(),
            end: CancellationToken::new(),
            tasks: TaskTracker::new(),
        };
        let desk = Self(Arc::new(shared));
        desk.0.tasks.spawn(keeper::keep(desk.clone()));
        desk.0.tasks.spawn(keeper::follow_progress(desk.clone()));
        desk
    }

    /// Whose money it is, and on which network.
    pub fn money(&self) -> &Money {
        &self.0.money
    }

    /// Everything now.
    pub fn view(&self) -> View {
        self.0.view.borrow().clone()
    }

    /// Tells when it changes.
    pub fn changes(&self) -> watch::Receiver<View> {
        self.0.view.subscribe()
    }

    /// Reads the chain and the account anew, soon.
    pub fn look_again(&self) {
        self.0.again.notify_one();
    }

    /// From now on payouts are read here.
    pub fn use_account(&self, account: AccountClient) {
        *self.0.account.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(account));
        self.look_again();
    }

    /// What is known of the work that is not settled; nothing when there is no node to work.
    pub fn expect(&self, outlook: Option<Outlook>) {
        self.0.view.send_if_modified(|view| {
            let changed = view.outlook != outlook;
            view.outlook = outlook;
            changed
        });
    }

    /// Plans, asks and carries out. Answers at once; the view tells what becomes of it.
    pub fn begin(&self, wish: Wish, confirm: Arc<dyn Confirm>) -> Result<(), UnderWay> {
        self.start(Start::Anew(Subject::of(&wish)))?;
        let desk = self.clone();
        self.run(async move {
            let asked = keeper::Shown { desk: &desk, confirm: &*confirm };
            Ok(Some((desk.money().fulfil(wish, &asked).await?, None)))
        });
        Ok(())
    }

    /// Goes on with what was interrupted. The owner is asked again if something new has to be signed.
    pub fn go_on(&self, confirm: Arc<dyn Confirm>) -> Result<(), UnderWay> {
        self.start(Start::Again)?;
        let desk = self.clone();
        self.run(async move {
            let asked = keeper::Shown { desk: &desk, confirm: &*confirm };
            Ok(desk.money().resume(&asked).await?.map(|carried| (carried, None)))
        });
        Ok(())
    }

    /// Gives up what was interrupted. What is signed and in no block cannot be given up.
    pub fn give_up(&self) -> Result<(), UnderWay> {
        self.start(Start::Again)?;
        let desk = self.clone();
        self.run(async move {
            let given_up = desk.money().give_up().await?;
            Ok(given_up.map(|carried| match carried.end {
                End::Stopped(_) => (carried, Some(Outcome::GivenUp)),
                _ => (carried, None),
            }))
        });
        Ok(())
    }

    /// Lets go of everything. What is under way is in the journal and gone on with at the next start.
    pub async fn close(&self) {
        self.0.end.cancel();
        self.0.tasks.close();
        self.0.tasks.wait().await;
    }

    /// One plan at a time: the view itself says whether there is one. What was interrupted is gone on with or given up
    /// before anything new is begun.
    fn start(&self, start: Start) -> Result<(), UnderWay> {
        let started = self.0.view.send_if_modified(|view| {
            let held =
                view.seen.as_ref().and_then(|seen| seen.snapshot.worker.as_ref()).map(|worker| worker.bond);
            match (&mut view.action, start) {
                (Some(action), Start::Again) if action.stage == ActionStage::Interrupted => {
                    action.stage = ActionStage::Carrying;
                    action.outcome = None;
                }
                (Some(action), Start::Anew(_)) if action.stage != ActionStage::Ended => return false,
                (action, Start::Anew(subject)) => *action = Some(ActionView::new(subject, held)),
                (_, Start::Again) => return false,
            }
            true
        });
        if started { Ok(()) } else { Err(UnderWay) }
    }

    /// In a task of its own, so that whoever asked need not wait and a fault in it is contained.
    fn run(&self, work: impl Future<Output = Result<Came, MoneyError>> + Send + 'static) {
        let (desk, end) = (self.clone(), self.0.end.clone());
        self.0.tasks.spawn(async move {
            let mut work = tokio::spawn(work);
            let came = tokio::select! {
                came = &mut work => came,
                () = end.cancelled() => {
                    work.abort();
                    let _ = work.await;
                    return;
                }
            };
            // First the chain: an end beside the bond as it was before would offer the same click again.
            if matches!(came, Ok(Ok(Some(_)))) {
                tokio::select! {
                    () = keeper::look_at_chain(&desk) => {}
                    () = end.cancelled() => return,
                }
            }
            match came {
                Ok(Ok(Some((carried, outcome)))) => desk.ended(carried, outcome),
                Ok(Ok(None)) => desk.0.view.send_modify(|view| view.action = None),
                Ok(Err(error)) => {
                    tracing::info!(%error, "a plan was not carried out");
                    desk.rest(Outcome::from(&error));
                }
                Err(error) => {
                    tracing::error!(%error, "a plan's task broke");
                    desk.rest(Outcome::Unknown);
                }
            }
            keeper::look_at_journal(&desk).await;
            desk.look_again();
        });
    }

    fn change(&self, change: impl FnOnce(&mut ActionView)) {
        self.0.view.send_if_modified(|view| view.action.as_mut().map(change).is_some());
    }

    fn ended(&self, carried: Carried, outcome: Option<Outcome>) {
        let outcome = outcome.unwrap_or(Outcome::Came(carried.end));
        self.change(|action| {
            action.stage = if outcome.is_over() { ActionStage::Ended } else { ActionStage::Interrupted };
            action.plan = Some(carried.plan);
            action.rows = carried.transactions;
            action.outcome = Some(outcome);
        });
    }

    /// Nothing more is done now. Whether the plan is open the journal says, which is asked next.
    fn rest(&self, outcome: Outcome) {
        self.change(|action| {
            action.stage = if action.rows.is_empty() { ActionStage::Ended } else { ActionStage::Interrupted };
            action.outcome = Some(outcome);
        });
    }

    /// A plan is shown to the owner now.
    fn asking(&self, plan: &Plan) {
        self.change(|action| {
            action.subject = Subject::of_plan(plan);
            action.stage = ActionStage::Asking;
            action.plan = Some(plan.clone());
        });
    }

    fn agreed(&self) {
        self.change(|action| action.stage = ActionStage::Carrying);
    }
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Desk({:?})", self.0.money)
    }
}
