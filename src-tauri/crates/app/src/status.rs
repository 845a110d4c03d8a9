//! What the node is doing, for whoever shows it.

use ledger::JobState;
use types::{Code, Den, JobId, ModelId, Timestamp};

/// One look at the node.
#[derive(Debug, Clone, PartialEq)]
pub struct Status {
    /// What it is doing.
    pub phase: Phase,
    /// What stands in the way, if anything does.
    pub code: Option<Code>,
    /// What exactly, for whoever wants the details. Holds no secret, prompt or path.
    pub detail: Option<String>,
    /// True on the practice network: nothing here is real money.
    pub practice: bool,
    /// The name on the Grid.
    pub worker_name: String,
    /// The model served.
    pub model: Option<ModelId>,
    /// What the engine computes on.
    pub device: Option<String>,
    /// The job in hand.
    pub current_job: Option<JobId>,
    /// Answers delivered, from the ledger.
    pub jobs_done: u64,
    /// What the coordinator's acks add up to, from the ledger.
    pub den_total: Den,
    /// The newest jobs first.
    pub recent: Vec<JobLine>,
    /// Every slot by itself. What stands above is taken from the one that is furthest on the way to work.
    pub slots: Vec<SlotStatus>,
}

/// One slot: a name, a connection, one job at a time.
#[derive(Debug, Clone, PartialEq)]
pub struct SlotStatus {
    /// Its name on the Grid.
    pub name: String,
    /// Which of the settings' engines it works with.
    pub engine: usize,
    /// The model it serves.
    pub model: ModelId,
    /// What the engine computes on, while it runs.
    pub device: Option<String>,
    /// What it is doing.
    pub phase: Phase,
    /// True while it is paused by the schedule and not by its owner.
    pub off_schedule: bool,
    /// What stands in the way, if anything does.
    pub code: Option<Code>,
    /// What exactly, for whoever wants the details. Holds no secret, prompt or path.
    pub detail: Option<String>,
    /// The job in hand.
    pub current_job: Option<JobId>,
    /// Failures that probably count against its name at the coordinator now: six are too many.
    pub strikes: u32,
    /// How often the coordinator barred it within the last hour.
    pub evictions: u32,
    /// On the Grid since.
    pub online_since: Option<Timestamp>,
}

/// What the node is doing, in the words the owner reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Nothing yet.
    Starting,
    /// The engine reads the model.
    LoadingModel {
        /// 0 to 100.
        percent: u8,
    },
    /// The engine proves that it makes text.
    SelfTest,
    /// Registering with the Grid.
    Connecting,
    /// On the Grid with nothing to do: healthy.
    Waiting,
    /// On the Grid, at a job.
    Working,
    /// A pause was asked for; the last job is being finished.
    Finishing,
    /// Off the Grid for a little while; the code says why.
    Resting,
    /// The engine failed too often and rests longer.
    Quarantined,
    /// Paused by the owner. The engine is ended and its memory free.
    Paused,
    /// The owner has to do something; the code says what.
    NeedsAttention,
}

impl Phase {
    /// The stable name, for message files, logs and `--json`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::LoadingModel { .. } => "loading-model",
            Self::SelfTest => "self-test",
            Self::Connecting => "connecting",
            Self::Waiting => "waiting",
            Self::Working => "working",
            Self::Finishing => "finishing",
            Self::Resting => "resting",
            Self::Quarantined => "quarantined",
            Self::Paused => "paused",
            Self::NeedsAttention => "needs-attention",
        }
    }
}

/// One line of the job list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobLine {
    /// The coordinator's id.
    pub job: JobId,
    /// The model it was for.
    pub model: ModelId,
    /// Where it stands.
    pub state: JobState,
    /// When it was taken on.
    pub accepted_at: Timestamp,
    /// Tokens generated.
    pub completion_tokens: Option<u32>,
    /// What it earned, once the coordinator said so.
    pub den: Option<Den>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

impl From<ledger::JobRow> for JobLine {
    fn from(row: ledger::JobRow) -> Self {
        Self {
            job: row.job,
            model: row.model,
            state: row.state,
            accepted_at: row.accepted_at,
            completion_tokens: row.completion_tokens,
            den: row.den,
            ended_at: row.ended_at,
        }
    }
}
