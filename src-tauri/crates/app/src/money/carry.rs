//! Does what the machine of `chain::action` says, and tells it what came of it.

use std::collections::VecDeque;

use chain::action::{Action, Effect, End, Event, Facts, Obstacle, Offer, Sent, Unfinished};
use chain::{Broadcast, ChainError, gas_limit};
use ledger::{LedgerError, TransactionId, TransactionRow};
use tokio::sync::watch;
use types::{Consent, Intent, Plan, SignedTransaction};

use super::whereabouts::found;
use super::{Books, MoneySettings};

/// One plan being carried out.
pub(super) struct Carrier<'a> {
    settings: &'a MoneySettings,
    books: &'a Books,
    /// Told after each thing that may have written a row.
    progress: &'a watch::Sender<()>,
    consent: Consent,
    /// The living transaction of each step, as the journal has it.
    living: Vec<Living>,
}

/// A transaction that may be in a block, or may get into one.
struct Living {
    id: TransactionId,
    offer: Offer,
    signed: Option<SignedTransaction>,
}

impl<'a> Carrier<'a> {
    pub(super) fn new(
        settings: &'a MoneySettings,
        books: &'a Books,
        progress: &'a watch::Sender<()>,
        consent: Consent,
        rows: Vec<TransactionRow>,
    ) -> Self {
        Self { settings, books, progress, consent, living: rows.into_iter().map(living).collect() }
    }

    /// Runs the machine to its end.
    pub(super) async fn run(mut self, mut action: Action, first: Vec<Effect>) -> End {
        let plan = action.plan().clone();
        let mut todo = VecDeque::from(first);
        while let Some(effect) = todo.pop_front() {
            if let Effect::End(end) = effect {
                return end;
            }
            tracing::debug!(?effect, "next");
            let writes =
                !matches!(effect, Effect::Look | Effect::Estimate(_) | Effect::Find { .. } | Effect::Wait(_));
            let came = self.perform(&plan, effect).await;
            if writes {
                self.progress.send_replace(());
            }
            match came {
                // Whatever else was to be done rests on what could not be written.
                Some(Event::JournalFailed) => break,
                Some(event) => {
                    let (next, effects) = action.step(event);
                    action = next;
                    todo.extend(effects);
                }
                None => {}
            }
        }
        End::Unfinished(Unfinished::NoJournal)
    }

    /// Does one thing. Notes answer nothing unless the journal fails.
    async fn perform(&mut self, plan: &Plan, effect: Effect) -> Option<Event> {
        match effect {
            Effect::Look => Some(self.look(plan).await),
            Effect::Estimate(intent) => Some(self.estimate(plan, &intent).await),
            Effect::Prepare(offer) => Some(self.prepare(plan, offer).await),
            Effect::Sign(offer) => Some(self.sign(plan, &offer).await),
            Effect::Send { step } => Some(self.send(step).await),
            Effect::Find { step } => Some(self.find(plan, step).await),
            Effect::NoteMined { step, block, stage } => {
                self.note(step, move |journal, id| journal.mined(id, block, stage)).await
            }
            Effect::NoteUndone { step } => self.note(step, |journal, id| journal.undone(id)).await,
            Effect::NoteReverted { step } => self.note(step, |journal, id| journal.reverted(id)).await,
            Effect::NoteVoid { step } => {
                let noted = self.note(step, |journal, id| journal.void(id)).await;
                self.living.retain(|living| living.offer.step != step);
                noted
            }
            Effect::Wait(time) => {
                tokio::time::sleep(time).await;
                Some(Event::Waited)
            }
            Effect::End(_) => None,
        }
    }

    async fn look(&self, plan: &Plan) -> Event {
        match self.settings.chain.look(plan.from).await {
            Ok(seen) if plan.registry.is_some() && !super::is_complete(&seen) => Event::NoAnswer,
            Ok(seen) => Event::Looked(Facts::from(&seen)),
            Err(error) => unanswered(&error),
        }
    }

    async fn estimate(&self, plan: &Plan, intent: &Intent) -> Event {
        let call = intent.call(&plan.network);
        let chain = &self.settings.chain;
        let gas = match chain.estimate(plan.from, &call).await {
            Ok(gas) => gas,
            Err(error @ (ChainError::Reverts(_) | ChainError::Refused { code: CANNOT_BE_DONE, .. })) => {
                tracing::info!(%error, intent = %intent.text(), "the node says that this would fail");
                return Event::WouldFail;
            }
            Err(error) => return unanswered(&error),
        };
        match super::l1_fee(chain, LONGEST_ENVELOPE + call.data.len(), gas_limit(gas)).await {
            Ok(data_fee) => Event::Estimated { gas, data_fee },
            Err(error) => unanswered(&error),
        }
    }

    async fn prepare(&mut self, plan: &Plan, offer: Offer) -> Event {
        let (plan, now) = (plan.clone(), self.settings.clock.now());
        let write = move |journal: &mut ledger::Journal| {
            journal.prepared(&plan, offer.step, &offer.transaction, offer.data_fee, now)
        };
        match self.books.with(write).await {
            Ok(id) => {
                self.living.push(Living { id, offer, signed: None });
                Event::Prepared
            }
            Err(LedgerError::Taken) => Event::Taken,
            Err(error) => journal_failed(&error),
        }
    }

    async fn sign(&mut self, plan: &Plan, offer: &Offer) -> Event {
        if self.settings.clock.now() > plan.expires_at {
            return Event::NotSigned(Obstacle::Expired);
        }
        let Some(wallet) = self.settings.wallet.open().await else {
            return Event::NotSigned(Obstacle::NotSigned);
        };
        let now = self.settings.clock.now();
        let signed = match wallet.sign(plan, &self.consent, offer.step, &offer.transaction, now) {
            Ok(signed) => signed,
            Err(keys::KeyError::Refused(keys::Refusal::Expired)) => {
                return Event::NotSigned(Obstacle::Expired);
            }
            Err(error) => {
                tracing::error!(%error, "the wallet refused to sign");
                return Event::NotSigned(Obstacle::NotSigned);
            }
        };
        let Some(living) = self.living.iter_mut().find(|living| living.offer.step == offer.step) else {
            return Event::NotSigned(Obstacle::NotSigned);
        };
        let (id, stored) = (living.id, signed.clone());
        match self.books.with(move |journal| journal.signed(id, &stored)).await {
            Ok(true) => {
                living.signed = Some(signed);
                Event::Signed
            }
            // The row is not as we left it: somebody else is at this plan. What was just signed is never sent, and the
            // row is not touched again.
            Ok(false) => Event::JournalFailed,
            Err(error) => journal_failed(&error),
        }
    }

    /// Sends the stored bytes of all steps up to this one and answers what was said to the last.
    async fn send(&self, step: usize) -> Event {
        let mut last = Event::NoAnswer;
        for living in self.living.iter().filter(|living| living.offer.step <= step) {
            let Some(signed) = &living.signed else { continue };
            last = match self.settings.chain.broadcast(&signed.raw).await {
                Ok(Broadcast::Accepted | Broadcast::AlreadyKnown) => Event::Sent(Sent::Taken),
                Ok(Broadcast::NonceTooLow) => Event::Sent(Sent::NonceUsed),
                Ok(Broadcast::Refused { code, text }) => {
                    tracing::warn!(code, text, "the node refuses a transaction");
                    Event::Sent(Sent::Refused)
                }
                Err(error) => unanswered(&error),
            };
        }
        last
    }

    async fn find(&self, plan: &Plan, step: usize) -> Event {
        let Some(living) = self.living.iter().find(|living| living.offer.step == step) else {
            return Event::NoAnswer;
        };
        let Some(signed) = &living.signed else { return Event::NoAnswer };
        match found(&self.settings.chain, plan, &living.offer.transaction, signed.hash).await {
            Ok(found) => Event::Found(found),
            Err(error) => unanswered(&error),
        }
    }

    async fn note(
        &self,
        step: usize,
        write: impl FnOnce(&mut ledger::Journal, TransactionId) -> Result<bool, LedgerError> + Send + 'static,
    ) -> Option<Event> {
        let id = self.living.iter().find(|living| living.offer.step == step)?.id;
        // That a row was so already changes nothing.
        self.books.with(move |journal| write(journal, id)).await.err().map(|error| journal_failed(&error))
    }
}

/// What nodes answer when a transaction cannot be made at all, for example for want of ETH.
const CANNOT_BE_DONE: i64 = -32000;

/// A signed transaction without its call: the envelope, the amounts and the signature.
const LONGEST_ENVELOPE: usize = 130;

fn living(row: TransactionRow) -> Living {
    let signed = row.signed().cloned();
    let offer = Offer { step: row.step, transaction: row.transaction, data_fee: row.data_fee };
    Living { id: row.id, offer, signed }
}

fn unanswered(error: &ChainError) -> Event {
    tracing::info!(%error, "the chain gave no answer");
    match error {
        ChainError::WrongChain { .. } | ChainError::NotDeployed { .. } => Event::WrongNode,
        _ => Event::NoAnswer,
    }
}

fn journal_failed(error: &LedgerError) -> Event {
    tracing::error!(%error, "the journal cannot be written");
    Event::JournalFailed
}
