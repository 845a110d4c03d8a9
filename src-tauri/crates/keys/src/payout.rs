//! The wallet that is paid, as far as it lets others work for it.

use types::{Address, Delegation, DelegationCertificate};

use crate::KeyError;
use crate::signer::TextSigner;

const DAY: u64 = 24 * 3600;

/// The longest a wallet's permission lasts, in seconds: whoever gets hold of a rig key has no longer.
pub(crate) const LONGEST_OF_A_WALLET: u64 = 90 * DAY;
const LONGEST_OF_A_RUN: u64 = 365 * DAY;

/// Signs the delegation if it is this key's and lasts no longer than so many seconds.
pub(crate) fn delegate(
    key: &TextSigner,
    delegation: Delegation,
    longest: u64,
) -> Result<DelegationCertificate, KeyError> {
    if delegation.payout_wallet != key.address() {
        return Err(KeyError::OtherSigner);
    }
    let life = delegation.expires_at.checked_sub(delegation.issued_at);
    if !life.is_some_and(|life| (1..=longest).contains(&life)) {
        return Err(KeyError::Lifetime);
    }
    let signature = key.sign(&delegation.text())?;
    Ok(DelegationCertificate { delegation, signature })
}

/// A payout key that lives for one run. It can do one thing: let a rig key work under one name until a date.
///
/// For practice only: nobody is asked, because what it is paid is gone with it. What is to last is delegated by a
/// [`crate::Wallet`], which asks for its owner's consent.
#[derive(Debug)]
pub struct PayoutKey(TextSigner);

impl PayoutKey {
    /// A new key from the system's randomness.
    pub fn generate() -> Result<Self, KeyError> {
        TextSigner::generate().map(Self)
    }

    /// The address that is paid.
    pub fn address(&self) -> Address {
        self.0.address()
    }

    /// Signs the delegation if it is this wallet's and its dates make sense.
    pub fn sign_delegation(&self, delegation: Delegation) -> Result<DelegationCertificate, KeyError> {
        delegate(&self.0, delegation, LONGEST_OF_A_RUN)
    }

    #[cfg(test)]
    pub(crate) fn from_secret(secret: &[u8; 32]) -> Result<Self, KeyError> {
        TextSigner::from_secret(secret).map(Self)
    }
}
