//! What the machine is told.

use types::{Stage, Wei};

use super::facts::Facts;
use super::ready::Obstacle;

/// What just became known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The chain, now.
    Looked(Facts),
    /// What a step needs.
    Estimated {
        /// The node's estimate.
        gas: u64,
        /// The most its data costs on L1.
        data_fee: Wei,
    },
    /// The node says that a step would fail.
    WouldFail,
    /// The row is written.
    Prepared,
    /// Another row has this nonce or this step: the chain was read too early.
    Taken,
    /// It is signed, and the bytes are stored.
    Signed,
    /// The wallet did not sign: its own checks, an expired plan, no password.
    NotSigned(Obstacle),
    /// What the node said to the bytes.
    Sent(Sent),
    /// Where the transaction is.
    Found(Found),
    /// The time is up.
    Waited,
    /// A question got no answer; it may get one later.
    NoAnswer,
    /// The node is of no use: another chain, or other contracts than ours.
    WrongNode,
    /// The journal cannot be written.
    JournalFailed,
}

/// What a node says to a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// It has it, now or already.
    Taken,
    /// Its nonce is used; by it or by another.
    NonceUsed,
    /// It does not want it.
    Refused,
}

/// Where a transaction is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// The node does not know it.
    Nowhere {
        /// Whether its nonce is used in a block one may rely on; `false` too where the node does not tell.
        nonce_used: bool,
    },
    /// It waits for a block.
    Pending,
    /// It is in a block.
    Mined {
        /// The block.
        block: u64,
        /// How sure the chain is of it.
        stage: Stage,
        /// What it did there.
        meaning: Meaning,
    },
}

/// What a mined transaction did, by its logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// What it was for.
    AsMeant,
    /// Nothing but cost the fee.
    Reverted,
    /// Something else: the contract is not what it was.
    Other,
}
