//! What a wallet is made from.

use std::fmt;

use types::{Address, NetworkKind, Sensitive};
use zeroize::Zeroizing;

use crate::keyfile::{Holds, KeyFile};
use crate::phrase::Phrase;
use crate::{KeyError, KeyFileError, RigPassphrase, Wallet};

/// A wallet's secret before it is saved. Show its address to the owner, then give it to a folder.
pub struct Origin {
    pub(crate) phrase: Option<Phrase>,
    pub(crate) key: Zeroizing<[u8; 32]>,
    pub(crate) kind: NetworkKind,
    pub(crate) rig: Option<RigPassphrase>,
    pub(crate) address: Address,
}

impl Origin {
    /// Twelve new words from the system's randomness.
    pub fn new_phrase(kind: NetworkKind) -> Result<Self, KeyError> {
        Self::of_phrase(Phrase::generate()?, kind)
    }

    /// The words of a wallet that exists. Keys that everybody knows are refused unless this is practice.
    pub fn from_phrase(typed: &Sensitive<String>, kind: NetworkKind) -> Result<Self, KeyError> {
        Self::of_phrase(Phrase::parse(typed.expose())?, kind)
    }

    /// A private key as 64 hex digits, with or without `0x`. There will be no phrase to write down.
    pub fn from_private_key(typed: &Sensitive<String>, kind: NetworkKind) -> Result<Self, KeyError> {
        let digits = typed.expose().trim();
        let digits = digits.strip_prefix("0x").unwrap_or(digits);
        let mut key = Zeroizing::new([0; 32]);
        hex::decode_to_slice(digits, &mut *key).map_err(|_| KeyError::NotAKey)?;
        Self::new(None, key, kind)
    }

    /// The Web3 Secret Storage file of another wallet, which has the key alone, or a wallet's file of this app, which
    /// brings its phrase and its rig's passphrase along. Numbers are held against caps before they cost anything.
    ///
    /// Our own file must be as it was written, a wallet's, and for this network by what is sealed in it too.
    /// *Caveat*: with our member cut out it is another wallet's file, which names no network.
    pub fn from_key_file(
        json: &[u8],
        password: &Sensitive<String>,
        kind: NetworkKind,
    ) -> Result<Self, KeyFileError> {
        let file = KeyFile::parse(json)?;
        if !file.is_ours() {
            return Ok(Self::new(None, file.open_key(password)?, kind)?);
        }
        let (key, payload) = KeyFile::parse_own(json, Holds::Wallet, kind)?.open_wallet(password, kind)?;
        Ok(Self::new(payload.phrase, key, kind)?.with_rig(payload.rig))
    }

    /// Keeps the passphrase of a rig key that is there already, so that the wallet's password opens it too. It takes the
    /// place of the one that a file of ours brought along.
    pub fn with_rig(mut self, passphrase: RigPassphrase) -> Self {
        self.rig = Some(passphrase);
        self
    }

    /// The address the wallet will have.
    pub const fn address(&self) -> Address {
        self.address
    }

    pub(crate) fn of_phrase(phrase: Phrase, kind: NetworkKind) -> Result<Self, KeyError> {
        let key = phrase.first_key()?;
        Self::new(Some(phrase), key, kind)
    }

    fn new(phrase: Option<Phrase>, key: Zeroizing<[u8; 32]>, kind: NetworkKind) -> Result<Self, KeyError> {
        let address = Wallet::address_of(&key, kind)?;
        Ok(Self { phrase, key, kind, rig: None, address })
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let from = if self.phrase.is_some() { "phrase" } else { "private key" };
        write!(f, "{} from a {from}, for {}", self.address, self.kind.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Sensitive<String> {
        Sensitive::new(text.to_owned())
    }

    #[test]
    fn what_everybody_knows_is_for_practice_only() {
        let words = text("test test test test test test test test test test test junk");
        let key = text("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80");
        for kind in [NetworkKind::Base, NetworkKind::Practice] {
            for origin in [Origin::from_phrase(&words, kind), Origin::from_private_key(&key, kind)] {
                match kind {
                    NetworkKind::Base => assert!(matches!(origin, Err(KeyError::KnownToEverybody))),
                    NetworkKind::Practice => assert_eq!(
                        origin.expect("practice").address().to_string(),
                        "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
                    ),
                }
            }
        }
    }

    #[test]
    fn a_private_key_is_64_hex_digits_below_the_order_of_the_curve() {
        let digits = "7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d";
        let read = |typed: &str| Origin::from_private_key(&text(typed), NetworkKind::Base);
        let address = read(digits).expect("a key").address();
        assert_eq!(read(&format!(" 0x{digits}\n")).expect("a key").address(), address);
        for bad in ["", "0x", &digits[1..], &"0".repeat(64), &"f".repeat(64), &"g".repeat(64)] {
            assert!(matches!(read(bad), Err(KeyError::NotAKey)), "{bad:?}");
        }
    }
}
