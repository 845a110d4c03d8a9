//! Protocol pings and the pongs they want.

use std::time::Duration;

use tokio::time::Instant;

/// Protocol pings: sent every so often, each to be answered in time.
#[derive(Debug)]
pub(super) struct Heartbeat {
    every: Duration,
    patience: Duration,
    next: Instant,
    awaiting: Option<Instant>,
}

impl Heartbeat {
    pub(super) fn new(every: Duration, patience: Duration) -> Self {
        Self { every, patience, next: Instant::now() + every, awaiting: None }
    }

    /// When something is due: a pong that is awaited, else the next ping.
    pub(super) fn due(&self) -> Instant {
        self.awaiting.unwrap_or(self.next)
    }

    pub(super) fn missed(&self) -> bool {
        self.awaiting.is_some()
    }

    pub(super) fn sent(&mut self) {
        let now = Instant::now();
        self.awaiting = Some(now + self.patience);
        self.next = now + self.every;
    }

    pub(super) fn heard(&mut self) {
        self.awaiting = None;
    }
}
