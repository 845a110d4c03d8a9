//! The books' desk: the record, what the Grid says of the network, and whether two books agree, kept for whoever shows it.

mod history;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use grid::{AccountClient, AccountError, AccountPatience, Endpoint, Period, PublicClient};
use ledger::Limits;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use types::{Clock, ModelId, Timestamp};

use super::causes::Reach;
use super::rates::{self, Market};
use super::{BooksCheck, Earnings, Record, as_stated};
use crate::Home;
use crate::account::Account;
use crate::money::Books;
pub use history::{History, Known, MOST_DAYS};

/// The Grid's figures are read again so often while somebody watches. They move with the hour.
const FRESH: Duration = Duration::from_secs(5 * 60);

/// One coordinator's books. Cheap to clone; all clones are the same desk.
#[derive(Clone)]
pub struct BooksDesk(Arc<Shared>);

struct Shared {
    record: Record,
    public: PublicClient,
    account: Mutex<Option<Arc<AccountClient>>>,
    /// Where payouts are kept that no chain is asked about.
    payouts: Option<(Books, Arc<dyn Clock>)>,
    ours: Mutex<Vec<ModelId>>,
    view: watch::Sender<BooksView>,
    tasks: TaskTracker,
    end: CancellationToken,
}

/// What the Grid says, at one moment. What is not known yet is `None`.
#[derive(Debug, Clone, PartialEq)]
pub struct BooksView {
    /// Every model online or asked for, and when that was read.
    pub market: Option<(Arc<Vec<Market>>, Timestamp)>,
    /// Whether our books and the Grid's agree.
    pub check: Option<Arc<BooksCheck>>,
    /// The payouts as the Grid states them, where no chain is asked about them.
    pub stated: Option<Arc<Earnings>>,
    /// Whether the coordinator answers.
    pub reach: Reach,
}

impl BooksDesk {
    /// Opens the desk and has a first look.
    pub fn open(record: Record, endpoint: &Endpoint) -> Result<Self, AccountError> {
        Self::with(record, endpoint, None)
    }

    fn with(
        record: Record,
        endpoint: &Endpoint,
        payouts: Option<(Books, Arc<dyn Clock>)>,
    ) -> Result<Self, AccountError> {
        let public = PublicClient::new(endpoint, AccountPatience::default())?;
        let (view, _) =
            watch::channel(BooksView { market: None, check: None, stated: None, reach: Reach::Unknown });
        let desk = Self(Arc::new(Shared {
            record,
            public,
            account: Mutex::default(),
            payouts,
            ours: Mutex::default(),
            view,
            tasks: TaskTracker::new(),
            end: CancellationToken::new(),
        }));
        desk.run(desk.clone().keep_fresh());
        Ok(desk)
    }

    /// The same for the book of this name in a home. `None` if it cannot be opened; the log says why, and jobs need none.
    pub(crate) async fn beside(
        home: &Home,
        book: &str,
        endpoint: &Endpoint,
        clock: &Arc<dyn Clock>,
        payouts: Option<Books>,
    ) -> Option<Self> {
        let record = Record::open(home, Limits::default(), book, Arc::clone(clock)).await;
        let record =
            record.inspect_err(|error| tracing::warn!(%error, "the record cannot be read beside the node"));
        let payouts = payouts.map(|books| (books, Arc::clone(clock)));
        let desk = Self::with(record.ok()?, endpoint, payouts);
        desk.inspect_err(|error| tracing::warn!(%error, "the Grid's pages cannot be asked for")).ok()
    }

    /// The record of jobs.
    pub fn record(&self) -> &Record {
        &self.0.record
    }

    /// From now on the books are compared with this account's.
    pub fn use_account(&self, account: AccountClient) {
        *self.0.account.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(account));
        self.look_again();
    }

    /// From now on the books are compared with this account's, if it can be read now. Else they stay as they are.
    pub async fn follow_account(&self, account: &Account) {
        match account.client().await {
            Ok(client) => self.use_account(client),
            Err(error) => tracing::info!(%error, "the books are not compared"),
        }
    }

    /// These models are served here.
    pub fn serves(&self, models: Vec<ModelId>) {
        let mut ours = self.0.ours.lock().unwrap_or_else(PoisonError::into_inner);
        if *ours != models {
            *ours = models;
            self.look_again();
        }
    }

    /// What the Grid says.
    pub fn view(&self) -> BooksView {
        self.0.view.borrow().clone()
    }

    /// Tells when that changes.
    pub fn changes(&self) -> watch::Receiver<BooksView> {
        self.0.view.subscribe()
    }

    /// Reads the Grid's pages anew. Answers at once.
    pub fn look_again(&self) {
        let desk = self.clone();
        self.run(async move { desk.look().await });
    }

    /// Ends everything that is under way here.
    pub async fn close(&self) {
        self.0.end.cancel();
        self.0.tasks.close();
        self.0.tasks.wait().await;
    }

    /// The models served here.
    fn ours(&self) -> Vec<ModelId> {
        self.0.ours.lock().unwrap_or_else(PoisonError::into_inner).clone()
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
            if self.0.view.receiver_count() > 0 {
                self.look().await;
            }
        }
    }

    async fn look(&self) {
        let market = self.market().await;
        let check = self.check().await;
        let stated = self.stated().await;
        let now = self.record().now();
        self.0.view.send_modify(|view| {
            match market {
                Ok(market) => (view.market, view.reach) = (Some((Arc::new(market), now)), Reach::Yes),
                Err(error) => {
                    tracing::info!(%error, "the Grid's figures could not be read");
                    view.reach = if error.is_transient() { Reach::No } else { Reach::Yes };
                }
            }
            view.check = check.map(Arc::new).or(view.check.take());
            view.stated = stated.map(Arc::new).or(view.stated.take());
        });
    }

    async fn stated(&self) -> Option<Earnings> {
        let (books, clock) = self.0.payouts.as_ref()?;
        let account = self.0.account.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        let read = as_stated(&account, books, &**clock).await;
        read.inspect_err(|error| tracing::info!(%error, "the payouts could not be read")).ok()
    }

    /// The demand and the state of the network are told where they can be read; the models online must be.
    async fn market(&self) -> Result<Vec<Market>, AccountError> {
        let online = self.0.public.models().await?;
        let demand = self.0.public.demand(Period::Hour).await.ok();
        let network = self.0.public.network().await.ok();
        Ok(rates::market(&online, demand.as_deref(), network.as_ref(), &self.ours()))
    }

    async fn check(&self) -> Option<BooksCheck> {
        let account = self.0.account.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        let checked = self.record().check(&account, &self.0.public).await;
        checked.inspect_err(|error| tracing::info!(%error, "the books could not be compared")).ok()
    }
}

impl std::fmt::Debug for BooksDesk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "BooksDesk({})", self.record().coordinator())
    }
}
