//! Are we on the Grid, and if not, when next?

mod budget;
mod policy;
mod state;
#[cfg(test)]
mod tests;

use std::time::Duration;

use types::{Code, Timestamp};

pub use policy::Policy;
pub use state::{Off, Phase, Presence};

/// Everything that can change whether the node serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The owner, or the start of the app, wants the node to serve.
    Start,
    /// The owner wants the GPU back.
    Pause {
        /// False lets a running job finish first.
        now: bool,
    },
    /// The engine runs and the model is loaded.
    EngineReady,
    /// Something only the owner can mend: no model, no engine, no ledger. Trying again would not help.
    Blocked {
        /// Which words the owner reads.
        code: Code,
        /// What exactly, for the details.
        detail: String,
    },
    /// The engine process ended, hung, or reported a failure it cannot be trusted after.
    EngineFault {
        /// What exactly, for the details.
        detail: String,
    },
    /// The self-test gave text.
    TestPassed,
    /// The self-test gave none.
    TestFailed {
        /// What exactly, for the details.
        detail: String,
    },
    /// The coordinator said `ready`.
    Registered,
    /// The coordinator refused the registration.
    Refused {
        /// Which words the owner reads.
        code: Code,
        /// The coordinator's own words.
        detail: String,
        /// Whether and how to try again.
        retry: Retry,
    },
    /// No connection came about.
    ConnectFailed {
        /// Which words the owner reads.
        code: Code,
        /// What exactly, for the details.
        detail: String,
    },
    /// The connection ended.
    ConnectionLost {
        /// How it ended.
        how: Lost,
    },
    /// A job was taken on.
    JobStarted,
    /// A job got its one terminal message, or was dropped.
    JobEnded(Ended),
    /// Nothing is in hand and no ack is out.
    Quiet,
    /// Records cannot be written.
    DiskFull {
        /// What exactly, for the details.
        detail: String,
    },
    /// The time asked for with [`Effect::SetTimer`] has come.
    TimerFired,
}

/// How a job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// With a whole answer: the engine is good, and earlier faults are forgiven.
    Answered,
    /// By our failure.
    Failed,
    /// Neither speaks for the engine nor against it: refused, cancelled, given back.
    Neutral,
}

/// Whether a refusal is worth another try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// Only the owner can change it.
    Never,
    /// At once, one time: a nonce that was already used.
    Once,
    /// Later, like a network failure.
    Backoff,
    /// After the bar the coordinator has set, with a self-test first.
    AfterBar,
}

/// How a connection ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lost {
    /// Another socket with our name took over, or the server restarts (close 1012).
    Replaced,
    /// Anything the network does.
    Dropped {
        /// What exactly, for the details.
        detail: String,
    },
    /// We closed it, because what came was not the protocol.
    Garbled {
        /// What exactly, for the details.
        detail: String,
    },
}

/// What the driver must do, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Start the engine and load the model.
    StartEngine,
    /// End the engine process, which frees the GPU's memory.
    StopEngine,
    /// Run one short generation through the same path as jobs.
    SelfTest,
    /// Connect and register.
    Connect,
    /// Close the connection, if there is one.
    Disconnect,
    /// Drop the running job at once, without a word to the coordinator.
    AbandonJob,
    /// Report [`Event::TimerFired`] after this long and up to `spread` more, chosen at random.
    SetTimer {
        /// At least this long.
        wait: Duration,
        /// The random part.
        spread: Duration,
    },
}

impl Presence {
    /// What happens next. Pure: same presence, event and time, same outcome.
    #[must_use]
    pub fn step(mut self, event: Event, now: Timestamp) -> (Self, Vec<Effect>) {
        let effects = match event {
            Event::Start => self.start(),
            Event::Pause { now: at_once } => self.pause(at_once),
            Event::EngineReady => self.engine_ready(),
            Event::Blocked { code, detail } => self.blocked(code, detail),
            Event::EngineFault { detail } => self.fault(Code::EngineFailing, detail),
            Event::TestPassed => self.test_passed(now),
            Event::TestFailed { detail } => self.test_failed(detail),
            Event::Registered => self.registered(now),
            Event::Refused { code, detail, retry } => self.refused(code, detail, retry, now),
            Event::ConnectFailed { code, detail } => self.connect_failed(code, detail),
            Event::ConnectionLost { how } => self.connection_lost(how, now),
            Event::JobStarted => self.job_started(),
            Event::JobEnded(how) => self.job_ended(how),
            Event::Quiet => self.quiet(),
            Event::DiskFull { detail } => self.disk_full(detail),
            Event::TimerFired => self.timer_fired(now),
        };
        (self, effects)
    }
}
