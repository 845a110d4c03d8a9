//! What was really paid: the account's rows, held against the chain.

pub mod causes;
mod could_earn;
mod desk;
pub mod export;
mod hours;
pub mod rates;
mod reconcile;
mod record;
mod rows;
mod standing;
pub(crate) mod today;
mod worth;

use chain::{Chain, ChainError, Fate, PayoutProof, proves_payout};
use grid::{AccountClient, AccountError};
use ledger::LedgerError;
use types::{Address, Aipg, B256, Clock, Stage};

use crate::money::Books;
pub use could_earn::{Basis, Busy, BusySource, CouldEarn, DenRange, Measured, Speed, could_earn};
pub use desk::{BooksDesk, BooksView, History, Known, MOST_DAYS};
pub use hours::{
    Dust, NextPayout, NotAllocated, dust, hour_of, hour_of_period, least_payout, next_payout, not_allocated,
    period_of,
};
pub use ledger::{JobRow, PayoutRow, Span};
pub use reconcile::{Checked, Count, Ours, Subject, Verdict, compare};
pub use record::{BooksCheck, By, Cursor, Day, JobPage, Record, Sums};
pub use standing::{Bucket, SharedTransfer, Standing, StandingSum};
pub use worth::{AipgRange, RateRange};

/// Why the payouts are not known better than before. What was recorded stays.
#[derive(Debug, thiserror::Error)]
pub enum EarningsError {
    /// The account did not answer.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// The journal failed.
    #[error(transparent)]
    Journal(#[from] LedgerError),
}

/// What was paid and what is owed. Four figures that are never added up.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Earnings {
    /// Found on the chain, to the last unit, in a block one may rely on.
    pub paid: Aipg,
    /// The part of it that was paid since the owner's midnight.
    pub paid_today: Aipg,
    /// The Grid says it sent these, and the chain does not show that they came to us, or not yet.
    pub said_to_be_paid: Aipg,
    /// Settled by the Grid and not sent, for whatever reason.
    pub owed: Aipg,
    /// Where the Grid uses a word that this version does not know. Nobody can say whether it is owed.
    pub other: Aipg,
    /// The rows of each standing together: what the figures above are made of.
    pub standings: Vec<StandingSum>,
    /// Transactions that the Grid names for more than one payout. There should be none.
    pub shared_transfers: Vec<SharedTransfer>,
    /// Every row ever seen on this chain, newest first.
    pub payouts: Vec<PayoutRow>,
}

/// Reads the account's payouts, writes them down, and looks for the transfer of each that is said to be paid to us.
pub(crate) async fn refresh(
    account: &AccountClient,
    chain: &Chain,
    ours: Address,
    books: &Books,
    clock: &dyn Clock,
) -> Result<Earnings, EarningsError> {
    prove(write_down(account, books, clock).await?, chain, ours, books).await?;
    sums(books, clock).await
}

/// The same where there is no chain to look at: the rows as the Grid states them, and nothing counts as paid.
pub(crate) async fn as_stated(
    account: &AccountClient,
    books: &Books,
    clock: &dyn Clock,
) -> Result<Earnings, EarningsError> {
    write_down(account, books, clock).await?;
    sums(books, clock).await
}

/// Reads the account's payouts and keeps them for good: its page shows the newest only.
async fn write_down(
    account: &AccountClient,
    books: &Books,
    clock: &dyn Clock,
) -> Result<Vec<PayoutRow>, EarningsError> {
    let stated = account.payouts().await?;
    let now = clock.now();
    let known = books.with(move |journal| {
        for row in rows::numbered(&stated.rows, &journal.payouts()?) {
            journal.payout(&row, now)?;
        }
        journal.payouts()
    });
    Ok(known.await?)
}

async fn sums(books: &Books, clock: &dyn Clock) -> Result<Earnings, EarningsError> {
    let now = clock.now();
    let (payouts, paid) = books.with(|journal| Ok((journal.payouts()?, journal.paid()?))).await?;
    let standings = standing::by_standing(&payouts);
    let figure = |bucket: Bucket| standing::figure(&standings, bucket);
    let paid_today = today::paid_today(&payouts, now, &jiff::tz::TimeZone::system());
    Ok(Earnings {
        paid,
        paid_today,
        said_to_be_paid: figure(Bucket::SaidToBePaid),
        owed: figure(Bucket::Owed),
        other: figure(Bucket::Other),
        shared_transfers: standing::shared_transfers(&payouts),
        standings,
        payouts,
    })
}

/// A row counts as paid when its own transfer to us is on the chain for good, and that transfer proved no other row.
async fn prove(
    known: Vec<PayoutRow>,
    chain: &Chain,
    ours: Address,
    books: &Books,
) -> Result<(), LedgerError> {
    for row in known.into_iter().filter(|row| row.proven_block.is_none() && row.address == Some(ours)) {
        let Some(transaction) = row.transaction else { continue };
        let (block, sender) = match transfer(&row, transaction, ours, chain).await {
            Ok(Some(found)) => found,
            Ok(None) => continue,
            Err(error) if is_lost(&error) => {
                // The next question would only wait in vain as well. All of them are asked again next time.
                tracing::info!(%error, "the payouts are not looked up any further");
                return Ok(());
            }
            Err(error) => {
                tracing::info!(period = %row.period, %error, "a payout could not be looked up");
                continue;
            }
        };
        let period = row.period.clone();
        if !books.with(move |journal| journal.payout_proven(&row, block, sender)).await? {
            tracing::warn!(%period, "one transfer is stated for two payouts");
        }
    }
    Ok(())
}

/// The block in which the exact transfer came to us and from whom, if the chain relies on that block.
///
/// One receipt answers both questions: what was transferred, and whether its block still counts.
async fn transfer(
    row: &PayoutRow,
    transaction: B256,
    ours: Address,
    chain: &Chain,
) -> Result<Option<(u64, Address)>, ChainError> {
    let network = chain.network();
    let Fate::Mined(mined) = chain.fate(transaction).await? else { return Ok(None) };
    let from = match proves_payout(Some(&mined), network.token(), ours, row.amount) {
        PayoutProof::Paid { from, .. } => from,
        other => {
            tracing::info!(period = %row.period, ?other, "a payout is not on the chain");
            return Ok(None);
        }
    };
    // What we moved ourselves is no payout, though the amount may be right: our bond on its way back, or a transfer from
    // us to us.
    if from == network.grid() || from == ours {
        tracing::warn!(period = %row.period, "a payout is said to be what we moved ourselves");
        return Ok(None);
    }
    // Before that a reorganisation may take it back, and what is proven is never looked at again.
    let stage = chain.stage_of(&mined).await?;
    Ok(matches!(stage, Some(Stage::Safe | Stage::Final)).then_some((mined.block_number, from)))
}

/// Whether it was the node that could not be asked. Anything else may be this one transaction's fault, and must not keep
/// the others from being proven.
const fn is_lost(error: &ChainError) -> bool {
    match error {
        ChainError::Unreachable(_)
        | ChainError::TimedOut
        | ChainError::Busy
        | ChainError::Http(_)
        | ChainError::WrongChain { .. }
        | ChainError::NotDeployed { .. } => true,
        ChainError::TooLarge
        | ChainError::Garbled(_)
        | ChainError::Empty(_)
        | ChainError::Reverts(_)
        | ChainError::Refused { .. }
        | ChainError::NotATransaction => false,
    }
}
