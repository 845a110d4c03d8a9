//! What is true on Base, and what is the next transaction?
//!
//! This half reads: which registry the Grid serves, how a bond stands, what a wallet holds, what became of a
//! transaction, and whether a payout really arrived. It asks one JSON-RPC node and believes nothing it was not told.
//! It signs nothing, holds no key, keeps no record and decides nothing for the owner.
//!
//! **Invariants**
//! - Every batch of questions asks for the chain id too; an answer from another chain is an error, not a fact.
//! - Everything in a [`Snapshot`] was read at one block hash.
//! - An empty return (`0x`) is an error and never a zero: an address without code answers every call that way.
//! - A registry is V1 or V2 only if every one of the thirteen probes and the width of `getWorker` say so.
//! - What a transaction did is read from its receipt's logs, never from what was planned.
//! - Every request has a deadline, every answer a size cap, and no parameter of a request is logged.
//! - The practice network's node is on this machine; another address is never connected to.
//!
//! ```no_run
//! # async fn example(owner: types::Address) -> Result<(), Box<dyn std::error::Error>> {
//! use chain::{Chain, Patience, RpcEndpoint};
//! let network = types::Network::practice(31337, types::Address::ZERO, types::Address::ZERO);
//! let chain = Chain::new(&RpcEndpoint::practice("http://127.0.0.1:8545")?, network, Patience::default())?;
//! let seen = chain.look(owner).await?;
//! println!("{:?}, {:?}", seen.verdict, seen.bond);
//! # Ok(())
//! # }
//! ```

pub mod action;
mod bond;
mod chain;
mod contracts;
mod detect;
mod endpoint;
mod error;
mod event;
mod fees;
mod outcome;
mod payout;
mod receipt;
mod revert;
mod rewards;
mod rpc;
mod worker;

#[cfg(test)]
mod vectors;

pub use bond::{BondState, UserAction};
pub use chain::{BlockMark, Broadcast, Chain, Fate, L1Fee, Snapshot};
pub use contracts::RULE_TOPICS;
pub use detect::{Evidence, Probe, REGISTRY_V1, REGISTRY_V2_EXTRAS, Verdict, detect};
pub use endpoint::RpcEndpoint;
pub use error::ChainError;
pub use event::{BondEvent, BondFact};
pub use fees::{Fees, capped_tip, gas_limit, max_fee, replacement};
pub use outcome::{Happened, Outcome, outcome_of};
pub use payout::{PayoutProof, proves_payout};
pub use receipt::{Log, Mined};
pub use revert::{KnownRevert, Revert, RevertKind};
pub use rewards::{RewardEntry, amount, leaf, root, verify};
pub use rpc::Patience;
pub use worker::{Worker, WorkerError};
