//! What the owner asks of the node besides working: small things that take a moment.

use app::practice::{Grounds, Rehearsal};
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use tokio::sync::oneshot;

use super::Request;
use crate::dto::Failure;

/// Under way at once; more are refused, so that a pause never waits behind them.
const AT_ONCE: usize = 4;

/// Errands under way. Those about money are kept apart from jobs, because they outlive a node.
pub(super) type Errands<'a> = FuturesUnordered<BoxFuture<'a, ()>>;

pub(super) type Answer<T> = oneshot::Sender<Result<T, Failure>>;

/// Whether one more can be taken.
pub(super) fn have_room(errands: &Errands<'_>) -> bool {
    errands.len() < AT_ONCE
}

impl Request {
    /// Says no to what there is no room for.
    pub(super) fn refuse(self) {
        match self {
            Self::Job { answer, .. } => drop(answer.send(Err(Failure::busy()))),
            Self::PlayMoney(answer) | Self::SkipCooldown(answer) => drop(answer.send(Err(Failure::busy()))),
            Self::OpenAccount(answer) => drop(answer.send(Err(Failure::not_now()))),
            // These are never refused; whoever asked hears that it was dropped.
            Self::Pause(_) | Self::Resume(_) | Self::Rest(_) | Self::Anew(_) => {}
        }
    }
}

// A window that was closed does not wait for its answer, so nobody minds if one cannot be given.

pub(super) fn job(rehearsal: &Rehearsal, prompt: String, answer: Answer<String>) -> BoxFuture<'_, ()> {
    Box::pin(async move {
        let reply = rehearsal.send_job(&prompt).await;
        let _ = answer.send(reply.map_err(|error| Failure::because(&error)));
    })
}

pub(super) fn play_money(grounds: &Grounds, answer: Answer<()>) -> BoxFuture<'_, ()> {
    Box::pin(async move {
        let _ = answer.send(grounds.play_money().await.map_err(|error| Failure::because(&error)));
    })
}

pub(super) fn skip_cooldown(grounds: &Grounds, answer: Answer<()>) -> BoxFuture<'_, ()> {
    Box::pin(async move {
        let _ = answer.send(grounds.skip_cooldown().await.map_err(|error| Failure::because(&error)));
    })
}
