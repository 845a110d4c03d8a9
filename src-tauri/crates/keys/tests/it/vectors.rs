//! The calls that the contracts' own tooling encodes, against the bytes we sign.

use std::path::PathBuf;
use std::time::Duration;

use alloy::consensus::{Transaction as _, TxEnvelope};
use alloy::eips::eip2718::Decodable2718;
use alloy::primitives::TxKind;
use keys::{KeyError, Refusal, Wallet};
use serde_json::Value;
use types::{
    Address, Aipg, Confirmation, Consent, Intent, Network, Plan, RegistryVersion, Timestamp, Transaction,
    U256, Wei,
};

use super::{PASSWORD, practice_folder, text};

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

/// The vector file from `GRID_NODE_VECTORS`, which need not hold it, else the project's copy, which must.
#[expect(clippy::print_stdout, reason = "a test that proves nothing must say so")]
fn vectors() -> Value {
    let given = std::env::var_os("GRID_NODE_VECTORS").map(PathBuf::from);
    let own = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../tests/data/vectors"));
    let path = given.clone().unwrap_or_else(own).join("chain.json");
    if !path.exists() {
        assert!(given.is_some(), "the project's own chain vectors are missing");
        println!("no chain vectors in the given folder");
        return Value::Null;
    }
    serde_json::from_slice(&std::fs::read(path).expect("readable vectors")).expect("vectors are JSON")
}

fn argument<T: std::str::FromStr>(case: &Value, place: usize) -> Option<T> {
    case["args"].get(place)?.as_str()?.parse().ok()
}

/// The intent behind a case, and the diamond it speaks of; `None` for what no wallet of ours is asked to do.
fn intent(case: &Value) -> Option<(Intent, Address)> {
    let amount = |place| argument::<U256>(case, place).map(Aipg::from_base);
    let some_grid = Address::repeat_byte(0x6d);
    Some(match case["signature"].as_str()? {
        "approve(address,uint256)" => (Intent::Approve { amount: amount(1)? }, argument(case, 0)?),
        "registerWorker(uint256)" => (Intent::Register { amount: amount(0)? }, some_grid),
        "unbond()" => (Intent::Unbond, some_grid),
        "cancelUnbond()" => (Intent::CancelUnbond, some_grid),
        "withdrawBond()" => (Intent::WithdrawBond, some_grid),
        "transfer(address,uint256)" => {
            (Intent::SendAipg { to: argument(case, 0)?, amount: amount(1)? }, some_grid)
        }
        _ => return None,
    })
}

fn sign(wallet: &Wallet, intent: Intent, network: Network) -> Result<TxEnvelope, KeyError> {
    // An approval is signed only for a bond of the same amount that comes after it.
    let steps = match intent {
        Intent::Approve { amount } => vec![intent, Intent::Register { amount }],
        _ => vec![intent],
    };
    let plan = Plan {
        id: "00112233445566778899aabbccddeeff".to_owned(),
        network,
        from: wallet.address(),
        registry: Some(RegistryVersion::V2),
        steps,
        fee_limit: Wei::whole(1),
        expires_at: NOW.plus(Duration::from_secs(60)),
    };
    let consent = Consent { plan: plan.digest(), how: Confirmation::Scripted };
    let transaction = Transaction {
        intent,
        nonce: 0,
        gas_limit: 300_000,
        max_fee_per_gas: 1_000_000,
        max_priority_fee_per_gas: 1_000,
    };
    let signed = wallet.sign(&plan, &consent, 0, &transaction, NOW)?;
    Ok(TxEnvelope::decode_2718(&mut signed.raw.as_slice()).expect("a transaction"))
}

#[test]
fn vectors_chain_calldata_is_what_we_sign() {
    let home = tempfile::tempdir().expect("a home");
    let wallet = practice_folder(home.path().join("keys")).create(&text(PASSWORD)).expect("a wallet");
    let token = Address::repeat_byte(0x70);
    let all = vectors();
    let mut compared = 0;
    for case in all["tx_cases"].as_array().unwrap_or(&Vec::new()) {
        let (Some((intent, grid)), Some(calldata)) = (intent(case), case["calldata"].as_str()) else {
            println!("not an intent of ours: {} {}", case["id"], case["signature"]);
            continue;
        };
        let network = Network::practice(Network::PRACTICE_CHAIN_ID, token, grid);
        match sign(&wallet, intent, network) {
            Ok(signed) => {
                assert_eq!(signed.input().to_string(), calldata, "{}", case["id"]);
                let to = if calldata.starts_with("0x095ea7b3") || calldata.starts_with("0xa9059cbb") {
                    token
                } else {
                    grid
                };
                assert_eq!((signed.kind(), signed.value()), (TxKind::Call(to), U256::ZERO), "{}", case["id"]);
                compared += 1;
            }
            Err(KeyError::Refused(Refusal::EmptyBond)) => {
                assert_eq!(intent, Intent::Register { amount: Aipg::ZERO }, "{}", case["id"]);
            }
            Err(error) => panic!("{}: {error}", case["id"]),
        }
    }
    println!("{compared} calls compared");
    assert!(
        compared > 0 || std::env::var_os("GRID_NODE_VECTORS").is_some(),
        "the project's copy has such cases"
    );
}
