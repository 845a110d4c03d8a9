//! The state all sockets and requests share, behind one small lock that is never held across an await.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use alloy_primitives::Address;
use tokio::sync::{Semaphore, broadcast, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use types::{Clock, Timestamp};

use crate::accounts::{Account, Purpose};
use crate::books::Books;
use crate::event::Event;
use crate::options::{Options, Timings};

mod dispatch;
mod placing;
mod state;
mod workers;

pub(crate) use placing::{Placed, RawPlaced};
pub(crate) use state::{Seat, State};

/// The shared state with its clock, its timings and its news.
pub(crate) struct Hub {
    state: Mutex<State>,
    clock: Arc<dyn Clock>,
    pub(crate) timings: Timings,
    pub(crate) cancel_on_disconnect: bool,
    pub(crate) enrolment: bool,
    events: broadcast::Sender<Event>,
    work: watch::Sender<u64>,
    /// Held by whoever makes a payment.
    pub(crate) treasury: Semaphore,
    pub(crate) closing: CancellationToken,
    pub(crate) tasks: TaskTracker,
}

impl Hub {
    pub(crate) fn new(options: Options) -> Self {
        let Options { clock, seed, cancel_on_disconnect, enrolment, unlimited, timings } = options;
        let mut state = State::new(&timings, seed);
        state.switches.unlimited = unlimited;
        Self {
            state: Mutex::new(state),
            clock,
            timings,
            cancel_on_disconnect,
            enrolment,
            events: broadcast::Sender::new(4096),
            work: watch::Sender::new(0),
            treasury: Semaphore::new(1),
            closing: CancellationToken::new(),
            tasks: TaskTracker::new(),
        }
    }

    /// The state for a moment. Nothing in it is left half done by a panic, so a poisoned lock is taken over.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Tells whoever listens; nobody listening is fine.
    pub(crate) fn emit(&self, event: Event) {
        let _ = self.events.send(event);
    }

    pub(crate) fn events(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }

    /// Changes whenever a waiting job may have become available.
    pub(crate) fn work(&self) -> watch::Receiver<u64> {
        self.work.subscribe()
    }

    /// Work came or went: what waits is dispatched, and whoever is idle looks.
    fn work_came(&self) {
        self.dispatch();
        self.work.send_modify(|turn| *turn = turn.wrapping_add(1));
    }
}

/// Accounts.
impl Hub {
    pub(crate) fn open_account(&self, payout_wallet: Option<Address>) -> Account {
        let now = self.now();
        let mut state = self.state();
        let State { accounts, chance, .. } = &mut *state;
        let id = accounts.open(payout_wallet, chance);
        let api_key = accounts
            .issue(&id, Purpose::Inference, now, chance)
            .expect("BUG: the account was opened one line above");
        Account { id, api_key }
    }

    pub(crate) fn books(&self) -> Books {
        let now = self.now();
        let state = self.state();
        Books {
            rows: state.rows.iter().rev().cloned().collect(),
            strikes: state.strikes(now),
            payouts: state.payouts.newest(|_| true).into_iter().cloned().collect(),
        }
    }
}
