//! What a contract said when it refused.

mod catalogue;

use std::fmt;

use alloy::sol_types::{Panic, Revert as ErrorString, SolError};
use types::{Bytes, U256};

use crate::error::quote;
use catalogue::CATALOGUE;
pub use catalogue::{KnownRevert, RevertKind};

/// A refusal. What is not known is shown as it came and never taken for something known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revert {
    /// A text of ours, letter for letter.
    Known(&'static KnownRevert),
    /// Another text.
    Text(String),
    /// Solidity's own alarm, with its number.
    Panic(U256),
    /// Bytes of no known form, such as a custom error.
    Custom(Bytes),
    /// Refused without a word: the contract returned no bytes.
    Empty,
    /// The node says that it was refused and not how.
    NotGiven,
}

impl Revert {
    /// Reads the bytes a refused call returned.
    pub fn of(data: &[u8]) -> Self {
        if data.is_empty() {
            return Self::Empty;
        }
        if let Ok(error) = ErrorString::abi_decode_validate(data) {
            let known = CATALOGUE.iter().find(|known| known.reason == error.reason);
            return known.map_or_else(|| Self::Text(error.reason.clone()), Self::Known);
        }
        match Panic::abi_decode_validate(data) {
            Ok(panic) => Self::Panic(panic.code),
            Err(_) => Self::Custom(Bytes::copy_from_slice(data)),
        }
    }

    /// Its kind, if it is one that we know.
    pub const fn kind(&self) -> Option<RevertKind> {
        match self {
            Self::Known(known) => Some(known.kind),
            Self::Empty => Some(RevertKind::EmptyRevert),
            Self::Text(_) | Self::Panic(_) | Self::Custom(_) | Self::NotGiven => None,
        }
    }

    /// What it means to the owner, if that is known.
    pub const fn meaning(&self) -> Option<&'static str> {
        match self {
            Self::Known(known) => known.meaning,
            Self::Text(_) | Self::Panic(_) | Self::Custom(_) | Self::Empty | Self::NotGiven => None,
        }
    }
}

impl fmt::Display for Revert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(known) => f.write_str(known.reason),
            Self::Text(text) => write!(f, "\"{}\"", quote(text)),
            Self::Panic(code) => write!(f, "panic {code:#x}"),
            Self::Custom(data) => write!(f, "error {}", quote(&data.to_string())),
            Self::Empty => f.write_str("without a word"),
            Self::NotGiven => f.write_str("reason not given"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(reason: &str) -> Vec<u8> {
        ErrorString::from(reason).abi_encode()
    }

    #[test]
    fn a_text_is_known_as_a_whole_or_not_at_all() {
        let paused = Revert::of(&text("WorkerRegistry: paused"));
        assert_eq!(paused.kind(), Some(RevertKind::GridPaused));
        for near in
            ["WorkerRegistry: paused ", "workerRegistry: paused", "RoleManager: WorkerRegistry: paused", ""]
        {
            assert_eq!(Revert::of(&text(near)), Revert::Text(near.to_owned()));
        }
    }

    #[test]
    fn what_is_not_known_is_shown_as_itself() {
        let check = |data: &[u8], shown: &str| assert_eq!(Revert::of(data).to_string(), shown);
        check(&Panic { code: U256::from(0x11) }.abi_encode(), "panic 0x11");
        check(&[0xde, 0xad, 0xbe, 0xef], "error 0xdeadbeef");
        check(&text("some\nnew rule"), "\"some new rule\"");
        let cut = Bytes::from(text("x")[..40].to_vec());
        check(&cut, &format!("error {cut}"));
        check(&[], "without a word");
        assert_eq!(Revert::of(&[]).kind(), Some(RevertKind::EmptyRevert));
        assert_eq!(Revert::NotGiven.kind(), None, "a node that hides the reason says nothing about it");
    }

    #[test]
    fn no_text_is_in_the_catalogue_twice() {
        for (place, known) in CATALOGUE.iter().enumerate() {
            let first = CATALOGUE.iter().position(|other| other.reason == known.reason);
            assert_eq!(first, Some(place), "{}", known.reason);
        }
    }
}
