//! How a practice chain is set up.

use std::path::PathBuf;
use std::time::Duration;

use types::{Clock, Network, RegistryVersion, Timestamp};

/// What a practice chain is given at its start.
#[derive(Debug, Clone)]
pub struct ChainOptions {
    /// The program that runs the chain.
    pub anvil: PathBuf,
    /// Which worker registry the Grid's diamond serves at first.
    pub registry: RegistryVersion,
    /// The id in every transaction. Base's only for tests of exact bytes.
    pub chain_id: u64,
    /// The first block's time; from there on the chain's clock runs by itself.
    pub genesis: Timestamp,
    /// How often an empty block comes. A transaction is mined at once in any case.
    /// `None`: blocks come with transactions only.
    pub block_time: Option<Duration>,
    /// How long the start, one answer, and one transaction may each take.
    pub patience: Duration,
}

impl ChainOptions {
    /// A chain that begins now, with a block each second.
    pub fn new(anvil: PathBuf, registry: RegistryVersion, clock: &dyn Clock) -> Self {
        Self {
            anvil,
            registry,
            chain_id: Network::PRACTICE_CHAIN_ID,
            genesis: clock.now(),
            block_time: Some(Duration::from_secs(1)),
            patience: Duration::from_secs(20),
        }
    }
}
