//! Why the chain could not be asked, or what it refused.

use crate::revert::Revert;

/// What a node's own words may take up, so that a hostile node cannot flood a screen or a journal.
const LONGEST_QUOTE: usize = 200;

/// Why there is no answer that could be relied on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// Nobody answers at the node's address, or the line broke.
    #[error("the node cannot be reached: {0}")]
    Unreachable(String),
    /// The deadline passed.
    #[error("the node did not answer in time")]
    TimedOut,
    /// It limits how often it is asked, or is not ready.
    #[error("the node asks for patience")]
    Busy,
    /// An HTTP status instead of an answer.
    #[error("the node answered with HTTP status {0} and nothing else")]
    Http(u16),
    /// More than an answer may take up.
    #[error("the node's answer is too long to be read")]
    TooLarge,
    /// No JSON-RPC, or values that cannot be what was asked for.
    #[error("the node's answer makes no sense: {0}")]
    Garbled(String),
    /// A call returned `0x`, as every call to an address without code does.
    #[error("{0} returned nothing, as if there were no contract")]
    Empty(&'static str),
    /// The node serves another chain.
    #[error("the node is on chain {found}, not on chain {expected}")]
    WrongChain {
        /// The network's id.
        expected: u64,
        /// The node's id.
        found: u64,
    },
    /// There is no code at an address where a contract of the network should be.
    #[error("the contracts are not on this chain (token there: {token}, Grid there: {grid})")]
    NotDeployed {
        /// The token has code.
        token: bool,
        /// The Grid's diamond has code.
        grid: bool,
    },
    /// The contract would refuse, or refused, the call.
    #[error("the contract refuses: {0}")]
    Reverts(Revert),
    /// The node refuses in its own words, which are for display only.
    #[error("the node refuses ({code}): {text}")]
    Refused {
        /// The JSON-RPC code.
        code: i64,
        /// The node's words, cut short.
        text: String,
    },
    /// Bytes that are no signed EIP-1559 transaction of this network.
    #[error("these bytes are no signed transaction of this network")]
    NotATransaction,
}

impl ChainError {
    /// Whether the same question may well be answered a little later.
    pub const fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::TimedOut | Self::Busy | Self::Garbled(_) => true,
            Self::Http(status) => *status == 408 || *status >= 500,
            // EIP-1898: the block a snapshot was begun at is no longer the chain's.
            Self::Refused { code, .. } => *code == -32001,
            Self::TooLarge | Self::Empty(_) | Self::WrongChain { .. } => false,
            Self::NotDeployed { .. } | Self::Reverts(_) | Self::NotATransaction => false,
        }
    }

    pub(crate) fn garbled(what: impl std::fmt::Display) -> Self {
        Self::Garbled(quote(&what.to_string()))
    }
}

/// Foreign words, short and on one line.
pub(crate) fn quote(text: &str) -> String {
    let printable = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    printable.take(LONGEST_QUOTE).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_bad_moment_is_worth_another_try() {
        let lasting = [
            ChainError::WrongChain { expected: 1, found: 2 },
            ChainError::Empty("getMinBond"),
            ChainError::Reverts(Revert::Empty),
            ChainError::Http(404),
            ChainError::Refused { code: -32003, text: String::new() },
        ];
        assert!(lasting.iter().all(|error| !error.is_transient()));
        let passing =
            [ChainError::Busy, ChainError::TimedOut, ChainError::Http(503), ChainError::garbled("<html>")];
        assert!(passing.iter().all(ChainError::is_transient));
    }

    #[test]
    fn a_nodes_words_are_cut_and_stay_on_one_line() {
        let quoted = quote(&format!("a\nb\u{1b}[31m{}", "x".repeat(1000)));
        assert!(quoted.starts_with("a b [31m") && quoted.chars().count() == LONGEST_QUOTE, "{quoted}");
    }
}
