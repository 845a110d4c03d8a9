//! What is signed, and what is not.

use std::time::Duration;

use alloy::consensus::{Transaction as _, TxEnvelope, transaction::SignerRecoverable};
use alloy::eips::eip2718::Decodable2718;
use alloy::primitives::{TxKind, keccak256};
use proptest::prelude::*;
use types::{Aipg, Confirmation, Intent, Network, RegistryVersion, U256, Wei};

use super::*;
use crate::Refusal;
use crate::known::is_known_to_everybody;

mod delegations;
mod sign_in_vectors;
mod sign_ins;

const SECRET: [u8; 32] = [7; 32];
const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const STRANGER: Address = Address::repeat_byte(0x51);

fn wallet(kind: NetworkKind) -> Wallet {
    Wallet::new(&SECRET, kind, RigPassphrase::generate().expect("randomness")).expect("a key")
}

fn practice() -> Network {
    Network::practice(31337, Address::repeat_byte(1), Address::repeat_byte(2))
}

fn plan(network: Network, steps: Vec<Intent>) -> Plan {
    Plan {
        id: "00112233445566778899aabbccddeeff".to_owned(),
        network,
        from: wallet(network.kind()).address(),
        registry: Some(RegistryVersion::V2),
        steps,
        fee_limit: Wei::from_base(U256::from(10_u64.pow(15))),
        expires_at: NOW.plus(Duration::from_secs(60)),
    }
}

fn yes(plan: &Plan) -> Consent {
    Consent { plan: plan.digest(), how: Confirmation::Native }
}

fn transaction(intent: Intent) -> Transaction {
    Transaction {
        intent,
        nonce: 5,
        gas_limit: 200_000,
        max_fee_per_gas: 2_000_000_000,
        max_priority_fee_per_gas: 1_000_000,
    }
}

/// Everything that goes into one signature, right until a test makes one thing wrong.
struct Asked {
    wallet: Wallet,
    plan: Plan,
    consent: Consent,
    step: usize,
    transaction: Transaction,
    now: Timestamp,
}

impl Asked {
    fn on(network: Network, intent: Intent) -> Self {
        let mut plan = plan(network, vec![Intent::Unbond, intent]);
        // What is approved must be taken.
        if let Intent::Approve { amount } = intent {
            plan.steps.push(Intent::Register { amount });
        }
        let (wallet, consent) = (wallet(network.kind()), yes(&plan));
        Self { wallet, consent, plan, step: 1, transaction: transaction(intent), now: NOW }
    }

    fn sign(&self) -> Result<SignedTransaction, KeyError> {
        self.wallet.sign(&self.plan, &self.consent, self.step, &self.transaction, self.now)
    }

    /// Agrees to the plan as it is now, so that a test meets the rule that it is about.
    fn agreed(mut self) -> Self {
        self.consent.plan = self.plan.digest();
        self
    }
}

fn ordinary() -> Asked {
    Asked::on(practice(), Intent::Register { amount: Aipg::whole(1000) })
}

#[track_caller]
fn check(refusal: Refusal, asked: &Asked) {
    match asked.sign() {
        Err(KeyError::Refused(given)) => assert_eq!(given, refusal),
        other => panic!("expected {refusal:?}, got {other:?}"),
    }
}

#[test]
fn an_ordinary_step_is_signed() {
    assert!(ordinary().sign().is_ok());
    let last_moment = Asked { now: ordinary().plan.expires_at, ..ordinary() };
    assert!(last_moment.sign().is_ok(), "the plan lasts until then");
    assert!(Asked::on(Network::BASE, Intent::Unbond).sign().is_ok());
}

#[test]
fn a_script_cannot_say_yes_on_the_real_network() {
    let mut asked = Asked::on(Network::BASE, Intent::Unbond);
    asked.consent.how = Confirmation::Scripted;
    check(Refusal::Scripted, &asked);
    let mut asked = ordinary();
    asked.consent.how = Confirmation::Scripted;
    assert!(asked.sign().is_ok(), "in practice it can");
}

#[test]
fn a_wallet_signs_for_its_own_network_only() {
    let asked = Asked::on(Network::BASE, Intent::Unbond);
    check(Refusal::OtherNetwork, &Asked { wallet: wallet(NetworkKind::Practice), ..asked });
    check(Refusal::OtherNetwork, &Asked { wallet: wallet(NetworkKind::Base), ..ordinary() });
}

#[test]
fn a_plan_for_another_wallet_is_refused() {
    let mut asked = ordinary();
    asked.plan.from = STRANGER;
    check(Refusal::OtherWallet, &asked.agreed());
}

#[test]
fn a_changed_plan_is_another_plan() {
    let mut asked = ordinary();
    asked.plan.fee_limit = Wei::whole(1);
    check(Refusal::OtherPlan, &asked);
    assert!(asked.agreed().sign().is_ok(), "until it is agreed to");
}

#[test]
fn an_expired_plan_is_refused() {
    let late = ordinary().plan.expires_at.plus(Duration::from_millis(1));
    check(Refusal::Expired, &Asked { now: late, ..ordinary() });
}

#[test]
fn a_plan_for_longer_than_an_hour_is_refused() {
    let mut asked = ordinary();
    asked.plan.expires_at = NOW.plus(Duration::from_secs(3600));
    let mut asked = asked.agreed();
    assert!(asked.sign().is_ok(), "an hour is within it");
    asked.plan.expires_at = NOW.plus(Duration::from_millis(3_600_001));
    check(Refusal::LastsTooLong, &asked.agreed());
}

#[test]
fn a_practice_plan_for_another_chain_is_refused() {
    // With these bytes a script could spend real money: the plan names the chain and the contracts.
    for chain_id in [1, 8453, 31338] {
        let network = Network::practice(chain_id, Network::BASE.token(), Network::BASE.grid());
        check(Refusal::OtherChain, &Asked::on(network, Intent::Unbond));
    }
}

#[test]
fn an_approval_is_for_a_bond_of_the_same_amount_in_the_same_plan() {
    let some = Intent::Approve { amount: Aipg::whole(1000) };
    let bond = |amount| Intent::Register { amount: Aipg::whole(amount) };
    let asked = |steps: Vec<Intent>, step| {
        let plan = plan(practice(), steps);
        Asked { consent: yes(&plan), plan, step, transaction: transaction(some), ..ordinary() }
    };
    assert!(asked(vec![some, bond(1000)], 0).sign().is_ok());
    for (steps, step) in [
        (vec![some], 0),
        (vec![some, bond(999)], 0),
        (vec![some, bond(1001)], 0),
        (vec![bond(1000), some], 1),
        (vec![some, bond(1000), some], 2),
        (vec![some, Intent::SendAipg { to: STRANGER, amount: Aipg::whole(1000) }], 0),
    ] {
        check(Refusal::OpenApproval, &asked(steps, step));
    }
}

#[test]
fn a_step_is_signed_for_a_registry_that_has_it() {
    use RegistryVersion::{V1, V2};
    let amount = Aipg::whole(1);
    let anywhere = [None, Some(V1), Some(V2)];
    for (intent, has_it) in [
        (Intent::Register { amount }, &anywhere[1..]),
        (Intent::Unbond, &anywhere[1..]),
        (Intent::CancelUnbond, &anywhere[2..]),
        (Intent::WithdrawBond, &anywhere[2..]),
        (Intent::Approve { amount: Aipg::ZERO }, &anywhere[..]),
        (Intent::SendAipg { to: STRANGER, amount }, &anywhere[..]),
        (Intent::SendEth { to: STRANGER, amount: Wei::whole(1) }, &anywhere[..]),
    ] {
        for registry in anywhere {
            let mut asked = Asked::on(practice(), intent);
            asked.plan.registry = registry;
            let asked = asked.agreed();
            if has_it.contains(&registry) {
                assert!(asked.sign().is_ok(), "{intent:?} on {registry:?}");
            } else {
                check(Refusal::OtherRegistry, &asked);
            }
        }
    }
}

#[test]
fn real_money_is_not_sent_to_a_key_that_everybody_has() {
    let junk = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266".parse().expect("an address");
    let sends =
        |to| [Intent::SendAipg { to, amount: Aipg::whole(1) }, Intent::SendEth { to, amount: Wei::whole(1) }];
    for intent in sends(junk) {
        check(Refusal::LostDestination, &Asked::on(Network::BASE, intent));
        assert!(Asked::on(practice(), intent).sign().is_ok(), "in practice they are the accounts there are");
    }
}

#[test]
fn a_step_that_is_not_there_is_refused() {
    check(Refusal::NoSuchStep, &Asked { step: 2, ..ordinary() });
    check(Refusal::NoSuchStep, &Asked { step: usize::MAX, ..ordinary() });
}

#[test]
fn something_else_than_the_step_is_refused() {
    check(Refusal::OtherIntent, &Asked { step: 0, ..ordinary() });
    let larger = Intent::Register { amount: Aipg::whole(1001) };
    check(Refusal::OtherIntent, &Asked { transaction: transaction(larger), ..ordinary() });
}

#[test]
fn a_fee_that_could_pass_the_limit_is_refused() {
    let mut asked = ordinary();
    asked.plan.fee_limit = asked.transaction.largest_fee();
    let mut asked = asked.agreed();
    assert!(asked.sign().is_ok(), "up to the limit is within it");
    asked.transaction.max_fee_per_gas += 1;
    check(Refusal::FeeAboveLimit, &asked);
    asked.transaction.max_fee_per_gas = u128::MAX;
    check(Refusal::FeeAboveLimit, &asked);
}

#[test]
fn a_tip_above_the_fee_is_refused() {
    let mut asked = ordinary();
    asked.transaction.max_priority_fee_per_gas = asked.transaction.max_fee_per_gas + 1;
    check(Refusal::TipAboveFee, &asked);
}

#[test]
fn gas_beyond_reason_is_refused() {
    for (gas_limit, sane) in [(20_999, false), (21_000, true), (5_000_000, true), (5_000_001, false)] {
        let mut asked = ordinary();
        asked.transaction =
            Transaction { gas_limit, max_fee_per_gas: 1, max_priority_fee_per_gas: 1, ..asked.transaction };
        if sane {
            assert!(asked.sign().is_ok(), "{gas_limit}");
        } else {
            check(Refusal::GasLimit, &asked);
        }
    }
}

#[test]
fn money_is_not_sent_where_it_is_lost() {
    for network in [practice(), Network::BASE] {
        for to in [Address::ZERO, network.token(), network.grid()] {
            check(
                Refusal::LostDestination,
                &Asked::on(network, Intent::SendAipg { to, amount: Aipg::whole(1) }),
            );
            check(
                Refusal::LostDestination,
                &Asked::on(network, Intent::SendEth { to, amount: Wei::whole(1) }),
            );
        }
        let to = STRANGER;
        assert!(Asked::on(network, Intent::SendEth { to, amount: Wei::whole(1) }).sign().is_ok());
    }
}

#[test]
fn a_bond_of_nothing_is_refused() {
    check(Refusal::EmptyBond, &Asked::on(practice(), Intent::Register { amount: Aipg::ZERO }));
    let revoke = Asked::on(practice(), Intent::Approve { amount: Aipg::ZERO });
    assert!(revoke.sign().is_ok(), "an approval of nothing takes one back");
}

#[test]
fn bytes_that_are_not_what_was_asked_for_do_not_pass_the_last_guard() {
    let asked = ordinary();
    let (from, network) = (asked.wallet.address(), asked.plan.network);
    let raw = asked.sign().expect("signs").raw;
    let tx = asked.transaction;
    let passes = |raw: &[u8], from, network: &Network, tx: &Transaction| {
        super::transaction::reads_back(raw, from, network, tx)
    };
    assert!(passes(&raw, from, &network, &tx));
    assert!(!passes(&raw, STRANGER, &network, &tx), "another signer");
    for other in [
        Network::practice(31338, network.token(), network.grid()),
        Network::practice(31337, network.token(), STRANGER),
    ] {
        assert!(!passes(&raw, from, &other, &tx), "another chain or contract");
    }
    for other in [
        Transaction { nonce: 6, ..tx },
        Transaction { gas_limit: 200_001, ..tx },
        Transaction { max_fee_per_gas: 1, ..tx },
        Transaction { max_priority_fee_per_gas: 0, ..tx },
        Transaction { intent: Intent::Unbond, ..tx },
        Transaction { intent: Intent::SendEth { to: network.grid(), amount: Wei::whole(1) }, ..tx },
    ] {
        assert!(!passes(&raw, from, &network, &other), "{other:?}");
    }
    assert!(!passes(&[&raw[..], &[0]].concat(), from, &network, &tx), "bytes behind the end");
    for place in 0..raw.len() {
        let mut bent = raw.clone();
        bent[place] ^= 1;
        assert!(!passes(&bent, from, &network, &tx), "a bit of byte {place} was turned");
    }
}

fn any_amount() -> impl Strategy<Value = U256> {
    prop_oneof![
        Just(U256::ZERO),
        Just(U256::MAX),
        (1_u64..).prop_map(U256::from),
        proptest::array::uniform4(0_u64..).prop_map(U256::from_limbs),
    ]
}

fn any_address() -> impl Strategy<Value = Address> {
    prop_oneof![
        1 => Just(Address::ZERO),
        1 => Just(practice().token()),
        1 => Just(practice().grid()),
        9 => proptest::array::uniform20(0_u8..).prop_map(Address::from),
    ]
}

fn any_intent() -> impl Strategy<Value = Intent> {
    (0..7_u8, any_amount(), any_address()).prop_map(|(which, units, to)| {
        let amount = Aipg::from_base(units);
        match which {
            0 => Intent::Approve { amount },
            1 => Intent::Register { amount },
            2 => Intent::Unbond,
            3 => Intent::CancelUnbond,
            4 => Intent::WithdrawBond,
            5 => Intent::SendAipg { to, amount },
            _ => Intent::SendEth { to, amount: Wei::from_base(units) },
        }
    })
}

/// Written here a second time, without the encoder that is being tested.
fn expected_call(intent: &Intent, network: &Network) -> (Address, U256, String) {
    let (grid, token) = (network.grid(), network.token());
    let word = |address: Address| format!("{:0>64}", hex::encode(address));
    let number = |amount: &Aipg| format!("{:064x}", amount.base());
    match intent {
        Intent::Approve { amount } => {
            (token, U256::ZERO, format!("095ea7b3{}{}", word(grid), number(amount)))
        }
        Intent::Register { amount } => (grid, U256::ZERO, format!("86796f13{}", number(amount))),
        Intent::Unbond => (grid, U256::ZERO, "5df6a6bc".to_owned()),
        Intent::CancelUnbond => (grid, U256::ZERO, "fe40c4bf".to_owned()),
        Intent::WithdrawBond => (grid, U256::ZERO, "66eb9cec".to_owned()),
        Intent::SendAipg { to, amount } => {
            (token, U256::ZERO, format!("a9059cbb{}{}", word(*to), number(amount)))
        }
        Intent::SendEth { to, amount } => (*to, amount.base(), String::new()),
    }
}

/// Whether a step may be signed that stands before these in a plan for V2.
fn signable(intent: &Intent, later: &[Intent], network: &Network) -> bool {
    match intent {
        Intent::Approve { amount } => {
            amount.is_zero() || later.contains(&Intent::Register { amount: *amount })
        }
        Intent::Register { amount } => !amount.is_zero(),
        Intent::SendAipg { to, .. } | Intent::SendEth { to, .. } => {
            let everybodys = network.kind() == NetworkKind::Base && is_known_to_everybody(*to);
            !everybodys && ![Address::ZERO, network.token(), network.grid()].contains(to)
        }
        Intent::Unbond | Intent::CancelUnbond | Intent::WithdrawBond => true,
    }
}

proptest! {
    #[test]
    fn signed_bytes_decode_to_the_intent(
        intent in any_intent(), nonce in 0_u64.., gas_limit in 21_000_u64..=5_000_000, real in any::<bool>(),
        fee in 1_u128..100_000_000_000,
    ) {
        let network = if real { Network::BASE } else { practice() };
        let mut asked = Asked::on(network, intent);
        prop_assume!(signable(&intent, &asked.plan.steps, &network));
        asked.plan.fee_limit = Wei::whole(1);
        asked.transaction =
            Transaction { intent, nonce, gas_limit, max_fee_per_gas: fee, max_priority_fee_per_gas: fee / 2 };
        let signed = asked.agreed().sign().expect("an honest step");
        let mut rest = signed.raw.as_slice();
        let envelope = TxEnvelope::decode_2718(&mut rest).expect("a transaction");
        prop_assert!(rest.is_empty());
        prop_assert_eq!(keccak256(&signed.raw), signed.hash);
        prop_assert_eq!(envelope.recover_signer().expect("a signature"), wallet(network.kind()).address());
        prop_assert!(envelope.is_eip1559());
        let (to, value, data) = expected_call(&intent, &network);
        prop_assert_eq!(envelope.kind(), TxKind::Call(to));
        prop_assert_eq!(envelope.value(), value);
        prop_assert_eq!(hex::encode(envelope.input()), data);
        prop_assert_eq!((envelope.chain_id(), envelope.nonce()), (Some(network.chain_id()), nonce));
        prop_assert_eq!((envelope.gas_limit(), envelope.max_fee_per_gas()), (gas_limit, fee));
        prop_assert_eq!(envelope.max_priority_fee_per_gas(), Some(fee / 2));
    }

    #[test]
    fn whatever_is_not_agreed_to_is_never_signed(
        steps in proptest::collection::vec(any_intent(), 0..4), other in any_intent(), step in 0_usize..5,
        swap in any::<bool>(), wrong in 0_u8..8, scripted in any::<bool>(), late in any::<bool>(),
        gas_limit in prop_oneof![Just(0_u64), Just(21_000), Just(300_000), 5_000_000..6_000_000_u64],
        fee in prop_oneof![Just(0_u128), Just(1_000_000), Just(u128::MAX), 0..10_000_000_000_u128], tip in 0_u128..2_000_000,
    ) {
        // Right in every respect, then one of the documents is swapped for another honest one, or none.
        let agreed = plan(practice(), steps);
        let mut shown = agreed.clone();
        let mut who = wallet(NetworkKind::Practice);
        match wrong {
            0 => shown.id = "f".repeat(32),
            1 => shown.steps.push(other),
            2 => shown.steps.reverse(),
            3 => shown.expires_at = shown.expires_at.plus(Duration::from_secs(3600)),
            4 => who = wallet(NetworkKind::Base),
            5 => shown.network = Network::practice(31337, practice().token(), STRANGER),
            _ => {}
        }
        let how = if scripted { Confirmation::Scripted } else { Confirmation::Native };
        let consent = Consent { plan: agreed.digest(), how };
        let intent = if swap { other } else { shown.steps.get(step).copied().unwrap_or(other) };
        let tx =
            Transaction { intent, nonce: 1, gas_limit, max_fee_per_gas: fee, max_priority_fee_per_gas: tip };
        let now = if late { NOW.plus(Duration::from_secs(61)) } else { NOW };
        let right = shown == agreed && wrong != 4 && !late
            && agreed.steps.get(step) == Some(&intent)
            && signable(&intent, agreed.steps.get(step + 1..).unwrap_or_default(), &agreed.network)
            && (21_000..=5_000_000).contains(&gas_limit)
            && tip <= fee
            && fee.checked_mul(u128::from(gas_limit)).is_some_and(|most| most <= 10_u128.pow(15));
        let signed = who.sign(&shown, &consent, step, &tx, now);
        prop_assert_eq!(signed.is_ok(), right, "{:?}", signed);
    }
}
