//! May this engine be trusted with jobs now?
//!
//! One of these stands for one engine, however many slots share it. That is why the ladder of faults is here: a fault
//! that eight slots feel is one fault, and a slot that has nothing to do forgives none.

mod state;
#[cfg(test)]
mod tests;

use std::time::Duration;

use types::{Code, JobId};

pub use state::{Fitness, Phase, Rest};

/// Everything that can change whether an engine is trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A first slot wants it.
    Wanted,
    /// No slot wants it any more.
    Unwanted,
    /// The owner says: try again, whatever was.
    Forgiven,
    /// It runs and the model is loaded.
    Loaded,
    /// Something only the owner can mend: no model, no engine, too slow. Trying again would not help.
    Blocked {
        /// Which words the owner reads.
        code: Code,
        /// What exactly, for the details.
        detail: String,
    },
    /// It is not there now, which is nobody's fault: a server that its owner starts again.
    Away {
        /// Which words the owner reads.
        code: Code,
        /// What exactly, for the details.
        detail: String,
    },
    /// It ended, hung, or reported a failure it cannot be trusted after.
    Fault {
        /// What exactly, for the details.
        detail: String,
    },
    /// A slot was barred by the coordinator and wants a test before it comes back.
    TestAsked,
    /// The self-test gave text.
    TestPassed,
    /// The self-test gave none.
    TestFailed {
        /// What exactly, for the details.
        detail: String,
    },
    /// A job got a whole answer.
    Answered,
    /// A job failed. One that comes back and fails again is still one: the job may be to blame.
    JobFailed {
        /// Which one.
        job: JobId,
    },
    /// The time asked for with [`Effect::SetTimer`] has come.
    TimerFired,
}

/// What the driver must do, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Start it and load the model.
    Start,
    /// End it, which frees the GPU's memory. No timer is waited for any more.
    Stop,
    /// Run one short generation through the same path as jobs.
    Test,
    /// Report [`Event::TimerFired`] after this long and up to `spread` more, chosen at random.
    SetTimer {
        /// At least this long.
        wait: Duration,
        /// The random part.
        spread: Duration,
    },
}

impl Fitness {
    /// What happens next. Pure: same fitness and event, same outcome.
    #[must_use]
    pub fn step(mut self, event: Event) -> (Self, Vec<Effect>) {
        let effects = match event {
            Event::Wanted => self.wanted(),
            Event::Unwanted => self.unwanted(),
            Event::Forgiven => self.forgiven(),
            Event::Loaded => self.loaded(),
            Event::Blocked { code, detail } => self.blocked(code, detail),
            Event::Away { code, detail } => self.away(code, detail),
            Event::Fault { detail } => self.fault(Code::EngineFailing, detail),
            Event::TestAsked => self.test_asked(),
            Event::TestPassed => self.test_passed(),
            Event::TestFailed { detail } => self.test_failed(detail),
            Event::Answered => self.answered(),
            Event::JobFailed { job } => self.job_failed(job),
            Event::TimerFired => self.timer_fired(),
        };
        (self, effects)
    }
}
