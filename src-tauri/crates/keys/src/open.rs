//! Opening a key with as little typing as possible: the keyring first, then the owner's password.
//!
//! Nothing here makes a key. A keyring that is locked, empty or changed is a reason to ask, never a reason to think that
//! there is no wallet; and nobody is asked for a password that cannot help.

use types::Sensitive;

use crate::{KeyFileError, KeyFolder, Keyring, KeyringItem, KeyringTrouble, RigKey, RigPassphrase, Wallet};

/// An open key, and what opened it.
#[derive(Debug)]
pub struct Opened<K> {
    /// The key.
    pub key: K,
    /// What opened it.
    pub by: UnlockedBy,
}

/// What opened a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UnlockedBy {
    /// The keyring; nobody had to type.
    Keyring,
    /// The owner typed the password.
    Password(WhyTyped),
}

/// Why the keyring did not do it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WhyTyped {
    /// The owner did not let a keyring keep anything.
    NotUsed,
    /// The keyring works and keeps nothing for this key.
    NothingKept,
    /// The keyring is in trouble. [`KeyringTrouble::Changed`]: what it keeps does not open this key; it is left there.
    Trouble(KeyringTrouble),
}

/// Why a key was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The owner did not give the password.
    #[error("the password was not given")]
    NotGiven(WhyTyped),
    /// The keyring does not give the rig's passphrase, and there is no wallet that keeps it: no password helps. The rig
    /// can be set aside.
    #[error("the passphrase of the rig key is not in the keyring, and there is no wallet here that keeps it")]
    NoWallet(WhyTyped),
    /// The key file did not open.
    #[error(transparent)]
    File(#[from] KeyFileError),
}

/// The rig key and what opens its files.
#[derive(Debug)]
pub struct UnlockedRig {
    /// The key.
    pub key: RigKey,
    /// Opens the store of API keys too.
    pub passphrase: RigPassphrase,
}

/// Opens the wallet with the password that the keyring keeps, else with the one the owner is asked for.
pub fn open_wallet(
    folder: &KeyFolder,
    keyring: Option<&Keyring>,
    ask: impl FnOnce(WhyTyped) -> Option<Sensitive<String>>,
) -> Result<Opened<Wallet>, OpenError> {
    let found = folder.find()?.ok_or(KeyFileError::Absent)?;
    let kept = keyring.map(|keyring| keyring.get(KeyringItem::Wallet(found.address)));
    let unlock = |password| folder.unlock(&password);
    match with_keyring(kept, unlock)? {
        Ok(opened) => Ok(opened),
        Err(why) => with_password(why, ask, unlock),
    }
}

/// Opens the rig key with the passphrase that the keyring keeps, else with the one in the wallet's file, which the
/// owner's password opens. Without a wallet there is only the keyring, and nobody is asked.
pub fn open_rig(
    folder: &KeyFolder,
    keyring: Option<&Keyring>,
    ask: impl FnOnce(WhyTyped) -> Option<Sensitive<String>>,
) -> Result<Opened<UnlockedRig>, OpenError> {
    let address = folder.find_rig()?.ok_or(KeyFileError::Absent)?;
    let kept = keyring.map(|keyring| keyring.get(KeyringItem::Rig(address)));
    let unlock =
        |passphrase: RigPassphrase| folder.unlock_rig(&passphrase).map(|key| UnlockedRig { key, passphrase });
    let unlock_kept = |kept| unlock(RigPassphrase::from_text(kept).ok_or(KeyFileError::WrongPassword)?);
    let unlock_typed = |password| match unlock(folder.unlock(&password)?.rig_passphrase().copy()) {
        // The password opened the wallet; what the wallet keeps does not open this rig.
        Err(KeyFileError::WrongPassword) => Err(KeyFileError::RigUnknown),
        opened => opened,
    };
    match with_keyring(kept, unlock_kept)? {
        Ok(opened) => Ok(opened),
        Err(why) if folder.find()?.is_none() => Err(OpenError::NoWallet(why)),
        Err(why) => with_password(why, ask, unlock_typed),
    }
}

type Kept = Result<Option<Sensitive<String>>, KeyringTrouble>;

/// The open key, or why the keyring did not do it.
fn with_keyring<K>(
    kept: Option<Kept>,
    unlock: impl FnOnce(Sensitive<String>) -> Result<K, KeyFileError>,
) -> Result<Result<Opened<K>, WhyTyped>, KeyFileError> {
    Ok(Err(match kept {
        None => WhyTyped::NotUsed,
        Some(Ok(None)) => WhyTyped::NothingKept,
        Some(Err(trouble)) => WhyTyped::Trouble(trouble),
        Some(Ok(Some(kept))) => match unlock(kept) {
            Ok(key) => return Ok(Ok(Opened { key, by: UnlockedBy::Keyring })),
            Err(KeyFileError::WrongPassword) => WhyTyped::Trouble(KeyringTrouble::Changed),
            // A damaged file stays damaged, whatever anybody types.
            Err(error) => return Err(error),
        },
    }))
}

fn with_password<K>(
    why: WhyTyped,
    ask: impl FnOnce(WhyTyped) -> Option<Sensitive<String>>,
    unlock: impl FnOnce(Sensitive<String>) -> Result<K, KeyFileError>,
) -> Result<Opened<K>, OpenError> {
    let password = ask(why).ok_or(OpenError::NotGiven(why))?;
    Ok(Opened { key: unlock(password)?, by: UnlockedBy::Password(why) })
}

#[cfg(test)]
mod tests;
