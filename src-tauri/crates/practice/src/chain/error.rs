//! What can go wrong with a practice chain.

use std::path::PathBuf;

use alloy_primitives::{B256, Bytes};

/// Why a practice chain did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    /// The program that runs the chain is not where it should be.
    #[error("the practice chain's program is not at {}", .0.display())]
    AnvilMissing(PathBuf),
    /// It is there, but no chain came up in time.
    #[error("the practice chain did not start: {0}")]
    DidNotStart(String),
    /// The address is not on this computer.
    #[error(transparent)]
    Elsewhere(#[from] types::LoopbackError),
    /// Something answers there, but it is no practice chain of ours.
    #[error("there is no practice chain at this address: {0}")]
    NotOurs(&'static str),
    /// The chain said no, or nothing.
    #[error(transparent)]
    Chain(#[from] RpcError),
    /// A transaction was mined and failed.
    #[error("transaction {0} was mined and failed")]
    Failed(B256),
    /// A transaction was not mined in time.
    #[error("transaction {0} was not mined in time")]
    Late(B256),
}

/// Why a JSON-RPC call had no result.
#[derive(Debug, thiserror::Error)]
pub enum RpcError {
    /// No answer, or none in time.
    #[error("the chain does not answer: {0}")]
    Unreachable(String),
    /// An answer that is none.
    #[error("the chain's answer makes no sense: {0}")]
    Garbled(String),
    /// An error in the chain's own words; with the revert's bytes if a call reverted.
    #[error("the chain refused ({code}): {message}")]
    Refused {
        /// The JSON-RPC code.
        code: i64,
        /// The chain's words.
        message: String,
        /// What a reverted call returned.
        data: Option<Bytes>,
    },
}
