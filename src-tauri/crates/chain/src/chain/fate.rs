//! What became of a transaction.

use serde::Deserialize;
use types::{Address, Aipg, B256, Stage, U256};

use crate::receipt::{Mined, Receipt, number};
use crate::rpc::{At, Question, Tag};
use crate::{Chain, ChainError, PayoutProof, proves_payout};

/// Where a transaction is now. A reorganisation can take it back from any of these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// The node does not know it.
    Unknown,
    /// It waits for a block.
    Pending,
    /// It is in a block.
    Mined(Mined),
}

/// A block's name, if the node has such a block.
#[derive(Debug, Deserialize)]
struct Place {
    number: U256,
    hash: B256,
}

impl Chain {
    /// Looks a transaction up by its hash.
    pub async fn fate(&self, hash: B256) -> Result<Fate, ChainError> {
        if let Some(mined) = self.receipt(hash).await? {
            return Ok(Fate::Mined(mined));
        }
        Ok(if self.is_known(hash).await? { Fate::Pending } else { Fate::Unknown })
    }

    /// How sure the chain is about a receipt. `None`: its block is not in the node's chain, so it says nothing any more.
    ///
    /// A node that lags behind says the same. Ask for the fate again then, and send the same bytes again if need be.
    pub async fn stage_of(&self, mined: &Mined) -> Result<Option<Stage>, ChainError> {
        let mut answers = self
            .rpc
            .ask(vec![
                Question::block_at(mined.block_number),
                Question::block(Tag::Safe),
                Question::block(Tag::Finalized),
            ])
            .await?;
        let here: Option<Place> = answers.value()?;
        if here.is_none_or(|here| here.hash != mined.block_hash) {
            return Ok(None);
        }
        let safe = reached(answers.value())?;
        let finalized = reached(answers.value())?;
        let is_below = |reached: Option<u64>| reached.is_some_and(|reached| mined.block_number <= reached);
        Ok(Some(match (is_below(finalized), is_below(safe)) {
            (true, _) => Stage::Final,
            (false, true) => Stage::Safe,
            (false, false) => Stage::Seen,
        }))
    }

    /// The same for a transaction of ours, with whether its nonce is used in a block that one may rely on.
    ///
    /// All in one request: behind one address there may be several nodes, and each of them alone is consistent. A
    /// transaction that is nowhere, with its nonce used there, can never be mined. A node that does not tell what is safe
    /// says nothing about that: `false`.
    pub async fn fate_of_ours(
        &self,
        from: Address,
        nonce: u64,
        hash: B256,
    ) -> Result<(Fate, bool), ChainError> {
        let mut answers = self
            .rpc
            .ask(vec![Question::nonce(from, At::Safe), Question::receipt(hash), Question::transaction(hash)])
            .await?;
        let nonce_used = match answers.value::<U256>() {
            Ok(next) => number::<u64>(next)? > nonce,
            Err(ChainError::Refused { .. }) => false,
            Err(error) => return Err(error),
        };
        let receipt: Option<Receipt> = answers.value()?;
        if let Some(receipt) = receipt {
            return Ok((Fate::Mined(receipt.mined(hash)?), nonce_used));
        }
        let known = answers.value::<serde_json::Value>()?.is_object();
        Ok((if known { Fate::Pending } else { Fate::Unknown }, nonce_used))
    }

    /// Checks on the chain that a payout came to an address, to the last unit.
    pub async fn payout(
        &self,
        transaction: B256,
        to: Address,
        amount: Aipg,
    ) -> Result<PayoutProof, ChainError> {
        let receipt = self.receipt(transaction).await?;
        Ok(proves_payout(receipt.as_ref(), self.network.token(), to, amount))
    }

    async fn receipt(&self, hash: B256) -> Result<Option<Mined>, ChainError> {
        let receipt: Option<Receipt> = self.rpc.value(Question::receipt(hash)).await?;
        receipt.map(|receipt| receipt.mined(hash)).transpose()
    }
}

/// How far a tag has come. A node without such a block says so with an error or with nothing: then it is nowhere.
fn reached(answer: Result<Option<Place>, ChainError>) -> Result<Option<u64>, ChainError> {
    match answer {
        Ok(Some(place)) => number(place.number).map(Some),
        Ok(None) | Err(ChainError::Refused { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
