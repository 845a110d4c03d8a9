//! The one place where a secret key and a text meet.

use std::fmt;

use alloy::primitives::B256;
use alloy::signers::SignerSync;
use alloy::signers::local::PrivateKeySigner;
use types::{Address, Signature};

use crate::KeyError;

/// A secp256k1 key that signs EIP-191 texts for this crate. The secret is wiped when it is dropped.
pub(crate) struct TextSigner(PrivateKeySigner);

impl TextSigner {
    pub(crate) fn generate() -> Result<Self, KeyError> {
        let mut secret = B256::ZERO;
        getrandom::fill(secret.as_mut_slice()).map_err(|_| KeyError::NoRandomness)?;
        Self::from_secret(secret)
    }

    pub(crate) fn from_secret(secret: B256) -> Result<Self, KeyError> {
        PrivateKeySigner::from_bytes(&secret).map(Self).map_err(|_| KeyError::NotAKey)
    }

    pub(crate) fn address(&self) -> Address {
        self.0.address()
    }

    pub(crate) fn sign(&self, text: &str) -> Result<Signature, KeyError> {
        self.0.sign_message_sync(text.as_bytes()).map_err(KeyError::Signing)
    }
}

impl fmt::Debug for TextSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.address())
    }
}
