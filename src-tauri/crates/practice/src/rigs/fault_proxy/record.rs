//! What a proxy did, for the test that asks.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::fault::{Fault, Way};

/// Connections that are remembered.
const MEMORY: usize = 1000;

/// What became of one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deed {
    /// Its number, counted from 1.
    pub connection: u64,
    /// What was wrong with it.
    pub fault: Fault,
    /// Bytes that passed from the client to the target.
    pub up: u64,
    /// Bytes that passed from the target to the client.
    pub down: u64,
    /// How it ended, or that it has not.
    pub end: End,
}

/// How a line ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum End {
    /// It has not.
    Open,
    /// The fault struck. A line that swallows is in this state although its sockets are open.
    Struck,
    /// The two sides ended it themselves.
    Passed,
    /// The target could not be reached.
    Unreachable,
    /// The proxy was stopped.
    Stopped,
}

/// Every connection's deed.
#[derive(Debug, Default)]
pub(super) struct Record {
    deeds: Mutex<VecDeque<Deed>>,
    changed: watch::Sender<()>,
}

impl Record {
    pub(super) fn open(self: &Arc<Self>, connection: u64, fault: Fault) -> Entry {
        let mut deeds = self.lock();
        if deeds.len() == MEMORY {
            deeds.pop_front();
        }
        deeds.push_back(Deed { connection, fault, up: 0, down: 0, end: End::Open });
        drop(deeds);
        self.changed.send_replace(());
        Entry { record: Arc::clone(self), connection, fault }
    }

    pub(super) fn deeds(&self) -> Vec<Deed> {
        self.lock().iter().copied().collect()
    }

    pub(super) fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Deed>> {
        self.deeds.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One connection's place in the record.
#[derive(Debug)]
pub(super) struct Entry {
    record: Arc<Record>,
    connection: u64,
    pub(super) fault: Fault,
}

impl Entry {
    pub(super) fn passed(&self, way: Way, bytes: usize) {
        self.change(|deed| match way {
            Way::Up => deed.up += bytes as u64,
            Way::Down => deed.down += bytes as u64,
        });
    }

    /// The first ending counts.
    pub(super) fn ended(&self, end: End) {
        self.change(|deed| {
            if deed.end == End::Open {
                deed.end = end;
            }
        });
    }

    fn change(&self, change: impl FnOnce(&mut Deed)) {
        let mut deeds = self.record.lock();
        let place = deeds.iter_mut().rev().find(|deed| deed.connection == self.connection);
        if let Some(deed) = place {
            change(deed);
        }
        drop(deeds);
        self.record.changed.send_replace(());
    }
}
