//! The rewards' Merkle tree, so that no proof is ever taken on trust.
//!
//! The claim rail is deployed and not in use; this is its arithmetic and nothing that sends.

use std::collections::BTreeMap;

use alloy::primitives::{Keccak256, keccak256};
use types::{Address, Aipg, B256, U256};

/// One worker's share in a period, in the micro-den of the settlement's snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RewardEntry {
    /// Whose.
    pub worker: Address,
    /// How much. Not to be scaled again.
    pub den: U256,
}

/// The hash of one entry: 20 bytes of address, unpadded, and 32 of den.
pub fn leaf(entry: &RewardEntry) -> B256 {
    let mut hasher = Keccak256::new();
    hasher.update(entry.worker);
    hasher.update(entry.den.to_be_bytes::<32>());
    hasher.finalize()
}

/// The root over all entries; `None` if there are none. Of two entries of one worker the last one counts.
pub fn root(entries: &[RewardEntry]) -> Option<B256> {
    let unique: BTreeMap<Address, RewardEntry> = entries.iter().map(|entry| (entry.worker, *entry)).collect();
    let mut level: Vec<B256> = unique.values().map(leaf).collect();
    level.sort_unstable();
    while level.len() > 1 {
        level = level.chunks(2).map(parent).collect();
    }
    level.first().copied()
}

/// Whether a proof leads from an entry to a root.
pub fn verify(entry: &RewardEntry, proof: &[B256], root: B256) -> bool {
    proof.iter().fold(leaf(entry), |node, sibling| parent(&[node, *sibling])) == root
}

/// The entry's share of the period's pot, rounded down; `None` where the contract would refuse too.
pub fn amount(den: U256, allocation: Aipg, total_den: U256) -> Option<Aipg> {
    let shares = den.checked_mul(allocation.base())?;
    shares.checked_div(total_den).map(Aipg::from_base)
}

/// Two nodes are hashed the smaller first; an odd one moves up unchanged.
fn parent(nodes: &[B256]) -> B256 {
    match nodes {
        [one, other] => keccak256([one.min(other).0, one.max(other).0].concat()),
        _ => nodes[0],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_entry_of_a_worker_counts_and_nobody_has_no_root() {
        let entry =
            |worker: u8, den: u64| RewardEntry { worker: Address::repeat_byte(worker), den: U256::from(den) };
        assert_eq!(root(&[]), None);
        assert_eq!(root(&[entry(1, 5)]), Some(leaf(&entry(1, 5))), "one worker's leaf is the root");
        assert_eq!(root(&[entry(1, 4), entry(2, 9), entry(1, 5)]), root(&[entry(2, 9), entry(1, 5)]));
        assert_ne!(root(&[entry(1, 4), entry(2, 9)]), root(&[entry(2, 9), entry(1, 5)]));
    }

    #[test]
    fn a_share_is_rounded_down_and_never_wraps() {
        let pot = |units: u64| Aipg::from_base(U256::from(units));
        assert_eq!(amount(U256::from(2), pot(10), U256::from(3)), Some(pot(6)));
        assert_eq!(amount(U256::MAX, pot(10), U256::from(3)), None);
        assert_eq!(amount(U256::from(2), pot(10), U256::ZERO), None);
    }
}
