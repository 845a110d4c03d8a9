//! Conclusions: versions, bond states, refusals, proofs.

use serde_json::{Value, json};
use types::{Address, Aipg, B256, RegistryVersion, U256};

use super::file::{Case, address, aipg_of, bytes, cases, file, id, mined, text, uint, uint_of};
use crate::{
    BondState, Evidence, PayoutProof, Probe, REGISTRY_V1, REGISTRY_V2_EXTRAS, Revert, RewardEntry, Worker,
    amount, detect, leaf, proves_payout, root, verify,
};

const SECTIONS: [&str; 4] = ["detection", "bond_state_cases", "error_catalog", "merkle"];

/// One probe as the file writes it: an address, `reverts: ...`, or anything else for no answer.
fn probe(answers: &Value, selector: [u8; 4]) -> Probe<Address> {
    let key = format!("0x{}", alloy::hex::encode(selector));
    let answer = match answers {
        Value::Object(map) => map.get(&key).and_then(Value::as_str),
        Value::String(all) => Some(all.as_str()),
        _ => None,
    };
    match answer {
        Some(text) if text.starts_with("revert") => Probe::Reverted,
        Some(text) => text.parse().map_or(Probe::Unanswered, Probe::Answer),
        None => Probe::Unanswered,
    }
}

#[test]
fn chain_vectors_detection() {
    for case in cases(&file("chain.json", &SECTIONS), &["detection", "cases"]) {
        let answers = case.get("module_address").cloned().unwrap_or_default();
        let Some(chain_id) = uint_of(&case, "chain_id") else {
            println!("{}: inputs are missing", id(&case));
            continue;
        };
        let code = |field: &str| case.get(field).and_then(Value::as_bool).unwrap_or(true);
        let width = uint_of(&case, "get_worker_len").map(|width| width.saturating_to());
        let evidence = Evidence {
            chain_id: chain_id.saturating_to(),
            token_has_code: code("token_has_code"),
            grid_has_code: code("grid_has_code"),
            v1: REGISTRY_V1.map(|selector| probe(&answers, selector)),
            v2_extras: REGISTRY_V2_EXTRAS.map(|selector| probe(&answers, selector)),
            worker_width: width.map_or(Probe::Unanswered, Probe::Answer),
        };
        let expected_chain = uint_of(&case, "expected_chain_id").map_or(8453, |id| id.saturating_to());
        let verdict = detect(&evidence, expected_chain);
        if let Some(expected) = text(&case, "verdict") {
            assert_eq!(verdict.name(), expected, "{}", id(&case));
        }
        if let Some(expected) = case.get("writes_allowed") {
            let writes = verdict.writes_allowed().iter().map(|action| action.function());
            assert_eq!(&json!(writes.collect::<Vec<_>>()), expected, "{}", id(&case));
        }
    }
}

#[test]
fn chain_vectors_detection_probes_the_functions_named_there() {
    let file = file("chain.json", &SECTIONS);
    let Some(probes) = file.get("detection").and_then(|detection| detection.get("probe_selectors")) else {
        return;
    };
    let check = |list: &str, ours: &[[u8; 4]]| {
        let Some(theirs) = probes.get(list).and_then(Value::as_object) else { return };
        let ours: Vec<String> = ours.iter().map(|one| format!("0x{}", alloy::hex::encode(one))).collect();
        assert_eq!(theirs.len(), ours.len(), "{list}");
        assert!(theirs.values().all(|one| ours.iter().any(|own| one == own)), "{list}: {theirs:?} {ours:?}");
    };
    check("v1", &REGISTRY_V1);
    check("v2_extra", &REGISTRY_V2_EXTRAS);
}

#[test]
fn chain_vectors_bond_states() {
    for case in cases(&file("chain.json", &SECTIONS), &["bond_state_cases"]) {
        let version = match text(&case, "version") {
            Some("V1") => RegistryVersion::V1,
            Some("V2") => RegistryVersion::V2,
            other => {
                println!("{}: version {other:?}", id(&case));
                continue;
            }
        };
        let (Some(raw), Some(now)) = (bytes(&case, "get_worker_return"), uint_of(&case, "block_timestamp"))
        else {
            println!("{}: inputs are missing", id(&case));
            continue;
        };
        let now = now.saturating_to();
        let state =
            Worker::read(version, &raw).map_or(BondState::Inconsistent, |worker| BondState::of(&worker, now));
        if let Some(expected) = text(&case, "state") {
            assert_eq!(state.name(), expected, "{}", id(&case));
        }
        if let Some(expected) = case.get("user_actions") {
            let actions = state.actions(aipg_of(&case, "min_bond"));
            let names: Vec<&str> = actions.iter().map(|action| action.function()).collect();
            assert_eq!(&json!(names), expected, "{}", id(&case));
        }
    }
}

#[test]
fn chain_vectors_error_catalog() {
    for case in cases(&file("chain.json", &SECTIONS), &["error_catalog"]) {
        let Some(data) = bytes(&case, "revert_data") else { continue };
        let revert = Revert::of(&data);
        assert_eq!(revert.kind().map(|kind| kind.name()), text(&case, "kind"), "{revert}");
        if let Some(reason) = text(&case, "reason") {
            assert_eq!(revert.to_string(), reason);
        }
        if let Some(meaning) = text(&case, "meaning") {
            assert_eq!(revert.meaning(), Some(meaning), "{revert}");
        }
    }
}

fn entry(case: &Case) -> Option<RewardEntry> {
    Some(RewardEntry { worker: case.get("address").and_then(address)?, den: uint_of(case, "den")? })
}

#[test]
fn chain_vectors_merkle() {
    for set in cases(&file("chain.json", &SECTIONS), &["merkle", "sets"]) {
        let expected: B256 = text(&set, "root").expect("a root").parse().expect("32 bytes");
        let input: Vec<RewardEntry> = cases(&set, &["input_order"]).iter().filter_map(entry).collect();
        if !input.is_empty() {
            assert_eq!(root(&input), Some(expected), "the root of {} workers", input.len());
        }
        for case in cases(&set, &["entries"]) {
            check_entry(&set, &case, expected);
        }
    }
}

fn check_entry(set: &Case, case: &Case, root: B256) {
    let entry = entry(case).expect("an entry");
    if let Some(expected) = text(case, "leaf") {
        assert_eq!(leaf(&entry).to_string(), expected, "{entry:?}");
    }
    if let Some(proof) = case.get("proof").and_then(Value::as_array) {
        let proof: Vec<B256> =
            proof.iter().map(|node| node.as_str().expect("hex").parse().expect("32 bytes")).collect();
        assert!(verify(&entry, &proof, root), "{entry:?}");
        let more = RewardEntry { den: entry.den + U256::from(1), ..entry };
        assert!(!verify(&more, &proof, root), "one more den must not pass: {entry:?}");
    }
    if let (Some(pot), Some(total), Some(expected)) =
        (aipg_of(set, "pool_allocation"), uint_of(set, "total_den"), aipg_of(case, "preview_amount"))
    {
        assert_eq!(amount(entry.den, pot, total), Some(expected), "{entry:?}");
    }
}

#[test]
fn siwe_vectors_transfer_proof() {
    let file = file("siwe.json", &["transfer_proof"]);
    let Some(section) = file.get("transfer_proof") else { return };
    let token = section.get("token").and_then(address).expect("a token");
    let books = section.get("aipg").and_then(Value::as_f64);
    for case in cases(&file, &["transfer_proof", "cases"]) {
        let to = case.get("expected_to").and_then(address).expect("an address");
        let expected = aipg_of(&case, "expected_raw").expect("an amount");
        if let Some(books) = books {
            assert_eq!(Aipg::from_payout(books), Some(expected), "{}", id(&case));
        }
        let receipt = case.get("receipt").and_then(Value::as_object);
        let receipt = receipt.map(|receipt| {
            let success = receipt.get("status").and_then(uint) == Some(U256::from(1));
            mined(receipt, success, |address| address.parse().ok())
        });
        let proof = proves_payout(receipt.as_ref(), token, to, expected);
        let proves = matches!(proof, PayoutProof::Paid { .. });
        assert_eq!(Some(proves), case.get("proves").and_then(Value::as_bool), "{}: {proof:?}", id(&case));
        if receipt.as_ref().is_some_and(|receipt| !receipt.success) {
            assert_eq!(proof, PayoutProof::Failed, "{}", id(&case));
        }
    }
}
