//! The treasury as the settlement's rail.

use alloy_primitives::{Address, B256};
use types::Aipg;

use super::{ChainError, PracticeChain, RpcError};
use crate::settlement::{PayoutRail, RailError};

impl PayoutRail for PracticeChain {
    async fn pay(&self, to: Address, amount: Aipg) -> Result<B256, RailError> {
        PracticeChain::pay(self, to, amount).await.map_err(|error| {
            let words = error.to_string();
            match error {
                // The node did not take it, or it failed in its block: nothing left.
                ChainError::Chain(RpcError::Refused { .. }) | ChainError::Failed(_) => {
                    RailError::NotSent(words)
                }
                ChainError::AnvilMissing(_)
                | ChainError::DidNotStart(_)
                | ChainError::Elsewhere(_)
                | ChainError::NotOurs(_) => RailError::NotSent(words),
                ChainError::Chain(_) | ChainError::Late(_) => RailError::Unknown(words),
            }
        })
    }
}
