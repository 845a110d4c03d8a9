//! What the coordinator's own code wrote and judged: its messages are read to the byte, and only ours are signed.

use std::path::PathBuf;

use serde_json::Value;
use types::{PayoutAddressError, Sha256, SignIn, SignInOrigin, payout_address};

use super::*;
use crate::signer::TextSigner;

/// The section from `GRID_NODE_VECTORS`, which need not hold it, else from the project's copy, which must.
fn section(name: &str) -> Vec<Value> {
    let given = std::env::var_os("GRID_NODE_VECTORS").map(PathBuf::from);
    let own = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../tests/data/vectors"));
    let path = given.clone().unwrap_or_else(own).join("siwe.json");
    let file =
        std::fs::read(&path).map(|bytes| serde_json::from_slice::<Value>(&bytes).expect("vectors are JSON"));
    let found = file.ok().and_then(|file| file.get(name).and_then(Value::as_array).cloned());
    if found.is_none() {
        assert!(given.is_some(), "the project's own copy lacks {name}");
        println!("there is no section {name}");
    }
    found.unwrap_or_default()
}

fn text<'a>(case: &'a Value, place: &str) -> Option<&'a str> {
    case.pointer(place).and_then(Value::as_str)
}

#[test]
fn siwe_vectors_challenge_messages_are_read_to_the_byte() {
    for case in section("challenge") {
        let id = &case["id"];
        let (Some(domain), Some(uri)) = (text(&case, "/request/domain"), text(&case, "/request/uri")) else {
            println!("{id}: no origin");
            continue;
        };
        let origin = SignInOrigin::new(domain, uri);
        let here = origin.as_ref().is_some_and(SignInOrigin::is_this_computer);
        if text(&case, "/error/detail") == Some("Wallet sign-in origin is not allowed") {
            assert!(!here, "{id}: we would ask for an origin that is refused");
        }
        let (Some(message), Some(address)) =
            (text(&case, "/response/message"), text(&case, "/request/address"))
        else {
            println!("{id}: no message, {}", case["status"]);
            continue;
        };
        if let Some(digest) = text(&case, "/message_utf8_sha256") {
            assert_eq!(Sha256::of(message).to_string(), digest, "{id}: the file is as it was written");
        }
        let read = SignIn::parse(message);
        let asked = address.parse::<Address>().expect("an address");
        if asked.to_string() != address {
            assert_eq!(read, None, "{id}: we ask in mixed case, so this answers somebody else");
            continue;
        }
        let read = read.unwrap_or_else(|| panic!("{id}: {message}"));
        assert_eq!((read.text().as_str(), read.address()), (message, asked), "{id}");
        // The coordinator writes the domain in lower case; we ask for it so.
        assert_eq!(Some(read.origin()), SignInOrigin::new(&domain.to_lowercase(), uri).as_ref(), "{id}");
        assert_eq!(
            here,
            ["localhost", "127.0.0.1", "[::1]"].iter().any(|ours| domain.starts_with(ours)),
            "{id}"
        );
    }
}

#[test]
fn siwe_vectors_verify_only_our_own_messages_are_signed() {
    for case in section("verify") {
        let id = &case["id"];
        let (Some(message), Some(signature)) =
            (text(&case, "/request/message"), text(&case, "/request/signature"))
        else {
            println!("{id}: no message");
            continue;
        };
        let read = SignIn::parse(message);
        let spoilt = text(&case, "/error/detail") == Some("Unexpected sign-in message; refusing to verify.");
        // A changed domain is a message of the template too; it is the place that is not ours.
        if spoilt && read.is_some() {
            assert_eq!(id, "message-domain-changed");
        }
        let Some(secret) = text(&case, "/signer_private_key") else {
            println!("{id}: nobody's signature");
            continue;
        };
        let secret: types::B256 = secret.parse().expect("a key");
        if case["status"] == 200 {
            let signer = TextSigner::from_secret(&secret).expect("a key");
            let ours = signer.sign(message).expect("signs").to_string();
            let plain = signature.len() == 132
                && matches!(&signature[130..], "1b" | "1c")
                && id != "high-s-signature";
            assert_eq!(
                ours == signature,
                plain,
                "{id}: a spelling that the coordinator takes and we do not write"
            );
        }
        let Some(sign_in) = read else { continue };
        let rig = RigPassphrase::generate().expect("randomness");
        let wallet = Wallet::new(&secret, NetworkKind::Practice, rig).expect("a key");
        let consent = Consent { plan: sign_in.digest(), how: Confirmation::Native };
        let signed = wallet.sign_in(&sign_in, &consent, sign_in.issued_at());
        match signed {
            Err(KeyError::OtherSigner) => assert_ne!(sign_in.address(), wallet.address(), "{id}"),
            Err(KeyError::Refused(Refusal::OtherOrigin)) => {}
            other => panic!("{id}: a page elsewhere got {other:?}"),
        }
        let here = SignInOrigin::this_computer();
        let ours = message
            .replace(sign_in.origin().uri(), here.uri())
            .replace(sign_in.origin().domain(), here.domain());
        let ours = SignIn::parse(&ours).expect("the template");
        let consent = Consent { plan: ours.digest(), how: Confirmation::Native };
        let signed = wallet.sign_in(&ours, &consent, ours.issued_at());
        assert_eq!(signed.is_ok(), sign_in.address() == wallet.address(), "{id}: {signed:?}");
    }
}

#[test]
fn siwe_vectors_wallet_links_are_nothing_to_sign() {
    for case in section("wallet_link") {
        let Some(template) = text(&case, "/message_template") else {
            println!("{}: no text", case["id"]);
            continue;
        };
        let link = template.replace("{account_id}", "00000000-0000-0000-0000-000000000007");
        assert_eq!(SignIn::parse(&link), None, "{}", case["id"]);
    }
}

#[test]
fn siwe_vectors_payout_addresses_we_are_stricter_than_the_coordinator() {
    for case in section("payout_address_format") {
        let (Some(typed), Some(theirs)) = (text(&case, "/in"), case["valid"].as_bool()) else {
            println!("a case lacks its text or verdict");
            continue;
        };
        let ours = payout_address(typed, &types::Network::BASE);
        assert!(ours.is_err() || theirs, "{typed:?} would be refused there");
        if theirs && let Err(why) = ours {
            assert_ne!(why, PayoutAddressError::NotAnAddress, "{typed:?}");
        }
    }
}
