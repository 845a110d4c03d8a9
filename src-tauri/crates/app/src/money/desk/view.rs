//! What the desk shows.

use std::sync::Arc;

use chain::action::{Obstacle, Wish};
use chain::{ChainError, Snapshot};
use ledger::TransactionRow;
use types::{Aipg, Den, Intent, Plan, Timestamp};

use super::outcome::Outcome;
use crate::earnings::Earnings;
use crate::earnings::today::is_same_day;

/// Everything about money at one moment. What is not known yet is `None` and never zero.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct View {
    /// What the chain showed at the last good look.
    pub seen: Option<Seen>,
    /// Why there is no newer look.
    pub trouble: Option<Trouble>,
    /// What is being done, or what was done last.
    pub action: Option<ActionView>,
    /// What the account and the chain say of payouts, and when that was read.
    pub earnings: Option<(Arc<Earnings>, Timestamp)>,
    /// What is not settled yet.
    pub outlook: Option<Outlook>,
}

impl View {
    /// What was paid today, if that was read today.
    pub fn paid_today(&self, now: Timestamp) -> Option<Aipg> {
        let (earnings, read) = self.earnings.as_ref()?;
        is_same_day(*read, now).then_some(earnings.paid_today)
    }

    /// Whether nothing is expected to change soon.
    pub(super) fn is_settled(&self) -> bool {
        let all_shown = |(earnings, _): &(Arc<Earnings>, Timestamp)| earnings.said_to_be_paid.is_zero();
        self.trouble.is_none() && self.earnings.as_ref().is_none_or(all_shown)
    }
}

/// One look at the chain, with what could be done then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// When, by this computer's clock.
    pub at: Timestamp,
    /// What it showed.
    pub snapshot: Box<Snapshot>,
    /// What one click can do about the bond, the likeliest first.
    pub offers: Vec<Offer>,
}

/// One click: the plan it would make, or what stands before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// What it is for.
    pub wish: Wish,
    /// What it does. Each click makes a plan anew; this one only shows what to expect.
    pub plan: Result<Plan, Obstacle>,
}

/// Why the chain could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// No node answers.
    Unreachable,
    /// The node is on another chain, or the contracts are not there.
    WrongNode,
    /// The answer makes no sense.
    Garbled,
    /// A part of the questions was not answered, so the contract cannot be judged.
    Incomplete,
}

impl From<&ChainError> for Trouble {
    fn from(error: &ChainError) -> Self {
        match error {
            ChainError::WrongChain { .. } | ChainError::NotDeployed { .. } => Self::WrongNode,
            ChainError::Unreachable(_) | ChainError::TimedOut | ChainError::Busy | ChainError::Http(_) => {
                Self::Unreachable
            }
            ChainError::TooLarge
            | ChainError::Garbled(_)
            | ChainError::Empty(_)
            | ChainError::Reverts(_)
            | ChainError::Refused { .. }
            | ChainError::NotATransaction => Self::Garbled,
        }
    }
}

/// A plan the owner was asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionView {
    /// What it is for.
    pub subject: Subject,
    /// What was bonded when it began, so that it can be told after the contract has paid it.
    pub held: Option<Aipg>,
    /// Where it is.
    pub stage: ActionStage,
    /// The plan, once there is one.
    pub plan: Option<Plan>,
    /// Its transactions, oldest first.
    pub rows: Vec<TransactionRow>,
    /// How it ended, or why it rests.
    pub outcome: Option<Outcome>,
}

impl ActionView {
    /// Something that was only wished for yet.
    pub(super) const fn new(subject: Subject, held: Option<Aipg>) -> Self {
        Self { subject, held, stage: ActionStage::Asking, plan: None, rows: vec![], outcome: None }
    }

    /// Something that is known from the journal only.
    pub(super) fn with_rows(rows: Vec<TransactionRow>) -> Self {
        Self { rows, ..Self::new(Subject::Other, None) }
    }

    /// Whether somebody is at it now.
    pub const fn is_under_way(&self) -> bool {
        matches!(self.stage, ActionStage::Asking | ActionStage::Carrying)
    }
}

/// What a plan is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// Put up a bond of this much.
    Bond(Aipg),
    /// Take it back, or start to.
    Unbond,
    /// Stay bonded after all.
    CancelUnbond,
    /// Take it after the cooldown.
    WithdrawBond,
    /// Take back the contract's permission to take AIPG.
    Revoke,
    /// A permission by itself, or money sent elsewhere.
    Other,
}

impl Subject {
    /// By what was wished.
    pub const fn of(wish: &Wish) -> Self {
        match *wish {
            Wish::Bond { amount } => Self::Bond(amount),
            Wish::Unbond => Self::Unbond,
            Wish::CancelUnbond => Self::CancelUnbond,
            Wish::WithdrawBond => Self::WithdrawBond,
            Wish::Revoke => Self::Revoke,
            Wish::SendAipg { .. } | Wish::SendEth { .. } | Wish::SendAllEth { .. } => Self::Other,
        }
    }

    /// By a plan's last step, which is what the others are for.
    pub fn of_plan(plan: &Plan) -> Self {
        match plan.steps.last() {
            Some(Intent::Register { amount }) => Self::Bond(*amount),
            Some(Intent::Unbond) => Self::Unbond,
            Some(Intent::CancelUnbond) => Self::CancelUnbond,
            Some(Intent::WithdrawBond) => Self::WithdrawBond,
            Some(Intent::Approve { amount }) if amount.is_zero() => Self::Revoke,
            Some(Intent::Approve { .. } | Intent::SendAipg { .. } | Intent::SendEth { .. }) | None => {
                Self::Other
            }
        }
    }
}

/// Where a plan is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActionStage {
    /// The chain is read, then the owner is asked.
    Asking,
    /// It is being carried out.
    Carrying,
    /// It was interrupted and can be gone on with.
    Interrupted,
    /// It is over.
    Ended,
}

/// What the work since the last payout may come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outlook {
    /// The work that is not settled.
    pub work: Den,
    /// A range with the name of its basis; `None` where there is no basis.
    pub estimate: Option<Estimate>,
    /// When the Grid pays next.
    pub next_payout: Option<Timestamp>,
}

/// A range, never to be added to money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Estimate {
    /// The least.
    pub low: Aipg,
    /// The most.
    pub high: Aipg,
    /// The name of what it is reckoned from.
    pub basis: &'static str,
}
