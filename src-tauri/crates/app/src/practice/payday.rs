//! The practice network's treasury: what is worked is settled and paid, as on the Grid once an hour.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};
use types::{Aipg, Clock, Timestamp};

use super::HOURLY_BUDGET;
use super::purse::Purse;
use super::rehearsal::Rehearsal;
use crate::Status;
use crate::money::Desk;
use crate::money::desk::{Estimate, Outlook};

/// An hour begins with the first work that is not settled, so that a network at rest has no clock running.
pub(super) async fn keep(
    rehearsal: &Rehearsal,
    purse: &Purse,
    desk: &Desk,
    clock: &dyn Clock,
    hour: Duration,
) {
    let mut changes = rehearsal.changes();
    let _until_then = Expecting(desk);
    loop {
        desk.expect(Some(outlook(rehearsal, None)));
        if !work_came(rehearsal, &mut changes).await {
            return std::future::pending().await;
        }
        let (end, payday) = (Instant::now() + hour, clock.now().plus(hour));
        until_payday(rehearsal, desk, &mut changes, end, payday).await;
        if let Err(error) = rehearsal.network().settle(HOURLY_BUDGET, purse.chain()).await {
            tracing::warn!(%error, "the hour was not settled");
        }
        desk.look_again();
    }
}

/// False when the node is gone.
async fn work_came(rehearsal: &Rehearsal, changes: &mut watch::Receiver<Status>) -> bool {
    changes.wait_for(|_| !rehearsal.network().not_settled().is_zero()).await.is_ok()
}

async fn until_payday(
    rehearsal: &Rehearsal,
    desk: &Desk,
    changes: &mut watch::Receiver<Status>,
    end: Instant,
    payday: Timestamp,
) {
    loop {
        desk.expect(Some(outlook(rehearsal, Some(payday))));
        tokio::select! {
            () = sleep_until(end) => return,
            changed = changes.changed() => if changed.is_err() { return sleep_until(end).await },
        }
    }
}

/// All work is ours here, so the whole budget is.
fn outlook(rehearsal: &Rehearsal, next_payout: Option<Timestamp>) -> Outlook {
    let work = rehearsal.network().not_settled();
    let budget = Aipg::from_payout(HOURLY_BUDGET).filter(|_| !work.is_zero());
    let estimate = budget.map(|all| Estimate { low: all, high: all, basis: "practice-budget" });
    Outlook { work, estimate, next_payout }
}

/// With the node its expectations go, or a payday of the past would stay on the screen.
struct Expecting<'a>(&'a Desk);

impl Drop for Expecting<'_> {
    fn drop(&mut self) {
        self.0.expect(None);
    }
}
