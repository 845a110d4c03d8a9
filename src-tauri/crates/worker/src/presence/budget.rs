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
        self.spent_until.since(now).saturating_sub(burst)
    }

    /// Takes one attempt out.
    pub(super) fn spend(&mut self, now: Timestamp, every: Duration) {
        self.spent_until = self.spent_until.max(now).plus(every);
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
}
