//! The receipts and identity proofs the coordinator's own code made and judged, reproduced byte for byte.

use std::path::PathBuf;

use alloy::primitives::{B256, eip191_hash_message};
use serde_json::Value;
use types::{Delegation, JobId, RegistrationProof, Sha256, WorkerName, receipt_text};

use crate::{KeyError, PayoutKey, RigKey};

/// The vector file from `GRID_NODE_VECTORS`, which need not hold it, else the project's copy, which must.
fn vectors() -> Value {
    let given = std::env::var_os("GRID_NODE_VECTORS").map(PathBuf::from);
    let own = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../tests/data/vectors"));
    let folder = given.clone().unwrap_or_else(own);
    let candidates = ["worker-receipts.json", "receipts.json"].map(|name| folder.join(name));
    let Some(path) = candidates.iter().find(|path| path.exists()) else {
        assert!(given.is_some(), "the project's own receipt vectors are missing");
        println!("no receipt vectors in the given folder");
        return Value::Null;
    };
    serde_json::from_slice(&std::fs::read(path).expect("readable vectors")).expect("vectors are JSON")
}

fn cases(section: &str) -> Vec<Value> {
    let all = vectors();
    let Some(cases) = all.get(section).and_then(Value::as_array) else {
        println!("section {section} is not in this file");
        return Vec::new();
    };
    cases.clone()
}

fn text<'a>(case: &'a Value, field: &str) -> Option<&'a str> {
    case.get(field).and_then(Value::as_str)
}

fn secret(case: &Value, field: &str) -> Option<B256> {
    text(case, field).map(|hex| hex.parse().expect("a 32-byte key"))
}

fn expect_field(case: &Value, field: &str, ours: &str) {
    if let Some(theirs) = text(case, field) {
        assert_eq!(ours, theirs, "{field} of {}", case["id"]);
    }
}

#[test]
fn vectors_receipts_text_are_reproduced() {
    for case in cases("text_receipts") {
        let (Some(secret), Some(job), Some(full_text)) =
            (secret(&case, "private_key"), text(&case, "job_id"), text(&case, "full_text"))
        else {
            println!("skipped a case without key, job or text: {}", case["id"]);
            continue;
        };
        let key = RigKey::from_secret(&secret).expect("a test key");
        let job = JobId::new(job);
        let result = Sha256::of(full_text);
        expect_field(&case, "signer", &format!("{:#x}", key.address()));
        if full_text.is_empty() {
            assert!(
                matches!(key.sign_receipt(&job, result), Err(KeyError::EmptyResult)),
                "an empty answer must never be signed"
            );
            assert_ne!(
                text(&case, "expect"),
                Some("accepted"),
                "the coordinator accepts no receipt for nothing"
            );
            continue;
        }
        expect_field(&case, "result_hash", &result.to_string());
        expect_field(&case, "signed_string", &receipt_text(&job, result));
        expect_field(&case, "eip191_digest", &eip191_hash_message(receipt_text(&job, result)).to_string());
        let signature = key.sign_receipt(&job, result).expect("signs");
        if text(&case, "expect") == Some("accepted") {
            expect_field(&case, "signature", &signature.to_string());
        }
    }
}

#[test]
fn vectors_receipts_identity_texts_and_signatures_are_reproduced() {
    for case in cases("identity_proofs") {
        let identity = &case["worker_identity"];
        let (Some(proof), Some(delegation)) =
            (read_proof(&identity["payload"]), read_delegation(&identity["delegation"]["payload"]))
        else {
            println!("not a form we can make, as it should be: {}", case["id"]);
            continue;
        };
        if let Some(secret) = secret(&case, "payout_wallet_private_key") {
            let wallet = PayoutKey::from_secret(&secret).expect("a test key");
            expect_field(&case, "delegation_message", &delegation.text());
            let certificate = wallet.sign_delegation(delegation).expect("signs");
            expect_field(&identity["delegation"], "signature", &certificate.signature.to_string());
        }
        if let Some(secret) = secret(&case, "worker_signer_private_key") {
            let rig = RigKey::from_secret(&secret).expect("a test key");
            expect_field(&case, "registration_message", &proof.text());
            let signature = rig.sign_registration(&proof).expect("signs");
            expect_field(identity, "signature", &signature.to_string());
        }
    }
}

/// The proof, if it is one our types can express: whole seconds, lower-case signer.
fn read_proof(payload: &Value) -> Option<RegistrationProof> {
    let list = |field: &str| {
        payload[field]
            .as_array()?
            .iter()
            .map(|item| item.as_str().map(str::to_owned))
            .collect::<Option<Vec<_>>>()
    };
    Some(RegistrationProof {
        timestamp: payload["timestamp"].as_u64()?,
        nonce: text(payload, "nonce")?.to_owned(),
        worker_signer: lower_case_address(payload, "worker_signer")?,
        worker_name: WorkerName::new(text(payload, "worker_name")?).ok()?,
        models: list("models")?,
        job_types: list("job_types")?,
        bridge_agent: text(payload, "bridge_agent")?.to_owned(),
    })
}

fn read_delegation(payload: &Value) -> Option<Delegation> {
    if payload["chain_id"].as_u64()? != types::GRID_CHAIN_ID
        || text(payload, "audience")? != types::GRID_AUDIENCE
    {
        return None;
    }
    Some(Delegation {
        delegation_id: text(payload, "delegation_id")?.to_owned(),
        payout_wallet: lower_case_address(payload, "payout_wallet")?,
        worker_signer: lower_case_address(payload, "worker_signer")?,
        worker_name: WorkerName::new(text(payload, "worker_name")?).ok()?,
        issued_at: payload["issued_at"].as_u64()?,
        expires_at: payload["expires_at"].as_u64()?,
    })
}

fn lower_case_address(payload: &Value, field: &str) -> Option<types::Address> {
    let written = text(payload, field)?;
    (written == written.to_lowercase()).then(|| written.parse().ok()).flatten()
}

#[test]
fn a_key_signs_nothing_in_another_keys_name() {
    let (wallet, other) = (PayoutKey::generate().expect("key"), RigKey::generate().expect("key"));
    let delegation = Delegation {
        delegation_id: crate::random_hex_128().expect("random"),
        payout_wallet: other.address(),
        worker_signer: other.address(),
        worker_name: WorkerName::new("rig-1").expect("name"),
        issued_at: 1_800_000_000,
        expires_at: 1_800_086_400,
    };
    assert!(matches!(wallet.sign_delegation(delegation.clone()), Err(KeyError::OtherSigner)));
    let endless = Delegation { payout_wallet: wallet.address(), expires_at: u64::MAX, ..delegation };
    assert!(matches!(wallet.sign_delegation(endless), Err(KeyError::Lifetime)), "no permission for ever");
}
