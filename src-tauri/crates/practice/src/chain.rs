//! A chain of its own for practice: the AIPG token, the Grid's diamond, a faucet and a treasury.
//!
//! It runs in a process beside ours, on loopback, and forgets everything at its end.
//! The contracts are doubles written for this project. They have the functions, checks, words and logs of the real
//! ones, in the same order; `tests/chain` replays what was observed on the real code.
//!
//! **Invariants.** The keys behind it are published ones, so nothing on it is worth anything, and its node signs for
//! the owner, the treasury and the faucet: this crate holds no key. Every wait has a deadline.
//! No lock is held across an await; transactions of the node's own accounts take turns instead.
//!
//! ```no_run
//! # async fn rehearse(anvil: std::path::PathBuf, me: alloy_primitives::Address) -> Result<(), practice::chain::ChainError> {
//! use practice::chain::{ChainOptions, PracticeChain};
//! use types::{Aipg, RegistryVersion, SystemClock, Wei};
//!
//! let options = ChainOptions::new(anvil, RegistryVersion::V1, &SystemClock);
//! let chain = PracticeChain::start(&options).await?;
//! chain.fund(me, Aipg::whole(2000), Wei::whole(1)).await?;
//! // … a wallet approves and registers through `chain.rpc()` …
//! chain.shutdown().await;
//! # Ok(()) }
//! ```

mod acts;
mod anvil;
pub(crate) mod artifacts;
mod contracts;
mod deploy;
mod error;
mod options;
mod rail;
mod rpc;

use std::time::Duration;

use alloy::sol_types::SolCall as _;
use alloy_primitives::{Address, B256, U256};
use serde_json::json;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;
use types::{Loopback, Network};

use self::deploy::{Contract, FAUCET, OWNER, TREASURY};

pub use anvil::Anvil;
pub use error::{ChainError, RpcError};
pub use options::ChainOptions;
pub use rpc::Rpc;

/// A running practice chain with its contracts.
#[derive(Debug)]
pub struct PracticeChain {
    rpc: Rpc,
    chain_id: u64,
    patience: Duration,
    turns: Semaphore,
    process: Option<Anvil>,
}

impl PracticeChain {
    /// Starts a chain and puts the contracts on it.
    pub async fn start(options: &ChainOptions) -> Result<Self, ChainError> {
        let process = Anvil::start(options).await?;
        let rpc = Rpc::new(process.rpc(), options.patience)?;
        let chain = Self {
            rpc,
            chain_id: options.chain_id,
            patience: options.patience,
            turns: Semaphore::new(1),
            process: Some(process),
        };
        chain.deploy(options).await?;
        Ok(chain)
    }

    /// Uses a chain that another process started. That one also ends it.
    pub async fn attach(rpc_url: &str, patience: Duration) -> Result<Self, ChainError> {
        // Nothing is asked of any other computer, not even whether it is a practice chain.
        let address = Loopback::parse(rpc_url)?.address();
        let rpc = Rpc::new(format!("http://{address}"), patience)?;
        let id = acts::quantity(&rpc.call("eth_chainId", json!([])).await?)?;
        let chain =
            Self { rpc, chain_id: id.saturating_to(), patience, turns: Semaphore::new(1), process: None };
        chain.is_ours().await?;
        Ok(chain)
    }

    /// Where the chain listens.
    pub fn rpc(&self) -> &str {
        self.rpc.url()
    }

    /// The chain's id with the token and the diamond on it.
    pub fn network(&self) -> Network {
        Network::practice(self.chain_id, Contract::Token.address(), Contract::Grid.address())
    }

    /// The name of this very chain, which no other has, not even one that began in the same second.
    pub async fn instance(&self) -> Result<B256, ChainError> {
        let metadata = self.rpc.call("anvil_metadata", json!([])).await?;
        acts::hash(&metadata["instanceId"])
    }

    /// The old staking vault.
    pub fn vault(&self) -> Address {
        Contract::StakingVault.address()
    }

    /// Who pays workers.
    pub fn treasury(&self) -> Address {
        TREASURY
    }

    /// Who gives to beginners.
    pub fn faucet(&self) -> Address {
        FAUCET
    }

    /// Who may upgrade the diamond.
    pub fn owner(&self) -> Address {
        OWNER
    }

    /// Ends the chain, if we started it, and waits for its end.
    pub async fn shutdown(mut self) {
        if let Some(process) = self.process.take() {
            process.shutdown(self.patience).await;
        }
    }

    async fn deploy(&self, options: &ChainOptions) -> Result<(), ChainError> {
        let calls = deploy::calls(options.registry);
        let sent = self.rpc.batch(&calls).await?;
        for hash in sent.iter().filter(|result| result.is_string()).map(acts::hash) {
            self.mined(hash?).await?;
        }
        Ok(())
    }

    /// The owner the diamond names is the one that follows from the addresses, and no stranger's contract says that.
    async fn is_ours(&self) -> Result<(), ChainError> {
        for contract in [Contract::Token, Contract::Grid, Contract::Rig] {
            let code = self.rpc.call("eth_getCode", json!([contract.address(), "latest"])).await?;
            if code.as_str().is_none_or(|code| code.len() <= 2) {
                return Err(ChainError::NotOurs("a contract is missing"));
            }
        }
        let owner = self.read(Contract::Grid.address(), contracts::Grid::ownerCall {}.abi_encode()).await?;
        if acts::word(&owner, 0)? != U256::from_be_slice(OWNER.as_slice()) {
            return Err(ChainError::NotOurs("the diamond belongs to somebody else"));
        }
        Ok(())
    }

    async fn turn(&self) -> Result<SemaphorePermit<'_>, ChainError> {
        let late = |_| error::RpcError::Unreachable("others wait for it too".to_owned());
        let turn = timeout(self.patience, self.turns.acquire()).await.map_err(late)?;
        Ok(turn.expect("BUG: nobody closes the turns"))
    }
}
