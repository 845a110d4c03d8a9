//! Whether this is what the owner agreed to.

use std::time::Duration;

use types::{
    Address, Consent, Delegation, Intent, Network, NetworkKind, Plan, PlanDigest, RegistryVersion, SignIn,
    Timestamp, Transaction,
};

use super::Wallet;
use crate::Refusal;
use crate::known::is_known_to_everybody;

/// A plain transfer needs the least; ours need far less than the most.
const SANE_GAS: std::ops::RangeInclusive<u64> = 21_000..=5_000_000;

/// What an owner saw longer ago is not what he has in mind; plans are made for a quarter of this.
const LONGEST_PLAN: Duration = Duration::from_secs(3600);

/// How far the date of a delegation or a sign-in may be from now, in seconds: as far as the coordinator lets clocks differ.
const CLOCKS_DIFFER: u64 = 300;

/// The coordinator's messages live for five minutes.
const LONGEST_SIGN_IN: Duration = Duration::from_secs(600);

pub(super) fn may_sign(
    wallet: &Wallet,
    plan: &Plan,
    consent: &Consent,
    step: usize,
    transaction: &Transaction,
    now: Timestamp,
) -> Result<(), Refusal> {
    known_chain(wallet.kind, &plan.network)?;
    refuse_if(plan.from != wallet.address(), Refusal::OtherWallet)?;
    said_yes(consent, plan.digest(), consent.how.counts_on(wallet.kind))?;
    refuse_if(now > plan.expires_at, Refusal::Expired)?;
    refuse_if(plan.expires_at > now.plus(LONGEST_PLAN), Refusal::LastsTooLong)?;
    let (agreed, later) = match plan.steps.get(step..) {
        Some([agreed, later @ ..]) => (agreed, later),
        Some([]) | None => return Err(Refusal::NoSuchStep),
    };
    refuse_if(*agreed != transaction.intent, Refusal::OtherIntent)?;
    sensible_fee(plan, transaction)?;
    sensible_intent(plan, agreed, later)
}

pub(super) fn may_delegate(
    wallet: &Wallet,
    delegations: &[Delegation],
    consent: &Consent,
    now: Timestamp,
) -> Result<(), Refusal> {
    refuse_if(delegations.is_empty(), Refusal::Nothing)?;
    said_yes(consent, Delegation::digest_of_all(delegations), consent.how.manages_on(wallet.kind))?;
    delegations.iter().try_for_each(|each| sensible_delegation(each, now))
}

fn sensible_delegation(delegation: &Delegation, now: Timestamp) -> Result<(), Refusal> {
    refuse_if(delegation.issued_at.abs_diff(now.seconds()) > CLOCKS_DIFFER, Refusal::OtherDate)?;
    let id = delegation.delegation_id.as_bytes();
    let hex = id.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    refuse_if(id.len() != 32 || !hex, Refusal::NoId)
}

pub(super) fn may_sign_in(
    wallet: &Wallet,
    sign_in: &SignIn,
    consent: &Consent,
    now: Timestamp,
) -> Result<(), Refusal> {
    said_yes(consent, sign_in.digest(), consent.how.manages_on(wallet.kind))?;
    refuse_if(!sign_in.origin().is_this_computer(), Refusal::OtherOrigin)?;
    let (issued, expires) = (sign_in.issued_at(), sign_in.expires_at());
    refuse_if(now >= expires, Refusal::Expired)?;
    refuse_if(issued.seconds().abs_diff(now.seconds()) > CLOCKS_DIFFER, Refusal::OtherDate)?;
    refuse_if(expires > issued.plus(LONGEST_SIGN_IN), Refusal::LastsTooLong)
}

/// Whether such a yes counts is told by the wallet's own kind, so that nothing a plan says about its network weakens this.
fn said_yes(consent: &Consent, shown: PlanDigest, counts: bool) -> Result<(), Refusal> {
    refuse_if(consent.plan != shown, Refusal::OtherPlan)?;
    refuse_if(!counts, Refusal::Scripted)
}

/// A practice plan names its own chain and contracts, so one with a real chain's id would be good for real money.
fn known_chain(kind: NetworkKind, network: &Network) -> Result<(), Refusal> {
    refuse_if(network.kind() != kind, Refusal::OtherNetwork)?;
    let chain_id = match kind {
        NetworkKind::Base => Network::BASE.chain_id(),
        NetworkKind::Practice => Network::PRACTICE_CHAIN_ID,
    };
    refuse_if(network.chain_id() != chain_id, Refusal::OtherChain)
}

fn sensible_fee(plan: &Plan, transaction: &Transaction) -> Result<(), Refusal> {
    refuse_if(!SANE_GAS.contains(&transaction.gas_limit), Refusal::GasLimit)?;
    refuse_if(transaction.max_priority_fee_per_gas > transaction.max_fee_per_gas, Refusal::TipAboveFee)?;
    refuse_if(transaction.largest_fee() > plan.fee_limit, Refusal::FeeAboveLimit)
}

fn sensible_intent(plan: &Plan, intent: &Intent, later: &[Intent]) -> Result<(), Refusal> {
    match *intent {
        Intent::Approve { amount } => {
            let taken = amount.is_zero() || later.contains(&Intent::Register { amount });
            refuse_if(!taken, Refusal::OpenApproval)
        }
        Intent::Register { amount } => {
            refuse_if(amount.is_zero(), Refusal::EmptyBond)?;
            refuse_if(plan.registry.is_none(), Refusal::OtherRegistry)
        }
        Intent::Unbond => refuse_if(plan.registry.is_none(), Refusal::OtherRegistry),
        Intent::CancelUnbond | Intent::WithdrawBond => {
            refuse_if(plan.registry != Some(RegistryVersion::V2), Refusal::OtherRegistry)
        }
        Intent::SendAipg { to, .. } | Intent::SendEth { to, .. } => {
            refuse_if(lost(to, &plan.network), Refusal::LostDestination)
        }
    }
}

fn lost(to: Address, network: &Network) -> bool {
    let everybodys = match network.kind() {
        NetworkKind::Base => is_known_to_everybody(to),
        NetworkKind::Practice => false,
    };
    everybodys || [Address::ZERO, network.token(), network.grid()].contains(&to)
}

fn refuse_if(wrong: bool, refusal: Refusal) -> Result<(), Refusal> {
    if wrong { Err(refusal) } else { Ok(()) }
}
