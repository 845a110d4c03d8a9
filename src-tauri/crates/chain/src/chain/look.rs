//! Everything about one wallet and the Grid's contract, at one block.

use std::time::Duration;

use types::{Address, Aipg, Bytes, U256, Wei};

use crate::bond::BondState;
use crate::contracts::{Inspector, RegistryV1, RegistryV2, Token};
use crate::detect::{Evidence, Probe, REGISTRY_V1, REGISTRY_V2_EXTRAS, Verdict, detect};
use crate::receipt::number;
use crate::rpc::{Answers, At, Question};
use crate::worker::Worker;
use crate::{BlockMark, Chain, ChainError};

/// The chain as it was at one block.
///
/// `None` says that a value is not known: not served by this registry, or not answered. It never stands for zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The block everything was read at.
    pub block: BlockMark,
    /// Which registry the Grid serves. Never `WrongChain` or `NotDeployed`: those are errors of [`Chain::look`].
    pub verdict: Verdict,
    /// The owner's record, if the registry is known and the record makes sense.
    pub worker: Option<Worker>,
    /// The record's bytes, to be shown where nothing can be decoded with certainty.
    pub raw_worker: Option<Bytes>,
    /// How the bond stands; known exactly when the registry is.
    pub bond: Option<BondState>,
    /// The least bond. Zero means that the contract enforces nothing.
    pub min_bond: Option<Aipg>,
    /// The Grid takes and pays no bonds now.
    pub grid_paused: Option<bool>,
    /// No AIPG can be moved now.
    pub token_paused: bool,
    /// V2: how long a cooldown begun now would take.
    pub unbonding_period: Option<Duration>,
    /// The owner's AIPG.
    pub aipg: Aipg,
    /// The owner's ETH.
    pub eth: Wei,
    /// What the Grid may take of the owner's AIPG.
    pub allowance: Aipg,
    /// The nonce after the last mined transaction.
    pub nonce_latest: u64,
    /// The nonce after the last one the node knows. Read a moment later than the rest.
    pub nonce_pending: u64,
    /// Wei per gas of this block.
    pub base_fee: u128,
    /// Wei per gas the node suggests as tip. Not capped yet.
    pub tip: u128,
    /// All AIPG the Grid holds.
    pub grid_aipg: Aipg,
    /// All bonds. More than `grid_aipg`: some cannot be paid back.
    pub total_bonded: Option<Aipg>,
    /// Who may change the contract's rules.
    pub owner_of_grid: Option<Address>,
    /// That is a plain key and no contract with rules of its own.
    pub owner_is_plain_key: Option<bool>,
}

impl Chain {
    /// Reads it all. Where the contracts are not, or on another chain, there is nothing to show but the error.
    pub async fn look(&self, owner: Address) -> Result<Snapshot, ChainError> {
        let header = self.header().await?;
        let at = At::Block(header.mark.hash);
        let mut answers = self.rpc.ask(self.questions(owner, at)).await?;
        let (token_code, grid_code): (Bytes, Bytes) = (answers.value()?, answers.value()?);
        let (token_has_code, grid_has_code) = (!token_code.is_empty(), !grid_code.is_empty());
        if !token_has_code || !grid_has_code {
            return Err(ChainError::NotDeployed { token: token_has_code, grid: grid_has_code });
        }
        let v1 = std::array::from_fn(|_| probe(answers.returned::<Inspector::moduleAddressCall>()));
        let v2_extras = std::array::from_fn(|_| probe(answers.returned::<Inspector::moduleAddressCall>()));
        let record = probe(answers.value::<Bytes>());
        let worker_width = width(&record);
        // The chain id was compared when these answers came in.
        let chain_id = self.network.chain_id();
        let evidence = Evidence { chain_id, token_has_code, grid_has_code, v1, v2_extras, worker_width };
        let verdict = detect(&evidence, chain_id);
        let raw_worker = answer(record);
        let (worker, bond) = standing(&verdict, raw_worker.as_ref(), owner, header.mark.timestamp);
        let mut seen = read(answers, header)?;
        if let Some(owner_of_grid) = seen.owner_of_grid {
            let code = self.rpc.value::<Bytes>(Question::code(owner_of_grid, at)).await;
            seen.owner_is_plain_key = code.ok().map(|code| is_plain_key(&code));
        }
        Ok(Snapshot { verdict, worker, raw_worker, bond, ..seen })
    }

    /// In the order in which [`Chain::look`] and [`read`] take the answers.
    fn questions(&self, owner: Address, at: At) -> Vec<Question> {
        let (token, grid) = (self.network.token(), self.network.grid());
        let mut questions = vec![Question::code(token, at), Question::code(grid, at)];
        let selectors = REGISTRY_V1.iter().chain(&REGISTRY_V2_EXTRAS);
        questions.extend(selectors.map(|selector| {
            let selector = (*selector).into();
            Question::view(grid, &Inspector::moduleAddressCall { selector }, at)
        }));
        questions.extend([
            Question::view(grid, &RegistryV1::getWorkerCall { worker: owner }, at),
            Question::view(grid, &RegistryV1::getMinBondCall {}, at),
            Question::view(grid, &Inspector::isPausedCall {}, at),
            Question::view(grid, &RegistryV2::unbondingPeriodCall {}, at),
            Question::view(grid, &RegistryV1::getTotalBondedCall {}, at),
            Question::view(grid, &Inspector::ownerCall {}, at),
            Question::view(token, &Token::pausedCall {}, at),
            Question::view(token, &Token::balanceOfCall { account: owner }, at),
            Question::view(token, &Token::allowanceCall { owner, spender: grid }, at),
            Question::view(token, &Token::balanceOfCall { account: grid }, at),
            Question::balance(owner, at),
            Question::nonce(owner, at),
            Question::nonce(owner, At::Pending),
            Question::tip(),
        ]);
        questions
    }
}

/// The rest of the answers. What the verdict decides is filled in by the caller.
fn read(mut answers: Answers, header: super::Header) -> Result<Snapshot, ChainError> {
    let min_bond = answers.returned::<RegistryV1::getMinBondCall>().ok().map(Aipg::from_base);
    let grid_paused = answers.returned::<Inspector::isPausedCall>().ok();
    let period = answers.returned::<RegistryV2::unbondingPeriodCall>().ok();
    let total_bonded = answers.returned::<RegistryV1::getTotalBondedCall>().ok().map(Aipg::from_base);
    let owner_of_grid = answers.returned::<Inspector::ownerCall>().ok();
    Ok(Snapshot {
        block: header.mark,
        verdict: Verdict::Undetermined,
        worker: None,
        raw_worker: None,
        bond: None,
        min_bond,
        grid_paused,
        token_paused: answers.returned::<Token::pausedCall>()?,
        unbonding_period: period.and_then(|seconds| seconds.try_into().ok()).map(Duration::from_secs),
        aipg: Aipg::from_base(answers.returned::<Token::balanceOfCall>()?),
        allowance: Aipg::from_base(answers.returned::<Token::allowanceCall>()?),
        grid_aipg: Aipg::from_base(answers.returned::<Token::balanceOfCall>()?),
        eth: Wei::from_base(answers.value::<U256>()?),
        nonce_latest: number(answers.value()?)?,
        nonce_pending: number(answers.value()?)?,
        base_fee: header.base_fee,
        tip: number(answers.value()?)?,
        total_bonded,
        owner_of_grid,
        owner_is_plain_key: None,
    })
}

/// Only a proper answer and the contract's own refusal say something; everything else is asked again.
fn probe<T>(answer: Result<T, ChainError>) -> Probe<T> {
    match answer {
        Ok(value) => Probe::Answer(value),
        Err(ChainError::Reverts(_)) => Probe::Reverted,
        Err(_) => Probe::Unanswered,
    }
}

fn width(record: &Probe<Bytes>) -> Probe<usize> {
    match record {
        Probe::Answer(bytes) => Probe::Answer(bytes.len()),
        Probe::Reverted => Probe::Reverted,
        Probe::Unanswered => Probe::Unanswered,
    }
}

fn answer<T>(probe: Probe<T>) -> Option<T> {
    match probe {
        Probe::Answer(value) => Some(value),
        Probe::Reverted | Probe::Unanswered => None,
    }
}

/// The record and what it means. A record that cannot be read, or is another's, is a bond in no state we know.
fn standing(
    verdict: &Verdict,
    raw: Option<&Bytes>,
    owner: Address,
    block_time: u64,
) -> (Option<Worker>, Option<BondState>) {
    let (Some(version), Some(raw)) = (verdict.version(), raw) else { return (None, None) };
    match Worker::read(version, raw) {
        Ok(worker) if worker.address.is_zero() || worker.address == owner => {
            (Some(worker), Some(BondState::of(&worker, block_time)))
        }
        Ok(_) | Err(_) => (None, Some(BondState::Inconsistent)),
    }
}

/// No code, or EIP-7702's pointer, which the key can change at any time.
fn is_plain_key(code: &[u8]) -> bool {
    code.is_empty() || (code.len() == 23 && code.starts_with(&[0xef, 0x01, 0x00]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_refusal_by_the_contract_is_a_refusal() {
        let refused = Err(ChainError::Reverts(crate::Revert::NotGiven));
        assert_eq!(probe::<()>(refused), Probe::Reverted);
        for silence in [ChainError::Empty("moduleAddress"), ChainError::Busy, ChainError::garbled("?")] {
            assert_eq!(probe::<()>(Err(silence)), Probe::Unanswered);
        }
    }

    #[test]
    fn anothers_record_is_no_bond_of_ours() {
        let mut record = [0; 224];
        record[12..32].fill(9);
        let bytes = Bytes::copy_from_slice(&record);
        let stands = |owner: u8| standing(&Verdict::V1, Some(&bytes), Address::repeat_byte(owner), 0).1;
        assert_eq!(stands(9), Some(BondState::Exited));
        assert_eq!(stands(8), Some(BondState::Inconsistent));
    }

    #[test]
    fn a_key_that_points_to_code_is_still_a_key() {
        assert!(is_plain_key(&[]));
        assert!(is_plain_key(&[&[0xef, 0x01, 0x00][..], &[7; 20]].concat()));
        assert!(!is_plain_key(&[0x60, 0x00]));
        assert!(!is_plain_key(&[&[0xef, 0x01, 0x00][..], &[7; 21]].concat()));
    }
}
