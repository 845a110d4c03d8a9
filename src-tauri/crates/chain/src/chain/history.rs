//! A bond's history from the logs.

use std::collections::BTreeMap;

use types::{Address, B256};

use crate::contracts::BOND_TOPICS;
use crate::receipt::{RawLog, number};
use crate::rpc::Question;
use crate::{BondEvent, BondFact, Chain, ChainError};

/// Nodes limit how far a log question may reach; most allow at least this many blocks.
const FIRST_REACH: u64 = 2_000;

/// Where a log stands. The number comes first, so that the order of keys is the order of events.
type Place = (u64, B256, u64);

impl Chain {
    /// Everything the registry logged about an owner's bond, from one block to another, both included, in order.
    ///
    /// Logs alone do not prove a state: an upgrade of the contract can change one without a word. Compare with
    /// [`Chain::look`], and read again from the last safe block after a reorganisation.
    pub async fn bond_events(
        &self,
        owner: Address,
        from: u64,
        to: u64,
    ) -> Result<Vec<BondEvent>, ChainError> {
        let mut events = BTreeMap::new();
        let (mut next, mut reach) = (from, FIRST_REACH);
        while next <= to {
            let last = to.min(next.saturating_add(reach - 1));
            let question = Question::logs(self.network.grid(), &BOND_TOPICS, owner, next, last);
            match self.rpc.value::<Vec<RawLog>>(question).await {
                Ok(logs) => self.collect(logs, owner, &mut events)?,
                Err(error) if reach > 1 && is_too_much(&error) => {
                    reach /= 2;
                    continue;
                }
                Err(error) => return Err(error),
            }
            let Some(after) = last.checked_add(1) else { break };
            next = after;
        }
        Ok(events.into_values().collect())
    }

    fn collect(
        &self,
        logs: Vec<RawLog>,
        owner: Address,
        events: &mut BTreeMap<Place, BondEvent>,
    ) -> Result<(), ChainError> {
        for log in logs.into_iter().filter(|log| !log.removed) {
            let event = self.event(log, owner)?;
            events.insert((event.block_number, event.block_hash, event.log_index), event);
        }
        Ok(())
    }

    /// A log that was not asked for makes the whole answer doubtful.
    fn event(&self, log: RawLog, owner: Address) -> Result<BondEvent, ChainError> {
        let unplaced = || ChainError::garbled("a log of no block");
        let block_number = number(log.block_number.ok_or_else(unplaced)?)?;
        let block_hash = log.block_hash.ok_or_else(unplaced)?;
        let log_index = number(log.log_index.ok_or_else(unplaced)?)?;
        let transaction = log.transaction_hash.ok_or_else(unplaced)?;
        let fact = BondFact::of(&log.log(), self.network.grid(), owner);
        let fact = fact.ok_or_else(|| ChainError::garbled("a log that was not asked for"))?;
        Ok(BondEvent { block_number, block_hash, log_index, transaction, fact })
    }
}

/// Errors a smaller question may avoid. A node that asks for patience is not asked more often instead.
const fn is_too_much(error: &ChainError) -> bool {
    match error {
        ChainError::Refused { .. } | ChainError::TimedOut | ChainError::TooLarge | ChainError::Http(_) => {
            true
        }
        ChainError::Unreachable(_) | ChainError::Busy | ChainError::Garbled(_) | ChainError::Empty(_) => {
            false
        }
        ChainError::WrongChain { .. } | ChainError::NotDeployed { .. } => false,
        ChainError::Reverts(_) | ChainError::NotATransaction => false,
    }
}
