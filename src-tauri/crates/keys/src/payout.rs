//! The wallet that is paid.

use types::{Address, Delegation, DelegationCertificate};

use crate::KeyError;
use crate::signer::TextSigner;

const LONGEST: u64 = 365 * 24 * 3600;

/// The payout wallet's key. Here it can do one thing: let a rig key work under one name until a date.
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
        if delegation.payout_wallet != self.address() {
            return Err(KeyError::OtherSigner);
        }
        let life = delegation.expires_at.checked_sub(delegation.issued_at);
        if !life.is_some_and(|life| (1..=LONGEST).contains(&life)) {
            return Err(KeyError::Lifetime);
        }
        let signature = self.0.sign(&delegation.text())?;
        Ok(DelegationCertificate { delegation, signature })
    }

    #[cfg(test)]
    pub(crate) fn from_secret(secret: alloy::primitives::B256) -> Result<Self, KeyError> {
        TextSigner::from_secret(secret).map(Self)
    }
}
