//! What sends a payout.

use std::time::Duration;

use alloy_primitives::{Address, B256};
use types::Aipg;

/// Why a payout was not sent.
///
/// The two are told apart because only one of them may be tried again: a second try of a payment that went out pays
/// twice.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RailError {
    /// Nothing left: it may be tried again.
    #[error("the payout was not sent: {0}")]
    NotSent(String),
    /// It may have left. A person looks, nobody tries again.
    #[error("it is not known whether the payout was sent: {0}")]
    Unknown(String),
}

/// A treasury that can send AIPG. It is asked for one payment at a time.
pub trait PayoutRail: Sync {
    /// Sends this and waits until the transfer is proven by its receipt. Gives the transaction's hash.
    fn pay(&self, to: Address, amount: Aipg) -> impl Future<Output = Result<B256, RailError>> + Send;

    /// How long one payment may take. One that takes longer counts as [`RailError::Unknown`].
    fn patience(&self) -> Duration {
        Duration::from_secs(60)
    }
}
