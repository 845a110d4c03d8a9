//! Recorded transactions: what we would send, and what we read from what came back.

use alloy::sol_types::{Eip712Domain, SolCall, SolEvent, SolStruct};
use serde_json::Value;
use types::{Address, B256, Bytes, Intent, Network, RegistryVersion, U256};

use super::file::{Case, address, bytes, cases, file, id, mined, reason_of, text, uint};
use crate::contracts::{Inspector, RegistryV1, RegistryV2, Rewards, Token};
use crate::{BondFact, Happened, Log, Outcome, Revert, outcome_of};

const SECTIONS: [&str; 4] = ["worlds", "accounts", "tx_cases", "permit"];

/// The call as our interfaces encode it; `None` for a function that we do not know.
fn encoded(signature: &str, args: &[Value]) -> Option<Bytes> {
    let number = |place: usize| args.get(place).and_then(uint).expect("a number");
    let who = |place: usize| args.get(place).and_then(address).expect("an address");
    let words = |place: usize| {
        let list = args[place].as_array().expect("a list").iter();
        list.map(|word| word.as_str().expect("hex").parse().expect("32 bytes")).collect::<Vec<B256>>()
    };
    let data = match signature {
        "approve(address,uint256)" => Token::approveCall { spender: who(0), amount: number(1) }.abi_encode(),
        "transfer(address,uint256)" => Token::transferCall { to: who(0), amount: number(1) }.abi_encode(),
        "registerWorker(uint256)" => RegistryV1::registerWorkerCall { bondAmount: number(0) }.abi_encode(),
        "unbond()" => RegistryV1::unbondCall {}.abi_encode(),
        "cancelUnbond()" => RegistryV2::cancelUnbondCall {}.abi_encode(),
        "withdrawBond()" => RegistryV2::withdrawBondCall {}.abi_encode(),
        "setMinBond(uint256)" => RegistryV2::setMinBondCall { minBond: number(0) }.abi_encode(),
        "setUnbondingPeriod(uint256)" => {
            RegistryV2::setUnbondingPeriodCall { period: number(0) }.abi_encode()
        }
        "slash(address,uint256,string)" => {
            let reason = args[2].as_str().expect("a reason").to_owned();
            RegistryV2::slashCall { worker: who(0), amount: number(1), reason }.abi_encode()
        }
        "claim(address,uint256,uint256,bytes32[])" => {
            Rewards::claimCall { worker: who(0), periodId: number(1), den: number(2), proof: words(3) }
                .abi_encode()
        }
        _ => return None,
    };
    Some(data.into())
}

/// The intent that a recorded call is, if it is one.
fn intent(signature: &str, args: &[Value], network: &Network) -> Option<Intent> {
    let amount = |place: usize| args.get(place).and_then(uint).map(types::Aipg::from_base);
    let who = |place: usize| args.get(place).and_then(address);
    match signature {
        "approve(address,uint256)" if who(0)? == network.grid() => {
            Some(Intent::Approve { amount: amount(1)? })
        }
        "transfer(address,uint256)" => Some(Intent::SendAipg { to: who(0)?, amount: amount(1)? }),
        "registerWorker(uint256)" => Some(Intent::Register { amount: amount(0)? }),
        "unbond()" => Some(Intent::Unbond),
        "cancelUnbond()" => Some(Intent::CancelUnbond),
        "withdrawBond()" => Some(Intent::WithdrawBond),
        _ => None,
    }
}

/// The local chain a case was recorded on.
fn network(file: &Case, case: &Case) -> Option<Network> {
    let world = file.get("worlds")?.get(text(case, "world")?)?;
    Some(Network::practice(8453, address(world.get("token")?)?, address(world.get("grid")?)?))
}

fn args(case: &Case) -> Vec<Value> {
    case.get("args").and_then(Value::as_array).cloned().unwrap_or_default()
}

#[test]
fn chain_vectors_tx_calldata() {
    let file = file("chain.json", &SECTIONS);
    let (mut ours, mut intents) = (0, 0);
    for case in cases(&file, &["tx_cases"]) {
        let (Some(signature), Some(expected)) = (text(&case, "signature"), bytes(&case, "calldata")) else {
            continue;
        };
        match encoded(signature, &args(&case)) {
            Some(data) => assert_eq!(data, expected, "{}", id(&case)),
            None => {
                println!("{}: {signature} is not called by us", id(&case));
                continue;
            }
        }
        ours += 1;
        let network = network(&file, &case).expect("a recorded world");
        if let Some(intent) = intent(signature, &args(&case), &network) {
            let call = intent.call(&network);
            let to = if text(&case, "to") == Some("TOKEN") { network.token() } else { network.grid() };
            assert_eq!((call.data, call.to), (expected, to), "{}", id(&case));
            intents += 1;
        }
    }
    println!("{ours} calls, {intents} of them intents");
}

/// No payment of AIPG is among the recorded calls, so the types' encoding is held against the interface.
#[test]
fn chain_vectors_transfer_calldata_is_the_interfaces() {
    let (to, network) = (Address::repeat_byte(0xab), Network::BASE);
    let amount = types::Aipg::parse("156.2475").expect("an amount");
    let call = Intent::SendAipg { to, amount }.call(&network);
    let expected = Token::transferCall { to, amount: amount.base() }.abi_encode();
    assert_eq!((call.to, call.data), (network.token(), expected.into()));
}

#[test]
fn chain_vectors_tx_refusals() {
    for case in cases(&file("chain.json", &SECTIONS), &["tx_cases"]) {
        let Some(data) = bytes(&case, "revert_data") else { continue };
        let revert = Revert::of(&data);
        let reason = text(&case, "revert_reason");
        assert_eq!(reason_of(&revert), reason, "{}", id(&case));
        if reason.is_some() && revert.kind().is_none() {
            println!("{}: {revert} is not in our catalogue", id(&case));
        }
    }
}

/// What the world's registry makes of it; `upgrade.*` were recorded on V1 after it had become V2.
fn version(case: &Case) -> RegistryVersion {
    let is_v2 =
        text(case, "world") == Some("V2") || text(case, "id").is_some_and(|id| id.starts_with("upgrade"));
    if is_v2 { RegistryVersion::V2 } else { RegistryVersion::V1 }
}

#[test]
fn chain_vectors_tx_outcomes() {
    let file = file("chain.json", &SECTIONS);
    let mut judged = 0;
    for case in cases(&file, &["tx_cases"]) {
        let (Some(network), Some(signature)) = (network(&file, &case), text(&case, "signature")) else {
            continue;
        };
        let Some(intent) = intent(signature, &args(&case), &network) else { continue };
        let from = text(&case, "from").expect("a sender");
        let accounts = file.get("accounts").expect("accounts");
        let owner = accounts.get(from).and_then(address).expect("a known account");
        let names = |name: &str| match name {
            "TOKEN" => Some(network.token()),
            "GRID" => Some(network.grid()),
            other => other.parse().ok(),
        };
        let receipt = mined(&case, text(&case, "status") == Some("success"), names);
        let outcome = outcome_of(&intent, &receipt, &network, owner, version(&case));
        match text(&case, "status") {
            Some("success") => {
                assert!(matches!(outcome, Outcome::AsPlanned(_)), "{}: {outcome:?}", id(&case))
            }
            _ => assert_eq!(outcome, Outcome::Reverted, "{}", id(&case)),
        }
        if text(&case, "id") == Some("upgrade.unbond") {
            let surprised = outcome_of(&intent, &receipt, &network, owner, RegistryVersion::V1);
            let cooldown = |other: &Option<Happened>| {
                matches!(other, Some(Happened::Bond(BondFact::UnbondRequested { .. })))
            };
            assert!(
                matches!(&surprised, Outcome::OtherThanPlanned(other) if cooldown(other)),
                "{surprised:?}"
            );
        }
        judged += 1;
    }
    println!("{judged} outcomes");
}

macro_rules! whose_topic {
    ($log:expr, $($event:ty),* $(,)?) => {
        match $log.topics.first() {
            $(Some(topic) if *topic == <$event>::SIGNATURE_HASH => Some($log.read::<$event>($log.address).is_some()),)*
            _ => None,
        }
    };
}

/// Whether a log of a name that we know is one that we can read; `None` for other names.
fn readable(log: &Log) -> Option<bool> {
    whose_topic![
        log,
        Token::Transfer,
        Token::Approval,
        RegistryV1::WorkerRegistered,
        RegistryV1::WorkerUnbonded,
        RegistryV1::WorkerSlashed,
        RegistryV2::UnbondRequested,
        RegistryV2::UnbondCancelled,
        RegistryV2::BondWithdrawn,
        RegistryV2::WorkerSlashed,
        RegistryV2::MinBondUpdated,
        RegistryV2::UnbondingPeriodUpdated,
        Rewards::Claimed,
        Rewards::PeriodAllocationUpdated,
        Rewards::PeriodReported,
        Inspector::ModulesUpdated,
    ]
}

#[test]
fn chain_vectors_tx_logs() {
    let mut read = 0;
    for case in cases(&file("chain.json", &SECTIONS), &["tx_cases"]) {
        for log in mined(&case, true, |_| Some(Address::ZERO)).logs {
            match readable(&log) {
                Some(readable) => assert!(readable, "{}: {log:?}", id(&case)),
                None => println!("{}: a log that is not read by us: {:?}", id(&case), log.topics.first()),
            }
            read += 1;
        }
    }
    println!("{read} logs");
}

alloy::sol! {
    struct Permit {
        address owner;
        address spender;
        uint256 value;
        uint256 nonce;
        uint256 deadline;
    }
}

/// The app sends no permit; this guards the reading of the token's domain.
#[test]
fn chain_vectors_permit() {
    let file = file("chain.json", &SECTIONS);
    let Some(permit) = file.get("permit") else { return };
    let string = |value: &Value| Some(value.as_str()?.to_owned().into());
    let field = |object: &str, name: &str| permit[object][name].clone();
    let domain = Eip712Domain::new(
        string(&field("domain", "name")),
        string(&field("domain", "version")),
        uint(&field("domain", "chainId")),
        address(&field("domain", "verifyingContract")),
        None,
    );
    let number = |name: &str| uint(&field("message", name)).expect("a number");
    let message = Permit {
        owner: address(&field("message", "owner")).expect("an owner"),
        spender: address(&field("message", "spender")).expect("a spender"),
        value: number("value"),
        nonce: number("nonce"),
        deadline: number("deadline"),
    };
    let check = |name: &str, ours: B256| {
        if let Some(theirs) = permit.get(name).and_then(Value::as_str) {
            assert_eq!(ours.to_string(), theirs, "{name}");
        }
    };
    check("domain_separator", domain.separator());
    check("type_hash", message.eip712_type_hash());
    check("digest", message.eip712_signing_hash(&domain));
    let word = |name: &str| permit.get(name).and_then(uint_hex);
    let (Some(r), Some(s), Some(v)) = (word("r"), word("s"), permit.get("v").and_then(Value::as_u64)) else {
        return;
    };
    let signature = types::Signature::new(r, s, v == 28);
    let signer = signature.recover_address_from_prehash(&message.eip712_signing_hash(&domain));
    assert_eq!(signer.expect("a signature"), message.owner);
}

fn uint_hex(value: &Value) -> Option<U256> {
    U256::from_str_radix(value.as_str()?.strip_prefix("0x")?, 16).ok()
}
