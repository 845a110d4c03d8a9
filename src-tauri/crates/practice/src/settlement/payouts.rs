//! The rail's rows: what is paid, owed and in between.

use alloy_primitives::{Address, B256};
use types::{Aipg, Den, Timestamp};

use super::rail::RailError;
use crate::accounts::AccountId;

/// Where a payout stands, in the coordinator's own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PayoutStatus {
    /// Bound to a payment that has not ended yet.
    Pending,
    /// The transfer was seen in its receipt.
    Sent,
    /// The same, said later.
    Confirmed,
    /// Nothing left; it is tried again.
    Failed,
    /// Owed: there was no wallet.
    Accrued,
    /// It may have left; a person looks.
    ManualReview,
    /// The address could not be screened.
    ReviewSanctions,
    /// The address may not be paid.
    BlockedSanctions,
    /// A word that this version does not know. The network itself never writes it.
    Other(String),
}

impl PayoutStatus {
    /// The word in the API.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Pending => "pending",
            Self::Sent => "sent",
            Self::Confirmed => "confirmed",
            Self::Failed => "failed",
            Self::Accrued => "accrued",
            Self::ManualReview => "manual_review",
            Self::ReviewSanctions => "review_sanctions",
            Self::BlockedSanctions => "blocked_sanctions",
            Self::Other(word) => word,
        }
    }

    /// Whether the rail counts it as paid.
    pub const fn is_paid(&self) -> bool {
        matches!(self, Self::Sent | Self::Confirmed)
    }
}

/// One account's share of one period.
#[derive(Debug, Clone, PartialEq)]
pub struct PayoutRow {
    /// The period's id.
    pub period: String,
    /// Whose share.
    pub account: AccountId,
    /// The work it is for.
    pub den: Den,
    /// The share as the API states it.
    pub aipg: f64,
    /// Where it stands.
    pub status: PayoutStatus,
    /// The transaction as it is stored: 64 hex digits without `0x`.
    pub tx_hash: Option<String>,
    /// Where it is paid to; `None` while owed.
    pub address: Option<Address>,
    /// When the period was settled.
    pub created: Timestamp,
    /// When it was paid.
    pub paid: Option<Timestamp>,
}

/// A payment that one run has claimed and nobody else makes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Due {
    /// The row's place.
    pub(super) row: usize,
    pub(super) to: Address,
    pub(super) amount: Aipg,
}

/// All payout rows ever written, and how many jobs they cover. Rows are never taken out.
#[derive(Debug, Default)]
pub(crate) struct PayoutBook {
    /// Oldest first.
    rows: Vec<PayoutRow>,
    /// So many of the books' first rows belong to a period.
    pub(super) settled_jobs: usize,
}

impl PayoutBook {
    /// The rows that pass, newest first.
    pub(crate) fn newest(&self, passes: impl Fn(&PayoutRow) -> bool) -> Vec<&PayoutRow> {
        let mut rows: Vec<&PayoutRow> = self.rows.iter().rev().filter(|row| passes(row)).collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.created));
        rows
    }

    /// Gives the rows of one account to another.
    pub(crate) fn hand_over(&mut self, from: &AccountId, to: &AccountId) {
        let moved = self.rows.iter_mut().filter(|row| row.account == *from);
        moved.for_each(|row| row.account = to.clone());
    }

    pub(super) fn knows(&self, period: &str) -> bool {
        self.rows.iter().any(|row| row.period == period)
    }

    /// Writes a row and says where it stands.
    pub(crate) fn enter(&mut self, row: PayoutRow) -> usize {
        self.rows.push(row);
        self.rows.len() - 1
    }

    /// Takes every row of this status that can be paid, so that nobody else pays it.
    pub(super) fn claim(
        &mut self,
        status: &PayoutStatus,
        wallet: impl Fn(&AccountId) -> Option<Address>,
    ) -> Vec<Due> {
        let mut claimed = Vec::new();
        for (place, row) in self.rows.iter_mut().enumerate().filter(|(_, row)| row.status == *status) {
            // A row keeps the address it was bound to; only an owed one has none yet.
            let to = row.address.or_else(|| wallet(&row.account));
            let (Some(to), Some(amount)) = (to, Aipg::from_payout(row.aipg)) else { continue };
            row.address = Some(to);
            row.status = PayoutStatus::Pending;
            claimed.push(Due { row: place, to, amount });
        }
        claimed
    }

    /// Enters how a claimed payment ended.
    pub(super) fn conclude(
        &mut self,
        due: Due,
        outcome: &Result<B256, RailError>,
        now: Timestamp,
    ) -> PayoutRow {
        let row = &mut self.rows[due.row];
        row.status = match outcome {
            Ok(hash) => {
                row.tx_hash = Some(hex::encode(hash));
                row.paid = Some(now);
                PayoutStatus::Sent
            }
            Err(RailError::NotSent(_)) => PayoutStatus::Failed,
            Err(RailError::Unknown(_)) => PayoutStatus::ManualReview,
        };
        row.clone()
    }
}
