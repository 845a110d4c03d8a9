//! Which worker registry does the Grid's diamond serve?
//!
//! `unbond()` has the same selector on both and does different things, so this is answered from the routing table and
//! the width of a struct, never by trying calls. Anything that does not fit exactly is no version.

use types::{Address, RegistryVersion};

use crate::UserAction;
use crate::contracts::{RegistryV1, RegistryV2};
use crate::worker::{V1_WIDTH, V2_WIDTH};
use alloy::sol_types::SolCall;

/// The functions both registries serve.
pub const REGISTRY_V1: [[u8; 4]; 6] = [
    RegistryV1::registerWorkerCall::SELECTOR,
    RegistryV1::unbondCall::SELECTOR,
    RegistryV1::getWorkerCall::SELECTOR,
    RegistryV1::isWorkerActiveCall::SELECTOR,
    RegistryV1::getTotalBondedCall::SELECTOR,
    RegistryV1::getMinBondCall::SELECTOR,
];

/// The functions only V2 serves.
pub const REGISTRY_V2_EXTRAS: [[u8; 4]; 7] = [
    RegistryV2::withdrawBondCall::SELECTOR,
    RegistryV2::cancelUnbondCall::SELECTOR,
    RegistryV2::getUnbondInfoCall::SELECTOR,
    RegistryV2::unbondingPeriodCall::SELECTOR,
    RegistryV2::slashCall::SELECTOR,
    RegistryV2::setUnbondingPeriodCall::SELECTOR,
    RegistryV2::setMinBondCall::SELECTOR,
];

/// What came back from one question to a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Probe<T> {
    /// A proper answer.
    Answer(T),
    /// The contract refused.
    Reverted,
    /// No answer, or none that makes sense. Never a zero.
    Unanswered,
}

/// Everything the verdict rests on, read at one block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// What the node calls its chain.
    pub chain_id: u64,
    /// There is code at the token's address.
    pub token_has_code: bool,
    /// There is code at the diamond's address.
    pub grid_has_code: bool,
    /// Who serves [`REGISTRY_V1`], in that order; zero for nobody.
    pub v1: [Probe<Address>; 6],
    /// Who serves [`REGISTRY_V2_EXTRAS`], in that order; zero for nobody.
    pub v2_extras: [Probe<Address>; 7],
    /// How many bytes `getWorker` returned, for whatever address.
    pub worker_width: Probe<usize>,
}

/// Which registry it is, or why nothing may be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// `unbond()` pays at once.
    V1,
    /// `unbond()` starts a cooldown.
    V2,
    /// Something that is neither. Read only.
    Unknown(&'static str),
    /// A question was not answered: ask again. Read only.
    Undetermined,
    /// A contract of the network is not there.
    NotDeployed,
    /// Another chain.
    WrongChain {
        /// Its id.
        found: u64,
    },
}

impl Verdict {
    /// The registry, if it is one that we know.
    pub const fn version(&self) -> Option<RegistryVersion> {
        match self {
            Self::V1 => Some(RegistryVersion::V1),
            Self::V2 => Some(RegistryVersion::V2),
            Self::Unknown(_) | Self::Undetermined | Self::NotDeployed | Self::WrongChain { .. } => None,
        }
    }

    /// What may be written at all. The bond's state narrows it further.
    pub const fn writes_allowed(&self) -> &'static [UserAction] {
        use UserAction::{CancelUnbond, Register, Unbond, WithdrawBond};
        match self.version() {
            Some(RegistryVersion::V1) => &[Register, Unbond],
            Some(RegistryVersion::V2) => &[Register, Unbond, CancelUnbond, WithdrawBond],
            None => &[],
        }
    }

    /// The same word in vectors, journals and logs.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::V1 => "V1",
            Self::V2 => "V2",
            Self::Unknown(_) => "UNKNOWN",
            Self::Undetermined => "UNDETERMINED",
            Self::NotDeployed => "NOT_DEPLOYED",
            Self::WrongChain { .. } => "WRONG_CHAIN",
        }
    }
}

/// Judges the evidence.
pub fn detect(evidence: &Evidence, expected_chain_id: u64) -> Verdict {
    if evidence.chain_id != expected_chain_id {
        return Verdict::WrongChain { found: evidence.chain_id };
    }
    if !evidence.token_has_code || !evidence.grid_has_code {
        return Verdict::NotDeployed;
    }
    judged(evidence).unwrap_or_else(|verdict| verdict)
}

fn judged(evidence: &Evidence) -> Result<Verdict, Verdict> {
    let probes = || evidence.v1.iter().chain(&evidence.v2_extras);
    if probes().any(|probe| *probe == Probe::Unanswered) {
        return Err(Verdict::Undetermined);
    }
    if probes().any(|probe| *probe == Probe::Reverted) {
        return Err(Verdict::Unknown("the Grid does not say who serves its functions"));
    }
    let facet = evidence.v1[0];
    if facet == Probe::Answer(Address::ZERO) || evidence.v1.iter().any(|probe| *probe != facet) {
        return Err(Verdict::Unknown("the registry is incomplete or in several pieces"));
    }
    let all = |served: Probe<Address>| evidence.v2_extras.iter().all(|probe| *probe == served);
    let (candidate, width) = match (all(Probe::Answer(Address::ZERO)), all(facet)) {
        (true, _) => (Verdict::V1, V1_WIDTH),
        (_, true) => (Verdict::V2, V2_WIDTH),
        _ => {
            return Err(Verdict::Unknown("the cooldown functions are incomplete or served by somebody else"));
        }
    };
    match evidence.worker_width {
        Probe::Answer(found) if found == width => Ok(candidate),
        Probe::Answer(_) | Probe::Reverted => {
            Err(Verdict::Unknown("the functions say one version, the worker's record another"))
        }
        Probe::Unanswered => Err(Verdict::Undetermined),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FACET: Probe<Address> = Probe::Answer(Address::repeat_byte(7));
    const NOBODY: Probe<Address> = Probe::Answer(Address::ZERO);

    fn v1() -> Evidence {
        Evidence {
            chain_id: 8453,
            token_has_code: true,
            grid_has_code: true,
            v1: [FACET; 6],
            v2_extras: [NOBODY; 7],
            worker_width: Probe::Answer(V1_WIDTH),
        }
    }

    #[test]
    fn only_a_perfect_fit_is_a_version() {
        let v2 = Evidence { v2_extras: [FACET; 7], worker_width: Probe::Answer(V2_WIDTH), ..v1() };
        assert_eq!(detect(&v1(), 8453), Verdict::V1);
        assert_eq!(detect(&v2, 8453), Verdict::V2);
        for place in 0..13 {
            for odd in
                [NOBODY, FACET, Probe::Answer(Address::repeat_byte(8)), Probe::Reverted, Probe::Unanswered]
            {
                for original in [v1(), v2.clone()] {
                    let mut changed = original.clone();
                    match place {
                        0..6 => changed.v1[place] = odd,
                        _ => changed.v2_extras[place - 6] = odd,
                    }
                    let verdict = detect(&changed, 8453);
                    let same = changed == original;
                    assert_eq!(verdict.version().is_some(), same, "{place} {odd:?}: {verdict:?}");
                    assert_eq!(verdict == Verdict::Undetermined, odd == Probe::Unanswered, "{place} {odd:?}");
                }
            }
        }
    }

    #[test]
    fn an_unanswered_worker_is_asked_again_and_an_odd_one_is_not_guessed() {
        let with = |worker_width| detect(&Evidence { worker_width, ..v1() }, 8453);
        assert_eq!(with(Probe::Unanswered), Verdict::Undetermined);
        for odd in [Probe::Reverted, Probe::Answer(0), Probe::Answer(V2_WIDTH), Probe::Answer(288)] {
            assert_eq!(with(odd).name(), "UNKNOWN", "{odd:?}");
        }
    }

    #[test]
    fn without_both_contracts_there_is_nothing_to_judge() {
        for (token_has_code, grid_has_code) in [(false, true), (true, false)] {
            let evidence = Evidence { token_has_code, grid_has_code, ..v1() };
            assert_eq!(detect(&evidence, 8453), Verdict::NotDeployed);
        }
    }
}
