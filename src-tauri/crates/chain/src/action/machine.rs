//! The machine that carries a plan out.

use std::time::Duration;

use types::{Plan, Stage, Transaction, Wei};

use super::effect::{Effect, End, Failure, Unfinished};
use super::event::{Event, Found, Meaning, Sent};
use super::facts::Facts;
use super::plan::value;
use super::ready::{Obstacle, Readiness, outlook, readiness};

/// A plan on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    plan: Plan,
    policy: Policy,
    /// What was offered for each step, in order. The last of them may still be on its way.
    offers: Vec<Offer>,
    /// How long it has waited since it last got further. Only the waits: a node's own time is not in it.
    waited: Duration,
    /// The steps below this one were in a block at some time.
    seen: usize,
    /// How often in a row a node said that this step would fail.
    refusals: u8,
    place: Place,
}

/// A transaction with all that it can cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer {
    /// Which step it does.
    pub step: usize,
    /// What is signed.
    pub transaction: Transaction,
    /// The most its data costs on L1.
    pub data_fee: Wei,
}

/// How patient the machine is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Between two looks at something that is on its way.
    pub poll: Duration,
    /// Before a question is asked again that got no answer.
    pub rest: Duration,
    /// So much waiting without getting further ends the attempt. The plan stays open and can be gone on with.
    pub patience: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        // Base makes a block every two seconds, and one may rely on it after about two minutes.
        Self {
            poll: Duration::from_secs(1),
            rest: Duration::from_secs(5),
            patience: Duration::from_secs(10 * 60),
        }
    }
}

/// A node that was behind when it was asked is not believed at once when it says that a step would fail.
const MOST_REFUSALS: u8 = 3;

/// Every so many looks at a waiting transaction it is sent again: a reorganisation may have lost the one before it.
const RESEND: u32 = 10;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    /// Before a step: what does the chain say?
    Looking { step: usize },
    /// What does the step need?
    Estimating { step: usize, facts: Facts },
    /// The row is being written.
    Preparing { offer: Offer },
    /// The signature is being made and its bytes stored.
    Signing { offer: Offer },
    /// The stored bytes are being sent.
    Sending { offer: Offer },
    /// Is it in a block, and how sure is that?
    Watching { offer: Offer, sight: Sight },
    /// It is over.
    Ended,
}

/// What the last look at a transaction showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sight {
    /// It waits for a block; so many looks in a row.
    Waiting(u32),
    /// It is in a block.
    Seen,
    /// It is nowhere, and its nonce is used in a block one may rely on.
    Overtaken,
}

/// What the journal holds about one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Record {
    /// Signed bytes are stored; they may have been sent.
    Signed,
    /// It was seen in a block.
    Mined,
    /// It failed in a block.
    Reverted,
}

impl Action {
    /// A plan that was just agreed to, or one from the journal with what is recorded about its steps, in order. Rows
    /// that were prepared and never signed are void and not among them.
    pub fn begin(plan: Plan, records: &[(Offer, Record)], policy: Policy) -> (Self, Vec<Effect>) {
        let offers = records.iter().map(|(offer, _)| *offer).collect();
        let place = Place::Looking { step: 0 };
        let mut action = Self { plan, policy, offers, waited: Duration::ZERO, seen: 0, refusals: 0, place };
        let effects = match records.last() {
            None => action.look(0),
            Some((_, Record::Reverted)) => action.end(End::Failed(Failure::Reverted)),
            Some((offer, Record::Signed)) => action.send(*offer),
            Some((offer, Record::Mined)) => action.watch(*offer, Sight::Seen),
        };
        (action, effects)
    }

    /// What is being carried out.
    pub const fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Which step it is at, for whoever shows it.
    pub const fn step_at(&self) -> Option<usize> {
        match self.place {
            Place::Looking { step } | Place::Estimating { step, .. } => Some(step),
            Place::Preparing { offer }
            | Place::Signing { offer }
            | Place::Sending { offer }
            | Place::Watching { offer, .. } => Some(offer.step),
            Place::Ended => None,
        }
    }

    /// Takes what became known and answers what to do next.
    pub fn step(mut self, event: Event) -> (Self, Vec<Effect>) {
        let place = std::mem::replace(&mut self.place, Place::Ended);
        let effects = self.next(place, event);
        (self, effects)
    }

    fn next(&mut self, place: Place, event: Event) -> Vec<Effect> {
        match (place, event) {
            (Place::Ended, _) => vec![],
            (_, Event::JournalFailed) => self.end(End::Unfinished(Unfinished::NoJournal)),
            (_, Event::WrongNode) => self.end(End::Unfinished(Unfinished::WrongNode)),
            (place, Event::NoAnswer) => self.rest(place, Unfinished::Unreachable),
            (place, Event::Waited) => self.ask_again(place),
            (Place::Looking { step }, Event::Looked(facts)) => self.looked(step, facts),
            (Place::Estimating { step, facts }, Event::Estimated { gas, data_fee }) => {
                self.estimated(step, &facts, gas, data_fee)
            }
            (Place::Estimating { step, .. }, Event::WouldFail) => self.would_fail(step),
            (Place::Preparing { offer }, Event::Prepared) => {
                self.place = Place::Signing { offer };
                vec![Effect::Sign(offer)]
            }
            (Place::Preparing { offer }, Event::Taken) => {
                self.rest(Place::Looking { step: offer.step }, Unfinished::Behind)
            }
            (Place::Signing { offer }, Event::Signed) => self.signed(offer),
            (Place::Signing { offer }, Event::NotSigned(obstacle)) => self.void(offer, obstacle),
            (Place::Sending { offer }, Event::Sent(sent)) => self.sent(offer, sent),
            (Place::Watching { offer, sight }, Event::Found(found)) => self.found(offer, sight, found),
            // An answer to a question that is no longer asked changes nothing.
            (
                place,
                Event::Looked(_)
                | Event::Estimated { .. }
                | Event::WouldFail
                | Event::Prepared
                | Event::Taken
                | Event::Signed
                | Event::NotSigned(_)
                | Event::Sent(_)
                | Event::Found(_),
            ) => {
                self.place = place;
                vec![]
            }
        }
    }

    fn looked(&mut self, step: usize, facts: Facts) -> Vec<Effect> {
        // A node that does not have our last transaction yet, or any more, knows nothing about what comes after it.
        if let Some(last) =
            self.offers.last().copied().filter(|last| facts.nonce_latest <= last.transaction.nonce)
        {
            return self.rest(Place::Watching { offer: last, sight: Sight::Seen }, Unfinished::Stuck);
        }
        let rest = self.plan.steps.get(step..).unwrap_or_default();
        let Some(intent) = rest.first().copied() else { return self.end(End::AlreadySo) };
        match outlook(rest, self.plan.registry, &facts) {
            // It was done from elsewhere: an approval now would only leave a permission behind.
            Readiness::InEffect => return self.end(End::AlreadySo),
            // Also when only a later step is blocked: what leads nowhere is not begun.
            Readiness::Blocked(obstacle) => return self.end(End::Stopped(obstacle)),
            Readiness::Go if readiness(&intent, self.plan.registry, &facts) == Readiness::InEffect => {
                return self.look(step + 1);
            }
            Readiness::Go => {}
        }
        if facts.nonce_pending > facts.nonce_latest {
            return self.rest(Place::Looking { step }, Unfinished::Behind);
        }
        // Before it is estimated: a node words too little ETH as it likes.
        let short = value(&intent).saturating_add(facts.cost(CHEAPEST)).saturating_sub(facts.eth);
        if !short.is_zero() {
            return self.end(End::Stopped(Obstacle::NotEnoughEth { short }));
        }
        self.place = Place::Estimating { step, facts };
        vec![Effect::Estimate(intent)]
    }

    fn would_fail(&mut self, step: usize) -> Vec<Effect> {
        self.refusals += 1;
        if self.offers.is_empty() || self.refusals > MOST_REFUSALS {
            return self.end(End::Stopped(Obstacle::WouldFail));
        }
        self.rest(Place::Looking { step }, Unfinished::Behind)
    }

    fn estimated(&mut self, step: usize, facts: &Facts, gas: u64, data_fee: Wei) -> Vec<Effect> {
        let Some(intent) = self.plan.steps.get(step).copied() else { return self.end(End::AlreadySo) };
        let transaction = Transaction {
            intent,
            nonce: facts.nonce_latest,
            gas_limit: crate::gas_limit(gas),
            max_fee_per_gas: facts.max_fee_per_gas(),
            max_priority_fee_per_gas: facts.tip,
        };
        let offer = Offer { step, transaction, data_fee };
        let spent: Wei = self.offers.iter().map(Offer::largest_fee).sum();
        if spent.saturating_add(offer.largest_fee()) > self.plan.fee_limit {
            return self.end(End::Stopped(Obstacle::FeesRose));
        }
        let short = offer.largest_fee().saturating_add(value(&intent)).saturating_sub(facts.eth);
        if !short.is_zero() {
            return self.end(End::Stopped(Obstacle::NotEnoughEth { short }));
        }
        self.place = Place::Preparing { offer };
        vec![Effect::Prepare(offer)]
    }

    fn signed(&mut self, offer: Offer) -> Vec<Effect> {
        self.offers.push(offer);
        self.got_further();
        self.send(offer)
    }

    /// It is not on its way and never will be. The plan ends: whoever wants it still agrees to a new one.
    fn void(&mut self, offer: Offer, obstacle: Obstacle) -> Vec<Effect> {
        let mut effects = vec![Effect::NoteVoid { step: offer.step }];
        effects.extend(self.end(End::Stopped(obstacle)));
        effects
    }

    fn sent(&mut self, offer: Offer, sent: Sent) -> Vec<Effect> {
        match sent {
            // Used by it or by another: where it is found decides.
            Sent::Taken | Sent::NonceUsed => self.watch(offer, Sight::Waiting(0)),
            // A node that refuses now may have taken it before; it is over only when it can never be in a block.
            Sent::Refused => {
                self.rest(Place::Watching { offer, sight: Sight::Waiting(0) }, Unfinished::Stuck)
            }
        }
    }

    fn found(&mut self, offer: Offer, sight: Sight, found: Found) -> Vec<Effect> {
        let step = offer.step;
        // Once for each step: a block that comes and goes is no progress.
        if matches!(found, Found::Mined { .. }) && self.seen == step {
            self.seen = step + 1;
            self.got_further();
        }
        match found {
            Found::Mined { block, stage, meaning: Meaning::AsMeant } => self.mined(offer, block, stage),
            // Failed, but the block may yet be undone: over only when one may rely on it.
            Found::Mined { stage: Stage::Seen, .. } => {
                self.look_on(offer, Sight::Seen, Unfinished::NotSafeYet)
            }
            Found::Mined { meaning: Meaning::Reverted, .. } => {
                let mut effects = vec![Effect::NoteReverted { step }];
                effects.extend(self.end(End::Failed(Failure::Reverted)));
                effects
            }
            Found::Mined { block, stage, meaning: Meaning::Other } => {
                let mut effects = vec![Effect::NoteMined { step, block, stage }];
                effects.extend(self.end(End::Failed(Failure::Unexpected)));
                effects
            }
            Found::Pending | Found::Nowhere { .. } => {
                let mut effects =
                    if sight == Sight::Seen { vec![Effect::NoteUndone { step }] } else { vec![] };
                effects.extend(self.not_in_a_block(offer, sight, found));
                effects
            }
        }
    }

    fn not_in_a_block(&mut self, offer: Offer, sight: Sight, found: Found) -> Vec<Effect> {
        match (found, sight) {
            (Found::Nowhere { nonce_used: true }, Sight::Overtaken) => self.void(offer, Obstacle::Overtaken),
            // Asked once more before it is believed: two nodes behind one address may each have told half.
            (Found::Nowhere { nonce_used: true }, Sight::Waiting(_) | Sight::Seen) => {
                self.look_on(offer, Sight::Overtaken, Unfinished::Stuck)
            }
            (Found::Pending, Sight::Waiting(looks)) if looks < RESEND => {
                self.look_on(offer, Sight::Waiting(looks + 1), Unfinished::Stuck)
            }
            _ => self.rest(Place::Sending { offer }, Unfinished::Stuck),
        }
    }

    fn mined(&mut self, offer: Offer, block: u64, stage: Stage) -> Vec<Effect> {
        let mut effects = vec![Effect::NoteMined { step: offer.step, block, stage }];
        let is_last = offer.step + 1 >= self.plan.steps.len();
        effects.extend(match (is_last, stage) {
            // The next step is asked of the same chain: if this one is undone, so is the ground of the next.
            (false, _) => self.look(offer.step + 1),
            (true, Stage::Seen) => self.look_on(offer, Sight::Seen, Unfinished::NotSafeYet),
            (true, Stage::Safe | Stage::Final) => self.end(End::Done),
        });
        effects
    }

    fn look(&mut self, step: usize) -> Vec<Effect> {
        self.place = Place::Looking { step };
        vec![Effect::Look]
    }

    fn send(&mut self, offer: Offer) -> Vec<Effect> {
        self.place = Place::Sending { offer };
        vec![Effect::Send { step: offer.step }]
    }

    fn watch(&mut self, offer: Offer, sight: Sight) -> Vec<Effect> {
        self.place = Place::Watching { offer, sight };
        vec![Effect::Find { step: offer.step }]
    }

    fn got_further(&mut self) {
        self.waited = Duration::ZERO;
        self.refusals = 0;
    }

    /// Looks again soon at something that is on its way.
    fn look_on(&mut self, offer: Offer, sight: Sight, why: Unfinished) -> Vec<Effect> {
        self.pause(Place::Watching { offer, sight }, self.policy.poll, why)
    }

    /// Waits before the question of this place is asked again.
    fn rest(&mut self, place: Place, why: Unfinished) -> Vec<Effect> {
        // Facts that are old by then are not acted upon: look again.
        let place = match place {
            Place::Estimating { step, .. } => Place::Looking { step },
            other => other,
        };
        self.pause(place, self.policy.rest, why)
    }

    fn pause(&mut self, place: Place, time: Duration, why: Unfinished) -> Vec<Effect> {
        self.waited = self.waited.saturating_add(time);
        if self.waited > self.policy.patience {
            return self.end(End::Unfinished(why));
        }
        self.place = place;
        vec![Effect::Wait(time)]
    }

    fn ask_again(&mut self, place: Place) -> Vec<Effect> {
        let effects = match &place {
            Place::Looking { .. } => vec![Effect::Look],
            Place::Sending { offer } => vec![Effect::Send { step: offer.step }],
            Place::Watching { offer, .. } => vec![Effect::Find { step: offer.step }],
            // Nobody waits in these: the journal and the wallet answer once, and an estimate that fails is looked at anew.
            Place::Estimating { .. } | Place::Preparing { .. } | Place::Signing { .. } | Place::Ended => {
                vec![]
            }
        };
        self.place = place;
        effects
    }

    fn end(&mut self, end: End) -> Vec<Effect> {
        self.place = Place::Ended;
        vec![Effect::End(end)]
    }
}

/// The gas of the plainest transaction there is.
const CHEAPEST: u64 = 21_000;

impl Offer {
    /// The most it can cost, its data included.
    pub fn largest_fee(&self) -> Wei {
        self.transaction.largest_fee().saturating_add(self.data_fee)
    }
}
