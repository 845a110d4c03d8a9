//! What the people around a worker do: the faucet, the treasury, the owner, and time.

use std::time::Duration;

use alloy::sol_types::SolCall;
use alloy_primitives::{Address, B256, Bytes, U256};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use types::{Aipg, RegistryVersion, Timestamp, Wei};

use super::PracticeChain;
use super::contracts::{Grid, Registry, Token};
use super::deploy::{self, Contract, FAUCET, OWNER, TREASURY};
use super::error::{ChainError, RpcError};

/// How often a receipt is asked for. It is there at the first question, unless somebody holds the chain's blocks back.
const RECEIPT_PAUSE: Duration = Duration::from_millis(20);

impl PracticeChain {
    /// The faucet gives a beginner AIPG and ETH; of nothing it sends nothing.
    pub async fn fund(&self, to: Address, aipg: Aipg, eth: Wei) -> Result<(), ChainError> {
        if !eth.is_zero() {
            self.send(FAUCET, to, eth, Bytes::new()).await?;
        }
        if !aipg.is_zero() {
            self.transfer(FAUCET, to, aipg).await?;
        }
        Ok(())
    }

    /// The treasury pays a worker, as the Grid does once an hour; answers with the mined transaction.
    pub async fn pay(&self, to: Address, amount: Aipg) -> Result<B256, ChainError> {
        self.transfer(TREASURY, to, amount).await
    }

    /// Moves the chain's clock and mines a block at the new time.
    pub async fn advance(&self, by: Duration) -> Result<(), ChainError> {
        let calls = [("evm_increaseTime", json!([by.as_secs()])), ("evm_mine", json!([]))];
        self.rpc.batch(&calls).await?;
        Ok(())
    }

    /// Mines this many blocks.
    pub async fn mine(&self, blocks: u64) -> Result<(), ChainError> {
        self.rpc.call("anvil_mine", json!([format!("{blocks:#x}")])).await?;
        Ok(())
    }

    /// The owner replaces the worker registry, while bonds exist or not. They survive.
    pub async fn switch_registry(&self, to: RegistryVersion) -> Result<(), ChainError> {
        if self.registry().await? != to {
            self.upgrade(deploy::upgrade(deploy::switch(to), None)).await?;
        }
        Ok(())
    }

    /// The Grid's admin closes deposits and exits, or opens them again.
    pub async fn pause_grid(&self, paused: bool) -> Result<(), ChainError> {
        let data = if paused { Grid::pauseCall {}.abi_encode() } else { Grid::unpauseCall {}.abi_encode() };
        self.owns(Contract::Grid, data).await
    }

    /// The token's pauser stops every transfer, or lets them go again.
    pub async fn pause_token(&self, paused: bool) -> Result<(), ChainError> {
        let data = if paused { Token::pauseCall {}.abi_encode() } else { Token::unpauseCall {}.abi_encode() };
        self.owns(Contract::Token, data).await
    }

    /// The smallest bond from now on. The first registry has no function for it, so there it takes an upgrade.
    pub async fn set_min_bond(&self, amount: Aipg) -> Result<(), ChainError> {
        match self.registry().await? {
            RegistryVersion::V1 => {
                let set_up = deploy::set_up(Contract::Token.address(), amount);
                self.upgrade(deploy::upgrade(Vec::new(), Some(set_up))).await
            }
            RegistryVersion::V2 => {
                let data = Registry::setMinBondCall { amount: amount.base() }.abi_encode();
                self.owns(Contract::Grid, data).await
            }
        }
    }

    /// Takes a part of a bond, or all of it. Only the second registry can.
    pub async fn slash(&self, worker: Address, amount: Aipg, reason: &str) -> Result<(), ChainError> {
        let slash = Registry::slashCall { worker, amount: amount.base(), reason: reason.to_owned() };
        self.owns(Contract::Grid, slash.abi_encode()).await
    }

    /// Sets the flag that the first registry reads and never clears; only an upgrade can.
    pub async fn flag_as_slashed(&self, worker: Address) -> Result<(), ChainError> {
        self.upgrade(deploy::upgrade(Vec::new(), Some(deploy::flag_as_slashed(worker)))).await
    }

    /// How much AIPG an address has.
    pub async fn aipg_of(&self, account: Address) -> Result<Aipg, ChainError> {
        let data = Token::balanceOfCall { account }.abi_encode();
        Ok(Aipg::from_base(word(&self.read(Contract::Token.address(), data).await?, 0)?))
    }

    /// How much ETH an address has.
    pub async fn eth_of(&self, account: Address) -> Result<Wei, ChainError> {
        Ok(Wei::from_base(quantity(&self.rpc.call("eth_getBalance", json!([account, "latest"])).await?)?))
    }

    /// How much AIPG the diamond may still take from an address.
    pub async fn allowance_of(&self, owner: Address) -> Result<Aipg, ChainError> {
        let data = Token::allowanceCall { owner, spender: Contract::Grid.address() }.abi_encode();
        Ok(Aipg::from_base(word(&self.read(Contract::Token.address(), data).await?, 0)?))
    }

    /// What the registry holds for an address, active or in a cooldown.
    pub async fn bond_of(&self, worker: Address) -> Result<Aipg, ChainError> {
        let data = Registry::getWorkerCall { worker }.abi_encode();
        Ok(Aipg::from_base(word(&self.read(Contract::Grid.address(), data).await?, 1)?))
    }

    /// The newest block's time.
    pub async fn now(&self) -> Result<Timestamp, ChainError> {
        let block = self.rpc.call("eth_getBlockByNumber", json!(["latest", false])).await?;
        let seconds = quantity(&block["timestamp"])?;
        Ok(Timestamp::from_millis(seconds.saturating_to::<u64>().saturating_mul(1000)))
    }

    /// Which registry the diamond serves now.
    pub async fn registry(&self) -> Result<RegistryVersion, ChainError> {
        let data =
            Grid::moduleAddressCall { selector: Registry::withdrawBondCall::SELECTOR.into() }.abi_encode();
        let absent = word(&self.read(Contract::Grid.address(), data).await?, 0)?.is_zero();
        Ok(if absent { RegistryVersion::V1 } else { RegistryVersion::V2 })
    }

    async fn transfer(&self, from: Address, to: Address, amount: Aipg) -> Result<B256, ChainError> {
        let data = Token::transferCall { to, amount: amount.base() }.abi_encode();
        self.send(from, Contract::Token.address(), Wei::ZERO, data.into()).await
    }

    async fn upgrade(&self, call: Bytes) -> Result<(), ChainError> {
        self.owns(Contract::Grid, call.into()).await
    }

    async fn owns(&self, contract: Contract, data: Vec<u8>) -> Result<(), ChainError> {
        self.send(OWNER, contract.address(), Wei::ZERO, data.into()).await.map(drop)
    }

    pub(super) async fn read(&self, to: Address, data: Vec<u8>) -> Result<Bytes, ChainError> {
        let call = json!([{ "to": to, "data": Bytes::from(data) }, "latest"]);
        let answer = self.rpc.call("eth_call", call).await?;
        answer.as_str().and_then(|text| text.parse().ok()).ok_or_else(|| garbled("bytes"))
    }

    /// One at a time: the node numbers the transactions of its own accounts, and two at once would get one number.
    async fn send(&self, from: Address, to: Address, value: Wei, data: Bytes) -> Result<B256, ChainError> {
        let _turn = self.turn().await?;
        let gas = format!("{:#x}", deploy::GAS);
        let transaction = json!({ "from": from, "to": to, "value": value.base(), "data": data, "gas": gas });
        // The node would mine a transaction that fails; asked first, it says why.
        self.rpc.call("eth_call", json!([transaction, "latest"])).await?;
        let sent = self.rpc.call("eth_sendTransaction", json!([transaction])).await?;
        let hash = hash(&sent)?;
        self.mined(hash).await?;
        Ok(hash)
    }

    /// What goes wrong while asking says nothing about a transaction that was sent: it is late, never refused.
    pub(super) async fn mined(&self, hash: B256) -> Result<(), ChainError> {
        let deadline = Instant::now() + self.patience;
        while Instant::now() < deadline {
            let receipt = self.rpc.call("eth_getTransactionReceipt", json!([hash])).await.unwrap_or_default();
            match receipt["status"].as_str() {
                Some("0x1") => return Ok(()),
                Some(_) => return Err(ChainError::Failed(hash)),
                None => sleep(RECEIPT_PAUSE).await,
            }
        }
        Err(ChainError::Late(hash))
    }
}

pub(super) fn garbled(wanted: &str) -> ChainError {
    RpcError::Garbled(format!("{wanted} expected")).into()
}

pub(super) fn hash(value: &Value) -> Result<B256, ChainError> {
    value.as_str().and_then(|text| text.parse().ok()).ok_or_else(|| garbled("a transaction's hash"))
}

pub(super) fn quantity(value: &Value) -> Result<U256, ChainError> {
    value.as_str().and_then(|text| text.parse().ok()).ok_or_else(|| garbled("a quantity"))
}

/// One 32-byte word of what a call returned.
pub(super) fn word(returned: &Bytes, index: usize) -> Result<U256, ChainError> {
    let word = returned.get(index * 32..index * 32 + 32);
    word.map(U256::from_be_slice).ok_or_else(|| garbled("a longer return"))
}
