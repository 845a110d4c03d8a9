//! How often we may knock: bursts are fine, a steady drumming is not.

use std::time::Duration;

use types::Timestamp;

/// Attempts in the long run are at most one per `every`, with a burst in front.
///
/// The generic cell rate algorithm: one moment stands for the whole history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Budget {
    spent_until: Timestamp,
}

impl Budget {
    pub(super) const fn unspent() -> Self {
        Self { spent_until: Timestamp::from_millis(0) }
    }

    /// How long until one more attempt is within the budget; zero if it is now.
    pub(super) fn wait(&self, now: Timestamp, attempts: u32, every: Duration) -> Duration {
        let burst = every.saturating_mul(attempts.saturating_sub(1));
        // Never longer than one attempt takes, so that a clock set back does not strand us.
        self.spent_until.since(now).saturating_sub(burst).min(every)
    }

    /// Takes one attempt out.
    pub(super) fn spend(&mut self, now: Timestamp, every: Duration) {
        self.spent_until = self.spent_until.max(now).plus(every);
    }

    /// Puts one attempt back that was not made after all.
    pub(super) fn refund(&mut self, every: Duration) {
        let spent = u64::try_from(every.as_millis()).unwrap_or(u64::MAX);
        self.spent_until = Timestamp::from_millis(self.spent_until.millis().saturating_sub(spent));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_then_one_at_a_time() {
        let every = Duration::from_secs(180);
        let now = Timestamp::from_millis(1_000_000_000);
        let mut budget = Budget::unspent();
        for attempt in 0..20 {
            assert_eq!(budget.wait(now, 20, every), Duration::ZERO, "attempt {attempt} is in the burst");
            budget.spend(now, every);
        }
        assert_eq!(budget.wait(now, 20, every), every, "the 21st has to wait");
        assert_eq!(budget.wait(now.plus(every), 20, every), Duration::ZERO);
        assert_eq!(
            budget.wait(now.plus(every * 100), 20, every),
            Duration::ZERO,
            "an unused hour refills it"
        );
    }

    #[test]
    fn a_clock_set_back_does_not_strand_us() {
        let every = Duration::from_secs(180);
        let mut budget = Budget::unspent();
        for _ in 0..20 {
            budget.spend(Timestamp::from_millis(1_000_000_000), every);
        }
        let yesterday = Timestamp::from_millis(1_000_000_000 - 86_400_000);
        assert!(budget.wait(yesterday, 20, every) <= every);
    }

    #[test]
    fn an_attempt_that_was_not_made_is_put_back() {
        let every = Duration::from_secs(180);
        let now = Timestamp::from_millis(1_000_000_000);
        let mut budget = Budget::unspent();
        for _ in 0..1000 {
            assert_eq!(budget.wait(now, 20, every), Duration::ZERO);
            budget.spend(now, every);
            budget.refund(every);
        }
    }
}
