//! How a node is told about that does not run.

use app::StartError;
use app::practice::RehearsalOptions;

use crate::dto::{Money, Phase, Status};

/// An error and what is behind it, in one line.
fn with_sources(error: &dyn std::error::Error) -> String {
    let behind = std::iter::successors(error.source(), |error| error.source());
    behind.fold(error.to_string(), |line, error| format!("{line}: {error}"))
}

impl Status {
    /// Before the node can say anything itself.
    pub(super) fn starting(options: &RehearsalOptions, money: Money) -> Self {
        Self {
            money,
            phase: Phase::Starting,
            code: None,
            detail: None,
            practice: true,
            worker_name: options.worker_name.clone(),
            model: None,
            device: None,
            current_job: None,
            jobs_done: None,
            work_units: None,
            recent: Vec::new(),
        }
    }

    pub(super) fn not_started(options: &RehearsalOptions, money: Money, error: &StartError) -> Self {
        Self {
            phase: Phase::NeedsAttention,
            code: Some(error.code().name().to_owned()),
            detail: Some(with_sources(error)),
            ..Self::starting(options, money)
        }
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
