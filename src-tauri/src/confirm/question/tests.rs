use types::{Address, Timestamp, Wei};

use super::*;

const GRID: Address = Address::repeat_byte(0x22);
const TOKEN: Address = Address::repeat_byte(0x11);

fn plan(steps: Vec<Intent>, registry: RegistryVersion) -> Plan {
    Plan {
        id: "00112233445566778899aabbccddeeff".to_owned(),
        network: Network::practice(31337, TOKEN, GRID),
        from: Address::repeat_byte(0x33),
        registry: Some(registry),
        steps,
        fee_limit: Wei::parse("0.0000123").expect("an amount"),
        expires_at: Timestamp::from_millis(1),
    }
}

fn asked(steps: Vec<Intent>, registry: RegistryVersion) -> Question {
    Question::about(&plan(steps, registry), &Words::english())
}

fn bond() -> Vec<Intent> {
    let amount = Aipg::parse("1234.000000000000000001").expect("an amount");
    vec![Intent::Approve { amount }, Intent::Register { amount }]
}

#[test]
fn a_bond_is_asked_for_with_every_fact_of_its_plan() {
    let question = asked(bond(), RegistryVersion::V1);
    let exact = "1,234.000000000000000001\u{a0}AIPG";
    assert_eq!(question.yes, format!("Bond {exact}"));
    assert_eq!(question.title, format!("Bond {exact}?"));
    let practice = plan(bond(), RegistryVersion::V1);
    for fact in [
        exact.to_owned(),
        "0.0000123\u{a0}ETH".to_owned(),
        practice.from.to_string(),
        GRID.to_string(),
        TOKEN.to_string(),
        "31337".to_owned(),
        "Practice".to_owned(),
        "1. ".to_owned(),
        "2. ".to_owned(),
    ] {
        assert!(question.body.contains(&fact), "{fact} is missing in {}", question.body);
    }
}

#[test]
fn money_sent_away_is_asked_for_with_the_whole_destination() {
    let to = Address::repeat_byte(0xab);
    let question = asked(vec![Intent::SendAipg { to, amount: Aipg::whole(5) }], RegistryVersion::V1);
    assert!(question.body.contains(&to.to_string()), "{}", question.body);
    assert_eq!(question.yes, "Send 5\u{a0}AIPG");
}

#[test]
fn the_two_registries_give_a_bond_back_in_different_words() {
    let (at_once, later) =
        (asked(vec![Intent::Unbond], RegistryVersion::V1), asked(vec![Intent::Unbond], RegistryVersion::V2));
    assert_ne!(at_once.yes, later.yes);
    assert_ne!(at_once.body, later.body);
}

#[test]
fn a_deposit_is_asked_for_with_what_can_become_of_it() {
    for registry in [RegistryVersion::V1, RegistryVersion::V2] {
        let body = asked(bond(), registry).body;
        for fact in ["upgradeable", "pause withdrawals", "worst case", "same pot", "not required"] {
            assert!(body.contains(fact), "{fact} is missing in {body}");
        }
    }
    let (at_once, later) = (asked(bond(), RegistryVersion::V1), asked(bond(), RegistryVersion::V2));
    assert!(at_once.body.contains("in one transaction"), "{}", at_once.body);
    assert!(later.body.contains("can be taken"), "the second registry can take it: {}", later.body);
}

#[test]
fn the_real_network_is_named_and_not_called_practice() {
    let real = Plan { network: Network::BASE, ..plan(bond(), RegistryVersion::V1) };
    let question = Question::about(&real, &Words::english());
    assert!(question.body.contains("8453"), "{}", question.body);
    assert!(!question.body.to_lowercase().contains("practice"), "{}", question.body);
}

#[test]
fn no_question_shows_a_placeholder_or_the_name_of_a_text() {
    let to = Address::repeat_byte(0xab);
    let every = [
        Intent::Approve { amount: Aipg::whole(1) },
        Intent::Approve { amount: Aipg::ZERO },
        Intent::Register { amount: Aipg::whole(1) },
        Intent::Unbond,
        Intent::CancelUnbond,
        Intent::WithdrawBond,
        Intent::SendAipg { to, amount: Aipg::whole(1) },
        Intent::SendEth { to, amount: Wei::whole(1) },
    ];
    for step in every {
        for registry in [RegistryVersion::V1, RegistryVersion::V2] {
            let Question { title, body, yes, no } = asked(vec![step], registry);
            let all = [title, body, yes, no].join("\n");
            assert!(!all.contains(['{', '}']) && !all.contains("confirm."), "{all}");
        }
    }
}

fn delegation(name: &str) -> Delegation {
    Delegation {
        delegation_id: "00".repeat(16),
        payout_wallet: Address::repeat_byte(1),
        worker_signer: Address::repeat_byte(2),
        worker_name: types::WorkerName::new(name).expect("a name"),
        issued_at: 1_000,
        expires_at: 1_000 + 90 * 86_400,
    }
}

/// Every act, with the facts that its question must show.
fn acts() -> Vec<(AccountAct, Vec<String>)> {
    let message = "localhost wants you to sign in with your Ethereum account:\n\
        0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A\n\nSign in to AI Power Grid.\n\nURI: http://localhost/\nVersion: 1\n\
        Chain ID: 8453\nNonce: f1bcad065cbf14444dc85275a0e9903e\nIssued At: 2026-09-01T12:00:00Z\n\
        Expiration Time: 2026-09-01T12:05:00Z";
    let (from, to) = (Address::repeat_byte(0xab), Address::repeat_byte(0xcd));
    let id = types::KeyId::parse("006b2f29ea5d").expect("an id");
    let facts = |facts: &[&str]| facts.iter().map(|fact| (*fact).to_owned()).collect::<Vec<_>>();
    let (wallet, key) = (Address::repeat_byte(1).to_string(), Address::repeat_byte(2).to_string());
    vec![
        (
            AccountAct::SignIn(types::SignIn::parse(message).expect("the template")),
            facts(&["0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A", "localhost", "no money"]),
        ),
        (
            AccountAct::Delegate(vec![delegation("rig-1"), delegation("rig-2")]),
            facts(&["rig-1", "rig-2", "90", &wallet, &key, "cannot move"]),
        ),
        (AccountAct::Enrol(delegation("rig-1")), facts(&["rig-1", "90", &wallet, &key, "Older keys"])),
        (
            AccountAct::SetPayoutWallet { from: Some(from), to, own: false },
            facts(&[&from.to_string(), &to.to_string(), "not the wallet in this app"]),
        ),
        (
            AccountAct::SetPayoutWallet { from: None, to, own: true },
            facts(&["nobody", &to.to_string(), "is the wallet in this app"]),
        ),
        (AccountAct::MakeKey { label: "grid-node-1".into() }, facts(&["grid-node-1", "spend"])),
        (
            AccountAct::RevokeKey { id: id.clone(), label: Some("old".into()) },
            facts(&["006b2f29ea5d", "old"]),
        ),
        (AccountAct::RevokeKey { id, label: None }, facts(&["006b2f29ea5d", "without a name"])),
    ]
}

#[test]
fn every_act_of_account_is_asked_for_with_every_fact() {
    for (act, facts) in acts() {
        let Question { title, body, yes, no } = Question::about_account(&act, &Words::english());
        for fact in facts {
            assert!(body.contains(&fact), "{fact} is missing in {body}");
        }
        let all = [title, body, yes, no].join("\n");
        assert!(!all.contains(['{', '}']) && !all.contains("confirm."), "{all}");
    }
}

#[test]
fn a_payout_address_is_shown_twice_and_whole() {
    let to = Address::repeat_byte(0xcd);
    let act = AccountAct::SetPayoutWallet { from: None, to, own: false };
    let body = Question::about_account(&act, &Words::english()).body;
    assert_eq!(body.matches(&to.to_string()).count(), 2, "{body}");
}
