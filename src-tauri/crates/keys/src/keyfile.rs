//! A key file: the standard Web3 Secret Storage JSON, with one member of ours beside it.
//!
//! Other wallets import the file as it is and skip `x-grid-node`. The standard part holds the private key alone. Ours
//! holds what else the owner cannot do without, sealed under the same password with a salt of its own: which network
//! the wallet is for, the phrase's random bytes, the rig's passphrase.
//!
//! Passwords are used as the bytes that were typed, in UTF-8. They are not normalised (NFKC): someone whose keyboards
//! write accents in different ways may find that one password is two.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use types::{Address, NetworkKind, Sensitive};
use zeroize::Zeroizing;

use crate::signer::TextSigner;
use crate::{KeyError, KeyFileError};

mod payload;
mod sealed;

#[cfg(test)]
mod tests;

pub(crate) use payload::Payload;
pub use sealed::Strength;
pub(crate) use sealed::{SealError, Sealed};

/// No honest key file is larger.
pub(crate) const LARGEST: u64 = 64 * 1024;

/// Whose key a file holds. Written down so that one file cannot be put in the place of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Holds {
    Wallet,
    Rig,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct KeyFile {
    // Some wallets leave the address out, so that a stolen file tells nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    #[serde(alias = "Crypto")]
    crypto: Sealed,
    #[serde(default)]
    id: String,
    version: u8,
    #[serde(rename = "x-grid-node", default, skip_serializing_if = "Option::is_none")]
    ours: Option<Ours>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Ours {
    network: Network,
    holds: Holds,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sealed: Option<Sealed>,
    /// SHA-256 of the file with this member empty: tells a damaged file from a wrong password. No protection.
    checksum: String,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Network {
    Base,
    Practice,
}

impl KeyFile {
    /// Seals a key, and a wallet's payload beside it.
    pub(crate) fn seal(
        key: &[u8; 32],
        payload: Option<&Payload>,
        kind: NetworkKind,
        password: &Sensitive<String>,
        strength: Strength,
    ) -> Result<Self, KeyFileError> {
        let address = address_of(key)?;
        let sealed =
            payload.map(|payload| Sealed::new(&payload.to_bytes(), password, strength)).transpose()?;
        let holds = if sealed.is_some() { Holds::Wallet } else { Holds::Rig };
        let mut file = Self {
            address: Some(hex::encode(address)),
            crypto: Sealed::new(key, password, strength)?,
            id: uuid_of_chance()?,
            version: 3,
            ours: Some(Ours { network: kind.into(), holds, sealed, checksum: String::new() }),
        };
        let checksum = file.checksum();
        if let Some(ours) = &mut file.ours {
            ours.checksum = checksum;
        }
        Ok(file)
    }

    pub(crate) fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec_pretty(self).expect("BUG: a key file is plain strings and numbers")
    }

    /// Reads any wallet's key file of version 3.
    pub(crate) fn parse(json: &[u8]) -> Result<Self, KeyFileError> {
        if json.len() as u64 > LARGEST {
            return Err(KeyFileError::Damaged("it is far too large"));
        }
        let file: Self =
            serde_json::from_slice(json).map_err(|_| KeyFileError::Damaged("it cannot be read"))?;
        if file.version == 3 { Ok(file) } else { Err(KeyFileError::Damaged("it is not of version 3")) }
    }

    /// Reads a file that this app wrote for this purpose and this network, and takes no other.
    pub(crate) fn parse_own(json: &[u8], holds: Holds, kind: NetworkKind) -> Result<Self, KeyFileError> {
        let file = Self::parse(json)?;
        let ours = file.ours.as_ref().ok_or(KeyFileError::Damaged("this app did not write it"))?;
        if ours.checksum != file.checksum() {
            return Err(KeyFileError::Damaged("it is not as it was written"));
        }
        if ours.holds != holds || ours.sealed.is_some() != (holds == Holds::Wallet) {
            return Err(KeyFileError::Damaged("it holds another key than its name says"));
        }
        let found = NetworkKind::from(ours.network);
        if found != kind {
            return Err(KeyFileError::OtherNetwork { found });
        }
        // Ours always names its address, so that its key is always held against it.
        file.address()?;
        Ok(file)
    }

    /// Whether this app wrote it, as far as it says.
    pub(crate) const fn is_ours(&self) -> bool {
        self.ours.is_some()
    }

    /// The address that stands in clear in a file of ours.
    pub(crate) fn address(&self) -> Result<Address, KeyFileError> {
        let written = self.address.as_deref().unwrap_or_default();
        written.parse().map_err(|_| KeyFileError::Damaged("its address is none"))
    }

    /// Opens the standard part. The key must be that of the address, where one is written.
    pub(crate) fn open_key(&self, password: &Sensitive<String>) -> Result<Zeroizing<[u8; 32]>, KeyFileError> {
        let opened = self.crypto.open(password)?;
        let mut key = Zeroizing::new([0; 32]);
        if opened.len() != key.len() {
            return Err(KeyFileError::Damaged("it holds no key of 32 bytes"));
        }
        key.copy_from_slice(&opened);
        let address = address_of(&key).map_err(|_| KeyFileError::Damaged("it holds no key"))?;
        if self.address.is_some() && self.address()? != address {
            return Err(KeyFileError::Damaged("its key is not that of its address"));
        }
        Ok(key)
    }

    /// Opens both parts of a wallet's file and holds them against each other, and what is sealed against the network
    /// that is wanted: whoever edits the clear text cannot make a practice file a real one.
    pub(crate) fn open_wallet(
        &self,
        password: &Sensitive<String>,
        kind: NetworkKind,
    ) -> Result<(Zeroizing<[u8; 32]>, Payload), KeyFileError> {
        let key = self.open_key(password)?;
        let payload = self.open_payload(password)?;
        if payload.kind != kind {
            return Err(KeyFileError::OtherNetwork { found: payload.kind });
        }
        if let Some(phrase) = &payload.phrase
            && phrase.first_key()? != key
        {
            return Err(KeyFileError::Damaged("its phrase is not that of its key"));
        }
        Ok((key, payload))
    }

    /// Opens our part, after [`KeyFile::open_key`] has shown that the password is right.
    fn open_payload(&self, password: &Sensitive<String>) -> Result<Payload, KeyFileError> {
        let damaged = KeyFileError::Damaged("its second part does not open");
        let Some(sealed) = self.ours.as_ref().and_then(|ours| ours.sealed.as_ref()) else {
            return Err(damaged);
        };
        let opened = match sealed.open(password) {
            Err(SealError::WrongPassword) => return Err(damaged),
            other => other?,
        };
        Payload::from_bytes(&opened).ok_or(damaged)
    }

    /// What somebody could write who knows the form but not the password.
    #[cfg(test)]
    pub(crate) fn relabelled(mut self, kind: NetworkKind) -> Self {
        self.ours = self.ours.map(|ours| Ours { network: kind.into(), ..ours });
        self.with_its_checksum()
    }

    /// The same, as another wallet would write it that leaves addresses out.
    #[cfg(test)]
    pub(crate) fn without_address(mut self) -> Self {
        self.address = None;
        self.with_its_checksum()
    }

    #[cfg(test)]
    fn with_its_checksum(mut self) -> Self {
        let checksum = self.checksum();
        self.ours = self.ours.map(|ours| Ours { checksum, ..ours });
        self
    }

    fn checksum(&self) -> String {
        let ours = self.ours.clone().map(|ours| Ours { checksum: String::new(), ..ours });
        let (address, crypto, id) = (self.address.clone(), self.crypto.clone(), self.id.clone());
        let bare = Self { address, crypto, id, version: self.version, ours };
        hex::encode(Sha256::digest(bare.to_json()))
    }
}

fn address_of(key: &[u8; 32]) -> Result<Address, KeyError> {
    Ok(TextSigner::from_secret(key)?.address())
}

/// A UUID of version 4 as the standard wants it, from the same randomness as everything else here.
fn uuid_of_chance() -> Result<String, KeyError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| KeyError::NoRandomness)?;
    Ok(uuid::Builder::from_random_bytes(bytes).into_uuid().to_string())
}

impl From<NetworkKind> for Network {
    fn from(kind: NetworkKind) -> Self {
        match kind {
            NetworkKind::Base => Self::Base,
            NetworkKind::Practice => Self::Practice,
        }
    }
}

impl From<Network> for NetworkKind {
    fn from(network: Network) -> Self {
        match network {
            Network::Base => Self::Base,
            Network::Practice => Self::Practice,
        }
    }
}
