//! The questions we ask, and no others.

use alloy::sol_types::SolCall;
use serde_json::{Value, json};
use types::{Address, B256, Bytes, Call};

/// One method with its parameters.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    pub(crate) method: &'static str,
    pub(crate) params: Value,
}

/// A block by the node's own name for it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Tag {
    Latest,
    Safe,
    Finalized,
}

/// The state a question is about.
#[derive(Debug, Clone, Copy)]
pub(crate) enum At {
    /// One block, which must still be the chain's (EIP-1898).
    Block(B256),
    Latest,
    Pending,
    /// The newest block that one may rely on.
    Safe,
}

impl At {
    fn param(self) -> Value {
        match self {
            Self::Block(hash) => json!({ "blockHash": hash, "requireCanonical": true }),
            Self::Latest => json!("latest"),
            Self::Pending => json!("pending"),
            Self::Safe => json!("safe"),
        }
    }
}

impl Question {
    pub(crate) fn chain_id() -> Self {
        Self { method: "eth_chainId", params: json!([]) }
    }

    /// Headers only: Base's blocks hold deposits that no plain decoder knows.
    pub(crate) fn block(tag: Tag) -> Self {
        let name = match tag {
            Tag::Latest => "latest",
            Tag::Safe => "safe",
            Tag::Finalized => "finalized",
        };
        Self { method: "eth_getBlockByNumber", params: json!([name, false]) }
    }

    pub(crate) fn block_at(number: u64) -> Self {
        Self { method: "eth_getBlockByNumber", params: json!([format!("{number:#x}"), false]) }
    }

    pub(crate) fn code(address: Address, at: At) -> Self {
        Self { method: "eth_getCode", params: json!([address, at.param()]) }
    }

    pub(crate) fn balance(address: Address, at: At) -> Self {
        Self { method: "eth_getBalance", params: json!([address, at.param()]) }
    }

    pub(crate) fn nonce(address: Address, at: At) -> Self {
        Self { method: "eth_getTransactionCount", params: json!([address, at.param()]) }
    }

    pub(crate) fn tip() -> Self {
        Self { method: "eth_maxPriorityFeePerGas", params: json!([]) }
    }

    /// A view of a contract.
    pub(crate) fn view(to: Address, call: &impl SolCall, at: At) -> Self {
        let data = Bytes::from(call.abi_encode());
        Self { method: "eth_call", params: json!([{ "to": to, "data": data }, at.param()]) }
    }

    pub(crate) fn simulate(from: Address, call: &Call) -> Self {
        Self { method: "eth_call", params: json!([as_sent(from, call), "latest"]) }
    }

    pub(crate) fn estimate(from: Address, call: &Call) -> Self {
        Self { method: "eth_estimateGas", params: json!([as_sent(from, call), "latest"]) }
    }

    pub(crate) fn send(raw: &[u8]) -> Self {
        Self { method: "eth_sendRawTransaction", params: json!([Bytes::copy_from_slice(raw)]) }
    }

    pub(crate) fn transaction(hash: B256) -> Self {
        Self { method: "eth_getTransactionByHash", params: json!([hash]) }
    }

    pub(crate) fn receipt(hash: B256) -> Self {
        Self { method: "eth_getTransactionReceipt", params: json!([hash]) }
    }

    /// Logs of one contract about one address, which is their first argument.
    pub(crate) fn logs(of: Address, topics: &[B256], about: Address, from: u64, to: u64) -> Self {
        let filter = json!({
            "address": of,
            "topics": [topics, about.into_word()],
            "fromBlock": format!("{from:#x}"),
            "toBlock": format!("{to:#x}"),
        });
        Self { method: "eth_getLogs", params: json!([filter]) }
    }
}

fn as_sent(from: Address, call: &Call) -> Value {
    json!({ "from": from, "to": call.to, "value": call.value.base(), "data": call.data })
}
