//! What the machine wants done, and how it ends.

use std::fmt;
use std::time::Duration;

use types::{Intent, Stage};

use super::machine::Offer;
use super::ready::Obstacle;

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Read the chain.
    Look,
    /// Ask what a step needs.
    Estimate(Intent),
    /// Write the row of a transaction.
    Prepare(Offer),
    /// Sign it and store the bytes.
    Sign(Offer),
    /// Send the stored bytes of all steps up to this one, in order: a reorganisation may have undone earlier ones.
    Send {
        /// Up to which step.
        step: usize,
    },
    /// Find out where its transaction is.
    Find {
        /// Which step.
        step: usize,
    },
    /// Note that it is in a block.
    NoteMined {
        /// Which step.
        step: usize,
        /// The block.
        block: u64,
        /// How sure.
        stage: Stage,
    },
    /// Note that it failed in its block.
    NoteReverted {
        /// Which step.
        step: usize,
    },
    /// Note that it left its block again.
    NoteUndone {
        /// Which step.
        step: usize,
    },
    /// Note that it can never be in a block.
    NoteVoid {
        /// Which step.
        step: usize,
    },
    /// Tell after this time.
    Wait(Duration),
    /// It is over.
    End(End),
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Every transaction of the plan did what it should, the last of them in a block one may rely on.
    Done,
    /// By what the chain says now, what the plan is for is so already. Nothing more was signed.
    AlreadySo,
    /// A step failed on the chain. It is not tried again.
    Failed(Failure),
    /// It was given up before a step; nothing of that step is on its way. Earlier steps stay done.
    Stopped(Obstacle),
    /// Not now. The plan stays open and is gone on with later.
    Unfinished(Unfinished),
}

/// The owner's words for it.
impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => f.write_str("done"),
            Self::AlreadySo => f.write_str("there was nothing left to do"),
            Self::Failed(failure) => failure.fmt(f),
            Self::Stopped(obstacle) => obstacle.fmt(f),
            Self::Unfinished(why) => write!(f, "{why}; it is written down and can be gone on with"),
        }
    }
}

/// What failed on the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The transaction was reverted.
    #[error("the contract refused it; only the fee is gone")]
    Reverted,
    /// It went through and did something else.
    #[error("it went through and did something else than planned")]
    Unexpected,
}

/// Why a plan is left open for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfinished {
    /// No node answers.
    #[error("no node of the chain answers")]
    Unreachable,
    /// The node is on another chain, or has other contracts.
    #[error("the node is on another chain, or has other contracts")]
    WrongNode,
    /// Its transaction does not get into a block.
    #[error("its transaction does not get into a block")]
    Stuck,
    /// It is in a block, and that block does not become one that one may rely on.
    #[error("its block is not yet one that one may rely on")]
    NotSafeYet,
    /// Another transaction of this wallet is on its way and does not get into a block.
    #[error("another transaction of this wallet is on its way and does not get into a block")]
    Behind,
    /// The journal cannot be written.
    #[error("the record of money cannot be written")]
    NoJournal,
}
