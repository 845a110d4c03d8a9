//! From the machines' states to what the owner reads.

use types::{Code, JobId, Timestamp};
use worker::job::Jobs;
use worker::presence::{self, Off, Pause, Presence};

use crate::Phase;

/// What a slot shows of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::node) struct SlotView {
    pub(in crate::node) phase: SlotPhase,
    pub(in crate::node) code: Option<Code>,
    pub(in crate::node) detail: Option<String>,
    pub(in crate::node) current_job: Option<JobId>,
    pub(in crate::node) strikes: u32,
    pub(in crate::node) evictions: u32,
    pub(in crate::node) online_since: Option<Timestamp>,
}

impl SlotView {
    /// Whether only its owner can let it go on.
    pub(in crate::node) const fn needs_owner(&self) -> bool {
        matches!(self.phase, SlotPhase::Own(Phase::NeedsAttention))
    }
}

/// What a slot is doing, as far as it knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::node) enum SlotPhase {
    /// Its own.
    Own(Phase),
    /// Whatever the engine is doing.
    Engine,
    /// Off by the owner's schedule.
    OffSchedule,
}

impl SlotView {
    /// Before anything happened.
    pub(in crate::node) const fn starting() -> Self {
        Self {
            phase: SlotPhase::Own(Phase::Starting),
            code: None,
            detail: None,
            current_job: None,
            strikes: 0,
            evictions: 0,
            online_since: None,
        }
    }
}

/// The phase, and the words when something stands in the way.
pub(super) fn phase(presence: &Presence, jobs: &Jobs) -> (SlotPhase, Option<Code>, Option<String>) {
    let plain = |phase| (SlotPhase::Own(phase), None, None);
    match presence.phase() {
        presence::Phase::Off(Off::NotStarted) => plain(Phase::Starting),
        presence::Phase::Off(Off::Paused(Pause::Owner)) => plain(Phase::Paused),
        presence::Phase::Off(Off::Paused(Pause::Schedule)) => (SlotPhase::OffSchedule, None, None),
        presence::Phase::Off(Off::NeedsOwner { code, detail }) => {
            (SlotPhase::Own(Phase::NeedsAttention), Some(*code), Some(detail.clone()))
        }
        presence::Phase::AwaitingEngine => (SlotPhase::Engine, None, None),
        presence::Phase::Testing => plain(Phase::SelfTest),
        presence::Phase::Connecting => plain(Phase::Connecting),
        presence::Phase::Working { .. } if jobs.running().is_some() => plain(Phase::Working),
        // Between an answer and its ack there is nothing to do.
        presence::Phase::Waiting { .. } | presence::Phase::Working { .. } => plain(Phase::Waiting),
        presence::Phase::Finishing { .. } => plain(Phase::Finishing),
        presence::Phase::Draining(rest) | presence::Phase::Resting(rest) => {
            (SlotPhase::Own(Phase::Resting), Some(rest.code), Some(rest.detail.clone()))
        }
    }
}
