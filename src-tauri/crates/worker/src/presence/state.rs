//! The phases of the presence machine and what each event does to them.

use std::time::Duration;

use types::{Code, Timestamp};

use super::budget::Budget;
use super::{Effect, Lost, Pause, Retry};
use crate::Policy;

/// Whether a slot serves, and the counts that decide how patient it still is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presence {
    phase: Phase,
    policy: Policy,
    /// Whether the engine is fit, as far as we heard.
    engine: bool,
    /// Failed or lost connections since the last good one.
    misses: u32,
    /// Registrations in a row that were dropped without a word.
    silent: u32,
    /// Suspicious replacements in a row.
    replacements: u32,
    /// Bars in a row, and when the last one came.
    evictions: u32,
    last_eviction: Timestamp,
    budget: Budget,
}

/// Where a slot stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    /// Not serving until somebody says so.
    Off(Off),
    /// Wants to serve; the engine is not fit yet, or not again.
    AwaitingEngine,
    /// A bar is over; the engine is tested before the slot comes back.
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
    /// As working, but a pause was asked for, which comes after the ack.
    Finishing {
        /// On the Grid since.
        since: Timestamp,
        /// Who asked.
        why: Pause,
    },
    /// Off the Grid, waiting for the engine to let go of the job that was running.
    Draining(Rest),
    /// Off the Grid for a while.
    Resting(Rest),
}

/// Why a slot is not serving.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Off {
    /// Nobody started it yet.
    NotStarted,
    /// Somebody paused it.
    Paused(Pause),
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
    /// Test the engine first.
    Test,
    /// Just connect.
    Connect,
}

impl Presence {
    /// A slot that nobody started yet.
    pub const fn new(policy: Policy) -> Self {
        Self {
            phase: Phase::Off(Off::NotStarted),
            policy,
            engine: false,
            misses: 0,
            silent: 0,
            replacements: 0,
            evictions: 0,
            last_eviction: Timestamp::from_millis(0),
            budget: Budget::unspent(),
        }
    }

    /// Where the slot stands.
    pub const fn phase(&self) -> &Phase {
        &self.phase
    }

    /// True while an offer may be taken.
    pub const fn takes_jobs(&self) -> bool {
        matches!(self.phase, Phase::Waiting { .. } | Phase::Working { .. })
    }

    /// On the Grid since, if it is.
    pub const fn online_since(&self) -> Option<Timestamp> {
        match self.phase {
            Phase::Waiting { since } | Phase::Working { since } | Phase::Finishing { since, .. } => {
                Some(since)
            }
            Phase::Off(_)
            | Phase::AwaitingEngine
            | Phase::Testing
            | Phase::Connecting
            | Phase::Draining(_)
            | Phase::Resting(_) => None,
        }
    }

    /// How often the coordinator barred the name within its memory, as far as we saw.
    pub fn evictions(&self, now: Timestamp) -> u32 {
        if now.since(self.last_eviction) > self.policy.bar_memory { 0 } else { self.evictions }
    }

    pub(super) fn start(&mut self) -> Vec<Effect> {
        match self.phase {
            Phase::Off(_) => {
                (self.misses, self.silent, self.replacements) = (0, 0, 0);
                self.phase = Phase::AwaitingEngine;
                vec![Effect::WantEngine]
            }
            Phase::Finishing { since, .. } => {
                self.phase = Phase::Working { since };
                Vec::new()
            }
            Phase::AwaitingEngine
            | Phase::Testing
            | Phase::Connecting
            | Phase::Waiting { .. }
            | Phase::Working { .. }
            | Phase::Draining(_)
            | Phase::Resting(_) => Vec::new(),
        }
    }

    pub(super) fn pause(&mut self, why: Pause, at_once: bool) -> Vec<Effect> {
        match &mut self.phase {
            Phase::Working { since } if !at_once => {
                self.phase = Phase::Finishing { since: *since, why };
                Vec::new()
            }
            Phase::Finishing { why: before, .. } if !at_once => {
                *before = why;
                Vec::new()
            }
            // What the owner says stands above his schedule.
            Phase::Off(Off::Paused(before)) => {
                *before = why;
                Vec::new()
            }
            Phase::Off(off @ Off::NotStarted) => {
                *off = Off::Paused(why);
                Vec::new()
            }
            Phase::Off(Off::NeedsOwner { .. }) => Vec::new(),
            Phase::AwaitingEngine
            | Phase::Testing
            | Phase::Connecting
            | Phase::Waiting { .. }
            | Phase::Working { .. }
            | Phase::Finishing { .. }
            | Phase::Draining(_)
            | Phase::Resting(_) => self.leave(Off::Paused(why)),
        }
    }

    pub(super) fn engine_up(&mut self, now: Timestamp) -> Vec<Effect> {
        self.engine = true;
        match self.phase {
            Phase::AwaitingEngine => self.connect(now),
            Phase::Off(_)
            | Phase::Testing
            | Phase::Connecting
            | Phase::Waiting { .. }
            | Phase::Working { .. }
            | Phase::Finishing { .. }
            | Phase::Draining(_)
            | Phase::Resting(_) => Vec::new(),
        }
    }

    /// Off the Grid until it is fit again. The rest after a lost connection, and a bar above all, is served besides.
    pub(super) fn engine_down(&mut self) -> Vec<Effect> {
        self.engine = false;
        match self.phase {
            Phase::Off(_) | Phase::AwaitingEngine | Phase::Draining(_) | Phase::Resting(_) => Vec::new(),
            Phase::Finishing { why, .. } => self.leave(Off::Paused(why)),
            // An engine that comes back has passed a test.
            Phase::Testing | Phase::Connecting | Phase::Waiting { .. } | Phase::Working { .. } => {
                self.phase = Phase::AwaitingEngine;
                vec![Effect::Disconnect]
            }
        }
    }

    pub(super) fn engine_given_up(&mut self, code: Code, detail: String) -> Vec<Effect> {
        self.engine = false;
        match self.phase {
            Phase::Off(_) => Vec::new(),
            Phase::Finishing { why, .. } => self.leave(Off::Paused(why)),
            Phase::AwaitingEngine
            | Phase::Testing
            | Phase::Connecting
            | Phase::Waiting { .. }
            | Phase::Working { .. }
            | Phase::Draining(_)
            | Phase::Resting(_) => self.needs_owner(code, detail),
        }
    }

    pub(super) fn blocked(&mut self, code: Code, detail: String) -> Vec<Effect> {
        if matches!(self.phase, Phase::Off(_)) {
            return Vec::new();
        }
        self.needs_owner(code, detail)
    }

    pub(super) fn tested(&mut self, now: Timestamp) -> Vec<Effect> {
        if self.phase != Phase::Testing {
            return Vec::new();
        }
        self.connect(now)
    }

    pub(super) fn registered(&mut self, now: Timestamp) -> Vec<Effect> {
        if self.phase != Phase::Connecting {
            return vec![Effect::Disconnect];
        }
        (self.misses, self.silent) = (0, 0);
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
        self.silent = 0;
        match retry {
            Retry::Never => self.needs_owner(code, detail),
            Retry::Once if self.misses == 0 => {
                self.misses += 1;
                self.connect(now)
            }
            Retry::Once | Retry::Backoff => self.miss(code, detail),
            Retry::AfterBar => {
                let rest = self.bar(code, detail, now);
                self.rest(rest)
            }
        }
    }

    pub(super) fn connect_failed(&mut self, code: Code, detail: String) -> Vec<Effect> {
        if self.phase != Phase::Connecting {
            return Vec::new();
        }
        self.silent = 0;
        self.miss(code, detail)
    }

    pub(super) fn unanswered(&mut self, detail: String) -> Vec<Effect> {
        if self.phase != Phase::Connecting {
            return Vec::new();
        }
        self.silent = self.silent.saturating_add(1);
        let told = self.silent >= self.policy.silent_drops_to_tell;
        self.miss(if told { Code::RegistrationUnanswered } else { Code::GridUnreachable }, detail)
    }

    pub(super) fn connection_lost(&mut self, how: Lost, now: Timestamp) -> Vec<Effect> {
        match self.phase {
            Phase::Waiting { since } => match self.after_loss(how, since, now) {
                Ok(rest) => self.rest(rest),
                Err((code, detail)) => self.needs_owner(code, detail),
            },
            Phase::Working { since } => match self.after_loss(how, since, now) {
                Ok(rest) => {
                    self.phase = Phase::Draining(rest);
                    Vec::new()
                }
                Err((code, detail)) => self.needs_owner(code, detail),
            },
            // Another worker gets the job; the pause that was asked for is due now.
            Phase::Finishing { why, .. } => self.leave(Off::Paused(why)),
            Phase::Off(_)
            | Phase::AwaitingEngine
            | Phase::Testing
            | Phase::Connecting
            | Phase::Draining(_)
            | Phase::Resting(_) => Vec::new(),
        }
    }

    /// The rest that a lost connection calls for, or the words for the owner if it is no accident any more.
    fn after_loss(&mut self, how: Lost, since: Timestamp, now: Timestamp) -> Result<Rest, (Code, String)> {
        let soon = now.since(since) < self.policy.replaced_soon;
        let (code, detail) = match how {
            Lost::Replaced => {
                self.replacements = if soon { self.replacements + 1 } else { 0 };
                if self.replacements >= self.policy.replacements_to_stop {
                    return Err((Code::NameInUse, "the connection was taken over again and again".into()));
                }
                // Mostly a restart of the coordinator; only a repetition shows that somebody else uses the name.
                (Code::GridUnreachable, "the Grid restarts, or the connection was taken over".to_owned())
            }
            Lost::Dropped { detail } => (Code::GridUnreachable, detail),
            Lost::OurFault { detail } => (Code::ConnectionNeglected, detail),
            Lost::Refused { code, detail, retry: Retry::Never } => return Err((code, detail)),
            Lost::Refused { code, detail, retry: Retry::AfterBar } => return Ok(self.bar(code, detail, now)),
            Lost::Refused { code, detail, retry: Retry::Once | Retry::Backoff } => (code, detail),
            Lost::Garbled { detail } => (Code::GridGarbled, detail),
            Lost::Starved => (Code::EngineBusy, "a job waited too long for the engine".to_owned()),
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

    /// Whoever gets an answer through does not share the name. The rung of the bars is not forgotten for it.
    pub(super) fn job_answered(&mut self) -> Vec<Effect> {
        self.replacements = 0;
        Vec::new()
    }

    /// Nothing is in hand and no ack is out: whatever waited for that goes on.
    pub(super) fn quiet(&mut self) -> Vec<Effect> {
        match &mut self.phase {
            Phase::Working { since } => {
                self.phase = Phase::Waiting { since: *since };
                Vec::new()
            }
            Phase::Finishing { why, .. } => {
                let why = *why;
                self.leave(Off::Paused(why))
            }
            Phase::Draining(rest) => {
                let rest = rest.clone();
                self.rest(rest)
            }
            Phase::Off(_)
            | Phase::AwaitingEngine
            | Phase::Testing
            | Phase::Connecting
            | Phase::Waiting { .. }
            | Phase::Resting(_) => Vec::new(),
        }
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
            Phase::Finishing { why, .. } => self.leave(Off::Paused(why)),
            Phase::Off(_)
            | Phase::AwaitingEngine
            | Phase::Testing
            | Phase::Draining(_)
            | Phase::Resting(_) => Vec::new(),
        }
    }

    pub(super) fn timer_fired(&mut self, now: Timestamp) -> Vec<Effect> {
        let Phase::Resting(rest) = &self.phase else { return Vec::new() };
        if !self.engine {
            // It passes a test before it is fit again.
            self.phase = Phase::AwaitingEngine;
            return Vec::new();
        }
        match rest.then {
            Next::Test => {
                self.phase = Phase::Testing;
                vec![Effect::AskTest]
            }
            Next::Connect => self.connect(now),
        }
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

    /// The rest until the coordinator takes the name again.
    fn bar(&mut self, code: Code, detail: String, now: Timestamp) -> Rest {
        self.evictions = self.evictions(now) + 1;
        self.last_eviction = now;
        Rest { code, detail, wait: self.policy.bar(self.evictions), then: Next::Test }
    }

    fn rest(&mut self, rest: Rest) -> Vec<Effect> {
        // A third of it at random, so that a thousand workers do not knock at once when the Grid restarts.
        let timer = Effect::SetTimer { wait: rest.wait, spread: rest.wait / 3 };
        self.phase = Phase::Resting(rest);
        vec![timer]
    }

    fn needs_owner(&mut self, code: Code, detail: String) -> Vec<Effect> {
        self.leave(Off::NeedsOwner { code, detail })
    }

    /// Off the Grid until somebody says otherwise. What we hear of the engine afterwards is not for us.
    fn leave(&mut self, off: Off) -> Vec<Effect> {
        self.engine = false;
        self.phase = Phase::Off(off);
        vec![Effect::AbandonJob, Effect::Disconnect, Effect::ReleaseEngine]
    }
}
