//! Which contract goes where, and what an upgrade changes.
//!
//! The addresses follow from the deployer and its nonces, so whoever knows the chain's URL knows them too.

use alloy::sol_types::{SolCall as _, SolValue as _};
use alloy_primitives::{Address, Bytes, FixedBytes, address};
use serde_json::{Value, json};
use types::{Aipg, RegistryVersion};

use super::artifacts;
use super::contracts::{Grid, Models, ModuleCut, Registry, Rewards, Rig, Token};

/// Deploys everything; the diamond's owner and everybody's admin.
pub(super) const OWNER: Address = address!("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
/// Pays workers.
pub(super) const TREASURY: Address = address!("0x14dC79964da2C08b23698B3D3cc7Ca32193d9955");
/// Gives to beginners.
pub(super) const FAUCET: Address = address!("0x23618e81E3f5cdF7f54C3d65f7FBc0aBf5B21E8f");
/// Where Base keeps the contract that names its fees.
pub(super) const FEE_ORACLE: Address = address!("0x420000000000000000000000000000000000000F");

/// More than any deployment or set-up call needs; all together they would not fit into one block, and need not.
pub(super) const GAS: u64 = 6_000_000;
const PURSE: u64 = 10_000_000;
const MIN_BOND: u64 = 1_000;

const ADD: u8 = 0;
const REPLACE: u8 = 1;
const REMOVE: u8 = 2;

/// The contracts in the order of their deployment; the position is the nonce.
#[derive(Debug, Clone, Copy)]
pub(super) enum Contract {
    Token,
    Grid,
    StakingVault,
    RegistryV1,
    RegistryV2,
    PaymentRouterV1,
    PaymentRouterV2,
    RewardPool,
    DenReporter,
    ModelVault,
    Rig,
}

impl Contract {
    const ALL: [Self; 11] = [
        Self::Token,
        Self::Grid,
        Self::StakingVault,
        Self::RegistryV1,
        Self::RegistryV2,
        Self::PaymentRouterV1,
        Self::PaymentRouterV2,
        Self::RewardPool,
        Self::DenReporter,
        Self::ModelVault,
        Self::Rig,
    ];

    pub(super) fn address(self) -> Address {
        OWNER.create(self as u64)
    }

    fn creation(self) -> Vec<u8> {
        let mut code = artifacts::bytecode(&format!("{self:?}"));
        if let Self::StakingVault = self {
            code.extend(Self::Token.address().abi_encode());
        }
        code
    }
}

/// The whole set-up as JSON-RPC calls for one batch. Nonces and gas are given, so nothing waits for anything.
pub(super) fn calls(registry: RegistryVersion) -> Vec<(&'static str, Value)> {
    let mut transactions: Vec<Value> = Contract::ALL
        .into_iter()
        .map(|contract| json!({ "data": Bytes::from(contract.creation()) }))
        .collect();
    for to in [TREASURY, FAUCET] {
        let mint = Token::mintCall { to, amount: Aipg::whole(PURSE).base() }.abi_encode();
        transactions.push(json!({ "to": Contract::Token.address(), "data": Bytes::from(mint) }));
    }
    let minimum = set_up(Contract::Token.address(), Aipg::whole(MIN_BOND));
    let upgrade = upgrade(first_cut(registry), Some(minimum));
    transactions.push(json!({ "to": Contract::Grid.address(), "data": upgrade }));

    let sent = transactions.into_iter().enumerate().map(|(nonce, mut transaction)| {
        transaction["from"] = json!(OWNER);
        transaction["nonce"] = json!(format!("{nonce:#x}"));
        transaction["gas"] = json!(format!("{GAS:#x}"));
        ("eth_sendTransaction", json!([transaction]))
    });
    let oracle = Bytes::from(artifacts::runtime("GasPriceOracle"));
    sent.chain([("anvil_setCode", json!([FEE_ORACLE, oracle]))]).collect()
}

/// The call of an owner's upgrade. What comes `first` runs once, on the diamond's storage.
pub(super) fn upgrade(cut: Vec<ModuleCut>, first: Option<Bytes>) -> Bytes {
    let init = if first.is_some() { Contract::Rig.address() } else { Address::ZERO };
    Grid::updateModulesCall { cut, init, data: first.unwrap_or_default() }.abi_encode().into()
}

pub(super) fn set_up(token: Address, minimum: Aipg) -> Bytes {
    Rig::setUpCall { token, minBond: minimum.base() }.abi_encode().into()
}

pub(super) fn flag_as_slashed(worker: Address) -> Bytes {
    Rig::flagAsSlashedCall { worker }.abi_encode().into()
}

/// From one registry to the other. The payment router goes with it: the two generations must not be mixed.
pub(super) fn switch(to: RegistryVersion) -> Vec<ModuleCut> {
    let (registry, router) = modules(to);
    let extras = match to {
        RegistryVersion::V1 => cut(REMOVE, Address::ZERO, SECOND),
        RegistryVersion::V2 => cut(ADD, registry.address(), SECOND),
    };
    vec![cut(REPLACE, registry.address(), BOTH), extras, cut(REPLACE, router.address(), ROUTER)]
}

fn first_cut(version: RegistryVersion) -> Vec<ModuleCut> {
    let (registry, router) = modules(version);
    let mut cuts = vec![
        cut(ADD, registry.address(), BOTH),
        cut(ADD, router.address(), ROUTER),
        cut(ADD, Contract::RewardPool.address(), POOL),
        cut(ADD, Contract::DenReporter.address(), REPORTER),
        cut(ADD, Contract::ModelVault.address(), MODELS),
    ];
    if version == RegistryVersion::V2 {
        cuts.push(cut(ADD, registry.address(), SECOND));
    }
    cuts
}

fn modules(version: RegistryVersion) -> (Contract, Contract) {
    match version {
        RegistryVersion::V1 => (Contract::RegistryV1, Contract::PaymentRouterV1),
        RegistryVersion::V2 => (Contract::RegistryV2, Contract::PaymentRouterV2),
    }
}

fn cut(action: u8, module: Address, selectors: &[[u8; 4]]) -> ModuleCut {
    ModuleCut { module, action, selectors: selectors.iter().map(|four| FixedBytes(*four)).collect() }
}

/// What both registries serve.
const BOTH: &[[u8; 4]] = &[
    Registry::registerWorkerCall::SELECTOR,
    Registry::unbondCall::SELECTOR,
    Registry::getWorkerCall::SELECTOR,
    Registry::isWorkerActiveCall::SELECTOR,
    Registry::getTotalBondedCall::SELECTOR,
    Registry::getMinBondCall::SELECTOR,
];

/// What only the second serves.
const SECOND: &[[u8; 4]] = &[
    Registry::withdrawBondCall::SELECTOR,
    Registry::cancelUnbondCall::SELECTOR,
    Registry::getUnbondInfoCall::SELECTOR,
    Registry::unbondingPeriodCall::SELECTOR,
    Registry::slashCall::SELECTOR,
    Registry::setUnbondingPeriodCall::SELECTOR,
    Registry::setMinBondCall::SELECTOR,
];

const ROUTER: &[[u8; 4]] = &[
    Rewards::claimCall::SELECTOR,
    Rewards::claimBatchCall::SELECTOR,
    Rewards::isClaimedCall::SELECTOR,
    Rewards::previewClaimCall::SELECTOR,
];

const POOL: &[[u8; 4]] = &[
    Rewards::depositRewardsCall::SELECTOR,
    Rewards::setPeriodAllocationCall::SELECTOR,
    Rewards::setPeriodLengthCall::SELECTOR,
    Rewards::currentPeriodIdCall::SELECTOR,
    Rewards::periodLengthSecondsCall::SELECTOR,
    Rewards::periodAllocationCall::SELECTOR,
    Rewards::poolBalanceCall::SELECTOR,
    Rewards::totalDepositedCall::SELECTOR,
    Rewards::totalPaidOutCall::SELECTOR,
];

const REPORTER: &[[u8; 4]] = &[
    Rewards::reportPeriodCall::SELECTOR,
    Rewards::getReportCall::SELECTOR,
    Rewards::isReportedCall::SELECTOR,
];

const MODELS: &[[u8; 4]] = &[
    Models::getModelCountCall::SELECTOR,
    Models::getModelCall::SELECTOR,
    Models::getModelByHashCall::SELECTOR,
    Models::isModelActiveCall::SELECTOR,
    Models::isModelExistsCall::SELECTOR,
    Models::getConstraintsCall::SELECTOR,
    Models::validateParamsCall::SELECTOR,
];
