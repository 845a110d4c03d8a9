//! What this machine could earn: a range, with everything it is reckoned from.

use std::time::Duration;

use types::{Aipg, Den, ModelId, U256};

use super::worth::{AipgRange, RateRange};

/// How fast this machine is with a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Speed {
    /// The model.
    pub model: ModelId,
    /// Tokens of answer a second.
    pub tokens_per_second: f64,
    /// Tokens of the prompts it was measured with, one with the other.
    pub prompt_tokens: u64,
    /// How it was measured.
    pub measured: Measured,
}

/// How a speed was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measured {
    /// At so many jobs of this machine.
    AtJobs(u64),
    /// In a benchmark on this machine.
    InBenchmark,
}

/// How much the machine is at work, in percent of one slot's time: four slots at work all the time are 400.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Busy {
    /// The least.
    pub low: u16,
    /// The most.
    pub high: u16,
    /// Where it is from.
    pub source: BusySource,
}

/// Where a share of busy time is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BusySource {
    /// So many whole hours in which this machine delivered answers.
    OwnHours(u32),
    /// Assumed, for a machine that has not worked yet. Whoever shows it says so.
    Assumed,
}

/// No machine has more than a hundred slots.
const MOST: u16 = 10_000;

impl Busy {
    /// The least and the most busy of some whole hours.
    pub fn of_hours(busy: &[Duration]) -> Option<Self> {
        let percent = |busy: &Duration| u16::try_from(busy.as_secs() * 100 / 3600).unwrap_or(MOST).min(MOST);
        let (low, high) = (busy.iter().map(percent).min()?, busy.iter().map(percent).max()?);
        let hours = u32::try_from(busy.len()).unwrap_or(u32::MAX);
        Some(Self { low, high, source: BusySource::OwnHours(hours) })
    }

    /// An assumption, for "if it were at work for 10 to 60 percent of the time".
    pub fn assumed(low: u16, high: u16) -> Self {
        let low = low.min(MOST);
        Self { low, high: high.clamp(low, MOST), source: BusySource::Assumed }
    }
}

/// A range of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DenRange {
    /// The least.
    pub low: Den,
    /// The most.
    pub high: Den,
}

/// What a machine could earn. An estimate: it is shown as one, and never added to money.
#[derive(Debug, Clone, PartialEq)]
pub struct CouldEarn {
    /// Work in an hour.
    pub den_per_hour: DenRange,
    /// AIPG in a day; nothing while no payout of ours was ever settled, for then there is no rate.
    pub aipg_per_day: Option<AipgRange>,
    /// What it is reckoned from.
    pub basis: Basis,
}

/// What an estimate is reckoned from.
#[derive(Debug, Clone, PartialEq)]
pub struct Basis {
    /// How fast the machine is.
    pub speed: Speed,
    /// How much of the time it works.
    pub busy: Busy,
    /// What work was worth in our own settled hours.
    pub rates: Option<RateRange>,
}

/// Reckons the range; nothing if the speed is none.
pub fn could_earn(speed: Speed, busy: Busy, rates: Option<RateRange>) -> Option<CouldEarn> {
    const ABSURD: f64 = 1e7;
    if !(speed.tokens_per_second > 0.0 && speed.tokens_per_second <= ABSURD) {
        return None;
    }
    let work = |percent: u16| {
        let tokens = (speed.tokens_per_second * 36.0 * f64::from(percent)) as i64;
        let den = || Den::for_text(tokens, speed.prompt_tokens, speed.model.as_str());
        // Whoever makes nothing is granted nothing: the least grant is for a job.
        if tokens > 0 { den() } else { Den::ZERO }
    };
    let den_per_hour = DenRange { low: work(busy.low), high: work(busy.high) };
    let daily = |rates: &RateRange| AipgRange {
        low: day(rates.worth(den_per_hour.low).low),
        high: day(rates.worth(den_per_hour.high).high),
    };
    let aipg_per_day = rates.as_ref().map(daily);
    Some(CouldEarn { den_per_hour, aipg_per_day, basis: Basis { speed, busy, rates } })
}

fn day(hourly: Aipg) -> Aipg {
    Aipg::from_base(hourly.base().saturating_mul(U256::from(24)))
}

#[cfg(test)]
mod tests {
    use ledger::PayoutRow;

    use super::*;

    fn speed(tokens_per_second: f64, model: &str) -> Speed {
        let model = ModelId::new(model);
        Speed { model, tokens_per_second, prompt_tokens: 1024, measured: Measured::AtJobs(5) }
    }

    fn rates(aipg: &[&str]) -> Option<RateRange> {
        let row = |aipg: &&str| PayoutRow {
            period: "hour".into(),
            amount: Aipg::parse(aipg).expect("an amount"),
            nth: 1,
            den: Den::from_hundredths(100),
            status: "sent".into(),
            address: None,
            transaction: None,
            paid_at: None,
            proven_block: None,
            sender: None,
        };
        RateRange::of(&aipg.iter().map(row).collect::<Vec<_>>())
    }

    #[test]
    fn a_range_goes_from_the_quiet_hour_at_the_low_rate_to_the_busy_one_at_the_high() {
        // 10 tokens a second are 36,000 an hour; 1,000 of them count 17.6 after such a prompt.
        let estimate =
            could_earn(speed(10.0, "m"), Busy::assumed(50, 100), rates(&["0.01", "0.02"])).expect("one");
        assert_eq!(estimate.den_per_hour.low.to_string(), "316.80");
        assert_eq!(estimate.den_per_hour.high.to_string(), "633.60");
        let daily = estimate.aipg_per_day.expect("a rate");
        assert_eq!((daily.low.to_string(), daily.high.to_string()), ("76.032".into(), "304.128".into()));
        assert_eq!(estimate.basis.busy.source, BusySource::Assumed);
    }

    #[test]
    fn without_a_basis_there_is_no_estimate() {
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e9] {
            assert_eq!(could_earn(speed(bad, "m"), Busy::assumed(0, 100), None), None, "{bad}");
        }
        let without_rate = could_earn(speed(10.0, "m"), Busy::assumed(0, 100), None).expect("work at least");
        assert_eq!(without_rate.aipg_per_day, None);
        assert_eq!(without_rate.den_per_hour.low, Den::ZERO, "an hour without work is worth nothing");
        assert_eq!(Busy::of_hours(&[]), None);
    }

    #[test]
    fn busy_hours_are_shares_of_an_hour() {
        let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
        let busy = Busy::of_hours(&[minutes(30), minutes(6), minutes(90)]).expect("hours");
        assert_eq!(
            (busy.low, busy.high, busy.source),
            (10, 150, BusySource::OwnHours(3)),
            "two slots at once"
        );
        assert_eq!((Busy::assumed(80, 20).low, Busy::assumed(80, 20).high), (80, 80), "never upside down");
        assert_eq!(Busy::assumed(20_000, 30_000).high, MOST);
    }
}
