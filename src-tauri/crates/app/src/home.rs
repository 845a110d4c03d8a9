//! The folder that belongs to one running node.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A locked home folder. Two nodes never share one; the system frees the lock of a process that was killed.
///
/// Cheap to clone. Whoever uses a file of the home keeps a clone: the lock is free when the last one is gone.
#[derive(Debug, Clone)]
pub struct Home {
    folder: PathBuf,
    lock: Arc<File>,
}

/// Why a folder cannot be the home.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    /// Another node has it.
    #[error("another Grid Node uses this home folder")]
    AlreadyRunning,
    /// It cannot be made or written.
    #[error("the home folder cannot be used: {0}")]
    Unusable(#[from] io::Error),
}

/// Held by the node that runs in a home.
const LOCK: &str = "grid-node.lock";

impl Home {
    /// Makes the folder if need be and takes its lock, or says who has it.
    pub fn lock(folder: &Path) -> Result<Self, HomeError> {
        std::fs::create_dir_all(folder)?;
        let lock = File::options().create(true).truncate(false).write(true).open(folder.join(LOCK))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { folder: folder.to_owned(), lock: Arc::new(lock) }),
            Err(TryLockError::WouldBlock) => Err(HomeError::AlreadyRunning),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }

    /// Whether a node runs in this folder. Makes nothing.
    pub fn is_taken(folder: &Path) -> bool {
        let lock = File::options().write(true).open(folder.join(LOCK));
        lock.is_ok_and(|lock| matches!(lock.try_lock(), Err(TryLockError::WouldBlock)))
    }

    /// A folder in this home that is a home of its own to whoever uses it, under the same lock.
    pub(crate) fn part(&self, name: &str) -> Result<Self, HomeError> {
        let folder = self.folder.join(name);
        std::fs::create_dir_all(&folder)?;
        Ok(Self { folder, lock: Arc::clone(&self.lock) })
    }

    /// The folder itself.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the encrypted key files are.
    pub(crate) fn keys(&self) -> PathBuf {
        self.folder.join("keys")
    }

    /// Where the record of jobs and of money is.
    pub(crate) fn ledger(&self) -> PathBuf {
        self.folder.join("ledger.sqlite")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_has_one_owner_at_a_time() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(!Home::is_taken(folder.path()), "nobody was ever there");
        assert!(!folder.path().join(LOCK).exists(), "asking makes nothing");
        let first = Home::lock(folder.path()).expect("free");
        assert!(matches!(Home::lock(folder.path()), Err(HomeError::AlreadyRunning)));
        assert!(Home::is_taken(folder.path()));
        drop(first);
        assert!(!Home::is_taken(folder.path()));
        Home::lock(folder.path()).expect("free again");
    }

    #[test]
    fn a_home_is_free_when_the_last_who_uses_it_is_gone() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = Home::lock(folder.path()).expect("free");
        let last = first.clone();
        drop(first);
        assert!(matches!(Home::lock(folder.path()), Err(HomeError::AlreadyRunning)));
        drop(last);
        Home::lock(folder.path()).expect("free again");
    }

    #[test]
    fn a_home_that_cannot_be_made_is_said_so() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("file");
        std::fs::write(&file, "in the way").expect("writes");
        assert!(matches!(Home::lock(&file.join("home")), Err(HomeError::Unusable(_))));
    }
}
