//! What a mined transaction really did, read from its logs.
//!
//! Between the plan and the block the contract may have been changed. `unbond()` on a registry that became V2 in the
//! meantime succeeds and pays nothing: the receipt decides, not the plan.

use types::{Address, Aipg, Intent, Network, RegistryVersion, Wei};

use crate::contracts::Token;
use crate::event::BondFact;
use crate::receipt::{Log, Mined};

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happened {
    /// The Grid may take this much.
    Approved {
        /// The new allowance.
        amount: Aipg,
    },
    /// Something about the bond, and the coins moved with it.
    Bond(BondFact),
    /// AIPG left the wallet.
    SentAipg {
        /// Whom to.
        to: Address,
        /// How much.
        amount: Aipg,
    },
    /// ETH left the wallet.
    SentEth {
        /// Whom to.
        to: Address,
        /// How much.
        amount: Wei,
    },
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Refused on the chain. Only the fee is gone.
    Reverted,
    /// What was planned.
    AsPlanned(Happened),
    /// It succeeded and did something else, or nothing that can be recognised.
    OtherThanPlanned(Option<Happened>),
}

/// Compares what was wanted with what the logs say.
pub fn outcome_of(
    intent: &Intent,
    mined: &Mined,
    network: &Network,
    owner: Address,
    version: RegistryVersion,
) -> Outcome {
    if !mined.success {
        return Outcome::Reverted;
    }
    let receipt = Said { logs: &mined.logs, network, owner };
    match receipt.happened(intent) {
        Some(happened) if is_planned(intent, &happened, version) => Outcome::AsPlanned(happened),
        other => Outcome::OtherThanPlanned(other),
    }
}

fn is_planned(intent: &Intent, happened: &Happened, version: RegistryVersion) -> bool {
    use BondFact::{Registered, UnbondCancelled, UnbondRequested, Unbonded, Withdrawn};
    match (intent, happened) {
        (Intent::Approve { amount: wanted }, Happened::Approved { amount }) => wanted == amount,
        (Intent::Register { amount: wanted }, Happened::Bond(Registered { amount })) => wanted == amount,
        (Intent::Unbond, Happened::Bond(Unbonded { .. })) => version == RegistryVersion::V1,
        (Intent::Unbond, Happened::Bond(UnbondRequested { .. })) => version == RegistryVersion::V2,
        (Intent::CancelUnbond, Happened::Bond(UnbondCancelled)) => true,
        (Intent::WithdrawBond, Happened::Bond(Withdrawn { .. })) => true,
        (Intent::SendAipg { to: a, amount: b }, Happened::SentAipg { to, amount }) => (a, b) == (to, amount),
        (Intent::SendEth { .. }, Happened::SentEth { .. }) => true,
        _ => false,
    }
}

/// The logs of one transaction of the owner.
struct Said<'a> {
    logs: &'a [Log],
    network: &'a Network,
    owner: Address,
}

impl Said<'_> {
    fn happened(&self, intent: &Intent) -> Option<Happened> {
        match *intent {
            Intent::Approve { .. } => self.approval(),
            Intent::Register { .. } | Intent::Unbond | Intent::CancelUnbond | Intent::WithdrawBond => {
                let mut facts = self.logs.iter();
                let fact = facts.find_map(|log| BondFact::of(log, self.network.grid(), self.owner))?;
                self.coins_moved(&fact).then_some(Happened::Bond(fact))
            }
            Intent::SendAipg { .. } => self.transfer(),
            // A plain payment leaves no log; a successful status is all there is.
            Intent::SendEth { to, amount } => Some(Happened::SentEth { to, amount }),
        }
    }

    fn approval(&self) -> Option<Happened> {
        let mut events = self.logs.iter().filter_map(|log| log.read::<Token::Approval>(self.network.token()));
        let event = events.find(|event| event.owner == self.owner && event.spender == self.network.grid())?;
        Some(Happened::Approved { amount: Aipg::from_base(event.value) })
    }

    fn transfers(&self) -> impl Iterator<Item = Token::Transfer> {
        self.logs.iter().filter_map(|log| log.read::<Token::Transfer>(self.network.token()))
    }

    fn transfer(&self) -> Option<Happened> {
        let event = self.transfers().find(|event| event.from == self.owner)?;
        Some(Happened::SentAipg { to: event.to, amount: Aipg::from_base(event.value) })
    }

    /// The registry's word is not enough: where it says that coins moved, the token must say so too.
    fn coins_moved(&self, fact: &BondFact) -> bool {
        let (owner, grid) = (self.owner, self.network.grid());
        let (from, to, amount) = match fact {
            BondFact::Registered { amount } => (owner, grid, amount),
            BondFact::Unbonded { amount } | BondFact::Withdrawn { amount } => (grid, owner, amount),
            BondFact::UnbondRequested { .. } | BondFact::UnbondCancelled | BondFact::Slashed { .. } => {
                return true;
            }
        };
        self.transfers().any(|event| (event.from, event.to, event.value) == (from, to, amount.base()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contracts::{RegistryV1, RegistryV2};
    use alloy::sol_types::SolEvent;
    use types::{B256, U256};

    const OWNER: Address = Address::repeat_byte(1);
    const GRID: Address = Address::repeat_byte(2);
    const TOKEN: Address = Address::repeat_byte(3);

    fn log(address: Address, event: &impl SolEvent) -> Log {
        let data = event.encode_log_data();
        Log { address, topics: data.topics().to_vec(), data: data.data }
    }

    fn mined(logs: Vec<Log>) -> Mined {
        Mined {
            block_number: 1,
            block_hash: B256::ZERO,
            success: true,
            gas_used: 1,
            effective_gas_price: 1,
            l1_fee: None,
            logs,
        }
    }

    fn outcome(intent: Intent, mined: &Mined, version: RegistryVersion) -> Outcome {
        outcome_of(&intent, mined, &Network::practice(8453, TOKEN, GRID), OWNER, version)
    }

    fn paid_back(amount: u64) -> Log {
        log(TOKEN, &Token::Transfer { from: GRID, to: OWNER, value: U256::from(amount) })
    }

    #[test]
    fn an_unbond_that_only_started_a_cooldown_is_told_as_one() {
        let requested =
            RegistryV2::UnbondRequested { worker: OWNER, amount: U256::from(7), unbondingAt: U256::from(99) };
        let receipt = mined(vec![log(GRID, &requested)]);
        let fact = BondFact::UnbondRequested { amount: Aipg::from_base(U256::from(7)), unbonding_at: 99 };
        let happened = Happened::Bond(fact);
        assert_eq!(
            outcome(Intent::Unbond, &receipt, RegistryVersion::V1),
            Outcome::OtherThanPlanned(Some(happened.clone()))
        );
        assert_eq!(outcome(Intent::Unbond, &receipt, RegistryVersion::V2), Outcome::AsPlanned(happened));
    }

    #[test]
    fn a_bond_paid_back_at_once_where_a_cooldown_was_planned_is_told_too() {
        let unbonded =
            log(GRID, &RegistryV1::WorkerUnbonded { worker: OWNER, amountReturned: U256::from(7) });
        let receipt = mined(vec![paid_back(7), unbonded]);
        let happened = Happened::Bond(BondFact::Unbonded { amount: Aipg::from_base(U256::from(7)) });
        let surprise = Outcome::OtherThanPlanned(Some(happened.clone()));
        assert_eq!(outcome(Intent::Unbond, &receipt, RegistryVersion::V2), surprise);
        assert_eq!(outcome(Intent::Unbond, &receipt, RegistryVersion::V1), Outcome::AsPlanned(happened));
    }

    #[test]
    fn a_log_without_its_coins_is_no_payment() {
        let unbonded =
            log(GRID, &RegistryV1::WorkerUnbonded { worker: OWNER, amountReturned: U256::from(7) });
        let check = |logs: Vec<Log>, paid: bool| {
            let outcome = outcome(Intent::Unbond, &mined(logs), RegistryVersion::V1);
            assert_eq!(matches!(outcome, Outcome::AsPlanned(_)), paid, "{outcome:?}");
        };
        check(vec![paid_back(7), unbonded.clone()], true);
        check(vec![unbonded.clone()], false);
        check(vec![paid_back(6), unbonded.clone()], false);
        check(vec![paid_back(7), Log { address: TOKEN, ..unbonded }], false);
        let foreign = RegistryV1::WorkerUnbonded { worker: GRID, amountReturned: U256::from(7) };
        check(vec![paid_back(7), log(GRID, &foreign)], false);
    }

    #[test]
    fn success_without_a_word_is_no_success_and_a_refusal_is_one() {
        let silent = mined(vec![]);
        for intent in [Intent::Unbond, Intent::Approve { amount: Aipg::ZERO }, Intent::WithdrawBond] {
            assert_eq!(outcome(intent, &silent, RegistryVersion::V1), Outcome::OtherThanPlanned(None));
        }
        let refused = Mined { success: false, ..mined(vec![paid_back(7)]) };
        assert_eq!(outcome(Intent::WithdrawBond, &refused, RegistryVersion::V2), Outcome::Reverted);
        let ether = Intent::SendEth { to: GRID, amount: Wei::ZERO };
        assert!(matches!(outcome(ether, &silent, RegistryVersion::V1), Outcome::AsPlanned(_)));
    }

    #[test]
    fn another_amount_than_planned_is_not_as_planned() {
        let approval = Token::Approval { owner: OWNER, spender: GRID, value: U256::MAX };
        let receipt = mined(vec![log(TOKEN, &approval)]);
        let outcome = outcome(Intent::Approve { amount: Aipg::whole(1) }, &receipt, RegistryVersion::V1);
        let unlimited = Happened::Approved { amount: Aipg::from_base(U256::MAX) };
        assert_eq!(outcome, Outcome::OtherThanPlanned(Some(unlimited)));
    }
}
