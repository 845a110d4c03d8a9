//! The system's password store: what a person unlocks by logging in.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

use types::{Address, NetworkKind, Sensitive};

mod slot;

use slot::{Proof, Slot};

const DEADLINE: Duration = Duration::from_secs(5);

/// A store that hangs keeps the thread of each call. While there are so many, no other is started.
const MOST_THREADS: usize = 4;

/// Keeps passphrases in the password store of the system: Keychain, Credential Manager or Secret Service.
///
/// A locked store may wait for its owner for ever, so every call runs on a thread of its own and is waited for until a
/// deadline. Past it the thread is left behind: it holds nothing open that the end of the process does not close, and
/// nobody waits for it. What it was asked to do may still happen later.
///
/// The system may ask its owner something whenever this is used: to unlock the store, to make its first collection, to
/// let this app in. Use it where a person expects that. Where nothing is found, an entry is written and deleted again to
/// see whether the store works: a look does so until it once did, [`Keyring::put`] and [`Keyring::forget`] each time.
///
/// *Caveat*: the library reaches for the store once per process, so one that is started later stays
/// [`KeyringTrouble::Missing`] until the app is started again. To [`Keyring::get`], one that was shown to work and is
/// locked afterwards may look like one that keeps nothing; either way somebody types.
#[derive(Debug, Clone)]
pub struct Keyring {
    service: &'static str,
    deadline: Duration,
    threads: Arc<AtomicUsize>,
}

/// What is kept. The address keeps two homes apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyringItem {
    /// The owner's password, which opens the wallet of this address.
    Wallet(Address),
    /// The passphrase of the rig key of this address.
    Rig(Address),
}

/// Why the password store gave or took nothing. None of these says anything about the key files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum KeyringTrouble {
    /// It is locked, or has no collection yet. Calm: unlocking it, or the password, helps.
    #[error("the system's password store is locked")]
    Locked,
    /// There was none on this system, or no session to reach it through, when it was first asked. Until the next start.
    #[error("this system has no password store that is running")]
    Missing,
    /// It is there and refused, or failed.
    #[error("the system's password store refused")]
    Denied,
    /// It did not answer in time. Perhaps it is asking its owner something.
    #[error("the system's password store did not answer in time")]
    TimedOut,
    /// It keeps something else than expected, which is left as it is.
    #[error("the system's password store keeps another password")]
    Changed,
}

impl Keyring {
    /// The store of this system, waited for up to 5 seconds a call. Practice has items of its own.
    pub fn new(kind: NetworkKind) -> Self {
        let service = match kind {
            NetworkKind::Base => "grid-node",
            NetworkKind::Practice => "grid-node-practice",
        };
        Self { service, deadline: DEADLINE, threads: Arc::default() }
    }

    /// The same with another deadline.
    pub fn with_deadline(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// What is kept under this name; `None` if the store works, or worked earlier, and shows nothing.
    pub fn get(&self, item: KeyringItem) -> Result<Option<Sensitive<String>>, KeyringTrouble> {
        let slot = self.slot(item);
        self.within_deadline(move || slot.get(Proof::OfThisProcess))
    }

    /// Keeps a secret. If another one is kept under this name, it stays and the answer is [`KeyringTrouble::Changed`].
    pub fn put(&self, item: KeyringItem, secret: &Sensitive<String>) -> Result<(), KeyringTrouble> {
        let (slot, secret) = (self.slot(item), Sensitive::new(secret.expose().clone()));
        self.within_deadline(move || match slot.get(Proof::OfNow)? {
            Some(kept) if kept.expose() != secret.expose() => Err(KeyringTrouble::Changed),
            Some(_) => Ok(()),
            None => slot.set(&secret),
        })
    }

    /// Keeps a secret in place of whatever is kept, because its owner said so.
    pub fn replace(&self, item: KeyringItem, secret: &Sensitive<String>) -> Result<(), KeyringTrouble> {
        let (slot, secret) = (self.slot(item), Sensitive::new(secret.expose().clone()));
        self.within_deadline(move || slot.set(&secret))
    }

    /// Keeps nothing under this name any more.
    pub fn forget(&self, item: KeyringItem) -> Result<(), KeyringTrouble> {
        let slot = self.slot(item);
        self.within_deadline(move || match slot.get(Proof::OfNow)? {
            Some(_) => slot.delete(),
            None => Ok(()),
        })
    }

    fn slot(&self, item: KeyringItem) -> Slot {
        let account = match item {
            KeyringItem::Wallet(address) => format!("wallet {address}"),
            KeyringItem::Rig(address) => format!("rig {address}"),
        };
        Slot { service: self.service, account }
    }

    fn within_deadline<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, KeyringTrouble> + Send + 'static,
    ) -> Result<T, KeyringTrouble> {
        let under_way = UnderWay::begin(&self.threads).ok_or(KeyringTrouble::TimedOut)?;
        let (answer, answered) = sync_channel(1);
        let thread = std::thread::Builder::new().name("keyring".to_owned()).spawn(move || {
            let _under_way = under_way;
            // Nobody may be waiting any more.
            let _ = answer.send(work());
        });
        thread.map_err(|_| KeyringTrouble::Denied)?;
        answered.recv_timeout(self.deadline).unwrap_or_else(|error| match error {
            RecvTimeoutError::Timeout => Err(KeyringTrouble::TimedOut),
            // The library panicked.
            RecvTimeoutError::Disconnected => Err(KeyringTrouble::Denied),
        })
    }
}

/// One thread that asks the store, counted for as long as it lives.
struct UnderWay(Arc<AtomicUsize>);

impl UnderWay {
    fn begin(threads: &Arc<AtomicUsize>) -> Option<Self> {
        let one_more = |count| (count < MOST_THREADS).then_some(count + 1);
        threads.fetch_update(Ordering::AcqRel, Ordering::Acquire, one_more).ok()?;
        Some(Self(Arc::clone(threads)))
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::Receiver;

    fn stuck(keyring: &Keyring, release: Receiver<()>) -> Result<(), KeyringTrouble> {
        keyring.within_deadline(move || {
            let _ = release.recv();
            Ok(())
        })
    }

    #[test]
    fn a_store_that_hangs_costs_a_deadline_and_a_few_threads_at_most() {
        let keyring = Keyring::new(NetworkKind::Practice).with_deadline(Duration::from_millis(1));
        let mut releases = Vec::new();
        for _ in 0..MOST_THREADS + 3 {
            let (release, released) = sync_channel(1);
            assert_eq!(stuck(&keyring, released), Err(KeyringTrouble::TimedOut));
            releases.push(release);
        }
        assert_eq!(keyring.threads.load(Ordering::Acquire), MOST_THREADS, "the last calls started none");
    }

    #[test]
    fn a_panic_in_the_library_is_a_refusal_and_the_next_call_works() {
        let keyring = Keyring::new(NetworkKind::Practice);
        let panicked: Result<(), _> = keyring.within_deadline(|| panic!("the library broke"));
        assert_eq!(panicked, Err(KeyringTrouble::Denied));
        assert_eq!(keyring.within_deadline(|| Ok(7)), Ok(7));
    }

    #[test]
    fn practice_and_the_real_thing_have_different_names() {
        let address = Address::repeat_byte(1);
        let named = |kind, item| {
            let slot = Keyring::new(kind).slot(item);
            (slot.service, slot.account)
        };
        let names = [
            named(NetworkKind::Base, KeyringItem::Wallet(address)),
            named(NetworkKind::Base, KeyringItem::Rig(address)),
            named(NetworkKind::Base, KeyringItem::Wallet(Address::ZERO)),
            named(NetworkKind::Practice, KeyringItem::Wallet(address)),
        ];
        for (place, name) in names.iter().enumerate() {
            assert!(!names[..place].contains(name), "{name:?} stands for two things");
        }
    }
}
