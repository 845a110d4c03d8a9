//! One engine and the slots that share it.
//!
//! The room owns the engine, its self-test and its ladder of faults. Slots want it, give it jobs, and let go of it; the
//! last one that lets go ends it, and a fault is told to all of them but counted once.

mod room;
mod runs;
mod seat;
mod self_test;

use std::sync::Arc;

use engine_link::ModelFacts;
use types::{ApiFormat, Code, FinishReason, JobId, Piece, Private, Usage};
use worker::fitness;

pub(super) use room::Room;
pub(super) use seat::{Orders, Seat};

/// What an engine has shown since it was started: nothing else is told the Grid.
#[derive(Debug)]
pub(super) struct Proven {
    /// Which start of the engine this was.
    pub(super) age: u64,
    /// The model.
    pub(super) model: ModelFacts,
    /// What it computes on.
    pub(super) device: String,
    /// Its name and version.
    pub(super) engine: String,
    /// The APIs it speaks.
    pub(super) formats: Vec<ApiFormat>,
}

/// Whether a slot may be on the Grid with this engine.
#[derive(Debug, Clone)]
pub(super) enum Standing {
    /// It is fit.
    Up(Arc<Proven>),
    /// It ended, or is about to. It comes back by itself.
    Down,
    /// It is ended until the owner acts.
    GivenUp {
        /// Which words the owner reads.
        code: Code,
        /// What exactly.
        detail: String,
    },
}

/// What a slot hears from the room.
#[derive(Debug)]
pub(super) enum Said {
    /// Where the engine stands.
    Standing {
        /// Which of the slot's wishes for the engine this answers.
        turn: u64,
        /// Where it stands.
        standing: Standing,
    },
    /// The test that was asked for was passed.
    Tested,
    /// A piece of an answer.
    Made { job: JobId, piece: Piece },
    /// An answer is complete.
    Finished { job: JobId, reason: FinishReason, usage: Option<Usage>, body: Option<Private> },
    /// The request is bad.
    Refused { job: JobId, message: String },
    /// The engine failed at it.
    Failed { job: JobId },
    /// It waited for the others' jobs for too long.
    Starved { job: JobId },
}

/// What an owner sees of an engine.
#[derive(Debug, Clone)]
pub(super) struct RoomView {
    /// Where it stands.
    pub(super) phase: fitness::Phase,
    /// Whether it rests longer.
    pub(super) quarantined: bool,
    /// How far a load has come.
    pub(super) percent: u8,
    /// What it has shown, while it runs.
    pub(super) proven: Option<Arc<Proven>>,
}
