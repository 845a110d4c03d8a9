//! The key of this machine. Holds no funds.

use types::{Address, JobId, RegistrationProof, Sha256, Signature, receipt_text};

use crate::KeyError;
use crate::signer::TextSigner;

/// The rig key: proves registrations and signs receipts, by two fixed prefixes and nothing else.
#[derive(Debug)]
pub struct RigKey(TextSigner);

impl RigKey {
    /// A new key from the system's randomness.
    pub fn generate() -> Result<Self, KeyError> {
        TextSigner::generate().map(Self)
    }

    /// The address a delegation names as its signer.
    pub fn address(&self) -> Address {
        self.0.address()
    }

    /// Signs a registration that names this key.
    pub fn sign_registration(&self, proof: &RegistrationProof) -> Result<Signature, KeyError> {
        if proof.worker_signer != self.address() {
            return Err(KeyError::OtherSigner);
        }
        self.0.sign(&proof.text())
    }

    /// Signs what was delivered for a job. The coordinator never accepts the digest of nothing.
    pub fn sign_receipt(&self, job: &JobId, result: Sha256) -> Result<Signature, KeyError> {
        if result == Sha256::of("") {
            return Err(KeyError::EmptyResult);
        }
        self.0.sign(&receipt_text(job, result))
    }

    pub(crate) fn from_secret(secret: &[u8; 32]) -> Result<Self, KeyError> {
        TextSigner::from_secret(secret).map(Self)
    }
}

#[cfg(test)]
mod vectors;
