//! What the record knows for the questions "what could I earn?" and "why do I earn nothing?".

use std::time::Duration;

use ledger::{Cursor, JobRow, JobState, LedgerError, Span, Sums};
use types::{ModelId, Timestamp};

use super::{By, Record};
use crate::earnings::causes::{Delegated, Facts};
use crate::earnings::{
    Busy, CouldEarn, Dust, Earnings, Measured, NotAllocated, RateRange, Speed, could_earn, dust, hour_of,
    not_allocated,
};

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// A week of work makes a speed, and its hours a share of busy time.
const HOURS_OF_A_WEEK: u32 = 7 * 24;

/// The Grid shows payouts of about eight days. Hours before that might have had a row that we never saw.
const HOURS_OF_TWO_DAYS: u32 = 48;

/// Fewer answers than this tell too little of how fast a machine is.
const ENOUGH_JOBS: u64 = 3;

/// A machine that has no whole hour with answers behind it may be at work this much of the time.
const ASSUMED: (u16, u16) = (10, 60);

impl Record {
    /// What this machine could earn with a model, by its own jobs of the last week and its own settled hours; nothing
    /// before it has worked enough.
    pub async fn could_earn(
        &self,
        model: &ModelId,
        earnings: Option<&Earnings>,
    ) -> Result<Option<CouldEarn>, LedgerError> {
        let week = Span::since(self.ago(7 * DAY));
        let by_model = self.sums_by(By::Model, week).await?;
        let sums = by_model.into_iter().find(|(name, _)| name == model.as_str()).map(|(_, sums)| sums);
        let hours = self.hours(HOURS_OF_A_WEEK).await?;
        let Some(speed) = sums.and_then(|sums| speed(model, &sums)) else { return Ok(None) };
        let busy = busy(&hours).unwrap_or_else(|| Busy::assumed(ASSUMED.0, ASSUMED.1));
        let rates = earnings.and_then(|earnings| RateRange::of(&earnings.payouts));
        Ok(could_earn(speed, busy, rates))
    }

    /// The hours of the last two days that should have a row and have none. Only for a coordinator that pays by the clock
    /// hour, as the Grid does.
    pub async fn hours_left_out(&self, earnings: &Earnings) -> Result<Vec<NotAllocated>, LedgerError> {
        let hours = self.hours(HOURS_OF_TWO_DAYS).await?;
        let worked: Vec<_> = hours.into_iter().map(|(hour, sums)| (hour, sums.den)).collect();
        let rates = RateRange::of(&earnings.payouts);
        Ok(not_allocated(&worked, &earnings.payouts, rates.as_ref(), self.clock.now()))
    }

    /// Puts into the facts what the record and the payouts tell. Before the payouts were read nobody can say that the work
    /// of this hour is too little.
    pub async fn recall(&self, facts: Facts, earnings: Option<&Earnings>) -> Result<Facts, LedgerError> {
        let (hour, day) = (Span::since(self.ago(HOUR)), Span::since(self.ago(DAY)));
        let running = hour_of(self.clock.now());
        let (last, failed, unconfirmed, unsettled) = self
            .with(move |ledger| {
                let last = ledger.history(Span::ALWAYS, Cursor::Newest { before: None }, RECENT)?.rows;
                Ok((
                    last.into_iter().find(is_answer),
                    ledger.sums(hour, None)?.failed,
                    ledger.sums(day, None)?.unconfirmed,
                    ledger.sums(running, None)?.den,
                ))
            })
            .await?;
        let too_little = |earnings: &Earnings| dust(unsettled, RateRange::of(&earnings.payouts).as_ref());
        Ok(Facts {
            last_job_at: last.as_ref().and_then(|row| row.ended_at),
            // A receipt that went along is the best proof that the rig may sign.
            delegation: if last.is_some_and(|row| row.signed) { Delegated::Valid } else { facts.delegation },
            failed_lately: failed,
            unconfirmed,
            unsettled: Some(unsettled),
            unsettled_dust: earnings.map_or(Dust::No, too_little),
            standings: earnings.map(|earnings| earnings.standings.clone()).unwrap_or_default(),
            ..facts
        })
    }

    fn ago(&self, span: Duration) -> Timestamp {
        let millis = span.as_millis() as u64;
        Timestamp::from_millis(self.clock.now().millis().saturating_sub(millis))
    }
}

/// So many rows are looked through for the last answer.
const RECENT: u32 = 100;

/// Whether an answer left, whatever it earned.
fn is_answer(row: &JobRow) -> bool {
    match row.state {
        JobState::Delivered | JobState::Settled | JobState::Unconfirmed => true,
        JobState::Running | JobState::Refused | JobState::Failed | JobState::Abandoned => false,
    }
}

fn speed(model: &ModelId, sums: &Sums) -> Option<Speed> {
    if sums.delivered < ENOUGH_JOBS {
        return None;
    }
    Some(Speed {
        model: model.clone(),
        tokens_per_second: sums.tokens_per_second()?,
        prompt_tokens: sums.prompt_tokens / sums.delivered,
        measured: Measured::AtJobs(sums.delivered),
    })
}

/// Only whole hours with answers: when the machine was on the Grid without a job, the record does not know.
fn busy(hours: &[(Span, Sums)]) -> Option<Busy> {
    let whole = hours.split_last().map(|(_, whole)| whole).unwrap_or_default();
    let worked = whole.iter().filter(|(_, sums)| sums.delivered > 0).map(|(_, sums)| sums.busy);
    Busy::of_hours(&worked.collect::<Vec<_>>())
}
