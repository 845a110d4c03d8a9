//! Keeps the desk's view fresh.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::{Instant, sleep};
use types::{AccountAct, Consent, Plan};

use super::offers::offers;
use super::{ActionStage, ActionView, Desk, Seen, Subject, Trouble};
use crate::money::{Confirm, all_signed, is_complete};

/// Between two looks that nobody asked for.
const QUIET: Duration = Duration::from_secs(60);

/// The same while the chain could not be read, or while the Grid says it paid and the chain does not show it. Each time
/// it stays so, twice as long.
const RESTLESS: Duration = Duration::from_secs(5);

/// Between two looks at what is not final. Never shorter, whatever the chain's own pace.
const FOLLOWING: Duration = Duration::from_secs(1);

/// Looks when asked to, and now and then by itself, until the desk is closed.
pub(super) async fn keep(desk: Desk) {
    let end = desk.0.end.clone();
    let looking = async {
        find_interrupted(&desk).await;
        let mut restless = RESTLESS;
        loop {
            look_at_journal(&desk).await;
            look_at_chain(&desk).await;
            look_at_account(&desk).await;
            let pause = if desk.0.view.borrow().is_settled() { QUIET } else { restless };
            tokio::select! {
                () = desk.0.again.notified() => restless = RESTLESS,
                () = follow(&desk, pause) => restless = (2 * restless).min(QUIET),
            }
        }
    };
    tokio::select! {
        () = looking => {}
        () = end.cancelled() => {}
    }
}

/// Shows each row of the plan in hand as soon as it is written.
pub(super) async fn follow_progress(desk: Desk) {
    let mut progress = desk.money().progress();
    let end = desk.0.end.clone();
    loop {
        tokio::select! {
            changed = progress.changed() => if changed.is_err() { return },
            () = end.cancelled() => return,
        }
        read_rows(&desk).await;
    }
}

/// A plan that an earlier run left behind. What is signed already is gone on with at once; the rest waits for the owner.
async fn find_interrupted(desk: &Desk) {
    look_at_journal(desk).await;
    let found = desk.0.view.borrow().action.clone();
    let is_signed =
        |action: &ActionView| action.plan.as_ref().is_some_and(|plan| all_signed(plan, &action.rows));
    if found.is_some_and(|action| action.stage == ActionStage::Interrupted && is_signed(&action)) {
        // Whoever was faster goes on with the same plan.
        let _ = desk.go_on(Arc::new(NobodyThere));
    }
}

/// Brings what is shown in line with the journal, while nobody is at a plan: one that is open there can be gone on with,
/// however it came to rest, and one that is not is over.
pub(super) async fn look_at_journal(desk: &Desk) {
    let before = desk.0.view.borrow().action.clone();
    if before.as_ref().is_some_and(ActionView::is_under_way) {
        return;
    }
    let Ok(open) = desk.money().interrupted().await else { return };
    let now = match (open, before.clone()) {
        (None, Some(action)) => Some(ActionView { stage: ActionStage::Ended, ..action }),
        (None, None) => None,
        (Some((plan, rows)), Some(shown)) if shown.plan.as_ref().is_some_and(|known| known.id == plan.id) => {
            Some(ActionView { stage: ActionStage::Interrupted, rows, ..shown })
        }
        (Some((plan, rows)), _) => Some(ActionView {
            subject: Subject::of_plan(&plan),
            stage: ActionStage::Interrupted,
            plan: Some(plan),
            ..ActionView::with_rows(rows)
        }),
    };
    desk.0.view.send_if_modified(|view| {
        // Somebody may have begun something since the journal was asked.
        let changed = view.action == before && before != now;
        if changed {
            view.action = now;
        }
        changed
    });
}

pub(super) async fn look_at_chain(desk: &Desk) {
    let money = desk.money();
    let looked = async {
        let data_fee = money.largest_data_fee().await?;
        Ok((money.look().await?, data_fee))
    };
    let at = money.now();
    match looked.await {
        Ok((snapshot, data_fee)) => {
            let offers = offers(money, &snapshot, data_fee);
            let trouble = (!is_complete(&snapshot)).then_some(Trouble::Incomplete);
            let seen = Seen { at, snapshot: Box::new(snapshot), offers };
            desk.0.view.send_modify(|view| {
                view.trouble = trouble;
                // What is known is not replaced by what could not be judged.
                if trouble.is_none() || view.seen.is_none() {
                    view.seen = Some(seen);
                }
            });
        }
        Err(error) => {
            let error: chain::ChainError = error;
            tracing::info!(%error, "the chain could not be looked at");
            desk.0.view.send_modify(|view| view.trouble = Some(Trouble::from(&error)));
        }
    }
}

async fn look_at_account(desk: &Desk) {
    let account = desk.0.account.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let Some(account) = account else { return };
    match desk.money().earnings(&account).await {
        Ok(earnings) => {
            let read = (Arc::new(earnings), desk.money().now());
            desk.0.view.send_modify(|view| view.earnings = Some(read));
        }
        // The old figures stay, with their age.
        Err(error) => tracing::info!(%error, "the payouts could not be read"),
    }
}

/// Follows what is signed until it is final, for as long as this takes.
async fn follow(desk: &Desk, pause: Duration) {
    let end = Instant::now() + pause;
    let between = FOLLOWING.max(desk.money().policy().rest);
    while desk.money().follow().await.is_ok_and(|left| left > 0) && Instant::now() + between < end {
        read_rows(desk).await;
        sleep(between).await;
    }
    read_rows(desk).await;
    tokio::time::sleep_until(end).await;
}

/// The journal's rows of the plan that is shown.
async fn read_rows(desk: &Desk) {
    let plan = desk.0.view.borrow().action.as_ref().and_then(|action| action.plan.clone());
    let Some(plan) = plan else { return };
    let Ok(rows) = desk.money().transactions(&plan).await else { return };
    desk.0.view.send_if_modified(|view| match &mut view.action {
        Some(action) if action.plan.as_ref() == Some(&plan) && action.rows != rows => {
            action.rows = rows;
            true
        }
        _ => false,
    });
}

/// The owner's own [`Confirm`], with the plan shown at the desk meanwhile.
pub(super) struct Shown<'a> {
    pub(super) desk: &'a Desk,
    pub(super) confirm: &'a dyn Confirm,
}

#[async_trait]
impl Confirm for Shown<'_> {
    async fn confirm(&self, plan: &Plan) -> Option<Consent> {
        self.desk.asking(plan);
        let consent = self.confirm.confirm(plan).await?;
        self.desk.agreed();
        Some(consent)
    }

    async fn confirm_account(&self, act: &AccountAct) -> Option<Consent> {
        self.confirm.confirm_account(act).await
    }
}

/// Says no: what needs a yes waits until the owner is there.
struct NobodyThere;

#[async_trait]
impl Confirm for NobodyThere {
    async fn confirm(&self, _: &Plan) -> Option<Consent> {
        None
    }

    async fn confirm_account(&self, _: &AccountAct) -> Option<Consent> {
        None
    }
}
