//! The tables, and how an older file becomes a newer one.

use rusqlite::{Connection, TransactionBehavior};

use crate::LedgerError;

/// Marks the file as ours: "GNod".
const APPLICATION_ID: u32 = 0x474e_6f64;

/// Each step brings the file one version further. Steps are only ever added.
const MIGRATIONS: [&str; 1] = [include_str!("schema/v1.sql")];

/// Brings the file to the newest version, or refuses it and leaves it as it is.
pub(crate) fn migrate(connection: &mut Connection) -> Result<(), LedgerError> {
    let known = MIGRATIONS.len() as u32;
    let found: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let owner: u32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if found > known {
        return Err(LedgerError::Newer { found, known });
    }
    let tables: u32 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if owner != APPLICATION_ID && tables > 0 {
        return Err(LedgerError::Foreign);
    }
    if found == known {
        return Ok(());
    }
    let change = connection.transaction_with_behavior(TransactionBehavior::Exclusive)?;
    for step in &MIGRATIONS[found as usize..] {
        change.execute_batch(step)?;
    }
    change.pragma_update(None, "application_id", APPLICATION_ID)?;
    change.pragma_update(None, "user_version", known)?;
    change.commit()?;
    Ok(())
}
