//! May I sign this intent?
//!
//! Keys are asked to sign typed intents, never bytes, and no function returns a key.
//! Each kind of key is its own type, so that a rig key cannot sign for a wallet.
//! In this version keys live in memory for one run; nothing here touches a file, a keyring or the network.
//!
//! ```
//! use keys::RigKey;
//! use types::{JobId, Sha256};
//! let rig = RigKey::generate().expect("the system has randomness");
//! let receipt = rig.sign_receipt(&JobId::new("job-1"), Sha256::of("Hello, grid."));
//! assert!(receipt.is_ok());
//! ```

mod payout;
mod random;
mod rig;
mod signer;

pub use payout::PayoutKey;
pub use random::random_hex_128;
pub use rig::RigKey;

/// Why a key gave no signature.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The system's random source failed.
    #[error("the system has no randomness to make a key from")]
    NoRandomness,
    /// The bytes are no secp256k1 key.
    #[error("these bytes are no key")]
    NotAKey,
    /// The intent names another key than this one.
    #[error("the intent names another signer than this key")]
    OtherSigner,
    /// An answer without text has no receipt: the coordinator commits to nothing.
    #[error("an empty answer has no receipt")]
    EmptyResult,
    /// The certificate's dates make no sense.
    #[error("a delegation lasts between a second and 365 days")]
    Lifetime,
    /// The signer refused.
    #[error("the key could not sign")]
    Signing(#[source] alloy::signers::Error),
}
