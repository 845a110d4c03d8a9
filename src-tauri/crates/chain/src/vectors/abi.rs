//! Selectors, topics, and what views return.

use std::collections::BTreeMap;

use alloy::sol_types::{SolCall, SolEvent};
use serde_json::{Value, json};
use types::{B256, U256};

use super::file::{bytes, cases, file, id, reason_of, text};
use crate::contracts::{GasPriceOracle, Inspector, RegistryV1, RegistryV2, Rewards, Token, returned};
use crate::{Revert, Worker};
use types::RegistryVersion;

const SECTIONS: [&str; 3] = ["selectors", "events", "views"];

macro_rules! selectors {
    ($($call:ty),* $(,)?) => { BTreeMap::from([$((<$call>::SIGNATURE, <$call>::SELECTOR)),*]) };
}

macro_rules! topics {
    ($($event:ty),* $(,)?) => { BTreeMap::from([$((<$event>::SIGNATURE, <$event>::SIGNATURE_HASH)),*]) };
}

/// Every signature and selector under a section, however deep.
fn leaves<'a>(value: &'a Value, found: &mut Vec<(&'a str, &'a str)>) {
    for (name, value) in value.as_object().into_iter().flatten() {
        match value.as_str() {
            Some(selector) => found.push((name, selector)),
            None => leaves(value, found),
        }
    }
}

#[test]
fn chain_vectors_selectors() {
    let ours: BTreeMap<&str, [u8; 4]> = selectors![
        Token::approveCall,
        Token::transferCall,
        Token::balanceOfCall,
        Token::allowanceCall,
        Token::pausedCall,
        Inspector::moduleAddressCall,
        Inspector::ownerCall,
        Inspector::isPausedCall,
        RegistryV1::registerWorkerCall,
        RegistryV1::unbondCall,
        RegistryV1::getWorkerCall,
        RegistryV1::isWorkerActiveCall,
        RegistryV1::getTotalBondedCall,
        RegistryV1::getMinBondCall,
        RegistryV2::withdrawBondCall,
        RegistryV2::cancelUnbondCall,
        RegistryV2::getUnbondInfoCall,
        RegistryV2::unbondingPeriodCall,
        RegistryV2::slashCall,
        RegistryV2::setUnbondingPeriodCall,
        RegistryV2::setMinBondCall,
        Rewards::currentPeriodIdCall,
        Rewards::periodLengthSecondsCall,
        Rewards::periodAllocationCall,
        Rewards::poolBalanceCall,
        Rewards::totalDepositedCall,
        Rewards::totalPaidOutCall,
        Rewards::getReportCall,
        Rewards::isReportedCall,
        Rewards::claimCall,
        Rewards::previewClaimCall,
        Rewards::isClaimedCall,
        GasPriceOracle::getL1FeeUpperBoundCall,
        GasPriceOracle::getOperatorFeeCall,
    ];
    let file = file("chain.json", &SECTIONS);
    let Some(section) = file.get("selectors") else { return };
    let mut theirs = Vec::new();
    leaves(section, &mut theirs);
    let mut matched = 0;
    for (signature, selector) in &theirs {
        let Some(own) = ours.get(signature) else { continue };
        assert_eq!(format!("0x{}", alloy::hex::encode(own)), *selector, "{signature}");
        matched += 1;
    }
    println!("{matched} of {} selectors are ours", theirs.len());
    for missing in ours.keys().filter(|own| !theirs.iter().any(|(theirs, _)| theirs == *own)) {
        println!("not in the file: {missing}");
    }
}

#[test]
fn chain_vectors_events() {
    let ours: BTreeMap<&str, B256> = topics![
        Token::Transfer,
        Token::Approval,
        Inspector::ModulesUpdated,
        Inspector::OwnershipTransferred,
        Inspector::Paused,
        Inspector::Unpaused,
        Inspector::RoleGranted,
        Inspector::RoleRevoked,
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
    ];
    let mut matched = 0;
    for event in cases(&file("chain.json", &SECTIONS), &["events"]) {
        let (Some(signature), Some(topic)) = (text(&event, "signature"), text(&event, "topic0")) else {
            continue;
        };
        if let Some(own) = ours.get(signature) {
            assert_eq!(own.to_string(), topic, "{signature}");
            matched += 1;
        }
    }
    println!("{matched} events are ours");
}

/// What a recorded answer decodes to, in the file's own way of writing; `None` for a view that we do not know.
fn decoded(signature: &str, data: &[u8]) -> Option<Result<Value, crate::ChainError>> {
    fn one<C: SolCall>(
        data: &[u8],
        show: fn(C::Return) -> Value,
    ) -> Option<Result<Value, crate::ChainError>> {
        Some(returned::<C>(data).map(show))
    }
    let uint: fn(U256) -> Value = |value| json!([value.to_string()]);
    let flag: fn(bool) -> Value = |value| json!([value]);
    let address: fn(types::Address) -> Value = |value| json!([value.to_string()]);
    match signature {
        "getWorker(address)" => worker(data),
        "getMinBond()" => one::<RegistryV1::getMinBondCall>(data, uint),
        "getTotalBonded()" => one::<RegistryV1::getTotalBondedCall>(data, uint),
        "isWorkerActive(address)" => one::<RegistryV1::isWorkerActiveCall>(data, flag),
        "unbondingPeriod()" => one::<RegistryV2::unbondingPeriodCall>(data, uint),
        "getUnbondInfo(address)" => one::<RegistryV2::getUnbondInfoCall>(data, |info| {
            json!([info.unbondingAt.to_string(), info.bondAmount.to_string(), info.withdrawable])
        }),
        "isPaused()" => one::<Inspector::isPausedCall>(data, flag),
        "owner()" => one::<Inspector::ownerCall>(data, address),
        "moduleAddress(bytes4)" => one::<Inspector::moduleAddressCall>(data, address),
        "balanceOf(address)" => one::<Token::balanceOfCall>(data, uint),
        "allowance(address,address)" => one::<Token::allowanceCall>(data, uint),
        "paused()" => one::<Token::pausedCall>(data, flag),
        "periodLengthSeconds()" => one::<Rewards::periodLengthSecondsCall>(data, uint),
        "isReported(uint256)" => one::<Rewards::isReportedCall>(data, flag),
        "isClaimed(uint256,address)" => one::<Rewards::isClaimedCall>(data, flag),
        "previewClaim(uint256,address,uint256,bytes32[])" => {
            one::<Rewards::previewClaimCall>(data, |preview| {
                json!([preview.amount.to_string(), preview.valid])
            })
        }
        "getReport(uint256)" => one::<Rewards::getReportCall>(data, |report| {
            json!([[
                report.periodId.to_string(),
                report.denRoot.to_string(),
                report.totalDen.to_string(),
                report.poolAllocation.to_string(),
                report.reportedAt.to_string(),
                report.reporter.to_string(),
                report.uri,
            ]])
        }),
        _ => None,
    }
}

/// Both widths, and each is refused as the other.
fn worker(data: &[u8]) -> Option<Result<Value, crate::ChainError>> {
    let (version, other) = match data.len() {
        224 => (RegistryVersion::V1, RegistryVersion::V2),
        256 => (RegistryVersion::V2, RegistryVersion::V1),
        width => panic!("a worker of {width} bytes"),
    };
    assert!(Worker::read(other, data).is_err(), "{other:?} must not take the other's record");
    let worker = Worker::read(version, data).expect("a recorded worker");
    let mut words = vec![
        json!(worker.address.to_string()),
        json!(worker.bond.base().to_string()),
        json!("0"),
        json!(worker.rewards.base().to_string()),
        json!(worker.registered_at.to_string()),
        json!(worker.is_active),
        json!(worker.is_slashed),
    ];
    if version == RegistryVersion::V2 {
        words.push(json!(worker.unbonding_at.to_string()));
    }
    Some(Ok(json!([words])))
}

#[test]
fn chain_vectors_views() {
    let mut read = 0;
    for case in cases(&file("chain.json", &SECTIONS), &["views"]) {
        if let (Some(data), Some(reason)) = (bytes(&case, "revert_data"), text(&case, "revert_reason")) {
            assert_eq!(reason_of(&Revert::of(&data)), Some(reason), "{}", id(&case));
        }
        let (Some(signature), Some(data), Some(expected)) =
            (text(&case, "signature"), bytes(&case, "return_data"), case.get("decoded"))
        else {
            continue;
        };
        // Two views of other contracts bear the name of one of ours and return the same.
        let Some(found) = decoded(signature, &data) else {
            println!("{}: {signature} is not read by us", id(&case));
            continue;
        };
        assert_eq!(&found.expect("a recorded answer"), expected, "{}", id(&case));
        read += 1;
    }
    println!("{read} views");
}
