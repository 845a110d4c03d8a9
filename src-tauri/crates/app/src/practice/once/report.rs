//! What a rehearsal reports.

use std::time::Duration;

use types::{Address, Aipg, B256, Den, Intent, RegistryVersion, Wei};

use crate::money::Carried;

/// What was done and whether it was right.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// True if every job went as it should and the books agree.
    pub ok: bool,
    /// The model's name on the practice network.
    pub model: String,
    /// Each job.
    pub jobs: Vec<JobReport>,
    /// The money half, as far as it came.
    pub money: MoneyReport,
    /// What our ledger adds up to.
    pub ledger_den: Den,
    /// What the coordinator's books add up to.
    pub coordinator_den: Den,
    /// What the coordinator holds against us.
    pub strikes: u32,
    /// How long it took.
    pub duration: Duration,
    /// Everything that was not right, in words.
    pub problems: Vec<String>,
}

/// What became of the money.
#[derive(Debug, Clone, Default)]
pub struct MoneyReport {
    /// The wallet.
    pub wallet: Option<Address>,
    /// The bond.
    pub bond: Option<BondReport>,
    /// The payout of the jobs.
    pub payout: Option<PayoutReport>,
    /// Where it all went in the end.
    pub sent_out: SentOut,
    /// What was paid by our ledger, each amount found on the chain.
    pub aipg_paid: Aipg,
    /// What the chain shows at the end.
    pub balances: Option<Balances>,
    /// Whether every transaction is in a block that is final.
    pub all_final: bool,
}

/// The bond from its approval to its return, each as the hash of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BondReport {
    /// The registry.
    pub version: RegistryVersion,
    /// The exact approval.
    pub approve_tx: Option<B256>,
    /// The registration.
    pub register_tx: Option<B256>,
    /// The request to leave; on V1 it also pays.
    pub unbond_tx: Option<B256>,
    /// On V2, the one that pays.
    pub withdraw_tx: Option<B256>,
}

/// A payout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PayoutReport {
    /// The transfer the Grid names.
    pub tx: Option<B256>,
    /// What the Grid says it paid, to the last unit.
    pub amount: Aipg,
    /// Whether the chain shows exactly that transfer.
    pub verified: bool,
}

/// What was sent away at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SentOut {
    /// The AIPG.
    pub aipg_tx: Option<B256>,
    /// The ETH.
    pub eth_tx: Option<B256>,
}

/// What the chain shows of the wallet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Balances {
    /// Its AIPG.
    pub aipg: Aipg,
    /// Its ETH.
    pub eth: Wei,
    /// Its bond.
    pub bonded: Aipg,
    /// What the Grid may still take.
    pub allowance: Aipg,
}

impl BondReport {
    pub(super) const fn new(version: RegistryVersion) -> Self {
        Self { version, approve_tx: None, register_tx: None, unbond_tx: None, withdraw_tx: None }
    }

    /// Notes the transactions of a plan.
    pub(super) fn note(&mut self, carried: &Carried) {
        for row in &carried.transactions {
            let hash = row.signed().map(|signed| signed.hash);
            match row.transaction.intent {
                Intent::Approve { .. } => self.approve_tx = hash,
                Intent::Register { .. } => self.register_tx = hash,
                Intent::Unbond => self.unbond_tx = hash,
                Intent::WithdrawBond => self.withdraw_tx = hash,
                Intent::CancelUnbond | Intent::SendAipg { .. } | Intent::SendEth { .. } => {}
            }
        }
    }
}

/// One job of the rehearsal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobReport {
    /// The coordinator's id; empty if it never became a job.
    pub id: String,
    /// What it tried.
    pub kind: JobKind,
    /// How it ended, as the customer saw it.
    pub finish_reason: Option<String>,
    /// Tokens the customer was told of.
    pub completion_tokens: Option<u64>,
    /// What it earned.
    pub den: Option<Den>,
    /// Whether the receipt's signature is good; `None` when none is due.
    pub sig_ok: Option<bool>,
    /// The words of a refusal.
    pub error: Option<String>,
}

/// What a job of the rehearsal tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobKind {
    /// Answered piece by piece.
    Streamed,
    /// Answered in one piece.
    NotStreamed,
    /// Ended by a stop text.
    Stop,
    /// Cancelled on the way.
    Cancelled,
    /// Longer than the model's context.
    TooLong,
    /// As short as can be.
    Plain,
}

impl JobKind {
    pub(super) const ALL: [Self; 6] =
        [Self::Streamed, Self::NotStreamed, Self::Stop, Self::Cancelled, Self::TooLong, Self::Plain];

    /// The word in the report.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Streamed => "streamed",
            Self::NotStreamed => "not_streamed",
            Self::Stop => "stop",
            Self::Cancelled => "cancelled",
            Self::TooLong => "too_long",
            Self::Plain => "plain",
        }
    }
}
