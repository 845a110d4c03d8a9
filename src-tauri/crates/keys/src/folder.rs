//! The folder `keys/` in a home: the encrypted files of one network.

use std::path::PathBuf;

use types::{Address, NetworkKind, Sensitive};

use crate::keyfile::{Holds, KeyFile, LARGEST, Payload};
use crate::{KeyError, KeyFileError, Origin, RigKey, RigPassphrase, Strength, Wallet};

mod disk;
mod secrets;

#[cfg(test)]
mod tests;

pub use secrets::Secrets;

use disk::Disk;

const WALLET: &str = "wallet.json";
const RIG: &str = "rig.json";
const SHORTEST_PASSWORD: usize = 8;

/// Where the keys of one home are kept: `wallet.json`, `rig.json` and `secrets.json`.
///
/// No method overwrites or deletes a key. Threads that share a folder write one after the other. One process at a time
/// should use it, by one such value (the app locks its home); should two create a wallet at once all the same, one of
/// them fails, except on a file system without hard links: there the later one may take the place of the earlier.
#[derive(Debug)]
pub struct KeyFolder {
    disk: Disk,
    kind: NetworkKind,
    strength: Strength,
}

/// What a folder says about its wallet without a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WalletFound {
    /// The wallet's address.
    pub address: Address,
}

impl KeyFolder {
    /// Opens the folder, makes it if it is not there, and clears away what an interrupted write left behind. The home
    /// around it must be there: a home on a drive that is missing is not made anew.
    pub fn open(
        path: impl Into<PathBuf>,
        kind: NetworkKind,
        strength: Strength,
    ) -> Result<Self, KeyFileError> {
        if kind == NetworkKind::Base && strength < Strength::STANDARD {
            return Err(KeyFileError::WeakStrength);
        }
        Ok(Self { disk: Disk::open(path.into(), &[WALLET, RIG, secrets::FILE])?, kind, strength })
    }

    /// The network whose keys are here.
    pub const fn network_kind(&self) -> NetworkKind {
        self.kind
    }

    /// Which wallet is here. `None` means that there is no file; a file that cannot be read is an error, so that
    /// nobody makes a second wallet because of it.
    pub fn find(&self) -> Result<Option<WalletFound>, KeyFileError> {
        let file = self.read(WALLET, Holds::Wallet)?;
        file.map(|file| Ok(WalletFound { address: file.address()? })).transpose()
    }

    /// Makes a wallet with a new phrase. When this returns, the wallet is on disk and has been opened from there once.
    pub fn create(&self, password: &Sensitive<String>) -> Result<Wallet, KeyFileError> {
        self.disk.must_be_free(WALLET)?;
        self.restore(Origin::new_phrase(self.kind)?, password)
    }

    /// Saves a wallet that exists elsewhere. A crash leaves nothing or a usable wallet; a wallet that is here stays.
    pub fn restore(&self, origin: Origin, password: &Sensitive<String>) -> Result<Wallet, KeyFileError> {
        if password.expose().chars().count() < SHORTEST_PASSWORD {
            return Err(KeyFileError::ShortPassword);
        }
        if origin.kind != self.kind {
            return Err(KeyFileError::OtherNetwork { found: origin.kind });
        }
        let alone = self.disk.alone();
        self.disk.must_be_free(WALLET)?;
        let address = origin.address();
        let rig = self.rig_for(origin.rig)?;
        let payload = Payload { kind: self.kind, rig, phrase: origin.phrase };
        let file = KeyFile::seal(&origin.key, Some(&payload), self.kind, password, self.strength)?;
        self.disk.write_new(&alone, WALLET, &file.to_json(), |bytes| {
            let wallet = self.open_wallet(&KeyFile::parse_own(bytes, Holds::Wallet, self.kind)?, password)?.0;
            match wallet.address() == address {
                true => Ok(wallet),
                false => Err(KeyFileError::Damaged("it is not the wallet that was to be saved")),
            }
        })
    }

    /// Opens the wallet.
    pub fn unlock(&self, password: &Sensitive<String>) -> Result<Wallet, KeyFileError> {
        let file = self.read(WALLET, Holds::Wallet)?.ok_or(KeyFileError::Absent)?;
        Ok(self.open_wallet(&file, password)?.0)
    }

    /// The recovery phrase, to be shown to the owner. The only secret that ever comes out, and it needs the password.
    pub fn phrase(&self, password: &Sensitive<String>) -> Result<Sensitive<String>, KeyFileError> {
        let file = self.read(WALLET, Holds::Wallet)?.ok_or(KeyFileError::Absent)?;
        self.open_wallet(&file, password)?.1.ok_or(KeyFileError::NoPhrase)
    }

    /// The address of the rig key that is here.
    pub fn find_rig(&self) -> Result<Option<Address>, KeyFileError> {
        self.read(RIG, Holds::Rig)?.map(|file| file.address()).transpose()
    }

    /// Makes the rig key. Its passphrase is the wallet's ([`Wallet::rig_passphrase`]) where there is a wallet; any other
    /// is kept by nobody but a keyring.
    pub fn create_rig(&self, passphrase: &RigPassphrase) -> Result<RigKey, KeyFileError> {
        let alone = self.disk.alone();
        self.disk.must_be_free(RIG)?;
        let mut secret = zeroize::Zeroizing::new([0; 32]);
        getrandom::fill(&mut *secret).map_err(|_| KeyError::NoRandomness)?;
        let strength = Strength::RANDOM_PASSPHRASE;
        let file = KeyFile::seal(&secret, None, self.kind, passphrase.text(), strength)?;
        self.disk.write_new(&alone, RIG, &file.to_json(), |bytes| {
            open_rig(&KeyFile::parse_own(bytes, Holds::Rig, self.kind)?, passphrase)
        })
    }

    /// Opens the rig key.
    pub fn unlock_rig(&self, passphrase: &RigPassphrase) -> Result<RigKey, KeyFileError> {
        open_rig(&self.read(RIG, Holds::Rig)?.ok_or(KeyFileError::Absent)?, passphrase)
    }

    /// Puts a rig key whose passphrase is lost, and the API keys under it, out of the way under other names. It held
    /// no funds; a new one needs a new delegation.
    pub fn set_rig_aside(&self) -> Result<(), KeyFileError> {
        let alone = self.disk.alone();
        // The rig last: interrupted, it is still found to be in the way, and never a store that no rig opens.
        self.disk.set_aside(&alone, secrets::FILE)?;
        self.disk.set_aside(&alone, RIG)
    }

    /// The small store of API keys, which the rig's passphrase opens.
    pub const fn secrets<'a>(&'a self, passphrase: &'a RigPassphrase) -> Secrets<'a> {
        Secrets::new(&self.disk, self.kind, passphrase)
    }

    /// The passphrase a new wallet keeps: the one that opens the rig key that is here, or a new one for a new rig.
    fn rig_for(&self, given: Option<RigPassphrase>) -> Result<RigPassphrase, KeyFileError> {
        match (given, self.find_rig()?) {
            (None, None) => Ok(RigPassphrase::generate()?),
            (None, Some(_)) => Err(KeyFileError::RigUnknown),
            (Some(given), None) => Ok(given),
            (Some(given), Some(_)) => match self.unlock_rig(&given) {
                Err(KeyFileError::WrongPassword) => Err(KeyFileError::RigUnknown),
                opened => opened.map(|_| given),
            },
        }
    }

    fn read(&self, name: &'static str, holds: Holds) -> Result<Option<KeyFile>, KeyFileError> {
        let json = self.disk.read(name, LARGEST)?;
        json.map(|json| KeyFile::parse_own(&json, holds, self.kind)).transpose()
    }

    /// The wallet in a file, and its words.
    fn open_wallet(
        &self,
        file: &KeyFile,
        password: &Sensitive<String>,
    ) -> Result<(Wallet, Option<Sensitive<String>>), KeyFileError> {
        let (key, Payload { kind, rig, phrase }) = file.open_wallet(password, self.kind)?;
        Ok((Wallet::new(&key, kind, rig)?, phrase.map(|phrase| phrase.words())))
    }
}

fn open_rig(file: &KeyFile, passphrase: &RigPassphrase) -> Result<RigKey, KeyFileError> {
    Ok(RigKey::from_secret(&*file.open_key(passphrase.text())?)?)
}
