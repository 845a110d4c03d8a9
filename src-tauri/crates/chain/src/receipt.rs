//! What a mined transaction left behind, in our own words.
//!
//! Base's receipts carry fields that the plain Ethereum types drop (what L1 charged) and kinds that they refuse
//! (deposits), so only what we use is read here and the rest is passed over.

use alloy::sol_types::SolEvent;
use serde::Deserialize;
use types::{Address, B256, Bytes, U256, Wei};

use crate::ChainError;

/// A transaction that is in a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mined {
    /// The block's number.
    pub block_number: u64,
    /// The block's hash. After a reorganisation the number alone would mean another block.
    pub block_hash: B256,
    /// False: it was refused, and paid its fee for nothing.
    pub success: bool,
    /// Gas that was charged.
    pub gas_used: u64,
    /// Wei per gas that were charged.
    pub effective_gas_price: u128,
    /// What its data cost on L1, where the chain charges that.
    pub l1_fee: Option<Wei>,
    /// What the contracts said.
    pub logs: Vec<Log>,
}

impl Mined {
    /// All that it cost, as far as the receipt tells.
    pub fn fee(&self) -> Wei {
        let gas = U256::from(self.gas_used).saturating_mul(U256::from(self.effective_gas_price));
        Wei::from_base(gas).saturating_add(self.l1_fee.unwrap_or_default())
    }
}

/// One log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// Who said it.
    pub address: Address,
    /// Its indexed words, the event's own hash first.
    pub topics: Vec<B256>,
    /// The rest.
    pub data: Bytes,
}

impl Log {
    /// This log as an event of one contract; `None` for anything else.
    pub(crate) fn read<E: SolEvent>(&self, contract: Address) -> Option<E> {
        if self.address != contract {
            return None;
        }
        let event = E::decode_raw_log_validate(self.topics.iter().copied(), &self.data).ok()?;
        // The decoder passes over words that are too many; the contract never says too many.
        let whole = event.encode_log_data();
        (whole.topics() == self.topics && whole.data == self.data).then_some(event)
    }
}

/// `eth_getTransactionReceipt`, as far as we read it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Receipt {
    transaction_hash: B256,
    block_number: U256,
    block_hash: B256,
    status: U256,
    gas_used: U256,
    effective_gas_price: U256,
    l1_fee: Option<U256>,
    logs: Vec<RawLog>,
}

/// A log as nodes write it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RawLog {
    address: Address,
    topics: Vec<B256>,
    data: Bytes,
    #[serde(default)]
    pub(crate) removed: bool,
    pub(crate) block_number: Option<U256>,
    pub(crate) block_hash: Option<B256>,
    pub(crate) log_index: Option<U256>,
    pub(crate) transaction_hash: Option<B256>,
}

impl RawLog {
    pub(crate) fn log(self) -> Log {
        Log { address: self.address, topics: self.topics, data: self.data }
    }
}

impl Receipt {
    /// The receipt of this transaction; another one's is no answer.
    pub(crate) fn mined(self, hash: B256) -> Result<Mined, ChainError> {
        if self.transaction_hash != hash {
            return Err(ChainError::garbled("the receipt of another transaction"));
        }
        let success = match self.status.try_into() {
            Ok(1_u8) => true,
            Ok(0) => false,
            _ => return Err(ChainError::garbled("a receipt's status is 0 or 1")),
        };
        Ok(Mined {
            block_number: number(self.block_number)?,
            block_hash: self.block_hash,
            success,
            gas_used: number(self.gas_used)?,
            effective_gas_price: number(self.effective_gas_price)?,
            l1_fee: self.l1_fee.map(Wei::from_base),
            logs: self.logs.into_iter().map(RawLog::log).collect(),
        })
    }
}

/// A quantity in the width that we keep it in.
pub(crate) fn number<N: TryFrom<U256>>(quantity: U256) -> Result<N, ChainError> {
    N::try_from(quantity).map_err(|_| ChainError::garbled("a number is larger than it can be"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A receipt as Base writes one, with fields that the plain Ethereum types do not know.
    const ON_BASE: &str = r#"{"type":"0x7e","transactionHash":"0x1111111111111111111111111111111111111111111111111111111111111111",
        "blockNumber":"0x10","blockHash":"0x2222222222222222222222222222222222222222222222222222222222222222",
        "status":"0x1","gasUsed":"0x5208","cumulativeGasUsed":"0xffff","effectiveGasPrice":"0xf4240","logs":[],
        "l1Fee":"0x3b9aca00","l1GasPrice":"0x1","l1FeeScalar":"0","depositNonce":"0x1","logsBloom":"0x"}"#;

    #[test]
    fn what_base_adds_is_read_or_passed_over() {
        let read = |text: &str| serde_json::from_str::<Receipt>(text).expect("a receipt");
        let mined = read(ON_BASE).mined(B256::repeat_byte(0x11)).expect("ours");
        assert_eq!(mined.l1_fee, Some(Wei::from_base(U256::from(1_000_000_000))));
        assert_eq!(mined.fee(), Wei::from_base(U256::from(21_000_u64 * 1_000_000 + 1_000_000_000)));
        let plain =
            read(&ON_BASE.replace("l1Fee\"", "other\"")).mined(B256::repeat_byte(0x11)).expect("ours");
        assert_eq!(plain.l1_fee, None, "no fee told is not a fee of zero");
        assert!(read(ON_BASE).mined(B256::repeat_byte(0x12)).is_err(), "another transaction's receipt");
        let odd = ON_BASE.replace(r#""status":"0x1""#, r#""status":"0x2""#);
        assert!(read(&odd).mined(B256::repeat_byte(0x11)).is_err());
        let silent = ON_BASE.replace(r#""status":"0x1","#, "");
        assert!(serde_json::from_str::<Receipt>(&silent).is_err(), "no status is no success");
    }
}
