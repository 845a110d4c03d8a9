//! Signing in is agreed to like everything else: this very message, now, for this computer.

use types::{SignIn, Signature};

use super::*;

/// The coordinator's message for these, written so many seconds from now.
fn message(origin: (&str, &str), address: Address, written: i64, life: i64) -> SignIn {
    let at = |seconds: i64| {
        // 1,800,000,000 is 08:00:00 on the 15th of January 2027.
        let second = 8 * 3600 + seconds;
        format!("2027-01-15T{:02}:{:02}:{:02}Z", second / 3600, second / 60 % 60, second % 60)
    };
    let text = format!(
        "{} wants you to sign in with your Ethereum account:\n{address}\n\nSign in to AI Power Grid.\n\nURI: {}\n\
         Version: 1\nChain ID: 8453\nNonce: f1bcad065cbf14444dc85275a0e9903e\nIssued At: {}\nExpiration Time: {}",
        origin.0,
        origin.1,
        at(written),
        at(written + life)
    );
    SignIn::parse(&text).expect("the template")
}

const HERE: (&str, &str) = ("localhost", "http://localhost/");

fn ours() -> SignIn {
    message(HERE, wallet(NetworkKind::Base).address(), 0, 300)
}

fn sign(kind: NetworkKind, sign_in: &SignIn, how: Confirmation) -> Result<Signature, KeyError> {
    wallet(kind).sign_in(sign_in, &Consent { plan: sign_in.digest(), how }, NOW)
}

#[track_caller]
fn refused(refusal: Refusal, signed: Result<Signature, KeyError>) {
    match signed {
        Err(KeyError::Refused(given)) => assert_eq!(given, refusal),
        other => panic!("expected {refusal:?}, got {other:?}"),
    }
}

#[test]
fn the_message_that_was_agreed_to_is_signed() {
    for kind in [NetworkKind::Base, NetworkKind::Practice] {
        let signature = sign(kind, &ours(), Confirmation::Native).expect("agreed to");
        let signer = signature.recover_address_from_msg(ours().text()).expect("a signature");
        assert_eq!(signer, wallet(kind).address());
    }
}

#[test]
fn a_sign_in_needs_a_yes_to_exactly_itself_and_from_a_person() {
    let other = message(HERE, ours().address(), 1, 300);
    let consent = Consent { plan: other.digest(), how: Confirmation::Native };
    refused(Refusal::OtherPlan, wallet(NetworkKind::Base).sign_in(&ours(), &consent, NOW));
    refused(Refusal::Scripted, sign(NetworkKind::Base, &ours(), Confirmation::Scripted));
    assert!(sign(NetworkKind::Practice, &ours(), Confirmation::Scripted).is_ok());
}

#[test]
fn nobody_signs_in_elsewhere_or_as_somebody_else() {
    let address = ours().address();
    for elsewhere in [
        ("console.aipowergrid.io", "https://console.aipowergrid.io/"),
        ("evil.example", "https://evil.example/"),
        ("localhost", "tauri://localhost/"),
    ] {
        let signed = sign(NetworkKind::Base, &message(elsewhere, address, 0, 300), Confirmation::Native);
        refused(Refusal::OtherOrigin, signed);
    }
    let stranger = sign(NetworkKind::Base, &message(HERE, STRANGER, 0, 300), Confirmation::Native);
    assert!(matches!(stranger, Err(KeyError::OtherSigner)));
}

#[test]
fn a_sign_in_is_for_now() {
    let at = |written, life| {
        sign(NetworkKind::Base, &message(HERE, ours().address(), written, life), Confirmation::Native)
    };
    for (written, life) in [(-299, 300), (300, 300), (0, 1), (0, 600)] {
        assert!(at(written, life).is_ok(), "{written} {life}");
    }
    refused(Refusal::Expired, at(-300, 300));
    refused(Refusal::Expired, at(0, 0));
    refused(Refusal::OtherDate, at(301, 300));
    refused(Refusal::OtherDate, at(-301, 600));
    refused(Refusal::LastsTooLong, at(0, 601));
}
