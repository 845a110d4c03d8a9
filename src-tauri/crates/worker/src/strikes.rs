//! How many strikes the coordinator has probably counted against a name.

use std::time::Duration;

use types::Timestamp;

/// Our own count, by the coordinator's rule: forgotten 300 s after the last one, and deleted by a good answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Strikes {
    count: u32,
    last: Option<Timestamp>,
}

/// How long the coordinator remembers.
const MEMORY: Duration = Duration::from_secs(300);

impl Strikes {
    /// A job was answered with an error that blames us.
    #[must_use]
    pub fn struck(self, now: Timestamp) -> Self {
        Self { count: self.counting(now) + 1, last: Some(now) }
    }

    /// How many count now.
    pub fn counting(self, now: Timestamp) -> u32 {
        match self.last {
            Some(last) if now.since(last) <= MEMORY => self.count,
            Some(_) | None => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strikes_add_up_and_are_forgotten_as_at_the_coordinator() {
        let at = |seconds: u64| Timestamp::from_millis(1_000_000 + seconds * 1000);
        let two = Strikes::default().struck(at(0)).struck(at(200));
        assert_eq!(two.counting(at(500)), 2, "the window begins anew with each");
        assert_eq!(two.counting(at(501)), 0);
        assert_eq!(two.struck(at(600)).counting(at(600)), 1, "a forgotten past does not count again");
    }
}
