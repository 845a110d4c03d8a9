//! Where a signed transaction is, and what it did there.

use chain::action::{Found, Meaning};
use chain::{Chain, ChainError, Fate, Mined, Outcome, outcome_of};
use types::{B256, Intent, Plan, RegistryVersion, Stage, Transaction};

/// Asks the chain. What it did is read from its logs, never from the plan.
pub(super) async fn found(
    chain: &Chain,
    plan: &Plan,
    transaction: &Transaction,
    hash: B256,
) -> Result<Found, ChainError> {
    let (fate, nonce_used) = chain.fate_of_ours(plan.from, transaction.nonce, hash).await?;
    let mined = match fate {
        Fate::Unknown => return Ok(Found::Nowhere { nonce_used }),
        Fate::Pending => return Ok(Found::Pending),
        Fate::Mined(mined) => mined,
    };
    Ok(match chain.stage_of(&mined).await? {
        // A receipt from a block that is not the chain's: of no use, and no proof of anything else.
        None => Found::Nowhere { nonce_used: false },
        Some(stage) => in_a_block(plan, &transaction.intent, &mined, stage),
    })
}

fn in_a_block(plan: &Plan, intent: &Intent, mined: &Mined, stage: Stage) -> Found {
    // Steps that do not touch the registry mean the same on both.
    let registry = plan.registry.unwrap_or(RegistryVersion::V1);
    let meaning = match outcome_of(intent, mined, &plan.network, plan.from, registry) {
        Outcome::AsPlanned(_) => Meaning::AsMeant,
        Outcome::Reverted => Meaning::Reverted,
        Outcome::OtherThanPlanned(_) => Meaning::Other,
    };
    Found::Mined { block: mined.block_number, stage, meaning }
}
