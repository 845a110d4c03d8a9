//! The text a wallet is asked to sign.

use alloy_primitives::Address;
use types::{GRID_CHAIN_ID, Timestamp};

use super::{ChallengeError, NONCE_LIFE, later, origin, wallet};
use crate::calendar::zulu;

/// The only chain in the text, on the practice network too.
pub(crate) const SIGN_IN_CHAIN: u64 = GRID_CHAIN_ID;

/// A text that was offered, and the wallet it was offered to.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Challenge {
    pub(crate) message: String,
    pub(crate) wallet: Address,
    /// The address as it was asked for.
    address: String,
}

// The text holds a nonce that is as good as a password until it is used.
impl std::fmt::Debug for Challenge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Challenge({:#x})", self.wallet)
    }
}

impl Challenge {
    /// Writes the text, if this wallet may sign in from this page.
    pub(crate) fn write(
        address: String,
        domain: &str,
        uri: &str,
        chain: i64,
        nonce: &str,
        now: Timestamp,
    ) -> Result<Self, ChallengeError> {
        let wallet = wallet(&address).ok_or(ChallengeError::Address)?;
        if u64::try_from(chain) != Ok(SIGN_IN_CHAIN) {
            return Err(ChallengeError::Chain);
        }
        let domain = domain.trim().to_lowercase();
        if !origin::allowed(&domain, uri) {
            return Err(ChallengeError::Origin);
        }
        let (issued, expires) = (zulu(now), zulu(later(now, NONCE_LIFE)));
        let message = format!(
            "{domain} wants you to sign in with your Ethereum account:\n{address}\n\nSign in to AI Power Grid.\n\n\
             URI: {uri}\nVersion: 1\nChain ID: {SIGN_IN_CHAIN}\nNonce: {nonce}\nIssued At: {issued}\n\
             Expiration Time: {expires}"
        );
        Ok(Self { message, wallet, address: address.trim().to_lowercase() })
    }

    /// Whether this address, in any case, is the one that was asked for.
    pub(super) fn is_for(&self, address: &str) -> bool {
        self.address == address.to_lowercase()
    }
}
