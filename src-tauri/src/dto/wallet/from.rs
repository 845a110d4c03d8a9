//! From the desk's view to what crosses to the screen.

use app::money::desk::{
    self, ActionStage, ActionView, BondState, Snapshot, Subject, TransactionRow, TransactionState,
};
use types::{Aipg, Intent, NetworkKind, Plan, RegistryVersion};

use super::*;

impl Wallet {
    /// The wallet of this desk, as it is seen now.
    pub(crate) fn at(desk: &app::money::Desk) -> Self {
        let (money, view) = (desk.money(), desk.view());
        let offers = view
            .seen
            .iter()
            .flat_map(|seen| seen.offers.iter().filter_map(|offer| offer_line(offer, &seen.snapshot)));
        Self {
            address: money.address().to_string(),
            practice: money.network().kind() == NetworkKind::Practice,
            offers: offers.collect(),
            action: view.action.as_ref().map(action_line),
            trouble: view.trouble.map(Trouble::from),
            seen: view.seen.map(Seen::from),
        }
    }
}

/// What the contract holds of ours, however it holds it.
fn bonded(seen: &Snapshot) -> Aipg {
    seen.worker.as_ref().map_or(Aipg::ZERO, |worker| worker.bond)
}

impl From<desk::Seen> for Seen {
    fn from(seen: desk::Seen) -> Self {
        let chain = seen.snapshot;
        Self {
            at: seen.at.millis(),
            aipg: chain.aipg.to_string(),
            eth: chain.eth.to_string(),
            bond: bond(&chain),
            minimum: chain.min_bond.map(|minimum| minimum.to_string()),
            owner: chain
                .owner_of_grid
                .map(|owner| Owner { address: owner.to_string(), plain_key: chain.owner_is_plain_key }),
            pot_is_short: chain.total_bonded.is_some_and(|bonds| bonds > chain.grid_aipg),
        }
    }
}

fn bond(seen: &Snapshot) -> Bond {
    match seen.bond {
        None | Some(BondState::Inconsistent) => Bond::Unclear,
        Some(BondState::NeverBonded | BondState::Exited | BondState::EmptyCooldown) => Bond::None,
        Some(BondState::Active { bond }) => Bond::Bonded { amount: bond.to_string() },
        Some(BondState::ActiveZeroBond) => Bond::Bonded { amount: Aipg::ZERO.to_string() },
        Some(BondState::Cooldown { bond, until }) => {
            Bond::CoolingDown { amount: bond.to_string(), until: until.saturating_mul(1000) }
        }
        Some(BondState::Withdrawable { bond }) => Bond::Withdrawable { amount: bond.to_string() },
        Some(BondState::SlashedOut) => Bond::Slashed,
        Some(BondState::V1SlashedInactive | BondState::V1SlashedLocked) => {
            Bond::Locked { amount: bonded(seen).to_string() }
        }
    }
}

impl From<desk::Trouble> for Trouble {
    fn from(trouble: desk::Trouble) -> Self {
        match trouble {
            desk::Trouble::Unreachable => Self::ChainUnreachable,
            desk::Trouble::WrongNode => Self::WrongNode,
            desk::Trouble::Garbled => Self::ChainGarbled,
            desk::Trouble::Incomplete => Self::ChainIncomplete,
        }
    }
}

fn offer_line(offer: &desk::Offer, seen: &Snapshot) -> Option<Offer> {
    let subject = Subject::of(&offer.wish);
    let plan = offer.plan.as_ref().ok();
    let slow = is_slow(subject, seen.verdict.version());
    Some(Offer {
        wish: Wish::of(subject)?,
        amount: amount(subject, Some(bonded(seen))),
        steps: plan.map(|plan| plan.steps.iter().map(step).collect()).unwrap_or_default(),
        fee_limit: plan.map(|plan| plan.fee_limit.to_string()),
        slow,
        cooldown_seconds: seen.unbonding_period.filter(|_| slow).map(|time| time.as_secs()),
        obstacle: offer.plan.as_ref().err().map(obstacle),
    })
}

impl Wish {
    /// What the screen calls it; it has no name for a permission or for money sent elsewhere.
    pub(crate) const fn of(subject: Subject) -> Option<Self> {
        match subject {
            Subject::Bond(_) => Some(Self::Bond),
            Subject::Unbond => Some(Self::Unbond),
            Subject::CancelUnbond => Some(Self::CancelUnbond),
            Subject::WithdrawBond => Some(Self::WithdrawBond),
            Subject::Revoke => Some(Self::Revoke),
            Subject::Other => None,
        }
    }
}

fn amount(subject: Subject, bonded: Option<Aipg>) -> Option<String> {
    let amount = match subject {
        Subject::Bond(amount) => Some(amount),
        Subject::Unbond | Subject::CancelUnbond | Subject::WithdrawBond => {
            bonded.filter(|held| !held.is_zero())
        }
        Subject::Revoke | Subject::Other => None,
    };
    amount.map(|amount| amount.to_string())
}

/// The second registry holds a bond for a while after its owner wants it back; the first pays at once.
fn is_slow(subject: Subject, registry: Option<RegistryVersion>) -> bool {
    matches!(subject, Subject::Bond(_) | Subject::Unbond) && registry == Some(RegistryVersion::V2)
}

fn step(intent: &Intent) -> Step {
    match intent {
        Intent::Approve { amount } if amount.is_zero() => Step::Revoke,
        Intent::Approve { .. } => Step::Approve,
        Intent::Register { .. } => Step::Register,
        Intent::Unbond => Step::Unbond,
        Intent::CancelUnbond => Step::CancelUnbond,
        Intent::WithdrawBond => Step::WithdrawBond,
        Intent::SendAipg { .. } | Intent::SendEth { .. } => Step::Send,
    }
}

fn obstacle(obstacle: &desk::Obstacle) -> Obstacle {
    use desk::Obstacle as In;
    let amount = match obstacle {
        In::BelowMinimum { minimum } => Some(minimum.to_string()),
        In::NotEnoughAipg { short } => Some(short.to_string()),
        In::NotEnoughEth { short } => Some(short.to_string()),
        _ => None,
    };
    let until = match obstacle {
        In::CoolingDown { until } => Some(until.saturating_mul(1000)),
        _ => None,
    };
    Obstacle { kind: obstacle.name().to_owned(), amount, until }
}

fn action_line(action: &ActionView) -> Action {
    Action {
        wish: Wish::of(action.subject),
        amount: amount(action.subject, action.held),
        slow: is_slow(action.subject, action.plan.as_ref().and_then(|plan| plan.registry)),
        stage: match action.stage {
            ActionStage::Asking => Stage::Asking,
            ActionStage::Carrying => Stage::Carrying,
            ActionStage::Interrupted => Stage::Interrupted,
            ActionStage::Ended => Stage::Ended,
        },
        steps: action.plan.as_ref().map(|plan| step_lines(plan, &action.rows)).unwrap_or_default(),
        outcome: action.outcome.map(|outcome| outcome.name().to_owned()),
        obstacle: action.outcome.and_then(|outcome| outcome.obstacle()).as_ref().map(obstacle),
    }
}

fn step_lines(plan: &Plan, rows: &[TransactionRow]) -> Vec<StepLine> {
    let line = |(place, intent): (usize, &Intent)| {
        // The newest that is not void: what was never signed, or was overtaken, is no part of the story.
        let row = rows.iter().rev().find(|row| row.step == place && row.state != TransactionState::Void);
        StepLine {
            step: step(intent),
            state: row.map_or(StepState::Open, |row| step_state(&row.state)),
            hash: row.and_then(TransactionRow::signed).map(|signed| signed.hash.to_string()),
        }
    };
    plan.steps.iter().enumerate().map(line).collect()
}

const fn step_state(state: &TransactionState) -> StepState {
    match state {
        TransactionState::Void => StepState::Open,
        TransactionState::Prepared => StepState::Preparing,
        TransactionState::Signed(_) => StepState::Sent,
        TransactionState::Mined { stage: types::Stage::Seen, .. } => StepState::Seen,
        TransactionState::Mined { stage: types::Stage::Safe, .. } => StepState::Safe,
        TransactionState::Mined { stage: types::Stage::Final, .. } => StepState::Final,
        TransactionState::Reverted(_) => StepState::Failed,
    }
}
