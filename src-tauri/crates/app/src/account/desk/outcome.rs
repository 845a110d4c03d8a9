//! How an act ended, in names.

use grid::{AccountError, ManageError};
use types::PayoutAddressError;

use super::super::AccountTrouble;

/// How an act ended, or why a look failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Done, and read back.
    Done,
    /// The owner did not say yes.
    Declined,
    /// Something else is under way.
    Busy,
    /// The coordinator did not answer; nobody knows whether it was done.
    Unreachable,
    /// The coordinator said no.
    Refused,
    /// It does not know the key, or the proof was too old.
    KeyRefused,
    /// It has this switched off.
    NotOffered,
    /// Its answer makes no sense, or is not what was asked for.
    Garbled,
    /// It said yes, and the account does not show it.
    NotSeen,
    /// It is no address.
    NotAnAddress,
    /// A digit of the address is mistyped.
    Mistyped,
    /// What is paid there would be lost.
    LostAddress,
    /// It is no key.
    NotAKey,
    /// The key is for a worker or a validator only.
    NarrowKey,
    /// The account has no such key.
    NoSuchKey,
    /// It is the key that is used here, or may be.
    KeyInUse,
    /// The account pays another wallet than the one in this app.
    PaidElsewhere,
    /// Nothing is served, so there is no worker to do it for.
    NoWorker,
    /// The coordinator took too long.
    NotInTime,
    /// There is no key of the account here.
    NoKey,
    /// The wallet or the store of keys.
    NoKeys,
    /// A fault of this program.
    Broken,
}

impl Outcome {
    /// What became of it.
    pub fn of(came: &Result<(), AccountTrouble>) -> Self {
        match came {
            Ok(()) => Self::Done,
            Err(trouble) => trouble.into(),
        }
    }
}

impl From<&AccountTrouble> for Outcome {
    fn from(trouble: &AccountTrouble) -> Self {
        match trouble {
            AccountTrouble::Declined => Self::Declined,
            AccountTrouble::Busy => Self::Busy,
            AccountTrouble::Wallet(_) => Self::NoKeys,
            AccountTrouble::Grid(error) => error.into(),
            AccountTrouble::PayoutAddress(PayoutAddressError::NotAnAddress) => Self::NotAnAddress,
            AccountTrouble::PayoutAddress(PayoutAddressError::Checksum) => Self::Mistyped,
            AccountTrouble::PayoutAddress(PayoutAddressError::Lost) => Self::LostAddress,
            AccountTrouble::NoKey => Self::NoKey,
            AccountTrouble::NotAKey => Self::NotAKey,
            AccountTrouble::NarrowKey => Self::NarrowKey,
            AccountTrouble::NoSuchKey => Self::NoSuchKey,
            AccountTrouble::KeyInUse | AccountTrouble::MayBeInUse => Self::KeyInUse,
            AccountTrouble::PayoutElsewhere => Self::PaidElsewhere,
            AccountTrouble::NoWorker => Self::NoWorker,
            AccountTrouble::NotInTime => Self::NotInTime,
        }
    }
}

impl From<&ManageError> for Outcome {
    fn from(error: &ManageError) -> Self {
        match error {
            ManageError::Account(error) => error.into(),
            ManageError::SignInAgain => Self::KeyRefused,
            ManageError::NotOffered { .. } => Self::NotOffered,
            ManageError::SignIn(_) | ManageError::Conflict { .. } | ManageError::Gone => Self::Refused,
            ManageError::OtherText | ManageError::OtherCertificate | ManageError::RevokedOthers { .. } => {
                Self::Garbled
            }
            ManageError::NotSeen => Self::NotSeen,
        }
    }
}

impl From<&AccountError> for Outcome {
    fn from(error: &AccountError) -> Self {
        match error {
            AccountError::Unreachable(_) | AccountError::RateLimited => Self::Unreachable,
            AccountError::BadKey | AccountError::Unauthorised | AccountError::Forbidden { .. } => {
                Self::KeyRefused
            }
            AccountError::Refused { status, .. } if *status >= 500 => Self::Unreachable,
            AccountError::Refused { .. } => Self::Refused,
            AccountError::Malformed(_) | AccountError::TooLarge => Self::Garbled,
        }
    }
}
