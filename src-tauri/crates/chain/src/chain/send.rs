//! Signed bytes on their way.

use alloy::consensus::transaction::SignerRecoverable;
use alloy::consensus::{Transaction as _, TxEnvelope};
use alloy::eips::Decodable2718;
use types::{Address, B256};

use crate::rpc::{At, Question};
use crate::{Chain, ChainError};

/// The JSON-RPC code of nodes that try a call before they take it.
const REVERTED: i64 = 3;

/// What a node made of signed bytes. Sending the same bytes again is harmless.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Broadcast {
    /// It took them.
    Accepted,
    /// It had them, in its pool or in a block. Ask for their fate.
    AlreadyKnown,
    /// Another transaction of this wallet is in a block with this nonce.
    NonceTooLow,
    /// It does not want them. The words are for display only.
    Refused {
        /// The JSON-RPC code.
        code: i64,
        /// The node's words.
        text: String,
    },
}

impl Chain {
    /// Sends signed bytes of this network, and nothing else.
    ///
    /// Nodes word their refusals as they like, so after one the chain itself is asked: is this very transaction known,
    /// and is its nonce used up? After a lost answer the result is an error and the fate of the bytes is open.
    pub async fn broadcast(&self, raw: &[u8]) -> Result<Broadcast, ChainError> {
        let sent = Sent::read(raw, self.network.chain_id()).ok_or(ChainError::NotATransaction)?;
        // Before and not along with the bytes: they must not reach another chain's node at all.
        self.rpc.ask(Vec::new()).await?;
        match self.rpc.value::<B256>(Question::send(raw)).await {
            Ok(hash) if hash == sent.hash => Ok(Broadcast::Accepted),
            Ok(_) => Err(ChainError::garbled("the hash of another transaction")),
            Err(ChainError::Refused { code, text }) => self.explain(&sent, code, text).await,
            Err(ChainError::Reverts(revert)) => self.explain(&sent, REVERTED, revert.to_string()).await,
            Err(error) => Err(error),
        }
    }

    async fn explain(&self, sent: &Sent, code: i64, text: String) -> Result<Broadcast, ChainError> {
        if self.is_known(sent.hash).await? {
            return Ok(Broadcast::AlreadyKnown);
        }
        if self.nonce(sent.from, At::Latest).await? > sent.nonce {
            return Ok(Broadcast::NonceTooLow);
        }
        Ok(Broadcast::Refused { code, text })
    }

    /// The transaction itself is not read: Base has kinds that no plain decoder knows.
    pub(super) async fn is_known(&self, hash: B256) -> Result<bool, ChainError> {
        let found: serde_json::Value = self.rpc.value(Question::transaction(hash)).await?;
        Ok(found.is_object())
    }
}

/// What signed bytes say about themselves.
struct Sent {
    hash: B256,
    from: Address,
    nonce: u64,
}

impl Sent {
    fn read(raw: &[u8], chain_id: u64) -> Option<Self> {
        let mut rest = raw;
        let envelope = TxEnvelope::decode_2718(&mut rest).ok()?;
        let is_ours = envelope.is_eip1559() && envelope.chain_id() == Some(chain_id) && rest.is_empty();
        let from = envelope.recover_signer().ok()?;
        is_ours.then(|| Self { hash: *envelope.tx_hash(), from, nonce: envelope.nonce() })
    }
}
