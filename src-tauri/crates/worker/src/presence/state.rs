//! The phases of the presence machine and what each event does to them.

use std::time::Duration;

use types::{Code, Timestamp};

use super::budget::Budget;
use super::{Effect, Ended, Lost, Policy, Retry};

/// Whether the node serves, and the counts that decide how patient it still is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presence {
    phase: Phase,
    policy: Policy,
    /// Engine faults since the last good job.
    faults: u32,
    /// Failed jobs since the last good one.
    failures: u32,
    /// Failed or lost connections since the last good one.
    misses: u32,
    /// Suspicious replacements in a row.
    replacements: u32,
    /// Bars in a row, and when the last one came.
    evictions: u32,
    last_eviction: Timestamp,
    budget: Budget,
}

/// Where the node stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    /// Not serving until somebody says so.
    Off(Off),
    /// The engine starts and loads the model.
    Loading,
    /// The self-test runs.
    Testing,
    /// Connecting and registering.
    Connecting,
    /// On the Grid with nothing in hand.
    Waiting {
        /// On the Grid since.
        since: Timestamp,
    },
    /// On the Grid with a job in hand, or its ack still out.
    Working {
        /// On the Grid since.
        since: Timestamp,
    },
    /// As working, but the owner asked for a pause, which comes after the ack.
    Finishing {
        /// On the Grid since.
        since: Timestamp,
    },
    /// Off the Grid, waiting for the engine to let go of the job that was running.
    Draining(Rest),
    /// Off the Grid for a while.
    Resting(Rest),
}

/// Why the node is not serving.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Off {
    /// Nobody started it yet.
    NotStarted,
    /// The owner paused it.
    Paused,
    /// The owner has to do something first.
    NeedsOwner {
        /// Which words the owner reads.
        code: Code,
        /// What exactly, for the details.
        detail: String,
    },
}

/// A pause with a reason, a length and a way on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rest {
    /// Which words the owner reads.
    pub code: Code,
    /// What exactly, for the details.
    pub detail: String,
    /// How long.
    wait: Duration,
    /// What comes after it.
    then: Next,
}

/// The way back onto the Grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// Start the engine again.
    Engine,
    /// Test it again.
    Test,
    /// Just connect.
    Connect,
}

impl Presence {
    /// A node that nobody started yet.
    pub const fn new(policy: Policy) -> Self {
        Self {
            phase: Phase::Off(Off::NotStarted),
            policy,
            faults: 0,
            failures: 0,
            misses: 0,
            replacements: 0,
            evictions: 0,
            last_eviction: Timestamp::from_millis(0),
            budget: Budget::unspent(),
        }
    }

    /// Where the node stands.
    pub const fn phase(&self) -> &Phase {
        &self.phase
    }

    /// True while an offer may be taken.
    pub const fn takes_jobs(&self) -> bool {
        matches!(self.phase, Phase::Waiting { .. } | Phase::Working { .. })
    }

    /// True while the engine rests after three or more faults in a row.
    pub const fn quarantined(&self) -> bool {
        self.faults >= 3 && matches!(self.phase, Phase::Resting(Rest { then: Next::Engine, .. }))
    }

    pub(super) fn start(&mut self) -> Vec<Effect> {
        match self.phase {
            Phase::Off(_) => {
                (self.faults, self.failures, self.misses, self.replacements) = (0, 0, 0, 0);
                self.load()
            }
            Phase::Finishing { since } => {
                self.phase = Phase::Working { since };
                Vec::new()
            }
            Phase::Loading
            | Phase::Testing
            | Phase::Connecting
            | Phase::Waiting { .. }
            | Phase::Working { .. }
            | Phase::Draining(_)
            | Phase::Resting(_) => Vec::new(),
        }
    }

    pub(super) fn pause(&mut self, at_once: bool) -> Vec<Effect> {
        match self.phase {
            Phase::Working { since } if !at_once => {
                self.phase = Phase::Finishing { since };
                Vec::new()
            }
            Phase::Finishing { .. } if !at_once => Vec::new(),
            Phase::Off(_) => Vec::new(),
            Phase::Loading
            | Phase::Testing
            | Phase::Connecting
            | Phase::Waiting { .. }
            | Phase::Working { .. }
            | Phase::Finishing { .. }
            | Phase::Draining(_)
            | Phase::Resting(_) => {
                self.phase = Phase::Off(Off::Paused);
                vec![Effect::AbandonJob, Effect::Disconnect, Effect::StopEngine]
            }
        }
    }

    pub(super) fn engine_ready(&mut self) -> Vec<Effect> {
        if self.phase != Phase::Loading {
            return Vec::new();
        }
        self.test()
    }

    pub(super) fn blocked(&mut self, code: Code, detail: String) -> Vec<Effect> {
        if matches!(self.phase, Phase::Off(_)) {
            return Vec::new();
        }
        self.needs_owner(code, detail)
    }

    pub(super) fn test_passed(&mut self, now: Timestamp) -> Vec<Effect> {
        if self.phase != Phase::Testing {
            return Vec::new();
        }
        self.connect(now)
    }

    pub(super) fn test_failed(&mut self, detail: String) -> Vec<Effect> {
        if self.phase != Phase::Testing {
            return Vec::new();
        }
        self.fault(Code::SelfTestFailed, detail)
    }

    pub(super) fn registered(&mut self, now: Timestamp) -> Vec<Effect> {
        if self.phase != Phase::Connecting {
            return vec![Effect::Disconnect];
        }
        self.misses = 0;
        self.phase = Phase::Waiting { since: now };
        Vec::new()
    }

    pub(super) fn refused(
        &mut self,
        code: Code,
        detail: String,
        retry: Retry,
        now: Timestamp,
    ) -> Vec<Effect> {
        if self.phase != Phase::Connecting {
            return Vec::new();
        }
        match retry {
            Retry::Never => self.needs_owner(code, detail),
            Retry::Once if self.misses == 0 => {
                self.misses += 1;
                self.connect(now)
            }
            Retry::Once | Retry::Backoff => self.miss(code, detail),
            Retry::AfterBar => self.barred(code, detail, now),
        }
    }

    pub(super) fn connect_failed(&mut self, code: Code, detail: String) -> Vec<Effect> {
        if self.phase != Phase::Connecting {
            return Vec::new();
        }
        self.miss(code, detail)
    }

    pub(super) fn connection_lost(&mut self, how: Lost, now: Timestamp) -> Vec<Effect> {
        match self.phase {
            Phase::Waiting { since } => match self.after_loss(how, now.since(since)) {
                Ok(rest) => self.rest(rest),
                Err((code, detail)) => self.needs_owner(code, detail),
            },
            Phase::Working { since } => match self.after_loss(how, now.since(since)) {
                Ok(rest) => {
                    self.phase = Phase::Draining(rest);
                    Vec::new()
                }
                Err((code, detail)) => self.needs_owner(code, detail),
            },
            // Another worker gets the job; the pause the owner asked for is due now.
            Phase::Finishing { .. } => self.pause(true),
            Phase::Off(_)
            | Phase::Loading
            | Phase::Testing
            | Phase::Connecting
            | Phase::Draining(_)
            | Phase::Resting(_) => Vec::new(),
        }
    }

    /// The rest that a lost connection calls for, or the words for the owner if it is no accident any more.
    fn after_loss(&mut self, how: Lost, online: Duration) -> Result<Rest, (Code, String)> {
        let soon = online < self.policy.replaced_soon;
        let (code, detail) = match how {
            Lost::Replaced => {
                self.replacements = if soon { self.replacements + 1 } else { 1 };
                if self.replacements >= self.policy.replacements_to_stop {
                    return Err((Code::NameInUse, "the connection was taken over again and again".into()));
                }
                // Mostly a restart of the coordinator; only a repetition shows that somebody else uses the name.
                (Code::GridUnreachable, "the Grid restarts, or the connection was taken over".to_owned())
            }
            Lost::Dropped { detail } => (Code::GridUnreachable, detail),
            Lost::Garbled { detail } => (Code::GridGarbled, detail),
        };
        self.misses += 1;
        Ok(Rest { code, detail, wait: self.policy.rest_after_miss(self.misses), then: Next::Connect })
    }

    pub(super) fn job_started(&mut self) -> Vec<Effect> {
        if let Phase::Waiting { since } = self.phase {
            self.phase = Phase::Working { since };
        }
        Vec::new()
    }

    pub(super) fn job_ended(&mut self, how: Ended) -> Vec<Effect> {
        match how {
            Ended::Neutral => {}
            Ended::Answered => {
                (self.faults, self.failures, self.replacements, self.evictions) = (0, 0, 0, 0);
            }
            Ended::Failed => {
                self.failures += 1;
                if self.failures >= self.policy.failures_to_fault {
                    self.failures = 0;
                    return self.fault(Code::EngineFailing, "several jobs in a row failed".into());
                }
            }
        }
        Vec::new()
    }

    /// Nothing is in hand and no ack is out: whatever waited for that goes on.
    pub(super) fn quiet(&mut self) -> Vec<Effect> {
        match &mut self.phase {
            Phase::Working { since } => {
                self.phase = Phase::Waiting { since: *since };
                Vec::new()
            }
            Phase::Finishing { .. } => self.pause(true),
            Phase::Draining(rest) => {
                let rest = rest.clone();
                self.rest(rest)
            }
            Phase::Off(_)
            | Phase::Loading
            | Phase::Testing
            | Phase::Connecting
            | Phase::Waiting { .. }
            | Phase::Resting(_) => Vec::new(),
        }
    }

    /// The engine cannot be trusted any more: off the Grid, end it, and come back more slowly each time.
    pub(super) fn fault(&mut self, code: Code, detail: String) -> Vec<Effect> {
        match self.phase {
            Phase::Off(_) => return Vec::new(),
            Phase::Resting(Rest { then: Next::Engine, .. }) => return Vec::new(),
            Phase::Finishing { .. } => return self.pause(true),
            Phase::Loading
            | Phase::Testing
            | Phase::Connecting
            | Phase::Waiting { .. }
            | Phase::Working { .. }
            | Phase::Draining(_)
            | Phase::Resting(_) => {}
        }
        self.faults += 1;
        let Some(wait) = self.policy.rest_after_fault(self.faults) else {
            return self.needs_owner(code, detail);
        };
        let mut effects = vec![Effect::Disconnect, Effect::StopEngine];
        effects.extend(self.rest(Rest { code, detail, wait, then: Next::Engine }));
        effects
    }

    pub(super) fn disk_full(&mut self, detail: String) -> Vec<Effect> {
        let rest = Rest { code: Code::DiskFull, detail, wait: self.policy.disk, then: Next::Connect };
        match self.phase {
            Phase::Connecting => {
                // The attempt was not made; a disk that stays full must not use up the budget.
                self.budget.refund(self.policy.attempt_every);
                self.rest(rest)
            }
            Phase::Waiting { .. } | Phase::Working { .. } => {
                let mut effects = vec![Effect::AbandonJob, Effect::Disconnect];
                effects.extend(self.rest(rest));
                effects
            }
            Phase::Finishing { .. } => self.pause(true),
            Phase::Off(_) | Phase::Loading | Phase::Testing | Phase::Draining(_) | Phase::Resting(_) => {
                Vec::new()
            }
        }
    }

    pub(super) fn timer_fired(&mut self, now: Timestamp) -> Vec<Effect> {
        let Phase::Resting(rest) = &self.phase else { return Vec::new() };
        match rest.then {
            Next::Engine => self.load(),
            Next::Test => self.test(),
            Next::Connect => self.connect(now),
        }
    }

    fn load(&mut self) -> Vec<Effect> {
        self.phase = Phase::Loading;
        vec![Effect::StartEngine]
    }

    fn test(&mut self) -> Vec<Effect> {
        self.phase = Phase::Testing;
        vec![Effect::SelfTest]
    }

    /// Connects if the budget allows it, else rests until it does.
    fn connect(&mut self, now: Timestamp) -> Vec<Effect> {
        let Policy { attempts, attempt_every, .. } = self.policy;
        let wait = self.budget.wait(now, attempts, attempt_every);
        if !wait.is_zero() {
            let detail = "connecting too often; waiting a little".to_owned();
            return self.rest(Rest { code: Code::GridUnreachable, detail, wait, then: Next::Connect });
        }
        self.budget.spend(now, attempt_every);
        self.phase = Phase::Connecting;
        vec![Effect::Connect]
    }

    fn miss(&mut self, code: Code, detail: String) -> Vec<Effect> {
        self.misses += 1;
        let wait = self.policy.rest_after_miss(self.misses);
        self.rest(Rest { code, detail, wait, then: Next::Connect })
    }

    fn barred(&mut self, code: Code, detail: String, now: Timestamp) -> Vec<Effect> {
        let forgotten = now.since(self.last_eviction) > self.policy.bar_memory;
        self.evictions = if forgotten { 1 } else { self.evictions + 1 };
        self.last_eviction = now;
        let wait = self.policy.bar(self.evictions);
        self.rest(Rest { code, detail, wait, then: Next::Test })
    }

    fn rest(&mut self, rest: Rest) -> Vec<Effect> {
        // A third of it at random, so that a thousand workers do not knock at once when the Grid restarts.
        let timer = Effect::SetTimer { wait: rest.wait, spread: rest.wait / 3 };
        self.phase = Phase::Resting(rest);
        vec![timer]
    }

    fn needs_owner(&mut self, code: Code, detail: String) -> Vec<Effect> {
        self.phase = Phase::Off(Off::NeedsOwner { code, detail });
        vec![Effect::AbandonJob, Effect::Disconnect, Effect::StopEngine]
    }
}
