//! Signing in with a wallet, by EIP-4361: the server writes the text, the wallet signs those bytes.

use alloy_primitives::Address;
use types::Timestamp;

use crate::signature::signer_of;

mod challenge;
mod nonces;
mod origin;
mod tokens;

pub(crate) use challenge::{Challenge, SIGN_IN_CHAIN};
pub(crate) use nonces::{NONCE_LIFE, Nonces, Offer, nonce_in};
pub use tokens::Proof;
pub(crate) use tokens::{StepUpError, TOKEN_LIFE, Tokens};

/// Why no challenge is written, in the coordinator's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ChallengeError {
    #[error("Invalid wallet address")]
    Address,
    #[error("Wallet sign-in requires Base chain ID 8453")]
    Chain,
    #[error("Wallet sign-in origin is not allowed")]
    Origin,
}

/// Why a signed challenge does not sign in, in the coordinator's words and in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SignInError {
    #[error("Invalid or expired nonce. Please retry.")]
    Nonce,
    #[error("Sign-in challenge belongs to a different wallet.")]
    OtherWallet,
    #[error("Legacy wallet sign-in is disabled; request a SIWE challenge.")]
    Legacy,
    #[error("Unexpected sign-in message; refusing to verify.")]
    Message,
    #[error("Signature verification failed.")]
    Malformed,
    #[error("Signature does not match the address.")]
    Signer,
    #[error("Sign-in challenge was already used. Please retry.")]
    Spent,
}

/// Open challenges and the tokens they were exchanged for.
#[derive(Debug, Default)]
pub(crate) struct SignIns {
    pub(crate) nonces: Nonces,
    pub(crate) tokens: Tokens,
}

/// What a client hands in to sign in.
pub(crate) struct Signed {
    pub(crate) message: String,
    pub(crate) signature: String,
    pub(crate) address: String,
}

impl Signed {
    /// The wallet that signed exactly what was offered. A failure leaves the offer as it is, for another try.
    pub(crate) fn check(&self, offer: Option<&Offer>) -> Result<Address, SignInError> {
        let challenge = match offer.ok_or(SignInError::Nonce)? {
            Offer::Challenge(challenge) => challenge,
            Offer::Plain => return Err(SignInError::Legacy),
        };
        if !challenge.is_for(&self.address) {
            return Err(SignInError::OtherWallet);
        }
        if challenge.message != self.message {
            return Err(SignInError::Message);
        }
        let signer = signer_of(&self.message, &self.signature).ok_or(SignInError::Malformed)?;
        if signer == challenge.wallet { Ok(signer) } else { Err(SignInError::Signer) }
    }
}

/// `0x` and 40 hex digits, blanks around them allowed. The coordinator checks no checksum, and neither do we.
pub(crate) fn wallet(text: &str) -> Option<Address> {
    let digits = text.trim().strip_prefix("0x")?;
    let mut bytes = [0_u8; 20];
    hex::decode_to_slice(digits, &mut bytes).ok()?;
    Some(Address::from(bytes))
}

/// A moment of a sign-in text, `seconds` later.
fn later(now: Timestamp, seconds: u64) -> Timestamp {
    now.plus(std::time::Duration::from_secs(seconds))
}
