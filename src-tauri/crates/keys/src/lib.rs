//! May I sign this intent?
//!
//! Keys are asked to sign typed intents, never bytes, and no function returns a private key.
//! Each kind of key is its own type, so that a rig key cannot sign for a wallet.
//!
//! * [`Wallet`] signs the steps of a [`types::Plan`] that its owner agreed to, delegations, and sign-ins.
//! * [`RigKey`] signs registrations and receipts. It holds no funds.
//! * [`KeyFolder`] keeps both in encrypted files. The files are the truth; the one way out is the owner's phrase.
//! * [`Keyring`] keeps passphrases in the system's password store, so that nobody needs to type them. Losing what it
//!   keeps never loses a key.
//!
//! Everything here blocks: deriving a key from a password takes most of a second, a password store up to its deadline.
//! Call it off the async threads. Nothing here uses the network.
//!
//! ```
//! use keys::RigKey;
//! use types::{JobId, Sha256};
//! let rig = RigKey::generate().expect("the system has randomness");
//! let receipt = rig.sign_receipt(&JobId::new("job-1"), Sha256::of("Hello, grid."));
//! assert!(receipt.is_ok());
//! ```

mod error;
mod folder;
mod keyfile;
mod known;
mod open;
mod origin;
mod passphrase;
mod payout;
mod phrase;
mod random;
mod rig;
mod signer;
mod system_keyring;
mod wallet;

pub use error::{KeyError, KeyFileError, Refusal};
pub use folder::{KeyFolder, Secrets, WalletFound};
pub use keyfile::Strength;
pub use known::is_known_to_everybody;
pub use open::{OpenError, Opened, UnlockedBy, UnlockedRig, WhyTyped, open_rig, open_wallet};
pub use origin::Origin;
pub use passphrase::RigPassphrase;
pub use payout::PayoutKey;
pub use random::random_hex_128;
pub use rig::RigKey;
pub use system_keyring::{Keyring, KeyringItem, KeyringTrouble};
pub use wallet::Wallet;
