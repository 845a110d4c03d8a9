//! From the machines' states to what the owner reads.

use types::Code;
use worker::job::Jobs;
use worker::presence::{self, Off, Presence};

use crate::Phase;

/// The phase, and the words when something stands in the way.
pub(super) fn phase(
    presence: &Presence,
    jobs: &Jobs,
    load_percent: u8,
) -> (Phase, Option<Code>, Option<String>) {
    let plain = |phase| (phase, None, None);
    match presence.phase() {
        presence::Phase::Off(Off::NotStarted) => plain(Phase::Starting),
        presence::Phase::Off(Off::Paused) => plain(Phase::Paused),
        presence::Phase::Off(Off::NeedsOwner { code, detail }) => {
            (Phase::NeedsAttention, Some(*code), Some(detail.clone()))
        }
        presence::Phase::Loading => plain(Phase::LoadingModel { percent: load_percent }),
        presence::Phase::Testing => plain(Phase::SelfTest),
        presence::Phase::Connecting => plain(Phase::Connecting),
        presence::Phase::Working { .. } if jobs.running().is_some() => plain(Phase::Working),
        // Between an answer and its ack there is nothing to do.
        presence::Phase::Waiting { .. } | presence::Phase::Working { .. } => plain(Phase::Waiting),
        presence::Phase::Finishing { .. } => plain(Phase::Finishing),
        presence::Phase::Draining(rest) | presence::Phase::Resting(rest) => {
            let phase = if presence.quarantined() { Phase::Quarantined } else { Phase::Resting };
            (phase, Some(rest.code), Some(rest.detail.clone()))
        }
    }
}
