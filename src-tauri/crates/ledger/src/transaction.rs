//! What was signed for a plan, and sent.

use rusqlite::{Connection, Row, ToSql, TransactionBehavior, params};
use types::{Address, B256, Intent, Plan, SignedTransaction, Stage, Timestamp, Transaction, U256, Wei};

use crate::error::is_second;
use crate::{Journal, LedgerError};

/// Names a transaction in the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TransactionId(i64);

/// One transaction of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransactionRow {
    /// Its place in the journal.
    pub id: TransactionId,
    /// Which step of the plan it does.
    pub step: usize,
    /// What was or will be signed.
    pub transaction: Transaction,
    /// What its data may cost on L1, besides the gas.
    pub data_fee: Wei,
    /// How far it has come.
    pub state: TransactionState,
}

/// How far a transaction has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TransactionState {
    /// Written down before it was signed. Nothing of it can be anywhere else.
    Prepared,
    /// Signed; it may have been sent any number of times, always as these bytes.
    Signed(SignedTransaction),
    /// In a block, and it did what it should.
    Mined {
        /// What was signed.
        signed: SignedTransaction,
        /// The block's number.
        block: u64,
        /// How sure the chain is of that block.
        stage: Stage,
    },
    /// In a block, where it failed and cost only the fee.
    Reverted(SignedTransaction),
    /// It can never be in a block: it was not signed, or its nonce was used by another.
    Void,
}

impl TransactionRow {
    /// What was signed, if anything was.
    pub const fn signed(&self) -> Option<&SignedTransaction> {
        match &self.state {
            TransactionState::Signed(signed)
            | TransactionState::Mined { signed, .. }
            | TransactionState::Reverted(signed) => Some(signed),
            TransactionState::Prepared | TransactionState::Void => None,
        }
    }
}

/// A transaction's way from one state to the next. Each answers whether it changed anything: a row that is not where the
/// caller believes it to be stays as it is.
impl Journal {
    /// A transaction is about to be signed. Refused unless its plan is open, the step has no other transaction, and this
    /// nonce is free.
    pub fn prepared(
        &mut self,
        plan: &Plan,
        step: usize,
        transaction: &Transaction,
        data_fee: Wei,
        at: Timestamp,
    ) -> Result<TransactionId, LedgerError> {
        let change = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if !is_open(&change, &self.chain, &plan.id)? {
            return Err(LedgerError::PlanEnded);
        }
        let written = change.execute(
            "INSERT INTO money_transaction
                 (chain, plan, step, wallet, intent, nonce, gas_limit, max_fee, tip, data_fee, state, prepared_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 'prepared', ?11)",
            params![
                self.chain,
                plan.id,
                step as i64,
                plan.from.to_string(),
                transaction.intent.text(),
                transaction.nonce as i64,
                transaction.gas_limit as i64,
                transaction.max_fee_per_gas.to_string(),
                transaction.max_priority_fee_per_gas.to_string(),
                data_fee.base().to_string(),
                at.millis() as i64,
            ],
        );
        written.map_err(|error| if is_second(&error) { LedgerError::Taken } else { error.into() })?;
        let id = TransactionId(change.last_insert_rowid());
        change.commit()?;
        Ok(id)
    }

    /// It was signed, and is not yet sent. Only from prepared: signed bytes are never replaced.
    pub fn signed(&mut self, id: TransactionId, signed: &SignedTransaction) -> Result<bool, LedgerError> {
        self.change(
            "UPDATE money_transaction SET state = 'signed', hash = ?3, raw = ?4
             WHERE id = ?1 AND chain = ?2 AND state = 'prepared'",
            params![id.0, self.chain, signed.hash.to_string(), signed.raw],
        )
    }

    /// It is in a block and was not reverted there. Only from signed, or again as the chain grows surer.
    pub fn mined(&mut self, id: TransactionId, block: u64, stage: Stage) -> Result<bool, LedgerError> {
        self.change(
            "UPDATE money_transaction SET state = 'mined', block = ?3, stage = ?4
             WHERE id = ?1 AND chain = ?2 AND state IN ('signed', 'mined')
               AND (block IS NOT ?3 OR stage IS NOT ?4)",
            params![id.0, self.chain, block as i64, stage.name()],
        )
    }

    /// It is in a block, where it failed. Only from signed or mined.
    pub fn reverted(&mut self, id: TransactionId) -> Result<bool, LedgerError> {
        self.change(
            "UPDATE money_transaction SET state = 'reverted', block = NULL, stage = NULL
             WHERE id = ?1 AND chain = ?2 AND state IN ('signed', 'mined')",
            params![id.0, self.chain],
        )
    }

    /// It can never be in a block. Only from prepared or signed.
    pub fn void(&mut self, id: TransactionId) -> Result<bool, LedgerError> {
        self.change(
            "UPDATE money_transaction SET state = 'void'
             WHERE id = ?1 AND chain = ?2 AND state IN ('prepared', 'signed')",
            params![id.0, self.chain],
        )
    }

    /// The chain was reorganised: it is in no block any more. Only from mined.
    pub fn undone(&mut self, id: TransactionId) -> Result<bool, LedgerError> {
        self.change(
            "UPDATE money_transaction SET state = 'signed', block = NULL, stage = NULL
             WHERE id = ?1 AND chain = ?2 AND state = 'mined'",
            params![id.0, self.chain],
        )
    }

    /// What was prepared for a plan and never signed can never be in a block.
    pub fn void_prepared(&mut self, plan: &str) -> Result<bool, LedgerError> {
        void_prepared(&self.connection, &self.chain, plan)
    }

    fn change(&self, statement: &str, values: &[&dyn ToSql]) -> Result<bool, LedgerError> {
        Ok(self.connection.execute(statement, values)? == 1)
    }

    /// All transactions of a plan, oldest first.
    pub fn transactions(&self, plan: &str) -> Result<Vec<TransactionRow>, LedgerError> {
        let mut query = self.connection.prepare_cached(
            "SELECT id, step, intent, nonce, gas_limit, max_fee, tip, state, hash, raw, block, stage, data_fee
             FROM money_transaction WHERE chain = ?1 AND plan = ?2 ORDER BY id",
        )?;
        Ok(query.query_map(params![self.chain, plan], read)?.collect::<Result<_, _>>()?)
    }

    /// What is signed and not final, with its plan, whatever became of that. Oldest first.
    pub fn not_final(&self, wallet: Address) -> Result<Vec<(Plan, TransactionRow)>, LedgerError> {
        let mut query = self.connection.prepare_cached(
            "SELECT t.id, t.step, t.intent, t.nonce, t.gas_limit, t.max_fee, t.tip, t.state, t.hash, t.raw, t.block,
                    t.stage, t.data_fee, p.text
             FROM money_transaction AS t JOIN plan AS p ON p.chain = t.chain AND p.id = t.plan
             WHERE t.chain = ?1 AND t.wallet = ?2
               AND (t.state = 'signed' OR (t.state = 'mined' AND t.stage <> 'final'))
             ORDER BY t.id",
        )?;
        let rows = query.query_map(params![self.chain, wallet.to_string()], |row| {
            Ok((row.get::<_, String>(13)?, read(row)?))
        })?;
        rows.map(|row| {
            let (text, row) = row?;
            Ok((Plan::parse(&text).ok_or(LedgerError::Damaged("a plan"))?, row))
        })
        .collect()
    }
}

/// Voids only what is still only prepared: a row that another part of the app has just signed keeps its bytes.
pub(crate) fn void_prepared(connection: &Connection, chain: &str, plan: &str) -> Result<bool, LedgerError> {
    let voided = connection.execute(
        "UPDATE money_transaction SET state = 'void' WHERE chain = ?1 AND plan = ?2 AND state = 'prepared'",
        params![chain, plan],
    )?;
    Ok(voided > 0)
}

fn is_open(connection: &Connection, chain: &str, plan: &str) -> Result<bool, LedgerError> {
    Ok(connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM plan WHERE chain = ?1 AND id = ?2 AND state = 'open')",
        params![chain, plan],
        |row| row.get(0),
    )?)
}

fn read(row: &Row<'_>) -> rusqlite::Result<TransactionRow> {
    let parsed = |column: usize| move |text: String| text.parse::<u128>().map_err(|_| unreadable(column));
    let intent: String = row.get(2)?;
    let transaction = Transaction {
        intent: Intent::parse(&intent).ok_or_else(|| unreadable(2))?,
        nonce: row.get::<_, i64>(3)? as u64,
        gas_limit: row.get::<_, i64>(4)? as u64,
        max_fee_per_gas: row.get(5).and_then(parsed(5))?,
        max_priority_fee_per_gas: row.get(6).and_then(parsed(6))?,
    };
    let data_fee: String = row.get(12)?;
    let data_fee = Wei::from_base(U256::from_str_radix(&data_fee, 10).map_err(|_| unreadable(12))?);
    let (id, step) = (TransactionId(row.get(0)?), row.get::<_, i64>(1)? as usize);
    Ok(TransactionRow { id, step, transaction, data_fee, state: read_state(row)? })
}

fn read_state(row: &Row<'_>) -> rusqlite::Result<TransactionState> {
    let signed = || {
        let hash = row.get::<_, String>(8)?.parse::<B256>().map_err(|_| unreadable(8))?;
        Ok::<_, rusqlite::Error>(SignedTransaction { raw: row.get(9)?, hash })
    };
    let state: String = row.get(7)?;
    Ok(match state.as_str() {
        "prepared" => TransactionState::Prepared,
        "signed" => TransactionState::Signed(signed()?),
        "mined" => {
            let (block, stage) = (row.get::<_, i64>(10)? as u64, row.get::<_, String>(11)?);
            let stage = Stage::parse(&stage).ok_or_else(|| unreadable(11))?;
            TransactionState::Mined { signed: signed()?, block, stage }
        }
        "reverted" => TransactionState::Reverted(signed()?),
        "void" => TransactionState::Void,
        _ => return Err(unreadable(7)),
    })
}

fn unreadable(column: usize) -> rusqlite::Error {
    rusqlite::Error::InvalidColumnType(column, "a transaction's".to_owned(), rusqlite::types::Type::Text)
}
