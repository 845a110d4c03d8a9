//! The small store of API keys.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use types::{NetworkKind, Sensitive};
use zeroize::{Zeroize, Zeroizing};

use super::disk::{Alone, Disk};
use crate::keyfile::{Sealed, Strength};
use crate::{KeyFileError, RigPassphrase};

pub(super) const FILE: &str = "secrets.json";

/// With every character escaped and then written as hex, all of it still fits into the largest file.
const MOST: usize = 64;
const LONGEST_NAME: usize = 64;
const LONGEST_SECRET: usize = 1024;
const LARGEST_FILE: u64 = 1 << 20;

/// Secrets by name, in one sealed file that is always written anew and as a whole.
pub struct Secrets<'a> {
    disk: &'a Disk,
    kind: NetworkKind,
    passphrase: &'a RigPassphrase,
}

#[derive(Serialize, Deserialize)]
struct File {
    version: u8,
    network: String,
    sealed: Sealed,
}

/// The opened store, wiped when dropped.
#[derive(Default, Serialize, Deserialize)]
struct Opened(BTreeMap<String, String>);

impl Drop for Opened {
    fn drop(&mut self) {
        self.0.values_mut().for_each(Zeroize::zeroize);
    }
}

impl<'a> Secrets<'a> {
    pub(super) const fn new(disk: &'a Disk, kind: NetworkKind, passphrase: &'a RigPassphrase) -> Self {
        Self { disk, kind, passphrase }
    }

    /// The secret of this name.
    pub fn get(&self, name: &str) -> Result<Option<Sensitive<String>>, KeyFileError> {
        Ok(self.open()?.0.remove(name).map(Sensitive::new))
    }

    /// The names of all that is kept, in order.
    pub fn names(&self) -> Result<Vec<String>, KeyFileError> {
        Ok(self.open()?.0.keys().cloned().collect())
    }

    /// Keeps a secret, in place of an older one of this name.
    pub fn put(&self, name: &str, secret: &Sensitive<String>) -> Result<(), KeyFileError> {
        // What is read must still be there when it is written, or what another thread kept meanwhile is lost.
        let alone = self.disk.alone();
        let mut opened = self.open()?;
        let name_fits = (1..=LONGEST_NAME).contains(&name.chars().count());
        let one_more = opened.0.contains_key(name) || opened.0.len() < MOST;
        if !name_fits || !one_more || secret.expose().len() > LONGEST_SECRET {
            return Err(KeyFileError::SecretTooLarge);
        }
        if let Some(mut older) = opened.0.insert(name.to_owned(), secret.expose().clone()) {
            older.zeroize();
        }
        self.save(&alone, &opened)
    }

    /// Forgets a secret; true if there was one.
    pub fn remove(&self, name: &str) -> Result<bool, KeyFileError> {
        let alone = self.disk.alone();
        let mut opened = self.open()?;
        let Some(mut forgotten) = opened.0.remove(name) else { return Ok(false) };
        forgotten.zeroize();
        self.save(&alone, &opened).map(|()| true)
    }

    fn open(&self) -> Result<Opened, KeyFileError> {
        match self.disk.read(FILE, LARGEST_FILE)? {
            Some(json) => self.parse(&json),
            None => Ok(Opened::default()),
        }
    }

    fn parse(&self, json: &[u8]) -> Result<Opened, KeyFileError> {
        let damaged = KeyFileError::Damaged("the store of API keys cannot be read");
        let Ok(file) = serde_json::from_slice::<File>(json) else { return Err(damaged) };
        if file.version != 1 || file.network != self.kind.name() {
            return Err(damaged);
        }
        let plain = file.sealed.open(self.passphrase.text())?;
        serde_json::from_slice(&plain).map_err(|_| damaged)
    }

    fn save(&self, alone: &Alone<'_>, opened: &Opened) -> Result<(), KeyFileError> {
        // Large enough from the start, so that growing leaves no copies behind: JSON writes a byte as six at most.
        let bytes: usize = opened.0.iter().map(|(name, secret)| name.len() + secret.len() + 2).sum();
        let mut plain = Zeroizing::new(Vec::with_capacity(bytes * 6 + 2));
        serde_json::to_writer(&mut *plain, opened).expect("BUG: names and secrets are plain strings");
        let sealed = Sealed::new(&plain, self.passphrase.text(), Strength::RANDOM_PASSPHRASE)?;
        let file = File { version: 1, network: self.kind.name().to_owned(), sealed };
        let json = serde_json::to_vec_pretty(&file).expect("BUG: a sealed file is plain strings and numbers");
        self.disk.replace(alone, FILE, &json, |on_disk| self.parse(on_disk).map(drop))
    }
}

impl fmt::Debug for Secrets<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fullest_store_still_opens_and_takes_no_more() {
        let home = tempfile::tempdir().expect("a home");
        let disk = Disk::open(home.path().join("keys"), &[FILE]).expect("a folder");
        let passphrase = RigPassphrase::generate().expect("randomness");
        let secrets = Secrets::new(&disk, NetworkKind::Practice, &passphrase);
        // The characters that JSON and UTF-8 make longest.
        let name = |n: usize| format!("{n:02}{}", "\u{1}".repeat(LONGEST_NAME - 2));
        let longest = || "\u{1}".repeat(LONGEST_SECRET);
        let full = Opened((0..MOST).map(|n| (name(n), longest())).collect());
        secrets.save(&disk.alone(), &full).expect("saves and reads back");
        assert_eq!(secrets.get(&name(63)).expect("readable").expect("kept").expose(), &longest());
        let too_much = [("one more", "x".to_owned()), (&name(0), longest() + "x"), ("", "x".to_owned())];
        for (name, secret) in too_much {
            let refused = secrets.put(name, &Sensitive::new(secret));
            assert!(matches!(refused, Err(KeyFileError::SecretTooLarge)), "{name:?}");
        }
    }
}
