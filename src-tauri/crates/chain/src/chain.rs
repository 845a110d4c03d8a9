//! The chain, asked through one node.

mod fate;
mod history;
mod l1;
mod look;
mod send;

use types::{Address, B256, Bytes, Call, Network, U256};

use crate::receipt::number;
use crate::rpc::{At, Question, Rpc, Tag};
use crate::{ChainError, Patience, RpcEndpoint};

pub use fate::Fate;
pub use l1::L1Fee;
pub use look::Snapshot;
pub use send::Broadcast;

/// A block, by all that names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockMark {
    /// Its number.
    pub number: u64,
    /// Its hash.
    pub hash: B256,
    /// Its time, in seconds since 1970. The only clock the contracts know.
    pub timestamp: u64,
}

/// One network through one node. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Chain {
    rpc: Rpc,
    network: Network,
}

impl Chain {
    /// Sends nothing yet. The chain id is compared with every question asked.
    pub fn new(endpoint: &RpcEndpoint, network: Network, patience: Patience) -> Result<Self, ChainError> {
        Ok(Self { rpc: Rpc::new(endpoint, network.chain_id(), patience)?, network })
    }

    /// The network whose contracts are asked.
    pub const fn network(&self) -> &Network {
        &self.network
    }

    /// The newest block.
    pub async fn latest(&self) -> Result<BlockMark, ChainError> {
        Ok(self.header().await?.mark)
    }

    /// Tries a call on the newest state, without sending it, and tells what it would return.
    ///
    /// An address without code returns nothing and refuses nothing, so a success here says only that nobody objects.
    pub async fn simulate(&self, from: Address, call: &Call) -> Result<Bytes, ChainError> {
        self.rpc.value(Question::simulate(from, call)).await
    }

    /// The gas a call would take. A call that would be refused is [`ChainError::Reverts`].
    pub async fn estimate(&self, from: Address, call: &Call) -> Result<u64, ChainError> {
        number(self.rpc.value(Question::estimate(from, call)).await?)
    }

    async fn header(&self) -> Result<Header, ChainError> {
        let header: Option<RawHeader> = self.rpc.value(Question::block(Tag::Latest)).await?;
        header.ok_or_else(|| ChainError::garbled("there is no newest block"))?.try_into()
    }

    async fn nonce(&self, of: Address, at: At) -> Result<u64, ChainError> {
        number(self.rpc.value(Question::nonce(of, at)).await?)
    }
}

/// What we need of a block's header.
#[derive(Debug, Clone, Copy)]
struct Header {
    mark: BlockMark,
    base_fee: u128,
}

#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawHeader {
    number: U256,
    hash: B256,
    timestamp: U256,
    base_fee_per_gas: U256,
}

impl TryFrom<RawHeader> for Header {
    type Error = ChainError;

    fn try_from(raw: RawHeader) -> Result<Self, ChainError> {
        let mark =
            BlockMark { number: number(raw.number)?, hash: raw.hash, timestamp: number(raw.timestamp)? };
        Ok(Self { mark, base_fee: number(raw.base_fee_per_gas)? })
    }
}
