//! What work is worth, as the screen shows it.

use app::earnings::causes::{Cause as Found, Fix, Severity as Grave};
use app::earnings::rates::Market;
use app::earnings::{BooksView, BusySource, CouldEarn as Could, Measured};

use super::{Cause, CouldEarn, ModelRate, Rates, Severity};

impl Rates {
    /// What was read of the Grid, with what this machine could earn.
    pub(crate) fn of(view: &BooksView, could_earn: Option<&Could>) -> Option<Self> {
        let (market, at) = view.market.as_ref()?;
        Some(Self {
            at: at.millis(),
            models: market.iter().map(ModelRate::from).collect(),
            could_earn: could_earn.map(CouldEarn::from),
        })
    }
}

impl From<&Market> for ModelRate {
    fn from(market: &Market) -> Self {
        Self {
            model: market.model.to_string(),
            ours: market.is_ours,
            work_units: market.den_per_thousand.map(|den| den.to_string()),
            known: market.kind != "text" || market.multiplier > 1.0,
            wanted: market.is_wanted,
            workers: market.workers,
            jobs: market.jobs_of_an_hour,
        }
    }
}

impl From<&Could> for CouldEarn {
    fn from(could: &Could) -> Self {
        let basis = &could.basis;
        Self {
            aipg_low: could.aipg_per_day.map(|range| range.low.to_string()),
            aipg_high: could.aipg_per_day.map(|range| range.high.to_string()),
            work_low: could.den_per_hour.low.to_string(),
            work_high: could.den_per_hour.high.to_string(),
            tokens_per_second: format!("{:.1}", basis.speed.tokens_per_second),
            measured_jobs: match basis.speed.measured {
                Measured::AtJobs(jobs) => Some(jobs),
                Measured::InBenchmark => None,
            },
            busy_low: basis.busy.low,
            busy_high: basis.busy.high,
            busy_hours: match basis.busy.source {
                BusySource::OwnHours(hours) => Some(hours),
                BusySource::Assumed => None,
            },
            payouts: basis.rates.as_ref().map_or(0, |rates| u32::try_from(rates.rows).unwrap_or(u32::MAX)),
        }
    }
}

impl From<&Found> for Cause {
    fn from(cause: &Found) -> Self {
        Self {
            kind: cause.name().to_owned(),
            severity: match cause.severity() {
                Grave::Stops => Severity::Stops,
                Grave::Costs => Severity::Costs,
                Grave::Tells => Severity::Tells,
            },
            normal: cause.is_normal(),
            fix: cause.fix().name().to_owned(),
            code: match cause.fix() {
                Fix::AsTheCodeSays(code) => code.map(|code| code.name().to_owned()),
                Fix::Wait
                | Fix::Resume
                | Fix::CheckConnection
                | Fix::SetPayoutWallet
                | Fix::SignDelegation
                | Fix::ChooseModel
                | Fix::TestEngine
                | Fix::WorkMore
                | Fix::CheckChain
                | Fix::AskTheGrid => None,
            },
            figure: figure(cause),
        }
    }
}

/// How many, or how much work.
fn figure(cause: &Found) -> Option<String> {
    match cause {
        Found::HeldBack { payouts }
        | Found::OwedFromBefore { payouts }
        | Found::UnderReview { payouts }
        | Found::NotOnTheChain { payouts }
        | Found::OnItsWay { payouts } => Some(payouts.to_string()),
        Found::HoursNotAllocated { hours, .. } => Some(hours.to_string()),
        Found::JobsFail { failed, .. } => Some(failed.to_string()),
        Found::Unconfirmed { answers } => Some(answers.to_string()),
        Found::SharedWithOthers { workers } => Some(workers.to_string()),
        Found::PaidEachHour { work } => Some(work.to_string()),
        Found::Paused
        | Found::NeedsOwner(_)
        | Found::Resting(_)
        | Found::GridUnreachable
        | Found::Suspended
        | Found::GettingReady
        | Found::NoPayoutWallet
        | Found::NotListed
        | Found::NobodyAsks
        | Found::NoDemandNow
        | Found::JustOnline
        | Found::BelowLeastAmount { .. }
        | Found::CountsOnce
        | Found::Unsigned => None,
    }
}
