//! A copy of an older file, kept before it becomes a newer one.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use super::PATIENCE;
use crate::LedgerError;

/// Copies the file as it is beside itself, for the day on which somebody has to go back to an older version of the app.
/// A copy that is there already is the older one and stays.
pub(super) fn keep(path: &Path, version: u32) -> Result<(), LedgerError> {
    let copy = beside(path, &format!(".v{version}-backup"));
    if copy.try_exists().map_err(LedgerError::NoBackup)? {
        return Ok(());
    }
    let part = beside(path, &format!(".v{version}-backup.part"));
    // Emptied first, because a copy that was cut short would be in the way of its successor.
    File::create(&part).map_err(LedgerError::NoBackup)?;
    let written = write(path, &part);
    if written.is_err() {
        // Half a copy only takes up space, which may be what is missing. If it stays, the next attempt empties it.
        let _ = fs::remove_file(&part);
    }
    written?;
    fs::rename(&part, &copy).map_err(LedgerError::NoBackup)
}

/// SQLite's own copy, through a reader of its own: it holds what the write-ahead log holds and is whole when it returns.
fn write(path: &Path, part: &Path) -> Result<(), LedgerError> {
    let part = part.to_str().ok_or_else(|| LedgerError::NoBackup(io::ErrorKind::InvalidFilename.into()))?;
    let reader = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    reader.busy_timeout(PATIENCE)?;
    reader.execute("VACUUM INTO ?1", [part])?;
    Ok(())
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
