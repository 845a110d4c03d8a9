//! How a node is told about that does not run.

use app::StartError;
use app::live::LiveError;
use types::{Code, Den};

use crate::dto::{Money, Phase, Status};

/// An error and what is behind it, in one line.
fn with_sources(error: &dyn std::error::Error) -> String {
    let behind = std::iter::successors(error.source(), |error| error.source());
    behind.fold(error.to_string(), |line, error| format!("{line}: {error}"))
}

impl Status {
    /// Before the node can say anything itself.
    pub(super) fn starting(practice: bool, worker_name: &str, money: Money) -> Self {
        Self {
            money,
            phase: Phase::Starting,
            code: None,
            detail: None,
            practice,
            worker_name: worker_name.to_owned(),
            model: None,
            device: None,
            current_job: None,
            jobs_done: None,
            work_units: None,
            recent: Vec::new(),
            slots: Vec::new(),
        }
    }

    /// A practice node that did not start.
    pub(super) fn not_started(worker_name: &str, money: Money, error: &StartError) -> Self {
        Self::starting(true, worker_name, money).with(error.code(), error)
    }

    /// A node on a real Grid that did not start.
    pub(super) fn not_live(worker_name: &str, error: &LiveError, money: Money) -> Self {
        Self::starting(false, worker_name, money).with(error.code(), error)
    }

    fn with(self, code: Code, error: &dyn std::error::Error) -> Self {
        Self {
            phase: Phase::NeedsAttention,
            code: Some(code.name().to_owned()),
            detail: Some(with_sources(error)),
            ..self
        }
    }
}

/// A node on a real Grid that did not start, in the app's own words: the books tell by it why nothing is earned.
pub(super) fn stopped(code: Code) -> app::Status {
    app::Status {
        phase: app::Phase::NeedsAttention,
        code: Some(code),
        detail: None,
        practice: false,
        worker_name: String::new(),
        model: None,
        device: None,
        current_job: None,
        jobs_done: 0,
        den_total: Den::ZERO,
        recent: Vec::new(),
        slots: Vec::new(),
    }
}

impl Status {
    /// The task that keeps the node broke, which must not look like a node at work.
    pub(super) fn broken(self) -> Self {
        Self {
            phase: Phase::NeedsAttention,
            code: Some(types::Code::Internal.name().to_owned()),
            detail: None,
            current_job: None,
            ..self
        }
    }
}
