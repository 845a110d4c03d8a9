//! What crosses to the screen: plain data without secrets, paths or floating-point amounts.
//!
//! The TypeScript types in `ui/src/lib/backend/generated` are written from these; `bindings` fails when they are stale.

mod account;
mod coordinator;
mod earnings;
mod engines;
mod failure;
mod history;
mod rates;
mod settings;
mod wallet;

use serde::Serialize;

pub use account::{
    Access, Account, AccountAct, AccountOutcome, AccountPage, AccountTask, AccountTrouble, AccountWish,
    AccountWorker, ApiKey, KeyRole, Permission,
};
pub use coordinator::{Coordinator, Place};
pub use earnings::{Earnings, Estimate};
pub use engines::{
    Engine, EngineHealth, EngineSource, EngineWish, Engines, Format, FoundServer, Program, ScheduleLine,
    ServerFault, Serving, Slot, Weekday,
};
pub use failure::Failure;
pub use history::{
    BookLine, Books, BooksVerdict, Day, History, JobPage, JobRecord, OpenHour, Payday, PayoutPage,
    PayoutRecord, Standing, TooSmall,
};
pub use rates::{Cause, CouldEarn, ModelRate, Rates, Severity};
pub use settings::{Blocked, Link, Settings, Theme};
pub use wallet::{
    Action, Bond, Obstacle, Offer, Owner, Seen, Stage, Step, StepLine, StepState, Trouble, Wallet, Wish,
};

/// The node as the screen shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// What the node is doing.
    pub phase: Phase,
    /// The name of what stands in the way.
    pub code: Option<String>,
    /// Particulars of that, for the curious.
    pub detail: Option<String>,
    /// Whether this is the practice network.
    pub practice: bool,
    /// The name this node works under.
    pub worker_name: String,
    /// The model being served.
    pub model: Option<String>,
    /// What the engine computes on.
    pub device: Option<String>,
    /// The id of the job being answered now.
    pub current_job: Option<String>,
    /// Jobs finished so far; nothing until the records are open.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub jobs_done: Option<u64>,
    /// Work units counted so far, as an exact decimal; nothing until the records are open.
    pub work_units: Option<String>,
    /// The latest jobs, newest first.
    pub recent: Vec<JobLine>,
    /// Its connections to the Grid.
    pub slots: Vec<Slot>,
    /// Whether there is a wallet.
    pub money: Money,
}

/// Whether there is a wallet, and why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum Money {
    /// It is being made.
    Making,
    /// It is there.
    There,
    /// This computer has no program for the practice chain.
    NoChain,
    /// It could not be opened; the log says why.
    Failed,
    /// On a real Grid: this version does not move real money.
    NotYet,
}

/// What the node is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Phase {
    /// Getting ready.
    Starting,
    /// Reading the model into memory.
    LoadingModel {
        /// How far, of a hundred.
        percent: u8,
    },
    /// One short answer before any customer gets one.
    SelfTest,
    /// Calling the Grid.
    Connecting,
    /// Ready for a job.
    Waiting,
    /// Answering a job.
    Working,
    /// Answering the last job before a pause.
    Finishing,
    /// Off the Grid for a little while; the code says why.
    Resting,
    /// The engine failed too often and rests longer.
    Quarantined,
    /// Paused by the owner.
    Paused,
    /// The owner has to do something; the code says what.
    NeedsAttention,
}

/// One job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct JobLine {
    /// As the Grid named it.
    pub id: String,
    /// The model that answered.
    pub model: String,
    /// The name of its state.
    pub state: String,
    /// Milliseconds since 1970.
    #[cfg_attr(test, ts(type = "number"))]
    pub accepted_at: u64,
    /// Tokens written.
    pub completion_tokens: Option<u32>,
    /// Work units counted for it, as an exact decimal.
    pub work_units: Option<String>,
    /// Milliseconds since 1970.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub finished_at: Option<u64>,
}

impl Status {
    /// What the node says, beside how money stands.
    pub(crate) fn of(status: app::Status, money: Money) -> Self {
        Self {
            money,
            phase: status.phase.into(),
            code: status.code.map(|code| code.name().to_owned()),
            detail: status.detail,
            practice: status.practice,
            worker_name: status.worker_name,
            model: status.model.map(|model| model.to_string()),
            device: status.device,
            current_job: status.current_job.map(|job| job.to_string()),
            jobs_done: Some(status.jobs_done),
            work_units: Some(status.den_total.to_string()),
            recent: status.recent.into_iter().map(JobLine::from).collect(),
            slots: status.slots.into_iter().map(Slot::from).collect(),
        }
    }
}

impl From<app::Phase> for Phase {
    fn from(phase: app::Phase) -> Self {
        match phase {
            app::Phase::Starting => Self::Starting,
            app::Phase::LoadingModel { percent } => Self::LoadingModel { percent },
            app::Phase::SelfTest => Self::SelfTest,
            app::Phase::Connecting => Self::Connecting,
            app::Phase::Waiting => Self::Waiting,
            app::Phase::Working => Self::Working,
            app::Phase::Finishing => Self::Finishing,
            app::Phase::Resting => Self::Resting,
            app::Phase::Quarantined => Self::Quarantined,
            app::Phase::Paused => Self::Paused,
            app::Phase::NeedsAttention => Self::NeedsAttention,
        }
    }
}

impl From<app::JobLine> for JobLine {
    fn from(line: app::JobLine) -> Self {
        Self {
            id: line.job.to_string(),
            model: line.model.to_string(),
            state: line.state.name().to_owned(),
            accepted_at: line.accepted_at.millis(),
            completion_tokens: line.completion_tokens,
            work_units: line.den.map(|den| den.to_string()),
            finished_at: line.ended_at.map(types::Timestamp::millis),
        }
    }
}

#[cfg(test)]
mod bindings;
