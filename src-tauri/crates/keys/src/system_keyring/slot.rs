//! One name in the store, and whether a store that shows nothing keeps nothing.

use std::sync::{Mutex, PoisonError};

use keyring::Entry;
use types::Sensitive;

use super::KeyringTrouble;

/// Whether the store was shown to work, and the right to find out: two probes at once would delete each other's entry.
/// A good answer holds for the life of the process, so that a store is not written to at each look.
static SHOWN_TO_WORK: Mutex<bool> = Mutex::new(false);

/// What a probe writes and deletes again, the same each time: one that was cut short leaves it for the next to delete.
/// Should two processes probe at once, one of them may take the store for locked, and somebody types.
const PROBE: &str = "a test";

/// How lately a store must have been shown to work before "no entry" is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Proof {
    /// Enough to ask the owner instead.
    OfThisProcess,
    /// For what would otherwise overwrite, or call forgotten, an entry that a locked store does not show.
    OfNow,
}

/// One name in the store. Blocks for as long as the store likes.
pub(super) struct Slot {
    pub(super) service: &'static str,
    pub(super) account: String,
}

impl Slot {
    pub(super) fn get(&self, proof: Proof) -> Result<Option<Sensitive<String>>, KeyringTrouble> {
        if let Some(kept) = self.read()? {
            return Ok(Some(kept));
        }
        // A locked store says "no entry" too, so "no entry" counts only of a store that is shown to work; and it may
        // have been unlocked meanwhile.
        self.probe(proof)?;
        self.read()
    }

    pub(super) fn set(&self, secret: &Sensitive<String>) -> Result<(), KeyringTrouble> {
        self.entry()?.set_password(secret.expose()).map_err(trouble)?;
        let kept = self.read()?.ok_or(KeyringTrouble::Locked)?;
        if kept.expose() == secret.expose() { Ok(()) } else { Err(KeyringTrouble::Denied) }
    }

    pub(super) fn delete(&self) -> Result<(), KeyringTrouble> {
        self.entry()?.delete_credential().map_err(trouble)
    }

    fn probe(&self, proof: Proof) -> Result<(), KeyringTrouble> {
        let mut works = SHOWN_TO_WORK.lock().unwrap_or_else(PoisonError::into_inner);
        if *works && proof == Proof::OfThisProcess {
            return Ok(());
        }
        let dummy = Self { service: self.service, account: PROBE.to_owned() };
        let written = dummy.set(&Sensitive::new(PROBE.to_owned()));
        // Also after a failure: what could not be read back may be there all the same.
        let deleted = dummy.delete();
        written.and(deleted)?;
        *works = true;
        Ok(())
    }

    fn read(&self) -> Result<Option<Sensitive<String>>, KeyringTrouble> {
        match self.entry()?.get_password() {
            Ok(kept) => Ok(Some(Sensitive::new(kept))),
            Err(keyring::Error::NoEntry) => Ok(None),
            Err(error) => Err(trouble(error)),
        }
    }

    fn entry(&self) -> Result<Entry, KeyringTrouble> {
        Entry::new(self.service, &self.account).map_err(trouble)
    }
}

/// What the library reports; its errors may carry the secret itself, so they end here.
fn trouble(error: keyring::Error) -> KeyringTrouble {
    match error {
        keyring::Error::NoStorageAccess(_) | keyring::Error::NoEntry => KeyringTrouble::Locked,
        keyring::Error::NoDefaultStore => KeyringTrouble::Missing,
        // Not text, or two items of one name: somebody else's work.
        keyring::Error::BadEncoding(_) | keyring::Error::Ambiguous(_) => KeyringTrouble::Changed,
        _ => KeyringTrouble::Denied,
    }
}
