//! The one place where a secret key meets what it signs.

use std::fmt;

use alloy::consensus::{SignableTransaction, Signed, TxEip1559};
use alloy::signers::SignerSync;
use alloy::signers::local::PrivateKeySigner;
use types::{Address, Signature};
use zeroize::Zeroizing;

use crate::KeyError;

/// A secp256k1 key that signs EIP-191 texts for this crate. The secret is wiped when it is dropped.
pub(crate) struct TextSigner(PrivateKeySigner);

impl TextSigner {
    pub(crate) fn generate() -> Result<Self, KeyError> {
        let mut secret = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *secret).map_err(|_| KeyError::NoRandomness)?;
        Self::from_secret(&secret)
    }

    /// Borrows the secret: whatever is copied by value leaves a copy that nobody wipes.
    pub(crate) fn from_secret(secret: &[u8; 32]) -> Result<Self, KeyError> {
        PrivateKeySigner::from_slice(secret).map(Self).map_err(|_| KeyError::NotAKey)
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

/// A key that signs transactions too. Its own type, so that a rig key cannot.
#[derive(Debug)]
pub(crate) struct MoneySigner(TextSigner);

impl MoneySigner {
    pub(crate) fn from_secret(secret: &[u8; 32]) -> Result<Self, KeyError> {
        TextSigner::from_secret(secret).map(Self)
    }

    pub(crate) fn texts(&self) -> &TextSigner {
        &self.0
    }

    pub(crate) fn address(&self) -> Address {
        self.0.address()
    }

    pub(crate) fn sign(&self, transaction: TxEip1559) -> Result<Signed<TxEip1559>, KeyError> {
        let digest = transaction.signature_hash();
        let signature = self.0.0.sign_hash_sync(&digest).map_err(KeyError::Signing)?;
        Ok(transaction.into_signed(signature))
    }
}
