//! The tables, and how an older file becomes a newer one.

mod backup;

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};

use crate::{LedgerError, Limits};

/// Marks the file as ours: "GNod".
const APPLICATION_ID: u32 = 0x474e_6f64;

/// Each step brings the file one version further. Steps are only ever added.
const MIGRATIONS: [&str; 4] = [
    include_str!("schema/v1.sql"),
    include_str!("schema/v2.sql"),
    include_str!("schema/v3.sql"),
    include_str!("schema/v4.sql"),
];

/// How long another part of the app may hold the file.
const PATIENCE: Duration = Duration::from_secs(2);

/// Opens or makes the file and brings it up to date. Each change is on the disk when the call that made it returns.
pub(crate) fn open(path: &Path, limits: Limits) -> Result<Connection, LedgerError> {
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(PATIENCE)?;
    if let Some(pages) = limits.max_pages {
        connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))?;
    }
    // First of all a look at whose file it is: a foreign one is not even switched to another journal mode.
    migrate(&mut connection, path)?;
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    Ok(connection)
}

/// Brings the file to the newest version, or refuses it and leaves it as it is.
fn migrate(connection: &mut Connection, path: &Path) -> Result<(), LedgerError> {
    let known = MIGRATIONS.len() as u32;
    let found = version(connection)?;
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
    // Nobody else may write from here on, but the copy below is still allowed to read.
    let change = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Two parts of the app may open a new file at the same moment; the second finds the first one's work.
    let found = version(&change)?;
    if found > 0 && found < known {
        backup::keep(path, found)?;
    }
    for step in MIGRATIONS.iter().skip(found as usize) {
        change.execute_batch(step)?;
    }
    change.pragma_update(None, "application_id", APPLICATION_ID)?;
    change.pragma_update(None, "user_version", known)?;
    change.commit()?;
    Ok(())
}

fn version(connection: &Connection) -> Result<u32, LedgerError> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}
