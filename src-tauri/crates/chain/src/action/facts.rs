//! What the machine needs to know of the chain.

use types::{Aipg, RegistryVersion, U256, Wei};

use crate::{BondState, Snapshot, capped_tip, max_fee};

/// The most we offer whoever makes the block, in wei per gas. Base's blocks take far less; a node that suggests more,
/// as test nodes do, is not followed.
const LARGEST_TIP: u128 = 100_000_000;

/// The chain at one block, as far as a plan depends on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Which registry is served; `None` if that is not certain, and then nothing may be written to it.
    pub registry: Option<RegistryVersion>,
    /// Where this wallet stands with it.
    pub standing: Standing,
    /// The least bond; `None` if it could not be read.
    pub min_bond: Option<Aipg>,
    /// The Grid's contract takes and pays no bonds now.
    pub grid_paused: bool,
    /// AIPG cannot be moved now.
    pub token_paused: bool,
    /// The wallet's AIPG.
    pub aipg: Aipg,
    /// The wallet's ETH.
    pub eth: Wei,
    /// What the Grid's contract may take from the wallet.
    pub allowance: Aipg,
    /// The nonce after the wallet's last mined transaction.
    pub nonce_latest: u64,
    /// The nonce after its last known one.
    pub nonce_pending: u64,
    /// Wei per gas of the block.
    pub base_fee: u128,
    /// Wei per gas for whoever makes the block.
    pub tip: u128,
}

/// Where a wallet stands with the worker registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// No bond; one may be put up.
    Free,
    /// Bonded, and free to leave.
    Bonded {
        /// The bond.
        amount: Aipg,
    },
    /// Leaving; the bond is held until this moment of the chain's clock.
    CoolingDown {
        /// Seconds since 1970.
        until: u64,
        /// The bond.
        amount: Aipg,
    },
    /// The cooldown is over; the bond can be taken.
    Withdrawable {
        /// The bond.
        amount: Aipg,
    },
    /// The contract holds something against this wallet: a bond put up now could not be taken back.
    Barred,
    /// The registry's answer makes no sense to us, or there is none.
    Unclear,
}

impl Facts {
    /// The most wei per gas to offer: twice the present base fee, so that a few full blocks do not strand it.
    pub fn max_fee_per_gas(&self) -> u128 {
        max_fee(self.base_fee, self.tip)
    }

    /// What this much gas costs at most.
    pub fn cost(&self, gas: u64) -> Wei {
        Wei::from_base(U256::from(gas).saturating_mul(U256::from(self.max_fee_per_gas())))
    }
}

impl From<&Snapshot> for Facts {
    fn from(seen: &Snapshot) -> Self {
        Self {
            registry: seen.verdict.version(),
            standing: standing(seen),
            min_bond: seen.min_bond,
            // Not known is as good as paused.
            grid_paused: seen.grid_paused.unwrap_or(true),
            token_paused: seen.token_paused,
            aipg: seen.aipg,
            eth: seen.eth,
            allowance: seen.allowance,
            nonce_latest: seen.nonce_latest,
            nonce_pending: seen.nonce_pending,
            base_fee: seen.base_fee,
            tip: capped_tip(seen.tip, LARGEST_TIP),
        }
    }
}

fn standing(seen: &Snapshot) -> Standing {
    match seen.bond {
        None | Some(BondState::Inconsistent) => Standing::Unclear,
        Some(BondState::NeverBonded | BondState::Exited | BondState::SlashedOut) => Standing::Free,
        Some(BondState::Active { bond: amount }) => Standing::Bonded { amount },
        Some(BondState::ActiveZeroBond) => Standing::Bonded { amount: Aipg::ZERO },
        Some(BondState::Cooldown { bond: amount, until }) => Standing::CoolingDown { until, amount },
        Some(BondState::Withdrawable { bond: amount }) => Standing::Withdrawable { amount },
        // The contract takes a new bond here only while it enforces no minimum. Not worth the risk of being wrong.
        Some(BondState::EmptyCooldown) => Standing::Barred,
        Some(BondState::V1SlashedInactive | BondState::V1SlashedLocked) => Standing::Barred,
    }
}
