//! What the wallet agreed to.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use types::{Address, Confirmation, Plan, Timestamp};

use crate::{LedgerError, Limits, schema, transaction};

/// The wallet's side of the file on one chain: plans, transactions and payouts. Opened besides the [`crate::Ledger`] of
/// jobs. What was written for another chain is not seen.
#[derive(Debug)]
pub struct Journal {
    pub(crate) connection: Connection,
    pub(crate) chain: String,
}

/// How a plan ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PlanEnd {
    /// Every step is in a block, the last in one that one may rely on; or nothing was left to do.
    Done,
    /// A step failed on the chain.
    Failed,
    /// It was given up before its last step.
    Stopped,
}

impl PlanEnd {
    const fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
        }
    }
}

/// A plan that is being carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenPlan {
    /// What was agreed to.
    pub plan: Plan,
    /// How it was agreed to.
    pub how: Confirmation,
    /// When.
    pub agreed_at: Timestamp,
}

impl Journal {
    /// Opens or makes the file, for the chain of this name.
    ///
    /// The name is compared as a whole and has no meaning here. It must tell a chain from a later one with the same id,
    /// or the nonces and payouts of the first would be taken for the second's.
    pub fn open(path: &Path, limits: Limits, chain: &str) -> Result<Self, LedgerError> {
        Ok(Self { connection: schema::open(path, limits)?, chain: chain.to_owned() })
    }

    /// The owner agreed to a plan. Refused while another plan of this wallet is open.
    pub fn agreed(&mut self, plan: &Plan, how: Confirmation, at: Timestamp) -> Result<(), LedgerError> {
        // Takes the file's write lock before it looks: fifty clicks at once are one plan.
        let change = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if open_plan_text(&change, &self.chain, plan.from)?.is_some() {
            return Err(LedgerError::PlanOpen);
        }
        change.execute(
            "INSERT INTO plan (chain, id, wallet, text, confirmation, state, agreed_at)
             VALUES (?1, ?2, ?3, ?4, ?5, 'open', ?6)",
            params![self.chain, plan.id, plan.from.to_string(), plan.text(), how.name(), at.millis() as i64],
        )?;
        Ok(change.commit()?)
    }

    /// The plan this wallet is at, if any.
    pub fn open_plan(&self, wallet: Address) -> Result<Option<OpenPlan>, LedgerError> {
        open_plan_text(&self.connection, &self.chain, wallet)?.map(read_plan).transpose()
    }

    /// A plan ended, and what was only prepared for it will never be signed. False, and nothing changes, unless it was
    /// open.
    pub fn ended(&mut self, plan: &str, end: PlanEnd, at: Timestamp) -> Result<bool, LedgerError> {
        let change = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let ended = change.execute(
            "UPDATE plan SET state = ?3, ended_at = ?4 WHERE chain = ?1 AND id = ?2 AND state = 'open'",
            params![self.chain, plan, end.name(), at.millis() as i64],
        )?;
        if ended == 1 {
            transaction::void_prepared(&change, &self.chain, plan)?;
        }
        change.commit()?;
        Ok(ended == 1)
    }
}

type PlanText = (String, String, i64);

fn open_plan_text(
    connection: &Connection,
    chain: &str,
    wallet: Address,
) -> Result<Option<PlanText>, LedgerError> {
    let found = connection.query_row(
        "SELECT text, confirmation, agreed_at FROM plan WHERE chain = ?1 AND wallet = ?2 AND state = 'open'",
        params![chain, wallet.to_string()],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    );
    Ok(found.optional()?)
}

fn read_plan((text, how, agreed_at): PlanText) -> Result<OpenPlan, LedgerError> {
    let plan = Plan::parse(&text).ok_or(LedgerError::Damaged("a plan"))?;
    let how = Confirmation::parse(&how).ok_or(LedgerError::Damaged("a confirmation"))?;
    Ok(OpenPlan { plan, how, agreed_at: Timestamp::from_millis(agreed_at as u64) })
}
