//! Money: what the wallet has, what it is asked to do, and how that is carried out.
//!
//! Everything that moves money goes one way: read the chain, make a plan, show it, write down the yes, and let the
//! machine of `chain::action` carry it out with the journal. A plan that was interrupted is gone on with, never begun
//! again.

mod aftercare;
mod carry;
mod confirm;
pub mod desk;
mod journal;
mod whereabouts;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chain::action::{self, Action, End, Facts, Obstacle, Offer, Policy, Record, Terms, Unfinished, Wish};
use chain::{Chain, ChainError, Snapshot, Verdict};
use grid::AccountClient;
use ledger::{LedgerError, OpenPlan, PlanEnd, TransactionRow, TransactionState};
use tokio::sync::{Mutex, watch};
use types::{Address, Clock, Consent, Network, NetworkKind, Plan, Timestamp, Wei};

pub use confirm::{Confirm, NotPractice, ScriptedConfirmation};
pub use desk::Desk;
pub(crate) use journal::Books;

use crate::earnings::{self, Earnings, EarningsError};
use aftercare::look_after;
use carry::Carrier;

/// Opens the wallet for one signature.
#[async_trait]
pub trait OpenWallet: Send + Sync {
    /// The unlocked wallet, or `None` if the owner or the system did not open it.
    async fn open(&self) -> Option<keys::Wallet>;
}

/// What money matters need.
#[derive(Clone)]
pub struct MoneySettings {
    /// The chain and its contracts.
    pub chain: Chain,
    /// Whose money it is.
    pub address: Address,
    /// Where signatures come from.
    pub wallet: Arc<dyn OpenWallet>,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// How patient to be with the chain.
    pub policy: Policy,
    /// How long a plan that was shown may be carried out.
    pub plan_life: Duration,
}

/// One wallet's money on one chain.
#[derive(Clone)]
pub struct Money {
    settings: MoneySettings,
    books: Books,
    /// Held by whoever carries a plan out.
    turn: Arc<Mutex<()>>,
    /// Told after each thing that may have written a row.
    progress: watch::Sender<()>,
}

/// What came of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried {
    /// The plan.
    pub plan: Plan,
    /// How it ended.
    pub end: End,
    /// Its transactions, oldest first.
    pub transactions: Vec<TransactionRow>,
}

/// Why nothing was begun, or gone on with.
#[derive(Debug, thiserror::Error)]
pub enum MoneyError {
    /// The chain could not be asked.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The chain answered in part only. Ask again.
    #[error("the chain's answer was incomplete; ask again")]
    Incomplete,
    /// The journal cannot be read or written.
    #[error(transparent)]
    Journal(#[from] LedgerError),
    /// It cannot be done now.
    #[error(transparent)]
    Obstacle(#[from] Obstacle),
    /// The owner said no.
    #[error("the owner did not agree")]
    Declined,
    /// One thing at a time.
    #[error("another plan of this wallet is being carried out")]
    Busy,
    /// A signed transaction may still be mined; nobody can take it back.
    #[error("a signed transaction of this plan is on its way")]
    OnItsWay,
    /// The plan in the journal is for other contracts.
    #[error("the plan that was interrupted is for another network")]
    OtherNetwork,
    /// The system has no randomness for a plan's id.
    #[error(transparent)]
    Key(#[from] keys::KeyError),
}

impl Money {
    /// Money matters over this journal.
    pub(crate) fn new(settings: MoneySettings, books: Books) -> Self {
        Self { settings, books, turn: Arc::default(), progress: watch::Sender::new(()) }
    }

    /// Whose money it is.
    pub const fn address(&self) -> Address {
        self.settings.address
    }

    /// The network.
    pub const fn network(&self) -> &Network {
        self.settings.chain.network()
    }

    /// The time now, by the clock that plans are dated with.
    pub fn now(&self) -> Timestamp {
        self.settings.clock.now()
    }

    /// How patient it is with the chain.
    pub const fn policy(&self) -> Policy {
        self.settings.policy
    }

    /// Tells after each thing that may have written a row of a plan.
    pub fn progress(&self) -> watch::Receiver<()> {
        self.progress.subscribe()
    }

    /// What the account says was paid, held against the chain.
    pub async fn earnings(&self, account: &AccountClient) -> Result<Earnings, EarningsError> {
        let (chain, clock) = (&self.settings.chain, &*self.settings.clock);
        earnings::refresh(account, chain, self.address(), &self.books, clock).await
    }

    /// What the chain says now.
    pub async fn look(&self) -> Result<Snapshot, ChainError> {
        self.settings.chain.look(self.address()).await
    }

    /// What a wish comes to and costs, or what stands before it. Nothing is written or signed.
    pub async fn plan(&self, wish: Wish) -> Result<Plan, MoneyError> {
        let data_fee = self.largest_data_fee().await?;
        self.plan_on(wish, &self.look().await?, data_fee)
    }

    /// The same by a look that was taken already.
    fn plan_on(&self, wish: Wish, seen: &Snapshot, data_fee: Wei) -> Result<Plan, MoneyError> {
        if wish.concerns_registry() && !is_complete(seen) {
            return Err(MoneyError::Incomplete);
        }
        let terms = Terms {
            id: keys::random_hex_128()?,
            network: *self.network(),
            from: self.address(),
            now: self.settings.clock.now(),
            life: self.settings.plan_life,
            data_fee,
        };
        Ok(action::plan(wish, &Facts::from(seen), terms)?)
    }

    /// Twice the present fee for the data of the longest transaction we send, since it may rise before it is sent.
    async fn largest_data_fee(&self) -> Result<Wei, ChainError> {
        const LONGEST_TRANSACTION: usize = 200;
        const MOST_GAS: u64 = 400_000;
        let fee = l1_fee(&self.settings.chain, LONGEST_TRANSACTION, MOST_GAS).await?;
        Ok(fee.saturating_add(fee))
    }

    /// Plans, asks the owner, and carries it out to its end. An unfinished earlier plan is in the way of a new one.
    pub async fn fulfil(&self, wish: Wish, confirm: &dyn Confirm) -> Result<Carried, MoneyError> {
        let _turn = self.turn.try_lock().map_err(|_| MoneyError::Busy)?;
        if self.open_plan().await?.is_some() {
            return Err(LedgerError::PlanOpen.into());
        }
        let plan = self.plan(wish).await?;
        let consent = agreed(&plan, confirm).await?;
        let (written, now) = (plan.clone(), self.settings.clock.now());
        self.books.with(move |journal| journal.agreed(&written, consent.how, now)).await?;
        self.carry(plan, consent, vec![]).await
    }

    /// Goes on with the plan that was interrupted, if there is one. The owner is asked again if something new may have to
    /// be signed: a yes that was written down is not one that was said.
    pub async fn resume(&self, confirm: &dyn Confirm) -> Result<Option<Carried>, MoneyError> {
        let _turn = self.turn.try_lock().map_err(|_| MoneyError::Busy)?;
        let Some(OpenPlan { plan, how, .. }) = self.open_plan().await? else { return Ok(None) };
        if plan.network != *self.network() {
            return Err(MoneyError::OtherNetwork);
        }
        let rows = self.rows_as_they_are(&plan).await?;
        let all_signed = all_signed(&plan, &rows);
        let expired = self.settings.clock.now() > plan.expires_at;
        if expired && !all_signed && rows.iter().all(is_settled) {
            return self.close(plan, End::Stopped(Obstacle::Expired), rows).await.map(Some);
        }
        let consent = if all_signed || expired {
            // Nothing more will be signed.
            Consent { plan: plan.digest(), how }
        } else {
            agreed(&plan, confirm).await?
        };
        self.carry(plan, consent, rows).await.map(Some)
    }

    /// Gives the interrupted plan up. What is signed and in no block cannot be taken back: then it stays open.
    pub async fn give_up(&self) -> Result<Option<Carried>, MoneyError> {
        let _turn = self.turn.try_lock().map_err(|_| MoneyError::Busy)?;
        let Some(OpenPlan { plan, .. }) = self.open_plan().await? else { return Ok(None) };
        let rows = self.rows_as_they_are(&plan).await?;
        if !rows.iter().all(is_settled) {
            return Err(MoneyError::OnItsWay);
        }
        self.close(plan, End::Stopped(Obstacle::NotSigned), rows).await.map(Some)
    }

    /// Looks again at everything that is signed and not final, whatever became of its plan. Signs nothing; what is in no
    /// block is sent again as it was. Answers how many are still not final.
    pub async fn follow(&self) -> Result<usize, MoneyError> {
        let address = self.address();
        let rows = self.books.with(move |journal| journal.not_final(address)).await?;
        for (plan, row) in &rows {
            if let Err(error) = look_after(&self.settings, &self.books, plan, row).await {
                tracing::info!(%error, "a transaction could not be looked after");
            }
        }
        Ok(self.books.with(move |journal| journal.not_final(address)).await?.len())
    }

    /// The plan's transactions, after a look at those that are signed and were not seen in a block.
    async fn rows_as_they_are(&self, plan: &Plan) -> Result<Vec<TransactionRow>, MoneyError> {
        for row in self.living_rows(plan).await?.iter().filter(|row| !is_settled(row)) {
            look_after(&self.settings, &self.books, plan, row).await?;
        }
        Ok(self.living_rows(plan).await?)
    }

    /// Every transaction of a plan as the journal has it now, oldest first.
    pub async fn transactions(&self, plan: &Plan) -> Result<Vec<TransactionRow>, MoneyError> {
        let id = plan.id.clone();
        Ok(self.books.with(move |journal| journal.transactions(&id)).await?)
    }

    /// The plan that was begun and is not at its end, with its transactions, oldest first.
    pub async fn interrupted(&self) -> Result<Option<(Plan, Vec<TransactionRow>)>, MoneyError> {
        let Some(OpenPlan { plan, .. }) = self.open_plan().await? else { return Ok(None) };
        let rows = self.transactions(&plan).await?;
        Ok(Some((plan, rows)))
    }

    async fn open_plan(&self) -> Result<Option<OpenPlan>, LedgerError> {
        let address = self.address();
        self.books.with(move |journal| journal.open_plan(address)).await
    }

    /// The plan's transactions. A row without a signature is void: nothing of it can be anywhere else.
    async fn living_rows(&self, plan: &Plan) -> Result<Vec<TransactionRow>, LedgerError> {
        let id = plan.id.clone();
        let read = move |journal: &mut ledger::Journal| {
            journal.void_prepared(&id)?;
            journal.transactions(&id)
        };
        let rows = self.books.with(read).await?;
        Ok(rows.into_iter().filter(|row| row.state != TransactionState::Void).collect())
    }

    async fn carry(
        &self,
        plan: Plan,
        consent: Consent,
        rows: Vec<TransactionRow>,
    ) -> Result<Carried, MoneyError> {
        let records: Vec<(Offer, Record)> = rows.iter().filter_map(record).collect();
        let (action, first) = Action::begin(plan.clone(), &records, self.settings.policy);
        let end = Carrier::new(&self.settings, &self.books, &self.progress, consent, rows.clone())
            .run(action, first)
            .await;
        tracing::info!(plan = %plan.id, ?end, "a plan came to its end");
        self.close(plan, end, rows).await
    }

    /// Writes the end down. If even that fails, the plan is open in the journal and gone on with later.
    async fn close(&self, plan: Plan, end: End, known: Vec<TransactionRow>) -> Result<Carried, MoneyError> {
        let (id, now) = (plan.id.clone(), self.settings.clock.now());
        let written = self.books.with(move |journal| {
            if let Some(end) = plan_end(end) {
                journal.ended(&id, end, now)?;
            }
            journal.transactions(&id)
        });
        Ok(match written.await {
            Ok(transactions) => Carried { plan, end, transactions },
            Err(error) => {
                tracing::error!(%error, "the end of a plan cannot be written");
                Carried { plan, end: End::Unfinished(Unfinished::NoJournal), transactions: known }
            }
        })
    }
}

/// Whether every step of the plan has its signature, so that nobody need be asked any more.
fn all_signed(plan: &Plan, rows: &[TransactionRow]) -> bool {
    let last = rows.iter().rfind(|row| row.signed().is_some());
    last.is_some_and(|row| row.step + 1 == plan.steps.len())
}

/// A yes to this very plan.
async fn agreed(plan: &Plan, confirm: &dyn Confirm) -> Result<Consent, MoneyError> {
    let consent = confirm.confirm(plan).await.filter(|consent| consent.plan == plan.digest());
    consent.ok_or(MoneyError::Declined)
}

/// Whether everything is known that a step with the registry depends on. What is not known is asked for again and not
/// taken for a no.
fn is_complete(seen: &Snapshot) -> bool {
    let known = seen.grid_paused.is_some() && seen.min_bond.is_some();
    seen.verdict != Verdict::Undetermined && (known || seen.verdict.version().is_none())
}

/// Whether it has come to something: nothing of it waits to get into a block.
const fn is_settled(row: &TransactionRow) -> bool {
    match row.state {
        TransactionState::Mined { .. } | TransactionState::Reverted(_) | TransactionState::Void => true,
        TransactionState::Prepared | TransactionState::Signed(_) => false,
    }
}

/// What a transaction costs besides its gas. A practice chain may have no such fee; Base always has.
async fn l1_fee(chain: &Chain, signed_len: usize, gas: u64) -> Result<Wei, ChainError> {
    match (chain.l1_fee(signed_len, gas).await?, chain.network().kind()) {
        (Some(fee), _) => Ok(fee.total()),
        (None, NetworkKind::Practice) => Ok(Wei::ZERO),
        (None, NetworkKind::Base) => Err(ChainError::Empty("getL1FeeUpperBound")),
    }
}

/// What the machine needs to know of a row.
fn record(row: &TransactionRow) -> Option<(Offer, Record)> {
    let record = match row.state {
        TransactionState::Signed(_) => Record::Signed,
        TransactionState::Mined { .. } => Record::Mined,
        TransactionState::Reverted(_) => Record::Reverted,
        TransactionState::Prepared | TransactionState::Void => return None,
    };
    Some((Offer { step: row.step, transaction: row.transaction, data_fee: row.data_fee }, record))
}

/// An unfinished plan stays open.
const fn plan_end(end: End) -> Option<PlanEnd> {
    match end {
        End::Done | End::AlreadySo => Some(PlanEnd::Done),
        End::Failed(_) => Some(PlanEnd::Failed),
        End::Stopped(_) => Some(PlanEnd::Stopped),
        End::Unfinished(_) => None,
    }
}

impl std::fmt::Debug for Money {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Money({} on {})", self.address(), self.network().kind().name())
    }
}
