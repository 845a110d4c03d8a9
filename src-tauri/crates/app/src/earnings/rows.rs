//! The account's page as rows of the journal.

use std::collections::HashSet;

use grid::PayoutStatus;
use ledger::PayoutRow;
use types::Aipg;

/// The page's rows, oldest first, each with the number that tells it from its equals.
///
/// Accounts that were merged have two rows for one period, often of one amount, and the page gives them no name, no
/// lasting order, and not always a place among its 200. So a row is recognised by its transfer, and as long as it has
/// none, equal rows are as good as each other.
pub(super) fn numbered(page: &[grid::PayoutRow], known: &[PayoutRow]) -> Vec<PayoutRow> {
    let mut rows: Vec<PayoutRow> = page.iter().rev().map(row).collect();
    let mut turns: Vec<usize> = (0..rows.len()).collect();
    turns.sort_by_cached_key(|&place| turn(&rows[place], known));
    let mut taken = HashSet::new();
    for place in turns {
        let row = &mut rows[place];
        row.nth = number(row, known, &taken);
        taken.insert(name(row));
    }
    rows
}

type Name = (String, Aipg, u32);

fn name(row: &PayoutRow) -> Name {
    (row.period.clone(), row.amount, row.nth)
}

/// Who is known by a transfer takes its number first, and who has none takes what is left.
fn turn(row: &PayoutRow, known: &[PayoutRow]) -> u8 {
    match row.transaction {
        Some(_) if equals(row, known).any(|known| known.transaction == row.transaction) => 0,
        Some(_) => 1,
        None => 2,
    }
}

/// The number of the known row that this one is, or the first free one.
fn number(row: &PayoutRow, known: &[PayoutRow], taken: &HashSet<Name>) -> u32 {
    let free = equals(row, known).filter(|known| !taken.contains(&name(known)));
    let best = free.filter_map(|known| Some((likeness(row, known)?, known.nth))).min();
    let used = |nth: u32| {
        let mut numbers = equals(row, known).map(|known| known.nth);
        numbers.any(|known| known == nth) || taken.contains(&(row.period.clone(), row.amount, nth))
    };
    // A page of 200 rows runs out long before the numbers do.
    best.map_or_else(|| (1..u32::MAX).find(|&nth| !used(nth)).unwrap_or(u32::MAX), |(_, nth)| nth)
}

fn equals<'a>(row: &PayoutRow, known: &'a [PayoutRow]) -> impl Iterator<Item = &'a PayoutRow> {
    let (period, amount) = (row.period.clone(), row.amount);
    known.iter().filter(move |known| known.period == period && known.amount == amount)
}

/// How well a known row fits, the best with the least figure. `None`: it is another one, proven by another transfer.
fn likeness(row: &PayoutRow, known: &PayoutRow) -> Option<u8> {
    match (known.proven_block, known.transaction, row.transaction) {
        (proven, Some(known), Some(stated)) if known == stated => Some(u8::from(proven.is_none())),
        (None, None, _) => Some(2),
        // The Grid takes a transfer back, or makes another one, until the first is proven.
        (None, Some(_), _) => Some(3),
        // It contradicts itself, and what is proven stays: better than to believe in one more payout.
        (Some(_), _, None) => Some(4),
        (Some(_), _, Some(_)) => None,
    }
}

fn row(stated: &grid::PayoutRow) -> PayoutRow {
    PayoutRow {
        period: stated.period.clone(),
        amount: stated.amount,
        nth: 1,
        den: stated.den,
        status: word(&stated.status).to_owned(),
        address: stated.address,
        transaction: stated.tx_hash,
        // The period's end stands in for a moment that the Grid does not tell.
        paid_at: [&stated.paid, &stated.created].into_iter().flatten().find_map(|moment| moment.at),
        proven_block: None,
        sender: None,
    }
}

fn word(status: &PayoutStatus) -> &str {
    match status {
        PayoutStatus::Sent => "sent",
        PayoutStatus::Confirmed => "confirmed",
        PayoutStatus::Sending => "pending",
        PayoutStatus::Retrying => "failed",
        PayoutStatus::Owed => "accrued",
        PayoutStatus::UnderReview => "manual_review",
        PayoutStatus::Held => "held",
        PayoutStatus::Other(word) => word,
    }
}

#[cfg(test)]
mod tests;
