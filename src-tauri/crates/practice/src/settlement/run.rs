//! One run of the payout rail: a period is closed, its shares are paid.

use std::collections::{BTreeMap, VecDeque};

use alloy_primitives::{Address, B256};
use tokio::sync::SemaphorePermit;
use tokio::time::timeout;
use types::{Aipg, Den, JobId, Timestamp};

use super::payouts::{Due, PayoutRow, PayoutStatus};
use super::rail::{PayoutRail, RailError};
use super::split::{Allocation, Entry, split};
use crate::accounts::AccountId;
use crate::calendar;
use crate::event::Event;
use crate::hub::{Hub, State};
use crate::network::Network;

/// Why a settlement did not begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SettleError {
    /// Negative, endless or absurd.
    #[error("the budget of a period must be an amount of AIPG")]
    Budget,
}

/// What a settlement did.
#[derive(Debug, Clone, PartialEq)]
pub struct Settlement {
    /// The period's id; `None` if no job was waiting to be settled.
    pub period: Option<String>,
    /// The jobs of the period. No other settlement has them.
    pub jobs: Vec<JobId>,
    /// Their den.
    pub den: Den,
    /// Whose shares were too small and are gone for good.
    pub dropped: Vec<AccountId>,
    /// The rows written or tried again, as they stand at the end.
    pub payouts: Vec<PayoutRow>,
}

/// A period that was just closed.
struct Period {
    id: String,
    jobs: Vec<JobId>,
    den: Den,
    dropped: Vec<AccountId>,
    /// The rows that wait for a wallet.
    accrued: Vec<PayoutRow>,
}

impl Network {
    /// Closes a period over all jobs not settled yet, shares the budget and pays.
    ///
    /// Payments that failed before are tried again. If the call is dropped midway, the payment under way goes to a
    /// person, because it may have left, and those not begun count as failed.
    pub async fn settle(&self, budget_aipg: f64, rail: &impl PayoutRail) -> Result<Settlement, SettleError> {
        Aipg::from_payout(budget_aipg).ok_or(SettleError::Budget)?;
        let now = self.hub.now();
        let (period, due) = self.hub.state().close_period(budget_aipg, now);
        if let Some(period) = &period {
            self.hub.emit(Event::PeriodSettled {
                period: period.id.clone(),
                jobs: period.jobs.len(),
                den: period.den,
                dropped: period.dropped.len(),
            });
        }
        let paid = self.hub.pay_all(due, rail).await;
        Ok(Settlement::of(period, paid))
    }

    /// The work that belongs to no period yet, of all accounts together.
    pub fn not_settled(&self) -> Den {
        let state = self.hub.state();
        state.rows[state.payouts.settled_jobs..].iter().map(|row| row.den).sum()
    }

    /// Tries the failed payments again, each to the address it was bound to.
    pub async fn retry_failed(&self, rail: &impl PayoutRail) -> Vec<PayoutRow> {
        let due = self.hub.state().claim(&PayoutStatus::Failed);
        self.hub.pay_all(due, rail).await
    }

    /// Pays what is owed to accounts that have a wallet by now. The hourly run of the real rail does not do this.
    pub async fn pay_accrued(&self, rail: &impl PayoutRail) -> Vec<PayoutRow> {
        let due = self.hub.state().claim(&PayoutStatus::Accrued);
        self.hub.pay_all(due, rail).await
    }

    /// Writes any payout row, true or not, as if the rail had.
    #[cfg(feature = "rigs")]
    pub fn put_payout_row(&self, row: PayoutRow) {
        self.hub.state().payouts.enter(row);
    }
}

impl Settlement {
    fn of(period: Option<Period>, paid: Vec<PayoutRow>) -> Self {
        let Some(Period { id, jobs, den, dropped, accrued }) = period else {
            return Self {
                period: None,
                jobs: Vec::new(),
                den: Den::ZERO,
                dropped: Vec::new(),
                payouts: paid,
            };
        };
        Self { period: Some(id), jobs, den, dropped, payouts: paid.into_iter().chain(accrued).collect() }
    }
}

impl State {
    /// Closes a period, if there is any work for one, and claims all that can be paid now.
    ///
    /// This happens in one breath, so that a job belongs to one period and a payment to one run.
    fn close_period(&mut self, budget_aipg: f64, now: Timestamp) -> (Option<Period>, Vec<Due>) {
        let mut due = self.claim(&PayoutStatus::Failed);
        let Some((jobs, work)) = self.take_unsettled() else { return (None, due) };
        let mut period = Period {
            id: self.period_id(now),
            jobs,
            den: work.values().copied().sum(),
            dropped: Vec::new(),
            accrued: Vec::new(),
        };
        let entries = work.into_iter().map(|(account, den)| Entry {
            // The wallet of this moment counts, not the one the worker connected with.
            wallet: self.accounts.payout_wallet(&account),
            account: (account, den),
            den: den.hundredths() as f64 / 100.0,
        });
        let split = split(budget_aipg, entries.collect());
        for share in split.allocations {
            let (to, amount) = (share.wallet, share.amount);
            let row = row(&period.id, share, now);
            if to.is_none() {
                period.accrued.push(row.clone());
            }
            let row = self.payouts.enter(row);
            due.extend(to.map(|to| Due { row, to, amount }));
        }
        period.dropped = split.dropped.into_iter().map(|(account, _)| account).collect();
        (Some(period), due)
    }

    /// The jobs that belong to no period yet, and the work of each account in them.
    fn take_unsettled(&mut self) -> Option<(Vec<JobId>, BTreeMap<AccountId, Den>)> {
        let rows = &self.rows[self.payouts.settled_jobs..];
        let mut work: BTreeMap<AccountId, Den> = BTreeMap::new();
        for row in rows {
            // A name is owned for good, so the job's worker still leads to the account it was done for.
            let owner = self.roster.owner(&row.worker_name).expect("BUG: whoever has a row has registered");
            let sum = work.entry(owner.clone()).or_default();
            *sum = *sum + row.den;
        }
        let jobs: Vec<JobId> = rows.iter().map(|row| row.job_id.clone()).collect();
        self.payouts.settled_jobs = self.rows.len();
        (!jobs.is_empty()).then_some((jobs, work))
    }

    /// The hour's id for the first period of an hour, a manual run's for every further one.
    fn period_id(&self, now: Timestamp) -> String {
        let hourly = format!("hour-{}", calendar::hour(now));
        if !self.payouts.knows(&hourly) {
            return hourly;
        }
        let day = calendar::day(now);
        let manual = (2_u64..).map(|run| format!("{day}_{day}#{run}"));
        manual.into_iter().find(|id| !self.payouts.knows(id)).unwrap_or(hourly)
    }

    fn claim(&mut self, status: &PayoutStatus) -> Vec<Due> {
        let Self { payouts, accounts, .. } = self;
        payouts.claim(status, |account| accounts.payout_wallet(account))
    }
}

fn row(period: &str, share: Allocation<(AccountId, Den), Address>, now: Timestamp) -> PayoutRow {
    let (account, den) = share.account;
    let status = if share.wallet.is_some() { PayoutStatus::Pending } else { PayoutStatus::Accrued };
    let (period, address) = (period.to_owned(), share.wallet);
    PayoutRow {
        period,
        account,
        den,
        aipg: share.aipg,
        status,
        tx_hash: None,
        address,
        created: now,
        paid: None,
    }
}

/// The payments a run has claimed. If the run is dropped midway, they are let go of.
struct Claimed<'a> {
    hub: &'a Hub,
    waiting: VecDeque<Due>,
    under_way: Option<Due>,
}

impl Claimed<'_> {
    /// Enters how a payment ended, and tells.
    fn conclude(&self, due: Due, outcome: Result<B256, RailError>) -> PayoutRow {
        let row = self.hub.state().payouts.conclude(due, &outcome, self.hub.now());
        let (period, to) = (row.period.clone(), due.to);
        self.hub.emit(match outcome {
            Ok(tx) => Event::PayoutSent { period, to, amount: due.amount, tx },
            Err(error) => Event::PayoutFailed { period, to, error },
        });
        row
    }
}

impl Drop for Claimed<'_> {
    fn drop(&mut self) {
        let stopped = || "the run was stopped".to_owned();
        if let Some(due) = self.under_way.take() {
            self.conclude(due, Err(RailError::Unknown(stopped())));
        }
        while let Some(due) = self.waiting.pop_front() {
            self.conclude(due, Err(RailError::NotSent(stopped())));
        }
    }
}

impl Hub {
    async fn pay_all(&self, due: Vec<Due>, rail: &impl PayoutRail) -> Vec<PayoutRow> {
        let mut paid = Vec::with_capacity(due.len());
        let mut claimed = Claimed { hub: self, waiting: due.into(), under_way: None };
        loop {
            let turn = self.turn().await;
            let Some(due) = claimed.waiting.pop_front() else { return paid };
            let outcome = match turn {
                Ok(_turn) => {
                    claimed.under_way = Some(due);
                    let payment = timeout(rail.patience(), rail.pay(due.to, due.amount)).await;
                    payment.unwrap_or_else(|_| Err(RailError::Unknown("it took too long".to_owned())))
                }
                Err(error) => Err(error),
            };
            claimed.under_way = None;
            paid.push(claimed.conclude(due, outcome));
        }
    }

    /// One payment at a time: a treasury's payments are numbered in a row.
    async fn turn(&self) -> Result<SemaphorePermit<'_>, RailError> {
        let closing = || RailError::NotSent("the network is shutting down".to_owned());
        tokio::select! {
            biased;
            () = self.closing.cancelled() => Err(closing()),
            turn = self.treasury.acquire() => turn.map_err(|_| closing()),
        }
    }
}
