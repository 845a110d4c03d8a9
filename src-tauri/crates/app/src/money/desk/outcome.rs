//! What came of a plan, by name: the screen has the words.

use chain::action::{End, Failure, Obstacle, Unfinished};

use crate::money::MoneyError;

/// How a plan ended, or why it rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was begun, and this is how far it came.
    Came(End),
    /// The owner gave it up.
    GivenUp,
    /// The owner said no, or the system could not ask him.
    Declined,
    /// Something stands in the way.
    InTheWay(Obstacle),
    /// Another plan is being carried out.
    Busy,
    /// What is signed cannot be taken back.
    OnItsWay,
    /// It is for other contracts.
    OtherNetwork,
    /// The chain gave no whole answer.
    NoAnswer,
    /// The node is on another chain.
    WrongNode,
    /// The record of money cannot be read or written.
    NoJournal,
    /// A fault of this program.
    Unknown,
}

impl Outcome {
    /// Every name, for tables and tests.
    pub const NAMES: [&str; 17] = [
        "done",
        "already-so",
        "reverted",
        "unexpected",
        "stopped",
        "unreachable",
        "wrong-node",
        "stuck",
        "not-safe-yet",
        "behind",
        "no-journal",
        "given-up",
        "declined",
        "busy",
        "on-its-way",
        "no-answer",
        "unknown",
    ];

    /// The stable name, for the screen's message files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Came(End::Done) => "done",
            Self::Came(End::AlreadySo) => "already-so",
            Self::Came(End::Failed(Failure::Reverted)) => "reverted",
            Self::Came(End::Failed(Failure::Unexpected)) => "unexpected",
            Self::Came(End::Stopped(_)) | Self::InTheWay(_) => "stopped",
            Self::Came(End::Unfinished(Unfinished::Unreachable)) => "unreachable",
            Self::Came(End::Unfinished(Unfinished::WrongNode)) | Self::WrongNode | Self::OtherNetwork => {
                "wrong-node"
            }
            Self::Came(End::Unfinished(Unfinished::Stuck)) => "stuck",
            Self::Came(End::Unfinished(Unfinished::NotSafeYet)) => "not-safe-yet",
            Self::Came(End::Unfinished(Unfinished::Behind)) => "behind",
            Self::Came(End::Unfinished(Unfinished::NoJournal)) | Self::NoJournal => "no-journal",
            Self::GivenUp => "given-up",
            Self::Declined => "declined",
            Self::Busy => "busy",
            Self::OnItsWay => "on-its-way",
            Self::NoAnswer => "no-answer",
            Self::Unknown => "unknown",
        }
    }

    /// What stood in the way, if that was it.
    pub const fn obstacle(self) -> Option<Obstacle> {
        match self {
            Self::Came(End::Stopped(obstacle)) | Self::InTheWay(obstacle) => Some(obstacle),
            _ => None,
        }
    }

    /// Whether the plan is over with this.
    pub(super) const fn is_over(self) -> bool {
        match self {
            Self::Came(End::Unfinished(_)) => false,
            Self::Came(End::Done | End::AlreadySo | End::Failed(_) | End::Stopped(_)) | Self::GivenUp => true,
            _ => false,
        }
    }
}

impl From<&MoneyError> for Outcome {
    fn from(error: &MoneyError) -> Self {
        match error {
            MoneyError::Obstacle(obstacle) => Self::InTheWay(*obstacle),
            MoneyError::Declined => Self::Declined,
            MoneyError::Busy | MoneyError::Journal(ledger::LedgerError::PlanOpen) => Self::Busy,
            MoneyError::OnItsWay => Self::OnItsWay,
            MoneyError::OtherNetwork => Self::OtherNetwork,
            MoneyError::Incomplete => Self::NoAnswer,
            MoneyError::Chain(error) => match super::Trouble::from(error) {
                super::Trouble::WrongNode => Self::WrongNode,
                super::Trouble::Unreachable | super::Trouble::Garbled | super::Trouble::Incomplete => {
                    Self::NoAnswer
                }
            },
            MoneyError::Journal(_) => Self::NoJournal,
            MoneyError::Key(_) => Self::Unknown,
        }
    }
}
