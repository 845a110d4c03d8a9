//! The chains we know: which id, and which contracts.

use alloy_primitives::{Address, address};

/// A chain with the contracts this app speaks to. Nothing else is ever called or paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network {
    kind: NetworkKind,
    chain_id: u64,
    token: Address,
    grid: Address,
}

/// Real money or a rehearsal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NetworkKind {
    /// Base mainnet.
    Base,
    /// A chain on this computer, with play money.
    Practice,
}

impl NetworkKind {
    /// The word in plans, journals and on screen.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::Practice => "practice",
        }
    }
}

impl Network {
    /// The chain id of practice chains that we start.
    pub const PRACTICE_CHAIN_ID: u64 = 31337;

    /// Base, with the published addresses of the AIPG token and the Grid's diamond.
    pub const BASE: Self = Self {
        kind: NetworkKind::Base,
        chain_id: 8453,
        token: address!("0xa1c0deCaFE3E9Bf06A5F29B7015CD373a9854608"),
        grid: address!("0x79F39f2a0eA476f53994812e6a8f3C8CFe08c609"),
    };

    /// A practice chain with the contracts that were put on it. Its id may be Base's, for tests of exact bytes.
    pub const fn practice(chain_id: u64, token: Address, grid: Address) -> Self {
        Self { kind: NetworkKind::Practice, chain_id, token, grid }
    }

    /// Real or practice.
    pub const fn kind(&self) -> NetworkKind {
        self.kind
    }

    /// The id in every transaction.
    pub const fn chain_id(&self) -> u64 {
        self.chain_id
    }

    /// The AIPG token.
    pub const fn token(&self) -> Address {
        self.token
    }

    /// The Grid's diamond: holds bonds, and is the only spender ever approved.
    pub const fn grid(&self) -> Address {
        self.grid
    }
}
