//! Who may work for a wallet, and for how long, is said by its owner.

use types::WorkerName;

use super::*;

const DAY: u64 = 24 * 3600;

fn delegation() -> Delegation {
    Delegation {
        delegation_id: "00112233445566778899aabbccddeeff".to_owned(),
        payout_wallet: wallet(NetworkKind::Practice).address(),
        worker_signer: STRANGER,
        worker_name: WorkerName::new("rig-1").expect("a name"),
        issued_at: NOW.seconds(),
        expires_at: NOW.seconds() + 90 * DAY,
    }
}

fn agreed(delegation: &Delegation) -> Consent {
    Consent { plan: delegation.digest(), how: Confirmation::Native }
}

fn sign(kind: NetworkKind, delegation: Delegation) -> Result<DelegationCertificate, KeyError> {
    let consent = agreed(&delegation);
    wallet(kind).sign_delegation(delegation, &consent, NOW)
}

#[track_caller]
fn refused(refusal: Refusal, signed: Result<DelegationCertificate, KeyError>) {
    match signed {
        Err(KeyError::Refused(given)) => assert_eq!(given, refusal),
        other => panic!("expected {refusal:?}, got {other:?}"),
    }
}

#[test]
fn what_was_agreed_to_is_signed() {
    for kind in [NetworkKind::Practice, NetworkKind::Base] {
        let certificate = sign(kind, delegation()).expect("agreed to");
        assert_eq!(certificate.delegation, delegation());
        let signer = certificate.signature.recover_address_from_msg(delegation().text());
        assert_eq!(signer.expect("a signature"), wallet(kind).address());
    }
}

#[test]
fn a_delegation_needs_a_yes_to_exactly_itself() {
    let others = [
        Delegation { worker_signer: Address::repeat_byte(0x52), ..delegation() },
        Delegation { worker_name: WorkerName::new("rig-2").expect("a name"), ..delegation() },
        Delegation { expires_at: delegation().expires_at - 1, ..delegation() },
    ];
    for other in others {
        let signed = wallet(NetworkKind::Practice).sign_delegation(delegation(), &agreed(&other), NOW);
        refused(Refusal::OtherPlan, signed);
    }
    let to_a_plan = yes(&plan(practice(), vec![Intent::Unbond]));
    refused(Refusal::OtherPlan, wallet(NetworkKind::Practice).sign_delegation(delegation(), &to_a_plan, NOW));
}

#[test]
fn a_script_delegates_in_practice_only() {
    let scripted = Consent { how: Confirmation::Scripted, ..agreed(&delegation()) };
    assert!(wallet(NetworkKind::Practice).sign_delegation(delegation(), &scripted, NOW).is_ok());
    let real = wallet(NetworkKind::Base).sign_delegation(delegation(), &scripted, NOW);
    refused(Refusal::Scripted, real);
}

#[test]
fn several_names_need_one_yes_to_exactly_these() {
    let second = Delegation { worker_name: WorkerName::new("rig-2").expect("a name"), ..delegation() };
    let wallet = wallet(NetworkKind::Base);
    let sign = |asked: &[Delegation], agreed: &[Delegation]| {
        let consent = Consent { plan: Delegation::digest_of_all(agreed), how: Confirmation::Native };
        wallet.sign_delegations(asked.to_vec(), &consent, NOW)
    };
    let both = [delegation(), second.clone()];
    let certificates = sign(&both, &both).expect("agreed to");
    assert!(certificates.iter().all(types::DelegationCertificate::is_genuine));
    assert_eq!(certificates.iter().map(|each| each.delegation.clone()).collect::<Vec<_>>(), both);
    for other in [&both[..1], &both[1..], &[second.clone(), delegation()], &[]] {
        assert!(matches!(sign(&both, other), Err(KeyError::Refused(Refusal::OtherPlan))), "{other:?}");
    }
    assert!(matches!(sign(&[], &[]), Err(KeyError::Refused(Refusal::Nothing))));
    let late = [delegation(), Delegation { issued_at: NOW.seconds() + 301, ..second }];
    assert!(matches!(sign(&late, &late), Err(KeyError::Refused(Refusal::OtherDate))));
}

#[test]
fn a_delegation_lasts_90_days_at_most() {
    let until = |expires_at| sign(NetworkKind::Base, Delegation { expires_at, ..delegation() });
    let now = NOW.seconds();
    assert!(until(now + 1).is_ok());
    assert!(until(now + 90 * DAY).is_ok());
    for bad in [now + 90 * DAY + 1, u64::MAX, now, now - 1] {
        assert!(matches!(until(bad), Err(KeyError::Lifetime)), "{bad}");
    }
}

#[test]
fn a_delegation_begins_now() {
    // Otherwise a permission could be dated so that its 90 days begin in a year.
    let from = |issued_at| {
        sign(NetworkKind::Base, Delegation { issued_at, expires_at: issued_at + DAY, ..delegation() })
    };
    for ok in [NOW.seconds() - 300, NOW.seconds() + 300] {
        assert!(from(ok).is_ok(), "clocks differ");
    }
    for bad in [NOW.seconds() - 301, NOW.seconds() + 301, 0] {
        refused(Refusal::OtherDate, from(bad));
    }
}

#[test]
fn a_delegation_has_an_id_of_our_form() {
    let long = "0".repeat(33);
    for bad in ["", "0011", &long, "00112233445566778899AABBCCDDEEFF", "00112233445566778899aabbccddeefg"] {
        let signed =
            sign(NetworkKind::Practice, Delegation { delegation_id: bad.to_owned(), ..delegation() });
        refused(Refusal::NoId, signed);
    }
}

#[test]
fn nobody_delegates_for_another_wallet() {
    let signed = sign(NetworkKind::Practice, Delegation { payout_wallet: STRANGER, ..delegation() });
    assert!(matches!(signed, Err(KeyError::OtherSigner)));
}
