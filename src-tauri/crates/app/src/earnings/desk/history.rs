//! What came of the work, put together from the record, the payouts and the Grid's pages.

use std::sync::Arc;

use ledger::LedgerError;

use super::BooksDesk;
use crate::Status;
use crate::earnings::causes::{Cause, Delegated, Facts, MarketFact, causes};
use crate::earnings::{CouldEarn, Day, Earnings, NextPayout, NotAllocated, next_payout};

/// As many days as a chart of a month has.
pub const MOST_DAYS: u32 = 30;

/// What the record does not know itself.
#[derive(Debug, Clone)]
pub struct Known {
    /// What the node is doing.
    pub status: Status,
    /// The payouts, once they were read.
    pub earnings: Option<Arc<Earnings>>,
    /// Whether the account has a wallet to pay to.
    pub payout_wallet: Option<bool>,
    /// Whether the rig may sign for that wallet.
    pub delegation: Delegated,
}

/// What came of the work so far.
#[derive(Debug, Clone)]
pub struct History {
    /// The last days, the oldest first.
    pub days: Vec<Day>,
    /// The hour that is running and when it is shared out. The practice network has hours of its own and none here.
    pub payday: Option<NextPayout>,
    /// Hours with work that should have a payout and have none, the newest first; none before the payouts were read, and
    /// none on the practice network.
    pub not_allocated: Vec<NotAllocated>,
    /// What keeps money from coming, the worst first.
    pub causes: Vec<Cause>,
    /// What this machine could earn, if it has worked enough to be measured.
    pub could_earn: Option<CouldEarn>,
}

impl BooksDesk {
    /// Reads the record and judges.
    pub async fn history(&self, known: Known) -> Result<History, LedgerError> {
        let record = self.record();
        let days = record.days(MOST_DAYS).await?;
        let (practice, earnings) = (known.status.practice, known.earnings.as_deref());
        let mut not_allocated = match earnings {
            Some(earnings) if !practice => record.hours_left_out(earnings).await?,
            // Who did not look for payouts cannot say that one is missing.
            Some(_) | None => Vec::new(),
        };
        let facts = Facts { not_allocated: not_allocated.clone(), ..self.facts(&known) };
        let mut facts = record.recall(facts, earnings).await?;
        if practice {
            facts.unsettled = None;
        }
        let could_earn = match &known.status.model {
            Some(model) => record.could_earn(model, earnings).await?,
            None => None,
        };
        let payday = if practice { None } else { next_payout(facts.now) };
        not_allocated.reverse();
        Ok(History { days, payday, not_allocated, causes: causes(&facts), could_earn })
    }

    /// What the node and the Grid's pages say.
    fn facts(&self, known: &Known) -> Facts {
        let slots = &known.status.slots;
        Facts {
            online_since: slots.iter().filter_map(|slot| slot.online_since).min(),
            strikes: slots.iter().map(|slot| slot.strikes).max().unwrap_or(0),
            market: self.market_fact(),
            payout_wallet: known.payout_wallet,
            delegation: known.delegation,
            coordinator: self.view().reach,
            ..Facts::new(self.record().now(), known.status.phase, known.status.code)
        }
    }

    /// Of the first model that is served here.
    fn market_fact(&self) -> MarketFact {
        let (view, ours) = (self.view(), self.ours());
        let (Some((market, _)), Some(first)) = (view.market, ours.first()) else { return MarketFact::Unread };
        let line = market.iter().find(|line| line.model == *first && line.workers > 0);
        line.map_or(MarketFact::NotListed, |line| MarketFact::Listed(line.clone()))
    }
}
