//! Is this slot on the Grid, and if not, when next?

mod budget;
mod state;
#[cfg(test)]
mod tests;

use std::time::Duration;

use types::{Code, Timestamp};

pub use state::{Off, Phase, Presence, Rest};

/// Everything that can change whether a slot serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The owner, his schedule, or the start of the app wants the slot to serve.
    Start,
    /// The slot should not serve.
    Pause {
        /// Who says so.
        why: Pause,
        /// False lets a running job finish first.
        now: bool,
    },
    /// The engine is fit.
    EngineUp,
    /// The engine ended, or is about to be ended. It comes back by itself.
    EngineDown,
    /// The engine is ended until the owner acts.
    EngineGivenUp {
        /// Which words the owner reads.
        code: Code,
        /// What exactly, for the details.
        detail: String,
    },
    /// Something of this slot that only the owner can mend. Trying again would not help.
    Blocked {
        /// Which words the owner reads.
        code: Code,
        /// What exactly, for the details.
        detail: String,
    },
    /// The engine passed the test that was asked for.
    Tested,
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
    /// The coordinator took the connection and dropped it without a word.
    Unanswered {
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
    /// A job got a whole answer.
    JobAnswered,
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

/// Who wants a slot off the Grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pause {
    /// The owner.
    Owner,
    /// The owner's schedule.
    Schedule,
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
    /// The coordinator closed it for something we did or left undone (close 1009 and 1011).
    OurFault {
        /// What exactly, for the details.
        detail: String,
    },
    /// The coordinator does not want us any more, for reasons as at a registration.
    Refused {
        /// Which words the owner reads.
        code: Code,
        /// The coordinator's own words.
        detail: String,
        /// Whether and how to try again.
        retry: Retry,
    },
    /// We closed it, because what came was not the protocol.
    Garbled {
        /// What exactly, for the details.
        detail: String,
    },
    /// We closed it, because the engine had no time for a job: it goes to another worker.
    Starved,
}

/// What the driver must do, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Ask for the engine; [`Event::EngineUp`] follows when it is fit.
    WantEngine,
    /// Let go of the engine, which frees the GPU's memory if no other slot wants it.
    ReleaseEngine,
    /// Ask for a test of the engine; [`Event::Tested`] or [`Event::EngineDown`] follows.
    AskTest,
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
            Event::Pause { why, now: at_once } => self.pause(why, at_once),
            Event::EngineUp => self.engine_up(now),
            Event::EngineDown => self.engine_down(),
            Event::EngineGivenUp { code, detail } => self.engine_given_up(code, detail),
            Event::Blocked { code, detail } => self.blocked(code, detail),
            Event::Tested => self.tested(now),
            Event::Registered => self.registered(now),
            Event::Refused { code, detail, retry } => self.refused(code, detail, retry, now),
            Event::ConnectFailed { code, detail } => self.connect_failed(code, detail),
            Event::Unanswered { detail } => self.unanswered(detail),
            Event::ConnectionLost { how } => self.connection_lost(how, now),
            Event::JobStarted => self.job_started(),
            Event::JobAnswered => self.job_answered(),
            Event::Quiet => self.quiet(),
            Event::DiskFull { detail } => self.disk_full(detail),
            Event::TimerFired => self.timer_fired(now),
        };
        (self, effects)
    }
}
