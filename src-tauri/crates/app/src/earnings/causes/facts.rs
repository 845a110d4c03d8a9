//! What is known about a machine that earns nothing.

use std::time::Duration;

use types::{Code, Den, Timestamp};

use crate::Phase;
use crate::earnings::rates::Market;
use crate::earnings::{Dust, NotAllocated, StandingSum};

/// So long without a job is nothing to ask about.
const PATIENCE: Duration = Duration::from_secs(30 * 60);

/// What is known. Whatever could not be read is unknown and gives no cause.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// When.
    pub now: Timestamp,
    /// What the node is doing.
    pub phase: Phase,
    /// What stands in its way.
    pub code: Option<Code>,
    /// Since when it is on the Grid.
    pub online_since: Option<Timestamp>,
    /// When its last answer left.
    pub last_job_at: Option<Timestamp>,
    /// Jobs that failed within the last hour.
    pub failed_lately: u64,
    /// Strikes seen here within the last five minutes.
    pub strikes: u32,
    /// Answers nobody confirmed, after the feed was read.
    pub unconfirmed: u64,
    /// What the network says about the model served.
    pub market: MarketFact,
    /// Whether the account has a wallet to pay to.
    pub payout_wallet: Option<bool>,
    /// Whether the rig may sign for that wallet.
    pub delegation: Delegated,
    /// The payouts, by where they stand.
    pub standings: Vec<StandingSum>,
    /// Hours without a row that should have one.
    pub not_allocated: Vec<NotAllocated>,
    /// The work of the running hour.
    pub unsettled: Option<Den>,
    /// Whether that work may be too little.
    pub unsettled_dust: Dust,
    /// Whether the coordinator answers.
    pub coordinator: Reach,
}

/// What the network says about a model.
#[derive(Debug, Clone, PartialEq)]
pub enum MarketFact {
    /// The page could not be read.
    Unread,
    /// The page was read, and the model is not on it.
    NotListed,
    /// Its line.
    Listed(Market),
}

/// Whether a rig may sign for the payout wallet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Delegated {
    /// Nobody looked.
    Unknown,
    /// It was never allowed to.
    Missing,
    /// It was, until a while ago.
    Ended,
    /// It may.
    Valid,
}

/// Whether the coordinator answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reach {
    /// Nobody asked.
    Unknown,
    /// It answers.
    Yes,
    /// It does not.
    No,
}

impl Facts {
    /// Nothing is known but what the node itself says.
    pub fn new(now: Timestamp, phase: Phase, code: Option<Code>) -> Self {
        Self {
            now,
            phase,
            code,
            online_since: None,
            last_job_at: None,
            failed_lately: 0,
            strikes: 0,
            unconfirmed: 0,
            market: MarketFact::Unread,
            payout_wallet: None,
            delegation: Delegated::Unknown,
            standings: Vec::new(),
            not_allocated: Vec::new(),
            unsettled: None,
            unsettled_dust: Dust::No,
            coordinator: Reach::Unknown,
        }
    }

    /// Whether it came on the Grid a while ago at most.
    pub(super) fn is_new_online(&self) -> bool {
        self.online_since.is_some_and(|since| self.now.since(since) < PATIENCE)
    }

    pub(super) fn had_no_job_lately(&self) -> bool {
        self.last_job_at.is_none_or(|last| self.now.since(last) >= PATIENCE)
    }
}
