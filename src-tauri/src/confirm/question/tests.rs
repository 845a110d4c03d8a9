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

#[test]
fn the_permission_for_the_rig_key_says_that_it_moves_nothing() {
    let delegation = Delegation {
        delegation_id: "00".repeat(16),
        payout_wallet: Address::repeat_byte(1),
        worker_signer: Address::repeat_byte(2),
        worker_name: types::WorkerName::new("my-rig").expect("a name"),
        issued_at: 1_000,
        expires_at: 1_000 + 90 * 86_400,
    };
    let question = Question::about_rig(&delegation, &Words::english());
    for fact in ["my-rig", "90", "cannot move"] {
        assert!(question.body.contains(fact), "{fact} is missing in {}", question.body);
    }
    assert!(!question.body.contains('{'), "{}", question.body);
}
