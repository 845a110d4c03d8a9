//! Did a payout really arrive?

use types::{Address, Aipg, B256};

use crate::contracts::Token;
use crate::receipt::Mined;

/// What a receipt proves about one payout. It proves that the coins came, not that the share was fair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PayoutProof {
    /// Exactly this amount came to this address.
    Paid {
        /// Who sent it. No endpoint of the Grid confirms its treasury's address, so another one is a note at most.
        from: Address,
        /// The block's number, to count confirmations from.
        block_number: u64,
        /// The block's hash.
        block_hash: B256,
    },
    /// The chain does not know the transaction, or does not know it yet.
    NotFound,
    /// It was refused on the chain.
    Failed,
    /// It succeeded and did not pay this amount to this address.
    Mismatch,
}

/// Looks for the one transfer. One transaction pays one row: two rows with one hash are the caller's alarm.
pub fn proves_payout(receipt: Option<&Mined>, token: Address, to: Address, amount: Aipg) -> PayoutProof {
    let Some(mined) = receipt else { return PayoutProof::NotFound };
    if !mined.success {
        return PayoutProof::Failed;
    }
    let mut transfers = mined.logs.iter().filter_map(|log| log.read::<Token::Transfer>(token));
    let Some(paid) = transfers.find(|event| event.to == to && event.value == amount.base()) else {
        return PayoutProof::Mismatch;
    };
    PayoutProof::Paid { from: paid.from, block_number: mined.block_number, block_hash: mined.block_hash }
}
