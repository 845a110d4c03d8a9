//! The phases of the fitness machine and what each event does to them.

use std::time::Duration;

use types::{Code, JobId};

use super::Effect;
use crate::Policy;

/// Whether an engine is fit, and the counts that decide how patient we still are with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fitness {
    phase: Phase,
    policy: Policy,
    /// Whether a slot wants it. What comes after a rest depends on it.
    wanted: bool,
    /// Faults since the last good job.
    faults: u32,
    /// The different jobs that failed since the last good one. As many as the policy bears, then it is a fault.
    failed: Vec<JobId>,
}

/// Where an engine stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    /// Not running, because nobody wants it.
    Off,
    /// It starts and loads the model.
    Loading,
    /// The self-test runs.
    Testing,
    /// It may be given jobs.
    Fit,
    /// It may be given jobs, and is tested again besides.
    Retesting,
    /// Ended after a fault, for a while.
    Resting(Rest),
    /// Ended until the owner acts.
    GivenUp {
        /// Which words the owner reads.
        code: Code,
        /// What exactly, for the details.
        detail: String,
    },
}

/// A pause with a reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rest {
    /// Which words the owner reads.
    pub code: Code,
    /// What exactly, for the details.
    pub detail: String,
}

impl Fitness {
    /// An engine that nobody wanted yet.
    pub const fn new(policy: Policy) -> Self {
        Self { phase: Phase::Off, policy, wanted: false, faults: 0, failed: Vec::new() }
    }

    /// Where it stands.
    pub const fn phase(&self) -> &Phase {
        &self.phase
    }

    /// True while it may be given jobs.
    pub const fn is_fit(&self) -> bool {
        matches!(self.phase, Phase::Fit | Phase::Retesting)
    }

    /// True while it rests after three or more faults in a row.
    pub const fn quarantined(&self) -> bool {
        self.faults >= 3 && matches!(self.phase, Phase::Resting(_))
    }

    pub(super) fn wanted(&mut self) -> Vec<Effect> {
        self.wanted = true;
        match self.phase {
            Phase::Off => self.start(),
            // A rest after a fault is served to its end, and who gave up waits for the owner.
            Phase::Loading
            | Phase::Testing
            | Phase::Fit
            | Phase::Retesting
            | Phase::Resting(_)
            | Phase::GivenUp { .. } => Vec::new(),
        }
    }

    pub(super) fn unwanted(&mut self) -> Vec<Effect> {
        self.wanted = false;
        match self.phase {
            Phase::Loading | Phase::Testing | Phase::Fit | Phase::Retesting => {
                self.phase = Phase::Off;
                vec![Effect::Stop]
            }
            // The rest goes on, so that switching off and on is no way around it.
            Phase::Off | Phase::Resting(_) | Phase::GivenUp { .. } => Vec::new(),
        }
    }

    pub(super) fn forgiven(&mut self) -> Vec<Effect> {
        (self.faults, self.failed) = (0, Vec::new());
        match self.phase {
            Phase::Resting(_) | Phase::GivenUp { .. } => self.start_if_wanted(),
            Phase::Off | Phase::Loading | Phase::Testing | Phase::Fit | Phase::Retesting => Vec::new(),
        }
    }

    pub(super) fn loaded(&mut self) -> Vec<Effect> {
        if self.phase != Phase::Loading {
            return Vec::new();
        }
        self.phase = Phase::Testing;
        vec![Effect::Test]
    }

    pub(super) fn blocked(&mut self, code: Code, detail: String) -> Vec<Effect> {
        if !self.is_running() {
            return Vec::new();
        }
        self.give_up(code, detail)
    }

    /// Looked for again and again at the same pace, and never given up: it costs a question now and then.
    pub(super) fn away(&mut self, code: Code, detail: String) -> Vec<Effect> {
        if !self.is_running() {
            return Vec::new();
        }
        self.phase = Phase::Resting(Rest { code, detail });
        vec![Effect::Stop, timer(self.policy.away)]
    }

    pub(super) fn test_asked(&mut self) -> Vec<Effect> {
        if self.phase != Phase::Fit {
            return Vec::new();
        }
        self.phase = Phase::Retesting;
        vec![Effect::Test]
    }

    pub(super) fn test_passed(&mut self) -> Vec<Effect> {
        if matches!(self.phase, Phase::Testing | Phase::Retesting) {
            self.phase = Phase::Fit;
        }
        Vec::new()
    }

    pub(super) fn test_failed(&mut self, detail: String) -> Vec<Effect> {
        match self.phase {
            Phase::Testing | Phase::Retesting => self.fault(Code::SelfTestFailed, detail),
            Phase::Off | Phase::Loading | Phase::Fit | Phase::Resting(_) | Phase::GivenUp { .. } => {
                Vec::new()
            }
        }
    }

    pub(super) fn answered(&mut self) -> Vec<Effect> {
        // An engine that ended in the meantime has a fault to its name that this answer is older than.
        if self.is_fit() {
            (self.faults, self.failed) = (0, Vec::new());
        }
        Vec::new()
    }

    pub(super) fn job_failed(&mut self, job: JobId) -> Vec<Effect> {
        // The coordinator sends a job that failed to somebody else, who may be a slot of ours.
        if !self.is_fit() || self.failed.contains(&job) {
            return Vec::new();
        }
        self.failed.push(job);
        if self.failed.len() < self.policy.failures_to_fault as usize {
            return Vec::new();
        }
        self.fault(Code::EngineFailing, "several jobs in a row failed".into())
    }

    /// It cannot be trusted any more: end it, and come back more slowly each time.
    pub(super) fn fault(&mut self, code: Code, detail: String) -> Vec<Effect> {
        if !self.is_running() {
            return Vec::new();
        }
        self.faults += 1;
        self.failed.clear();
        let Some(wait) = self.policy.rest_after_fault(self.faults) else {
            return self.give_up(code, detail);
        };
        self.phase = Phase::Resting(Rest { code, detail });
        vec![Effect::Stop, timer(wait)]
    }

    pub(super) fn timer_fired(&mut self) -> Vec<Effect> {
        match self.phase {
            Phase::Resting(_) => self.start_if_wanted(),
            Phase::Off
            | Phase::Loading
            | Phase::Testing
            | Phase::Fit
            | Phase::Retesting
            | Phase::GivenUp { .. } => Vec::new(),
        }
    }

    const fn is_running(&self) -> bool {
        matches!(self.phase, Phase::Loading | Phase::Testing | Phase::Fit | Phase::Retesting)
    }

    fn start_if_wanted(&mut self) -> Vec<Effect> {
        if self.wanted {
            return self.start();
        }
        self.phase = Phase::Off;
        Vec::new()
    }

    fn start(&mut self) -> Vec<Effect> {
        self.phase = Phase::Loading;
        vec![Effect::Start]
    }

    fn give_up(&mut self, code: Code, detail: String) -> Vec<Effect> {
        self.phase = Phase::GivenUp { code, detail };
        vec![Effect::Stop]
    }
}

fn timer(wait: Duration) -> Effect {
    Effect::SetTimer { wait, spread: wait / 3 }
}
