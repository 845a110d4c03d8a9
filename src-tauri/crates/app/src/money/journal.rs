//! The journal, off the async threads.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use ledger::{Journal, LedgerError, Limits};

use crate::blocking::blocking;

/// The journal as async code uses it.
#[derive(Debug, Clone)]
pub(crate) struct Books(Arc<Mutex<Journal>>);

impl Books {
    /// The journal of the chain with this name. A chain that was started anew must have another name.
    pub(crate) async fn open(path: &Path, limits: Limits, chain: &str) -> Result<Self, LedgerError> {
        let (path, chain) = (path.to_owned(), chain.to_owned());
        let journal = blocking(move || Journal::open(&path, limits, &chain)).await?;
        Ok(Self(Arc::new(Mutex::new(journal))))
    }

    pub(crate) async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Journal) -> Result<T, LedgerError> + Send + 'static,
    ) -> Result<T, LedgerError> {
        let journal = Arc::clone(&self.0);
        blocking(move || {
            // A panic inside SQLite's wrapper leaves the connection usable: each call is its own transaction.
            work(&mut journal.lock().unwrap_or_else(PoisonError::into_inner))
        })
        .await
    }
}
