//! The money half of a rehearsal: bonded, paid, unbonded, sent out.

use std::time::Duration;

use chain::action::{End, Wish};
use tokio::time::Instant;
use types::{Aipg, RegistryVersion, Wei};

use super::report::{Balances, BondReport, MoneyReport, PayoutReport};
use crate::money::{Carried, ScriptedConfirmation};
use crate::practice::purse::{Purse, PurseError};
use crate::practice::{HOURLY_BUDGET, Rehearsal};

/// What a beginner gets from the faucet: the documented bond, some to spare, and ETH for the fees.
fn start_money() -> (Aipg, Wei) {
    (Aipg::whole(1050), Wei::whole(1))
}

/// A little longer than the cooldown, since the contract compares with the block after.
const SPARE: Duration = Duration::from_secs(2);

/// Puts up the bond, or goes on with a bond that was interrupted.
pub(super) async fn bond(purse: &Purse, report: &mut MoneyReport) -> Result<(), PurseError> {
    let money = purse.money();
    report.wallet = Some(money.address());
    let yes = ScriptedConfirmation::on(money.network())?;
    let mut seen = money.look().await?;
    let version =
        seen.verdict.version().ok_or_else(|| PurseError::NotDone("the registry is not known".into()))?;
    let bond = report.bond.insert(BondReport::new(version));
    if let Some(carried) = money.resume(&yes).await? {
        bond.note(&carried);
        if let End::Unfinished(_) = carried.end {
            return done(&carried);
        }
        seen = money.look().await?;
    }
    if !seen.bond.is_some_and(|bond| matches!(bond, chain::BondState::Active { .. })) {
        let minimum =
            seen.min_bond.ok_or_else(|| PurseError::NotDone("the least bond is not known".into()))?;
        let (aipg, eth) = start_money();
        purse.fill_up(aipg, eth).await?;
        let carried = money.fulfil(Wish::Bond { amount: minimum }, &yes).await?;
        bond.note(&carried);
        done(&carried)?;
    }
    Ok(())
}

/// From the payout to the empty wallet.
pub(super) async fn way_back(
    rehearsal: &Rehearsal,
    purse: &Purse,
    report: &mut MoneyReport,
) -> Result<(), PurseError> {
    payout(rehearsal, purse, report).await?;
    unbond(purse, report).await?;
    send_out(purse, report).await?;
    balances(purse, report).await?;
    until_final(purse, report).await
}

/// Waits until nothing of it can be undone any more.
async fn until_final(purse: &Purse, report: &mut MoneyReport) -> Result<(), PurseError> {
    let begun = Instant::now();
    while purse.money().follow().await? > 0 {
        if begun.elapsed() > UNTIL_SAFE {
            return Err(PurseError::NotDone("some transactions are not final".into()));
        }
        tokio::time::sleep(POLL).await;
    }
    report.all_final = true;
    Ok(())
}

/// The Grid settles the period and pays; we believe it when the chain shows the transfer.
async fn payout(rehearsal: &Rehearsal, purse: &Purse, report: &mut MoneyReport) -> Result<(), PurseError> {
    let settled = rehearsal.network().settle(HOURLY_BUDGET, purse.chain()).await;
    settled.map_err(|error| PurseError::NotDone(format!("the period was not settled: {error}")))?;
    let account = rehearsal.account().map_err(|error| PurseError::NotDone(error.to_string()))?;
    // In a block at once; one may rely on that block a moment later.
    let begun = Instant::now();
    loop {
        let earnings =
            purse.earnings(&account).await.map_err(|error| PurseError::NotDone(error.to_string()))?;
        report.aipg_paid = earnings.paid;
        report.payout = earnings.payouts.first().map(|row| PayoutReport {
            tx: row.transaction,
            amount: row.amount,
            verified: row.proven_block.is_some(),
        });
        match report.payout {
            Some(PayoutReport { verified: true, .. }) => return Ok(()),
            None => return Err(PurseError::NotDone("nothing was paid out".into())),
            Some(_) if begun.elapsed() > UNTIL_SAFE => {
                return Err(PurseError::NotDone("the chain does not show the payout".into()));
            }
            Some(_) => tokio::time::sleep(POLL).await,
        }
    }
}

/// A practice chain makes a block a second, and relies on it a block later.
const UNTIL_SAFE: Duration = Duration::from_secs(20);

const POLL: Duration = Duration::from_millis(200);

/// Takes the bond back. On V2 the chain's clock is moved over the cooldown.
async fn unbond(purse: &Purse, report: &mut MoneyReport) -> Result<(), PurseError> {
    let money = purse.money();
    let yes = ScriptedConfirmation::on(money.network())?;
    let Some(bond) = &mut report.bond else { return Ok(()) };
    let carried = money.fulfil(Wish::Unbond, &yes).await?;
    bond.note(&carried);
    done(&carried)?;
    if bond.version == RegistryVersion::V2 {
        let seen = money.look().await?;
        let cooldown = seen.unbonding_period.unwrap_or_default();
        purse.chain().advance(cooldown + SPARE).await?;
        let carried = money.fulfil(Wish::WithdrawBond, &yes).await?;
        bond.note(&carried);
        done(&carried)?;
    }
    Ok(())
}

/// Sends everything away: back to the faucet, which here is anybody's address.
async fn send_out(purse: &Purse, report: &mut MoneyReport) -> Result<(), PurseError> {
    let money = purse.money();
    let yes = ScriptedConfirmation::on(money.network())?;
    let to = purse.chain().faucet();
    let amount = money.look().await?.aipg;
    let carried = money.fulfil(Wish::SendAipg { to, amount }, &yes).await?;
    report.sent_out.aipg_tx = only_hash(&carried);
    done(&carried)?;
    let carried = money.fulfil(Wish::SendAllEth { to }, &yes).await?;
    report.sent_out.eth_tx = only_hash(&carried);
    done(&carried)
}

/// What the chain shows now.
pub(super) async fn balances(purse: &Purse, report: &mut MoneyReport) -> Result<(), PurseError> {
    let seen = purse.money().look().await?;
    let bonded = seen.worker.map_or(Aipg::ZERO, |worker| worker.bond);
    report.balances = Some(Balances { aipg: seen.aipg, eth: seen.eth, bonded, allowance: seen.allowance });
    Ok(())
}

/// What is not as it should be after the whole way.
pub(super) fn judge(report: &MoneyReport) -> Vec<String> {
    let mut problems = Vec::new();
    let mut must = |fact: bool, problem: &str| {
        if !fact {
            problems.push(problem.to_owned());
        }
    };
    let Some(balances) = report.balances else { return problems };
    must(balances.allowance.is_zero(), "the Grid's contract may still take AIPG");
    must(balances.bonded.is_zero(), "the bond is still up");
    must(balances.aipg.is_zero(), "some AIPG is still in the wallet");
    problems
}

fn done(carried: &Carried) -> Result<(), PurseError> {
    match carried.end {
        End::Done => Ok(()),
        other => Err(PurseError::NotDone(format!("{}: {other}", steps(carried)))),
    }
}

fn steps(carried: &Carried) -> String {
    let steps: Vec<String> = carried.plan.steps.iter().map(types::Intent::text).collect();
    steps.join(", ")
}

fn only_hash(carried: &Carried) -> Option<types::B256> {
    carried.transactions.last().and_then(|row| row.signed()).map(|signed| signed.hash)
}
