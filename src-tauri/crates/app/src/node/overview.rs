//! From the slots and their engines to the one status that the owner reads.

use types::Code;
use worker::fitness;

use super::engine_room::RoomView;
use super::records::Summary;
use super::settings::NodeSettings;
use super::slot::{SlotPhase, SlotView};
use crate::{Phase, SlotStatus, Status};

/// What does not change while a node runs.
pub(super) struct Overview {
    practice: bool,
    worker_name: String,
    slots: Vec<SlotStatus>,
}

/// What a slot and its engine show of themselves.
pub(super) struct Row {
    pub(super) engine: usize,
    pub(super) broken: bool,
    pub(super) view: SlotView,
    pub(super) room: RoomView,
}

impl Overview {
    pub(super) fn new(settings: &NodeSettings) -> Self {
        let slots = settings.engines.iter().enumerate().flat_map(|(engine, served)| {
            served.names.iter().map(move |name| SlotStatus {
                name: name.to_string(),
                engine,
                model: served.model.clone(),
                device: None,
                phase: Phase::Starting,
                off_schedule: false,
                code: None,
                detail: None,
                current_job: None,
                strikes: 0,
                evictions: 0,
                online_since: None,
            })
        });
        let slots: Vec<SlotStatus> = slots.collect();
        let worker_name = slots.first().map(|slot| slot.name.clone()).unwrap_or_default();
        Self { practice: settings.practice, worker_name, slots }
    }

    /// All of it as one. The rows are in the order of the settings; before there are any, everything starts.
    pub(super) fn status(&self, rows: &[Row], summary: &Summary) -> Status {
        let mut slots = self.slots.clone();
        for (slot, row) in slots.iter_mut().zip(rows) {
            fill(slot, row);
        }
        let first = slots.iter().min_by_key(|slot| rank(slot));
        let (phase, code, detail) = first.map_or((Phase::Starting, None, None), |slot| {
            let troubled = slots.iter().find(|slot| slot.phase == Phase::NeedsAttention);
            // A slot that needs its owner is told also while others serve.
            let told = if slot.code.is_some() { Some(slot) } else { troubled };
            let words = told.map(|told| (told.code, told.detail.clone()));
            let (code, detail) = words.unwrap_or((None, slot.detail.clone()));
            (slot.phase, code, detail)
        });
        // Memory is free, and only then a pause is over, when the last engine is ended.
        let ending = phase == Phase::Paused && rows.iter().any(|row| is_running(&row.room));
        let serving = slots.iter().find(|slot| slot.device.is_some());
        Status {
            phase: if ending { Phase::Finishing } else { phase },
            code,
            detail,
            practice: self.practice,
            worker_name: self.worker_name.clone(),
            model: serving.map(|slot| slot.model.clone()),
            device: serving.and_then(|slot| slot.device.clone()),
            current_job: slots.iter().find_map(|slot| slot.current_job.clone()),
            jobs_done: summary.totals.jobs_done,
            den_total: summary.totals.den,
            recent: summary.recent.clone(),
            slots,
        }
    }
}

fn fill(slot: &mut SlotStatus, Row { engine, broken, view, room }: &Row) {
    slot.engine = *engine;
    slot.device = room.proven.as_ref().map(|proven| proven.device.clone());
    (slot.strikes, slot.evictions, slot.online_since) = (view.strikes, view.evictions, view.online_since);
    slot.current_job = view.current_job.clone();
    let own = |phase| (phase, view.code, view.detail.clone());
    (slot.phase, slot.code, slot.detail) = match view.phase {
        _ if *broken => (Phase::NeedsAttention, Some(Code::Internal), None),
        SlotPhase::Own(phase) => own(phase),
        SlotPhase::Engine => engine_phase(room),
        SlotPhase::OffSchedule => own(Phase::Paused),
    };
    slot.off_schedule = !broken && view.phase == SlotPhase::OffSchedule;
    if *broken {
        (slot.current_job, slot.online_since) = (None, None);
    }
}

fn engine_phase(room: &RoomView) -> (Phase, Option<Code>, Option<String>) {
    match &room.phase {
        fitness::Phase::Off => (Phase::Starting, None, None),
        fitness::Phase::Loading => (Phase::LoadingModel { percent: room.percent }, None, None),
        fitness::Phase::Testing | fitness::Phase::Retesting => (Phase::SelfTest, None, None),
        // The slot has not heard of it yet.
        fitness::Phase::Fit => (Phase::Connecting, None, None),
        fitness::Phase::Resting(rest) => {
            let phase = if room.quarantined { Phase::Quarantined } else { Phase::Resting };
            (phase, Some(rest.code), Some(rest.detail.clone()))
        }
        fitness::Phase::GivenUp { code, detail } => {
            (Phase::NeedsAttention, Some(*code), Some(detail.clone()))
        }
    }
}

fn is_running(room: &RoomView) -> bool {
    match room.phase {
        fitness::Phase::Loading
        | fitness::Phase::Testing
        | fitness::Phase::Fit
        | fitness::Phase::Retesting => true,
        fitness::Phase::Off | fitness::Phase::Resting(_) | fitness::Phase::GivenUp { .. } => false,
    }
}

/// Which slot speaks for all: the one that is furthest on the way to work, and only then who is off.
const fn rank(slot: &SlotStatus) -> u8 {
    match slot.phase {
        Phase::Working => 0,
        Phase::Waiting => 1,
        Phase::Finishing => 2,
        Phase::Connecting => 3,
        Phase::SelfTest => 4,
        Phase::LoadingModel { .. } => 5,
        Phase::Starting => 6,
        Phase::Resting => 7,
        Phase::Quarantined => 8,
        Phase::NeedsAttention => 9,
        // The owner's pause stands above the schedule's.
        Phase::Paused => 10 + slot.off_schedule as u8,
    }
}

#[cfg(test)]
mod tests {
    use types::ModelId;

    use super::*;

    fn slot(name: &str) -> SlotStatus {
        SlotStatus {
            name: name.to_owned(),
            engine: 0,
            model: ModelId::new("m"),
            device: None,
            phase: Phase::Starting,
            off_schedule: false,
            code: None,
            detail: None,
            current_job: None,
            strikes: 0,
            evictions: 0,
            online_since: None,
        }
    }

    fn row(phase: SlotPhase, code: Option<Code>, engine: fitness::Phase) -> Row {
        let room = RoomView { phase: engine, quarantined: false, percent: 40, proven: None };
        Row { engine: 0, broken: false, view: SlotView { phase, code, ..SlotView::starting() }, room }
    }

    fn check(rows: &[Row], expected: (Phase, Option<Code>)) {
        let slots = (0..rows.len()).map(|number| slot(&format!("rig#{number}"))).collect();
        let overview = Overview { practice: true, worker_name: "rig".into(), slots };
        let status = overview.status(rows, &Summary::default());
        assert_eq!((status.phase, status.code), expected, "{:?}", status.slots);
    }

    #[test]
    fn the_slot_that_is_furthest_speaks_for_all() {
        let own = |phase| row(SlotPhase::Own(phase), None, fitness::Phase::Fit);
        let off = || row(SlotPhase::OffSchedule, None, fitness::Phase::Fit);
        let troubled =
            || row(SlotPhase::Own(Phase::NeedsAttention), Some(Code::NameTaken), fitness::Phase::Fit);
        let resting =
            || row(SlotPhase::Own(Phase::Resting), Some(Code::GridUnreachable), fitness::Phase::Fit);
        check(&[own(Phase::Waiting), own(Phase::Working)], (Phase::Working, None));
        check(&[off(), own(Phase::Waiting)], (Phase::Waiting, None));
        check(&[resting(), own(Phase::Waiting)], (Phase::Waiting, None));
        check(&[troubled(), own(Phase::Waiting)], (Phase::Waiting, Some(Code::NameTaken)));
        check(&[troubled(), resting()], (Phase::Resting, Some(Code::GridUnreachable)));
        check(&[own(Phase::Paused), own(Phase::Finishing)], (Phase::Finishing, None));
        check(&[], (Phase::Starting, None));
    }

    #[test]
    fn a_slot_without_a_fit_engine_shows_what_the_engine_does() {
        let engine = |phase| row(SlotPhase::Engine, None, phase);
        check(&[engine(fitness::Phase::Loading)], (Phase::LoadingModel { percent: 40 }, None));
        check(&[engine(fitness::Phase::Testing)], (Phase::SelfTest, None));
        let rest = fitness::Rest { code: Code::EngineFailing, detail: String::new() };
        let resting = || engine(fitness::Phase::Resting(rest.clone()));
        check(&[resting()], (Phase::Resting, Some(Code::EngineFailing)));
        let quarantined = Row { room: RoomView { quarantined: true, ..resting().room }, ..resting() };
        check(&[quarantined], (Phase::Quarantined, Some(Code::EngineFailing)));
        let broken = Row { broken: true, ..engine(fitness::Phase::Fit) };
        check(&[broken], (Phase::NeedsAttention, Some(Code::Internal)));
    }

    #[test]
    fn a_pause_is_over_when_the_last_engine_is_ended() {
        let paused = |engine| row(SlotPhase::Own(Phase::Paused), None, engine);
        check(&[paused(fitness::Phase::Off), paused(fitness::Phase::Fit)], (Phase::Finishing, None));
        check(&[paused(fitness::Phase::Off), paused(fitness::Phase::Off)], (Phase::Paused, None));
    }
}
