//! Does it still live?

use std::time::Duration;

use engine_protocol::FromEngine;
use tokio::time::Instant;

/// How long an engine may be quiet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// For the first message after the start.
    pub hello: Duration,
    /// Between any two messages; a heartbeat comes every second.
    pub silence: Duration,
    /// Between two steps while it is busy.
    pub stall: Duration,
    /// For a polite end before it is killed.
    pub stop: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            // A cold disk and a virus scanner can delay the first start of a program.
            hello: Duration::from_secs(20),
            silence: Duration::from_secs(15),
            // One step is a token, a chunk of the prompt, or a part of the load.
            stall: Duration::from_secs(120),
            stop: Duration::from_millis(500),
        }
    }
}

/// The moments that tell a living engine from a hanging one.
#[derive(Debug)]
pub(crate) struct Watchdog {
    patience: Patience,
    heard: Instant,
    stepped: Instant,
    steps: u64,
    busy: bool,
}

impl Watchdog {
    pub(crate) fn new(patience: Patience, now: Instant) -> Self {
        Self { patience, heard: now, stepped: now, steps: 0, busy: false }
    }

    /// Something came.
    pub(crate) fn hear(&mut self, message: &FromEngine, now: Instant) {
        self.heard = now;
        match message {
            FromEngine::Heartbeat { steps, busy } => {
                if *steps != self.steps || !*busy || !self.busy {
                    self.stepped = now;
                }
                (self.steps, self.busy) = (*steps, *busy);
            }
            FromEngine::Progress { .. } | FromEngine::Token { .. } => self.stepped = now,
            FromEngine::Hello { .. }
            | FromEngine::Loaded(_)
            | FromEngine::LoadFailed { .. }
            | FromEngine::Finished { .. }
            | FromEngine::Refused { .. }
            | FromEngine::Failed { .. } => {}
        }
    }

    /// The time since was spent waiting for somebody else.
    pub(crate) fn excuse(&mut self, now: Instant) {
        self.heard = now;
    }

    /// When patience ends, and what to say then.
    pub(crate) fn deadline(&self) -> (Instant, &'static str) {
        let silent = self.heard + self.patience.silence;
        let stalled = self.stepped + self.patience.stall;
        if self.busy && stalled < silent {
            (stalled, "it made no progress")
        } else {
            (silent, "it fell silent")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn beat(steps: u64, busy: bool) -> FromEngine {
        FromEngine::Heartbeat { steps, busy }
    }

    #[test]
    fn a_busy_engine_whose_steps_stand_still_is_a_hanging_one() {
        let start = Instant::now();
        let second = |count: u64| start + Duration::from_secs(count);
        let mut watchdog = Watchdog::new(Patience::default(), start);
        for now in 1..=119 {
            watchdog.hear(&beat(7, true), second(now));
        }
        assert_eq!(watchdog.deadline(), (second(121), "it made no progress"));
        watchdog.hear(&beat(8, true), second(120));
        assert_eq!(watchdog.deadline(), (second(135), "it fell silent"), "a step buys time");
    }

    #[test]
    fn an_idle_engine_may_stand_still_for_ever() {
        let start = Instant::now();
        let mut watchdog = Watchdog::new(Patience::default(), start);
        for now in 1..=10_000 {
            watchdog.hear(&beat(7, false), start + Duration::from_secs(now));
        }
        assert_eq!(watchdog.deadline().1, "it fell silent");
    }
}
