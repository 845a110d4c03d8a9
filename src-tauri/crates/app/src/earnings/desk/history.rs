//! What came of the work, put together from the record, the payouts and the Grid's pages.

use std::sync::Arc;
use std::time::Duration;

use ledger::{LedgerError, Span};
use types::{Den, Timestamp};

use super::BooksDesk;
use crate::Status;
use crate::earnings::causes::{Cause, Delegated, Facts, MarketFact, causes};
use crate::earnings::{
    Busy, CouldEarn, Cursor, Day, Dust, Earnings, Measured, NotAllocated, RateRange, Speed, Sums, could_earn,
    dust, hour_of, not_allocated,
};

/// As many days as a chart of a month has.
pub const MOST_DAYS: u32 = 30;
/// Hours without a payout are looked for this far back.
const HOURS: u32 = 48;
/// Fewer answers than this tell too little of how fast a machine is.
const ENOUGH_JOBS: u64 = 3;
/// A machine that has no whole hour behind it may be at work this much of the time.
const ASSUMED: (u16, u16) = (10, 60);
const AN_HOUR: Duration = Duration::from_secs(3600);

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
    /// Hours with work that should have a payout and have none, the newest first. The practice network has hours of its
    /// own and none here.
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
        let now = record.now();
        let days = record.days(MOST_DAYS).await?;
        let hours = record.hours(HOURS).await?;
        let payouts = known.earnings.as_ref().map(|earnings| earnings.payouts.clone()).unwrap_or_default();
        let rates = RateRange::of(&payouts);
        let worked: Vec<(Span, Den)> = hours.iter().map(|(span, sums)| (*span, sums.den)).collect();
        let open = match known.status.practice {
            true => Vec::new(),
            false => not_allocated(&worked, &payouts, rates.as_ref(), now),
        };
        let running = worked.last().map(|(_, den)| *den).filter(|_| !known.status.practice);
        let facts = self.facts(&known, open.clone(), running, rates.as_ref(), now).await?;
        let could_earn = self.estimate(&known, &hours, rates).await?;
        let not_allocated = open.into_iter().rev().collect();
        Ok(History { days, not_allocated, causes: causes(&facts), could_earn })
    }

    async fn facts(
        &self,
        known: &Known,
        not_allocated: Vec<NotAllocated>,
        unsettled: Option<Den>,
        rates: Option<&RateRange>,
        now: Timestamp,
    ) -> Result<Facts, LedgerError> {
        let record = self.record();
        let last = record.history(Span::ALWAYS, Cursor::Newest { before: None }, 1).await?;
        let lately = record.sums(Span::since(an_hour_before(now))).await?;
        let today = record.sums(Span::since(hour_of(now).from)).await?;
        let view = self.view();
        let slots = &known.status.slots;
        Ok(Facts {
            online_since: slots.iter().filter_map(|slot| slot.online_since).min(),
            last_job_at: last.rows.first().map(|row| row.ended_at.unwrap_or(row.accepted_at)),
            failed_lately: lately.failed,
            strikes: slots.iter().map(|slot| slot.strikes).max().unwrap_or(0),
            unconfirmed: today.unconfirmed,
            market: self.market_fact(),
            payout_wallet: known.payout_wallet,
            // A receipt that went along is the best proof that the rig may sign.
            delegation: match last.rows.first() {
                Some(row) if row.signed => Delegated::Valid,
                Some(_) | None => known.delegation,
            },
            standings: known.earnings.as_ref().map(|earnings| earnings.standings.clone()).unwrap_or_default(),
            not_allocated,
            unsettled,
            unsettled_dust: unsettled.map_or(Dust::No, |work| dust(work, rates)),
            coordinator: view.reach,
            ..Facts::new(now, known.status.phase, known.status.code)
        })
    }

    /// Of the first model that is served here.
    fn market_fact(&self) -> MarketFact {
        let (view, ours) = (self.view(), self.ours());
        let (Some((market, _)), Some(first)) = (view.market, ours.first()) else { return MarketFact::Unread };
        let line = market.iter().find(|line| line.model == *first && line.workers > 0);
        line.map_or(MarketFact::NotListed, |line| MarketFact::Listed(line.clone()))
    }

    async fn estimate(
        &self,
        known: &Known,
        hours: &[(Span, Sums)],
        rates: Option<RateRange>,
    ) -> Result<Option<CouldEarn>, LedgerError> {
        let all = self.record().sums(Span::ALWAYS).await?;
        let (Some(model), Some(tokens_per_second)) = (known.status.model.clone(), all.tokens_per_second())
        else {
            return Ok(None);
        };
        if all.delivered < ENOUGH_JOBS {
            return Ok(None);
        }
        let prompt_tokens = all.prompt_tokens / all.delivered;
        let speed =
            Speed { model, tokens_per_second, prompt_tokens, measured: Measured::AtJobs(all.delivered) };
        Ok(could_earn(speed, self.busy(known, hours), rates))
    }

    /// Of the whole hours since the node came online.
    fn busy(&self, known: &Known, hours: &[(Span, Sums)]) -> Busy {
        let since = known.status.slots.iter().filter_map(|slot| slot.online_since).min();
        let now = self.record().now();
        let whole = hours
            .iter()
            .filter(|(span, _)| since.is_some_and(|since| span.from >= since) && span.until <= now)
            .map(|(_, sums)| sums.busy);
        Busy::of_hours(&whole.collect::<Vec<_>>()).unwrap_or_else(|| Busy::assumed(ASSUMED.0, ASSUMED.1))
    }
}

fn an_hour_before(now: Timestamp) -> Timestamp {
    Timestamp::from_millis(now.millis().saturating_sub(AN_HOUR.as_millis() as u64))
}
