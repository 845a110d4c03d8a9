//! The machine against every order of events, and the plans against every standing.

use std::time::Duration;

use proptest::prelude::*;
use types::{
    Address, Aipg, Intent, Network, Plan, RegistryVersion, Stage, Timestamp, Transaction, U256, Wei,
};

use super::*;

const FROM: Address = Address::repeat_byte(3);
const TO: Address = Address::repeat_byte(4);

fn bond() -> Aipg {
    Aipg::whole(1000)
}

fn facts() -> Facts {
    Facts {
        registry: Some(RegistryVersion::V1),
        standing: Standing::Free,
        min_bond: Some(bond()),
        grid_paused: false,
        token_paused: false,
        aipg: Aipg::whole(1050),
        eth: Wei::whole(1),
        allowance: Aipg::ZERO,
        nonce_latest: 5,
        nonce_pending: 5,
        base_fee: 5_000_000,
        tip: 1_000_000,
    }
}

fn terms() -> Terms {
    Terms {
        id: "00112233445566778899aabbccddeeff".to_owned(),
        network: Network::practice(31337, Address::repeat_byte(1), Address::repeat_byte(2)),
        from: FROM,
        now: Timestamp::from_millis(1_000_000),
        life: Duration::from_secs(600),
        data_fee: Wei::from_base(U256::from(1_000_u32)),
    }
}

fn bond_plan() -> Plan {
    plan(Wish::Bond { amount: bond() }, &facts(), terms()).expect("nothing stands before it")
}

fn begin(plan: Plan) -> (Action, Vec<Effect>) {
    Action::begin(plan, &[], Policy::default())
}

const ESTIMATED: Event = Event::Estimated { gas: 50_000, data_fee: Wei::ZERO };

fn mined(stage: Stage) -> Event {
    Event::Found(Found::Mined { block: 9, stage, meaning: Meaning::AsMeant })
}

/// Feeds events and returns the last effects.
fn feed(action: Action, events: impl IntoIterator<Item = Event>) -> (Action, Vec<Effect>) {
    events.into_iter().fold((action, vec![]), |(action, _), event| action.step(event))
}

fn one_transaction() -> [Event; 5] {
    [Event::Looked(facts()), ESTIMATED, Event::Prepared, Event::Signed, Event::Sent(Sent::Taken)]
}

#[test]
fn a_bond_is_an_exact_approval_and_then_a_registration() {
    let plan = bond_plan();
    assert_eq!(plan.steps, [Intent::Approve { amount: bond() }, Intent::Register { amount: bond() }]);
    assert_eq!(plan.registry, Some(RegistryVersion::V1));
    let approved = Facts { allowance: bond(), ..facts() };
    let shorter = super::plan(Wish::Bond { amount: bond() }, &approved, terms()).expect("a plan");
    assert_eq!(shorter.steps, [Intent::Register { amount: bond() }], "what is there is not asked for again");
}

#[test]
fn the_whole_bond_from_the_first_look_to_the_safe_block() {
    let (action, first) = begin(bond_plan());
    assert_eq!(first, [Effect::Look]);
    let (action, effects) = feed(action, one_transaction());
    assert_eq!(effects, [Effect::Find { step: 0 }]);
    let (action, effects) = action.step(mined(Stage::Seen));
    assert_eq!(effects, [Effect::NoteMined { step: 0, block: 9, stage: Stage::Seen }, Effect::Look]);
    let approved = Facts { allowance: bond(), nonce_latest: 6, nonce_pending: 6, ..facts() };
    let (action, effects) = action.step(Event::Looked(approved));
    assert_eq!(effects, [Effect::Estimate(Intent::Register { amount: bond() })]);
    let (action, effects) = action.step(Event::Estimated { gas: 200_000, data_fee: Wei::ZERO });
    let [Effect::Prepare(Offer { step: 1, transaction, .. })] = effects.as_slice() else {
        panic!("{effects:?}")
    };
    assert_eq!(transaction.nonce, 6);
    assert_eq!(transaction.gas_limit, 240_000, "the estimate and a fifth more");
    assert_eq!(transaction.max_fee_per_gas, 11_000_000, "twice the base fee and the tip");
    let (action, _) =
        feed(action, [Event::Prepared, Event::Signed, Event::Sent(Sent::Taken), mined(Stage::Seen)]);
    let (_, effects) = feed(action, [Event::Waited, mined(Stage::Safe)]);
    let safe = Effect::NoteMined { step: 1, block: 9, stage: Stage::Safe };
    assert_eq!(effects, [safe, Effect::End(End::Done)], "done only where one may rely on it");
}

#[test]
fn plans_say_what_stands_before_them() {
    let bond =
        |facts: Facts| plan(Wish::Bond { amount: bond() }, &facts, terms()).map(|plan| plan.steps.len());
    let bonded = Standing::Bonded { amount: self::bond() };
    let cooling = Standing::CoolingDown { until: 7, amount: self::bond() };
    let check = |facts: Facts, expected| assert_eq!(bond(facts.clone()), Err(expected), "{facts:?}");
    check(Facts { registry: None, ..facts() }, Obstacle::ContractChanged);
    check(Facts { grid_paused: true, ..facts() }, Obstacle::GridPaused);
    check(Facts { token_paused: true, ..facts() }, Obstacle::TokenPaused);
    check(Facts { min_bond: None, ..facts() }, Obstacle::MinimumUnknown);
    let minimum = Aipg::whole(2000);
    check(Facts { min_bond: Some(minimum), ..facts() }, Obstacle::BelowMinimum { minimum });
    check(Facts { aipg: Aipg::whole(999), ..facts() }, Obstacle::NotEnoughAipg { short: Aipg::whole(1) });
    check(Facts { standing: bonded, ..facts() }, Obstacle::AlreadyBonded);
    check(Facts { standing: cooling, ..facts() }, Obstacle::CoolingDown { until: 7 });
    check(Facts { standing: Standing::Barred, ..facts() }, Obstacle::Barred);
    check(Facts { standing: Standing::Unclear, ..facts() }, Obstacle::ContractChanged);
    let poor = bond(Facts { eth: Wei::ZERO, ..facts() });
    assert!(matches!(poor, Err(Obstacle::NotEnoughEth { short }) if !short.is_zero()), "{poor:?}");
    let nothing =
        plan(Wish::Bond { amount: Aipg::ZERO }, &Facts { min_bond: Some(Aipg::ZERO), ..facts() }, terms());
    assert_eq!(
        nothing.map(|_| ()),
        Err(Obstacle::Nothing),
        "a bond of nothing is never sent, whatever the contract allows"
    );
}

#[test]
fn leaving_depends_on_the_registry() {
    let check = |wish, registry, standing, expected: Result<Intent, Obstacle>| {
        let facts = Facts { registry: Some(registry), standing, ..facts() };
        assert_eq!(plan(wish, &facts, terms()).map(|plan| plan.steps[0]), expected, "{wish:?} {facts:?}");
    };
    let (v1, v2) = (RegistryVersion::V1, RegistryVersion::V2);
    let bonded = Standing::Bonded { amount: bond() };
    let cooling = Standing::CoolingDown { until: 7, amount: bond() };
    let ripe = Standing::Withdrawable { amount: bond() };
    check(Wish::Unbond, v1, bonded, Ok(Intent::Unbond));
    check(Wish::Unbond, v2, bonded, Ok(Intent::Unbond));
    check(Wish::Unbond, v2, cooling, Err(Obstacle::NotBonded));
    check(Wish::Unbond, v1, Standing::Free, Err(Obstacle::NotBonded));
    check(Wish::WithdrawBond, v2, Standing::Free, Err(Obstacle::NotBonded));
    check(Wish::WithdrawBond, v2, cooling, Err(Obstacle::CoolingDown { until: 7 }));
    check(Wish::WithdrawBond, v2, ripe, Ok(Intent::WithdrawBond));
    check(Wish::WithdrawBond, v2, bonded, Err(Obstacle::NotBonded));
    check(Wish::CancelUnbond, v2, cooling, Ok(Intent::CancelUnbond));
    check(Wish::CancelUnbond, v2, bonded, Err(Obstacle::AlreadyBonded));
}

#[test]
fn own_coins_can_be_sent_whatever_became_of_the_contract() {
    let unknown = Facts { registry: None, standing: Standing::Unclear, grid_paused: true, ..facts() };
    let send = plan(Wish::SendAipg { to: TO, amount: Aipg::whole(1050) }, &unknown, terms()).expect("a plan");
    assert_eq!(send.registry, None);
    let revoked = Facts { allowance: bond(), ..unknown.clone() };
    let revoke = plan(Wish::Revoke, &revoked, terms()).expect("a plan");
    assert_eq!(revoke.steps, [Intent::Approve { amount: Aipg::ZERO }]);
    let all = plan(Wish::SendAllEth { to: TO }, &unknown, terms()).expect("a plan");
    let [Intent::SendEth { amount, .. }] = all.steps.as_slice() else { panic!("{all:?}") };
    assert_eq!(amount.saturating_add(all.fee_limit), Wei::whole(1), "what the fee may need is left");
}

#[test]
fn a_step_is_blocked_if_the_chain_changed_after_the_yes() {
    let check = |facts: Facts, obstacle| {
        let (action, _) = begin(bond_plan());
        let (_, effects) = action.step(Event::Looked(facts.clone()));
        assert_eq!(effects, [Effect::End(End::Stopped(obstacle))], "{facts:?}");
    };
    check(Facts { registry: Some(RegistryVersion::V2), ..facts() }, Obstacle::ContractChanged);
    check(
        Facts { min_bond: Some(Aipg::whole(1001)), ..facts() },
        Obstacle::BelowMinimum { minimum: Aipg::whole(1001) },
    );
}

#[test]
fn a_bond_that_is_up_already_is_neither_approved_nor_registered_again() {
    let (action, _) = begin(bond_plan());
    let bonded = Facts { standing: Standing::Bonded { amount: bond() }, ..facts() };
    let (_, effects) = action.step(Event::Looked(bonded));
    assert_eq!(effects, [Effect::End(End::AlreadySo)], "read, and not done by us");
}

#[test]
fn fees_above_what_was_agreed_to_stop_it_before_it_is_signed() {
    let (action, _) = begin(bond_plan());
    let dear = Facts { base_fee: 500_000_000_000, ..facts() };
    let (_, effects) = feed(action, [Event::Looked(dear), ESTIMATED]);
    assert_eq!(effects, [Effect::End(End::Stopped(Obstacle::FeesRose))]);
}

#[test]
fn a_foreign_transaction_on_its_way_is_waited_for() {
    let (action, _) = begin(bond_plan());
    let (action, effects) = action.step(Event::Looked(Facts { nonce_pending: 6, ..facts() }));
    assert!(matches!(effects.as_slice(), [Effect::Wait(_)]), "{effects:?}");
    let (action, effects) = action.step(Event::Waited);
    assert_eq!(effects, [Effect::Look]);
    let (_, effects) = action.step(Event::Looked(Facts { nonce_pending: 6, nonce_latest: 6, ..facts() }));
    assert!(matches!(effects.as_slice(), [Effect::Estimate(_)]), "{effects:?}");
}

const LOST: Event = Event::Found(Found::Nowhere { nonce_used: false });
const OVERTAKEN: Event = Event::Found(Found::Nowhere { nonce_used: true });

#[test]
fn what_was_lost_is_sent_again_as_it_was_and_never_signed_again() {
    let (action, _) = begin(bond_plan());
    let (action, _) = feed(action, one_transaction());
    let (action, effects) = action.step(LOST);
    assert!(matches!(effects.as_slice(), [Effect::Wait(_)]), "{effects:?}");
    let (action, effects) = action.step(Event::Waited);
    assert_eq!(effects, [Effect::Send { step: 0 }]);
    let (_, effects) = action.step(Event::Sent(Sent::NonceUsed));
    assert_eq!(
        effects,
        [Effect::Find { step: 0 }],
        "our own, already mined, says the same: look where it is"
    );
}

#[test]
fn a_transaction_that_waits_is_sent_again_now_and_then() {
    let (action, _) = begin(bond_plan());
    let (mut action, _) = feed(action, one_transaction());
    let mut sent_again = 0;
    for _ in 0..40 {
        let (next, effects) = feed(action, [Event::Found(Found::Pending), Event::Waited]);
        sent_again += effects.iter().filter(|effect| matches!(effect, Effect::Send { .. })).count();
        let sending = matches!(effects.as_slice(), [Effect::Send { .. }]);
        action = if sending { next.step(Event::Sent(Sent::Taken)).0 } else { next };
    }
    assert!((2..=4).contains(&sent_again), "the one before it may have been lost: {sent_again}");
}

#[test]
fn it_is_given_up_only_when_its_nonce_is_used_in_a_safe_block_and_that_was_seen_twice() {
    let (action, _) = begin(bond_plan());
    let (action, _) = feed(action, one_transaction());
    let (action, effects) = action.step(OVERTAKEN);
    assert!(matches!(effects.as_slice(), [Effect::Wait(_)]), "once is not believed: {effects:?}");
    let (_, effects) = feed(action.clone(), [Event::Waited, OVERTAKEN]);
    let given_up = [Effect::NoteVoid { step: 0 }, Effect::End(End::Stopped(Obstacle::Overtaken))];
    assert_eq!(effects, given_up, "and nothing is signed in its place without a new yes");
    let (_, effects) = feed(action, [Event::Waited, mined(Stage::Seen)]);
    assert!(effects.contains(&Effect::Look), "it was there after all: {effects:?}");
}

#[test]
fn a_reorganisation_is_noted_and_watched_on() {
    let (action, _) =
        begin(plan(Wish::SendAipg { to: TO, amount: bond() }, &facts(), terms()).expect("a plan"));
    let (action, _) = feed(action, one_transaction().into_iter().chain([mined(Stage::Seen), Event::Waited]));
    let (action, effects) = action.step(LOST);
    assert!(matches!(effects.as_slice(), [Effect::NoteUndone { step: 0 }, Effect::Wait(_)]), "{effects:?}");
    let (_, effects) = action.step(Event::Waited);
    assert_eq!(effects, [Effect::Send { step: 0 }]);
}

#[test]
fn a_block_that_comes_and_goes_does_not_keep_it_busy_for_ever() {
    let send = plan(Wish::SendAipg { to: TO, amount: bond() }, &facts(), terms()).expect("a plan");
    let (mut action, _) = feed(begin(send).0, one_transaction());
    for _ in 0..10_000 {
        let laps = [mined(Stage::Seen), Event::Waited, LOST, Event::Waited, Event::Sent(Sent::Taken)];
        for event in laps {
            let (next, effects) = action.step(event);
            if let Some(Effect::End(end)) = effects.last() {
                assert!(matches!(end, End::Unfinished(_)), "{end:?}");
                return;
            }
            action = next;
        }
    }
    panic!("it never gave the turn back");
}

#[test]
fn a_node_that_does_not_have_the_approval_is_not_asked_about_the_registration() {
    let (action, _) = begin(bond_plan());
    let (action, _) = feed(action, one_transaction().into_iter().chain([mined(Stage::Seen)]));
    // Still as before the approval: a node that is behind, or a block that was undone.
    let (action, effects) = action.step(Event::Looked(facts()));
    assert!(matches!(effects.as_slice(), [Effect::Wait(_)]), "no end and no second approval: {effects:?}");
    let (action, effects) = action.step(Event::Waited);
    assert_eq!(effects, [Effect::Find { step: 0 }], "where is the approval?");
    let (_, effects) = feed(action, [LOST, Event::Waited]);
    assert_eq!(effects, [Effect::Send { step: 0 }]);
}

#[test]
fn a_node_that_is_behind_may_say_that_it_would_fail_and_is_asked_again() {
    let approved = Facts { allowance: bond(), nonce_latest: 6, nonce_pending: 6, ..facts() };
    let (action, _) = begin(bond_plan());
    let (mut action, _) = feed(action, one_transaction().into_iter().chain([mined(Stage::Seen)]));
    for _ in 0..3 {
        let (next, effects) = feed(action, [Event::Looked(approved.clone()), Event::WouldFail]);
        assert!(matches!(effects.as_slice(), [Effect::Wait(_)]), "{effects:?}");
        action = next.step(Event::Waited).0;
    }
    let (_, effects) = feed(action, [Event::Looked(approved), Event::WouldFail]);
    assert_eq!(effects, [Effect::End(End::Stopped(Obstacle::WouldFail))], "said four times in a row");
}

#[test]
fn what_is_old_after_a_rest_is_read_again() {
    let (action, _) = begin(bond_plan());
    let (_, effects) = feed(action, [Event::Looked(facts()), Event::NoAnswer, Event::Waited]);
    assert_eq!(effects, [Effect::Look], "no signature by facts from before the rest");
}

#[test]
fn all_fees_of_a_plan_together_stay_within_its_limit() {
    let (action, _) = begin(bond_plan());
    let (action, _) = feed(action, one_transaction().into_iter().chain([mined(Stage::Seen)]));
    let approved = Facts { allowance: bond(), nonce_latest: 6, nonce_pending: 6, ..facts() };
    // An estimate of 50,000 is offered 60,000: once for the approval, once for the registration.
    let offered = facts().cost(60_000);
    let alone = bond_plan().fee_limit.saturating_sub(offered);
    let check = |data_fee| {
        let events = [Event::Looked(approved.clone()), Event::Estimated { gas: 50_000, data_fee }];
        feed(action.clone(), events).1
    };
    assert_eq!(check(alone), [Effect::End(End::Stopped(Obstacle::FeesRose))], "alone it would fit");
    let effects = check(alone.saturating_sub(offered));
    assert!(matches!(effects.as_slice(), [Effect::Prepare(_)]), "both together fit exactly: {effects:?}");
}

#[test]
fn a_node_of_another_chain_ends_the_attempt_and_leaves_the_plan_open() {
    let (action, _) = begin(bond_plan());
    let (_, effects) = action.step(Event::WrongNode);
    assert_eq!(effects, [Effect::End(End::Unfinished(Unfinished::WrongNode))]);
}

#[test]
fn eth_that_left_after_the_yes_is_missed_before_the_node_is_asked() {
    let send = Wish::SendEth { to: TO, amount: Wei::parse("0.9").expect("an amount") };
    let (action, _) = begin(plan(send, &facts(), terms()).expect("a plan"));
    let (_, effects) = action.step(Event::Looked(Facts { eth: Wei::ZERO, ..facts() }));
    assert!(
        matches!(effects.as_slice(), [Effect::End(End::Stopped(Obstacle::NotEnoughEth { .. }))]),
        "{effects:?}"
    );
}

#[test]
fn what_would_be_lost_is_not_planned() {
    for to in [Address::ZERO, terms().network.token(), terms().network.grid()] {
        for wish in [Wish::SendAipg { to, amount: bond() }, Wish::SendAllEth { to }] {
            assert_eq!(plan(wish, &facts(), terms()).map(|_| ()), Err(Obstacle::LostDestination), "{wish:?}");
        }
    }
}

#[test]
fn what_fails_on_the_chain_is_not_tried_again() {
    let (action, _) = begin(bond_plan());
    let failed = |stage| Event::Found(Found::Mined { block: 9, stage, meaning: Meaning::Reverted });
    let (action, _) = feed(action, one_transaction());
    let (action, effects) = action.step(failed(Stage::Seen));
    assert!(matches!(effects.as_slice(), [Effect::Wait(_)]), "that block may be undone: {effects:?}");
    let (_, effects) = feed(action, [Event::Waited, failed(Stage::Safe)]);
    assert_eq!(effects, [Effect::NoteReverted { step: 0 }, Effect::End(End::Failed(Failure::Reverted))]);
}

#[test]
fn a_node_that_never_answers_leaves_the_plan_open() {
    let policy = Policy { patience: Duration::from_secs(16), ..Policy::default() };
    let (mut action, _) = Action::begin(bond_plan(), &[], policy);
    let mut rests = 0;
    loop {
        let (next, effects) = action.step(Event::NoAnswer);
        if effects == [Effect::End(End::Unfinished(Unfinished::Unreachable))] {
            break;
        }
        assert_eq!(effects, [Effect::Wait(policy.rest)]);
        rests += 1;
        action = next.step(Event::Waited).0;
    }
    assert_eq!(rests, 3);
}

fn offer(step: usize, nonce: u64) -> Offer {
    let intent = bond_plan().steps[step];
    let transaction = Transaction {
        intent,
        nonce,
        gas_limit: 60_000,
        max_fee_per_gas: 11_000_000,
        max_priority_fee_per_gas: 1,
    };
    Offer { step, transaction, data_fee: Wei::ZERO }
}

#[test]
fn it_goes_on_from_wherever_the_journal_says_it_was() {
    let check = |records: &[(Offer, Record)], first: Effect| {
        assert_eq!(Action::begin(bond_plan(), records, Policy::default()).1, [first], "{records:?}");
    };
    let (approve, register) = (offer(0, 5), offer(1, 6));
    check(&[], Effect::Look);
    check(&[(approve, Record::Signed)], Effect::Send { step: 0 });
    check(&[(approve, Record::Mined)], Effect::Find { step: 0 });
    let mined = (approve, Record::Mined);
    check(&[mined, (register, Record::Signed)], Effect::Send { step: 1 });
    check(&[mined, (register, Record::Mined)], Effect::Find { step: 1 });
    check(&[mined, (register, Record::Reverted)], Effect::End(End::Failed(Failure::Reverted)));
}

/// A world that mostly answers what is asked, and now and then something else.
#[derive(Debug, Clone)]
struct Turn {
    /// Which of the answers that fit.
    choice: u8,
    /// Something else instead.
    stray: Option<Event>,
}

fn any_turn() -> impl Strategy<Value = Turn> {
    let stray = prop_oneof![
        Just(Event::Signed),
        Just(Event::Prepared),
        Just(Event::Taken),
        Just(Event::NotSigned(Obstacle::NotSigned)),
        Just(Event::Sent(Sent::NonceUsed)),
        Just(OVERTAKEN),
        Just(mined(Stage::Safe)),
        Just(Event::Waited),
        Just(Event::NoAnswer),
        Just(Event::WouldFail),
        Just(Event::JournalFailed),
    ];
    let stray = prop_oneof![9 => Just(None), 1 => stray.prop_map(Some)];
    (0..12_u8, stray).prop_map(|(choice, stray)| Turn { choice, stray })
}

/// The chain of the random runs: it knows what was sent, and forgets some of it.
#[derive(Debug, Default)]
struct World {
    /// The step whose transaction was prepared and not yet given up.
    living: Option<usize>,
    /// Its bytes are stored.
    stored: bool,
    mined: usize,
    prepared: usize,
    ended: Option<End>,
}

impl World {
    /// Watches one effect and gives an answer that fits.
    fn answer(&mut self, effect: &Effect, choice: u8) -> Result<Option<Event>, TestCaseError> {
        prop_assert_eq!(self.ended, None, "nothing comes after the end: {:?}", effect);
        Ok(match *effect {
            Effect::Look => Some(Event::Looked(self.facts(choice))),
            Effect::Estimate(_) => Some(Event::Estimated { gas: 40_000, data_fee: Wei::ZERO }),
            Effect::Prepare(offer) => {
                prop_assert!(
                    self.living.is_none_or(|step| step < offer.step),
                    "one transaction for one step"
                );
                prop_assert_eq!(self.mined, offer.step, "the one before it is in a block");
                prop_assert_eq!(offer.transaction.nonce, 5 + offer.step as u64);
                (self.living, self.stored) = (Some(offer.step), false);
                self.prepared += 1;
                Some(Event::Prepared)
            }
            Effect::Sign(offer) => {
                prop_assert_eq!(self.living, Some(offer.step), "the row comes before the signature");
                self.stored = true;
                Some(Event::Signed)
            }
            Effect::Send { step } => {
                prop_assert_eq!((self.living, self.stored), (Some(step), true), "only stored bytes are sent");
                Some(Event::Sent(if choice == 0 { Sent::Refused } else { Sent::Taken }))
            }
            Effect::Find { step } => {
                prop_assert_eq!((self.living, self.stored), (Some(step), true));
                Some(self.found(step, choice))
            }
            Effect::NoteVoid { step } | Effect::NoteReverted { step } => {
                prop_assert_eq!(self.living.take(), Some(step));
                None
            }
            Effect::NoteMined { step, .. } | Effect::NoteUndone { step } => {
                prop_assert_eq!(self.living, Some(step));
                None
            }
            Effect::Wait(_) => Some(Event::Waited),
            Effect::End(end) => {
                self.ended = Some(end);
                None
            }
        })
    }

    fn facts(&self, choice: u8) -> Facts {
        // Now and then the node is one block behind.
        let mined = if choice == 0 { self.mined.saturating_sub(1) } else { self.mined };
        let nonce = 5 + mined as u64;
        let allowance = if mined >= 1 { bond() } else { Aipg::ZERO };
        Facts { allowance, nonce_latest: nonce, nonce_pending: nonce, ..facts() }
    }

    fn found(&mut self, step: usize, choice: u8) -> Event {
        match choice {
            0 => LOST,
            1 | 2 => Event::Found(Found::Pending),
            3 if step == self.mined => Event::Found(Found::Nowhere { nonce_used: true }),
            _ => {
                self.mined = self.mined.max(step + 1);
                mined(if choice > 7 { Stage::Safe } else { Stage::Seen })
            }
        }
    }
}

/// One run until the end, or until the choices are used up.
fn run(choices: Vec<u8>) -> Result<World, TestCaseError> {
    let (mut action, first) = begin(bond_plan());
    let mut world = World::default();
    let mut queue = std::collections::VecDeque::from(first);
    let mut choices = choices.into_iter();
    while let Some((effect, choice)) = queue.pop_front().zip(choices.next()) {
        let Some(event) = world.answer(&effect, choice)? else { continue };
        let (next, effects) = action.step(event);
        action = next;
        queue.extend(effects);
    }
    Ok(world)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_unsteady_chain_gets_each_step_once(choices in proptest::collection::vec(0..12_u8, 200)) {
        let world = run(choices)?;
        let end = world.ended;
        prop_assert!(world.prepared <= 2, "two steps, two transactions");
        let given_up = matches!(end, Some(End::Stopped(Obstacle::Overtaken)));
        prop_assert!(world.mined == 2 || given_up, "{:?}", world);
        prop_assert!(given_up || end == Some(End::Done), "{:?}", world);
    }

    #[test]
    fn no_stray_event_breaks_it(turns in proptest::collection::vec(any_turn(), 0..120)) {
        let (mut action, first) = begin(bond_plan());
        let mut world = World::default();
        let mut last = first;
        for Turn { choice, stray } in turns {
            let fitting = last.iter().filter_map(|effect| world.answer(effect, choice).ok().flatten()).next_back();
            let Some(event) = stray.or(fitting) else { break };
            let (next, effects) = action.step(event);
            prop_assert!(world.ended.is_none() || effects.is_empty(), "nothing comes after the end");
            let prepares = effects.iter().filter(|effect| matches!(effect, Effect::Prepare(_))).count();
            let signs = effects.iter().filter(|effect| matches!(effect, Effect::Sign(_))).count();
            prop_assert!(prepares + signs <= 1);
            (action, last) = (next, effects);
        }
    }
}
