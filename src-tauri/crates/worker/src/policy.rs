//! How patient we are.

use std::time::Duration;

/// Every waiting time and limit of the presence machine. Tests pass shorter ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Rests before the first and the second restart of the engine in a row.
    pub restart: [Duration; 2],
    /// The first quarantine, after the third fault in a row; it doubles.
    pub quarantine: Duration,
    /// The longest quarantine.
    pub longest_quarantine: Duration,
    /// This many faults in a row end the service until the owner acts.
    pub faults_to_stop: u32,
    /// This many failed jobs in a row are a fault of the engine, even if it never said so itself.
    pub failures_to_fault: u32,
    /// An engine that makes fewer tokens a minute in its self-test is not put on the Grid.
    pub slowest_tokens_per_minute: u32,
    /// First rest after a lost connection; it doubles.
    pub reconnect: Duration,
    /// The longest such rest.
    pub longest_reconnect: Duration,
    /// A replacement this soon after `ready` is suspicious.
    pub replaced_soon: Duration,
    /// This many suspicious replacements in a row mean that another process uses the name.
    pub replacements_to_stop: u32,
    /// How long the coordinator bars a name, by how often it did within [`Policy::bar_memory`].
    pub bars: [Duration; 4],
    /// After this long without a bar the coordinator begins at the first rung again.
    pub bar_memory: Duration,
    /// Connection attempts that may come in a burst.
    pub attempts: u32,
    /// One more attempt is allowed for each of these.
    pub attempt_every: Duration,
    /// After this many registrations in a row that the coordinator dropped without a word, the owner is told.
    pub silent_drops_to_tell: u32,
    /// How often a full disk is tried again.
    pub disk: Duration,
    /// How often a model server that is not there is looked for.
    pub away: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        let minutes = |count: u64| Duration::from_secs(count * 60);
        Self {
            restart: [Duration::from_secs(1), Duration::from_secs(5)],
            quarantine: minutes(10),
            longest_quarantine: minutes(60),
            faults_to_stop: 5,
            failures_to_fault: 3,
            // A claim on a job lasts 300 s. An ordinary answer has about 250 tokens, and half of the claim must be left
            // for the prompt, the way and a busy moment.
            slowest_tokens_per_minute: 100,
            reconnect: Duration::from_secs(1),
            longest_reconnect: Duration::from_secs(30),
            replaced_soon: minutes(1),
            replacements_to_stop: 3,
            bars: [Duration::from_secs(30), minutes(2), minutes(10), minutes(60)],
            bar_memory: minutes(60),
            // In whatever hour one looks: 5 and then 15.
            attempts: 5,
            attempt_every: minutes(4),
            silent_drops_to_tell: 5,
            disk: Duration::from_secs(30),
            away: Duration::from_secs(30),
        }
    }
}

impl Policy {
    /// The rest before the engine is started again after this many faults in a row; `None`: stop.
    pub(super) fn rest_after_fault(&self, faults: u32) -> Option<Duration> {
        if faults >= self.faults_to_stop {
            return None;
        }
        match faults {
            0 | 1 => Some(self.restart[0]),
            2 => Some(self.restart[1]),
            more => Some(doubled(self.quarantine, more - 3).min(self.longest_quarantine)),
        }
    }

    /// The rest after this many failed or lost connections in a row.
    pub(super) fn rest_after_miss(&self, misses: u32) -> Duration {
        doubled(self.reconnect, misses.saturating_sub(1)).min(self.longest_reconnect)
    }

    /// The coordinator's bar for the nth eviction in a row, beginning at 1.
    pub(super) fn bar(&self, evictions: u32) -> Duration {
        let last = self.bars.len() - 1;
        self.bars[(evictions.saturating_sub(1) as usize).min(last)]
    }
}

fn doubled(first: Duration, times: u32) -> Duration {
    first.saturating_mul(2_u32.saturating_pow(times.min(16)))
}
