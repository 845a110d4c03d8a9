//! What the Grid says it pays, and what the chain shows.

use rusqlite::{Row, params};
use types::{Address, Aipg, B256, Den, Timestamp, U256};

use crate::{Journal, LedgerError};

/// One row of the account's payouts, and whether its transfer was found on the chain.
///
/// Period, amount and number name it. The rest may change until it is proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayoutRow {
    /// The Grid's name for the period. Opaque.
    pub period: String,
    /// The exact amount of the transfer.
    pub amount: Aipg,
    /// Which of the rows with this period and amount, counted from 1: accounts that were merged have equal ones.
    pub nth: u32,
    /// The work that was paid.
    pub den: Den,
    /// The Grid's word for where it stands.
    pub status: String,
    /// The wallet paid.
    pub address: Option<Address>,
    /// The transfer's transaction.
    pub transaction: Option<B256>,
    /// When the Grid says that it was paid.
    pub paid_at: Option<Timestamp>,
    /// The block in which the transfer was found; `None` until then.
    pub proven_block: Option<u64>,
    /// Who sent it there. Which address is the Grid's no page of it says.
    pub sender: Option<Address>,
}

impl Journal {
    /// Keeps a row as the Grid shows it now. What was proven before stays proven and is not overwritten.
    pub fn payout(&mut self, row: &PayoutRow, at: Timestamp) -> Result<(), LedgerError> {
        self.connection.execute(
            "INSERT INTO payout (chain, period, amount, nth, den_hundredths, status, address, tx_hash, seen_at,
                 paid_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
             ON CONFLICT (chain, period, amount, nth) DO UPDATE SET den_hundredths = excluded.den_hundredths,
                 status = excluded.status, address = excluded.address, tx_hash = excluded.tx_hash,
                 paid_at = excluded.paid_at
             WHERE proven_block IS NULL",
            params![
                self.chain,
                row.period,
                row.amount.base().to_string(),
                row.nth,
                row.den.hundredths() as i64,
                row.status,
                row.address.map(|address| address.to_string()),
                row.transaction.map(|hash| hash.to_string()),
                at.millis() as i64,
                row.paid_at.map(|paid| paid.millis() as i64),
            ],
        )?;
        Ok(())
    }

    /// The transfer that this row names was found on the chain, in this block and from this sender. False, and nothing changes, if that transfer proved
    /// another row, or the row names another one by now.
    pub fn payout_proven(
        &mut self,
        row: &PayoutRow,
        block: u64,
        sender: Address,
    ) -> Result<bool, LedgerError> {
        let changed = self.connection.execute(
            "UPDATE OR IGNORE payout SET proven_block = ?6, sender = ?7
             WHERE chain = ?1 AND period = ?2 AND amount = ?3 AND nth = ?4 AND tx_hash = ?5 AND proven_block IS NULL",
            params![
                self.chain,
                row.period,
                row.amount.base().to_string(),
                row.nth,
                row.transaction.map(|hash| hash.to_string()),
                block as i64,
                sender.to_string(),
            ],
        )?;
        Ok(changed == 1)
    }

    /// Every payout ever seen, the one last heard of for the first time first.
    pub fn payouts(&self) -> Result<Vec<PayoutRow>, LedgerError> {
        let mut query = self.connection.prepare_cached(
            "SELECT period, amount, nth, den_hundredths, status, address, tx_hash, proven_block,
                 paid_at, sender
             FROM payout WHERE chain = ?1 ORDER BY id DESC",
        )?;
        Ok(query.query_map([&self.chain], read)?.collect::<Result<_, _>>()?)
    }

    /// What was really paid: the exact sum of the rows whose transfer was found.
    pub fn paid(&self) -> Result<Aipg, LedgerError> {
        Ok(self.payouts()?.iter().filter(|row| row.proven_block.is_some()).map(|row| row.amount).sum())
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<PayoutRow> {
    let damaged = |column: usize| {
        rusqlite::Error::InvalidColumnType(column, "a payout's".to_owned(), rusqlite::types::Type::Text)
    };
    let amount: String = row.get(1)?;
    let amount = U256::from_str_radix(&amount, 10).map_err(|_| damaged(1))?;
    let address: Option<String> = row.get(5)?;
    let hash: Option<String> = row.get(6)?;
    let sender: Option<String> = row.get(9)?;
    Ok(PayoutRow {
        period: row.get(0)?,
        amount: Aipg::from_base(amount),
        nth: row.get(2)?,
        den: Den::from_hundredths(row.get::<_, i64>(3)? as u64),
        status: row.get(4)?,
        address: address.map(|text| text.parse().map_err(|_| damaged(5))).transpose()?,
        transaction: hash.map(|text| text.parse().map_err(|_| damaged(6))).transpose()?,
        proven_block: row.get::<_, Option<i64>>(7)?.map(|block| block as u64),
        sender: sender.map(|text| text.parse().map_err(|_| damaged(9))).transpose()?,
        paid_at: row.get::<_, Option<i64>>(8)?.map(|paid| Timestamp::from_millis(paid as u64)),
    })
}
