//! The wallet, its bond, and what one click does about it.

mod from;

use serde::{Deserialize, Serialize};

/// The wallet as the screen shows it. Amounts are exact decimal texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Wallet {
    /// Its full address, in the mixed case that carries a checksum.
    pub address: String,
    /// Whether all of this is play money.
    pub practice: bool,
    /// What the chain showed at the last good look; nothing until then.
    pub seen: Option<Seen>,
    /// The name of why there is no newer look.
    pub trouble: Option<Trouble>,
    /// What one click can do about the bond now, the likeliest first.
    pub offers: Vec<Offer>,
    /// What is being done, or what was done last.
    pub action: Option<Action>,
}

/// What the chain showed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Seen {
    /// When, in milliseconds since 1970.
    #[cfg_attr(test, ts(type = "number"))]
    pub at: u64,
    /// AIPG in the wallet.
    pub aipg: String,
    /// ETH in the wallet, for the network's fees.
    pub eth: String,
    /// How the bond stands.
    pub bond: Bond,
    /// The least bond, if the contract was understood. Zero: the contract enforces none.
    pub minimum: Option<String>,
    /// Who can change the contract's rules.
    pub owner: Option<Owner>,
    /// The contract holds less than all bonds together: some could not be paid back now.
    pub pot_is_short: bool,
}

/// Who can change the rules of the Grid's contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Owner {
    /// The address.
    pub address: String,
    /// Whether one key alone decides; nothing if that could not be read.
    pub plain_key: Option<bool>,
}

/// How the bond stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Bond {
    /// None is up.
    None,
    /// It is up.
    Bonded {
        /// How much.
        amount: String,
    },
    /// On its way back.
    CoolingDown {
        /// How much; it can still be taken.
        amount: String,
        /// From when it can be withdrawn, in milliseconds since 1970, by the chain's clock.
        #[cfg_attr(test, ts(type = "number"))]
        until: u64,
    },
    /// It waits to be withdrawn.
    Withdrawable {
        /// How much.
        amount: String,
    },
    /// All of it was taken. A new one can be put up.
    Slashed,
    /// The contract holds a mark against this wallet.
    Locked {
        /// What it holds.
        amount: String,
    },
    /// The contract is not one this version knows, or its answer makes no sense.
    Unclear,
}

/// Why there is no newer look at the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum Trouble {
    /// No node answers.
    ChainUnreachable,
    /// The node is on another chain, or the contracts are not there.
    WrongNode,
    /// The node's answer makes no sense.
    ChainGarbled,
    /// The node answered a part of the questions only, so the contract cannot be judged.
    ChainIncomplete,
}

/// What an owner may want.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum Wish {
    /// Put the least bond up.
    Bond,
    /// Take it back, or where the contract has a cooldown start that.
    Unbond,
    /// Stay bonded after all.
    CancelUnbond,
    /// Take it after the cooldown.
    WithdrawBond,
    /// Take back the contract's permission to take AIPG.
    Revoke,
}

/// One click, with all that it does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Offer {
    /// What it is for.
    pub wish: Wish,
    /// The amount it moves.
    pub amount: Option<String>,
    /// Its transactions, in order; nothing while something stands in the way.
    pub steps: Vec<Step>,
    /// The most that all fees together can come to, in ETH; nothing while something stands in the way.
    pub fee_limit: Option<String>,
    /// Whether the contract holds the bond for a while after its owner wants it back, instead of paying at once.
    pub slow: bool,
    /// For how long, if that could be read.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub cooldown_seconds: Option<u64>,
    /// What stands in the way.
    pub obstacle: Option<Obstacle>,
}

/// One transaction of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Let the contract take exactly the bond.
    Approve,
    /// Take such a permission back.
    Revoke,
    /// Put the bond up.
    Register,
    /// Take it back, or start the cooldown.
    Unbond,
    /// Stay bonded.
    CancelUnbond,
    /// Take it after the cooldown.
    WithdrawBond,
    /// Send something away.
    Send,
}

/// What stands in the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Obstacle {
    /// Its name.
    pub kind: String,
    /// How much is missing, or the least, where there is such an amount.
    pub amount: Option<String>,
    /// Until when, in milliseconds since 1970, where there is such a moment.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub until: Option<u64>,
}

/// A plan the owner was asked about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Action {
    /// What it is for; nothing for a plan of another kind.
    pub wish: Option<Wish>,
    /// The amount it moves.
    pub amount: Option<String>,
    /// Whether the contract holds the bond for a while after it, instead of paying at once.
    pub slow: bool,
    /// Where it is.
    pub stage: Stage,
    /// Its transactions, in order.
    pub steps: Vec<StepLine>,
    /// How it ended, or why it rests: a name.
    pub outcome: Option<String>,
    /// What stood in the way, if that was it.
    pub obstacle: Option<Obstacle>,
}

/// Where a plan is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// The chain is read, then the owner is asked.
    Asking,
    /// It is being carried out.
    Carrying,
    /// It was interrupted and can be gone on with.
    Interrupted,
    /// It is over.
    Ended,
}

/// One transaction of a plan, and how far it has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct StepLine {
    /// What it does.
    pub step: Step,
    /// How far it has come.
    pub state: StepState,
    /// Its name on the chain, once it is signed.
    pub hash: Option<String>,
}

/// How far a transaction has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum StepState {
    /// Not begun.
    Open,
    /// Being prepared and signed.
    Preparing,
    /// Signed and sent.
    Sent,
    /// In a block.
    Seen,
    /// In a block one may rely on.
    Safe,
    /// Final.
    Final,
    /// The contract refused it; only the fee is gone.
    Failed,
}
