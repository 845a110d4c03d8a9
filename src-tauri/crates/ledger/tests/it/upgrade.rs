//! An older file becomes a newer one, on real files.

use std::path::PathBuf;

use ledger::{Journal, Ledger, LedgerError, Limits};
use rusqlite::Connection;
use types::{Confirmation, Den};

use crate::money::{CHAIN, journal, plan};
use crate::{File, NOW};

/// A file as the first version left it, its one job still in the write-ahead log.
struct Old {
    file: File,
    first: Connection,
}

impl Old {
    fn new() -> Self {
        let file = File::new();
        let first = Connection::open(&file.path).expect("opens");
        first.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(())).expect("a log");
        first.execute_batch(include_str!("../../src/schema/v1.sql")).expect("the first version's tables");
        first.pragma_update(None, "application_id", 0x474e_6f64).expect("ours");
        first.pragma_update(None, "user_version", 1).expect("the first");
        first
            .execute(
                "INSERT INTO job (job_id, worker_name, model, state, accepted_at, den_hundredths)
                 VALUES ('j', 'w', 'm', 'settled', 1, 79)",
                [],
            )
            .expect("a job");
        Self { file, first }
    }

    fn beside(&self, name: &str) -> PathBuf {
        self.file.path.with_file_name(name)
    }

    fn version(&self) -> u32 {
        self.first.pragma_query_value(None, "user_version", |row| row.get(0)).expect("reads")
    }

    fn refused(&self) {
        let error = Journal::open(&self.file.path, Limits::default(), CHAIN).expect_err("must not open");
        assert!(error.is_transient(), "with space again it goes on: {error}");
        assert_eq!(self.version(), 1, "the file is as it was");
    }
}

const NEWEST: u32 = 4;
const BACKUP: &str = "ledger.sqlite.v1-backup";
const PART: &str = "ledger.sqlite.v1-backup.part";

fn den(path: &std::path::Path) -> Den {
    Ledger::open(path, Limits::default(), NOW).expect("opens").totals().expect("reads").den
}

#[test]
fn a_file_of_the_first_version_gets_the_new_tables_and_keeps_its_jobs() {
    let old = Old::new();
    journal(&old.file).agreed(&plan("a", 3), Confirmation::Native, NOW).expect("the new tables are there");
    assert_eq!(den(&old.file.path), Den::from_hundredths(79));
}

#[test]
fn before_a_file_changes_a_copy_of_it_is_kept() {
    let old = Old::new();
    drop(journal(&old.file));
    let copy = Connection::open(old.beside(BACKUP)).expect("a copy");
    let version: u32 = copy.pragma_query_value(None, "user_version", |row| row.get(0)).expect("reads");
    let plans: u32 = copy
        .query_row("SELECT count(*) FROM sqlite_schema WHERE name = 'plan'", [], |row| row.get(0))
        .expect("reads");
    assert_eq!((version, plans), (1, 0), "it is as it was before");
    drop(copy);
    assert!(!old.beside(PART).exists(), "no half copy is left");
    assert_eq!(den(&old.beside(BACKUP)), Den::from_hundredths(79), "and can be gone on with");
}

#[test]
fn a_new_file_needs_no_copy() {
    let file = File::new();
    drop(journal(&file));
    let folder = file.path.parent().expect("a folder").read_dir().expect("reads");
    let names: Vec<_> = folder.map(|entry| entry.expect("reads").file_name()).collect();
    assert!(names.iter().all(|name| !name.to_string_lossy().contains("backup")), "{names:?}");
}

#[test]
fn a_copy_that_is_there_is_the_older_one_and_stays() {
    let old = Old::new();
    std::fs::write(old.beside(BACKUP), "the first copy").expect("writes");
    drop(journal(&old.file));
    assert_eq!(old.version(), NEWEST);
    assert_eq!(std::fs::read_to_string(old.beside(BACKUP)).expect("reads"), "the first copy");
}

#[test]
fn a_copy_that_was_cut_short_is_made_anew() {
    let old = Old::new();
    std::fs::write(old.beside(PART), "half a co").expect("writes");
    drop(journal(&old.file));
    assert_eq!(den(&old.beside(BACKUP)), Den::from_hundredths(79));
}

#[test]
fn without_a_copy_the_file_stays_as_it_is() {
    let old = Old::new();
    std::fs::create_dir(old.beside(PART)).expect("something is in the way");
    let error = Journal::open(&old.file.path, Limits::default(), CHAIN).expect_err("must not open");
    assert!(matches!(error, LedgerError::NoBackup(_)), "{error}");
    old.refused();
    std::fs::remove_dir(old.beside(PART)).expect("out of the way");
    drop(journal(&old.file));
    assert_eq!(old.version(), NEWEST);
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_too_full_for_the_copy_is_said_as_such() {
    let old = Old::new();
    std::os::unix::fs::symlink("/dev/full", old.beside(PART)).expect("a full disk");
    old.refused();
    assert!(!old.beside(BACKUP).exists());
    drop(journal(&old.file));
    assert_eq!(old.version(), NEWEST, "with space again it goes on");
}

#[test]
fn a_file_of_the_second_version_keeps_its_payouts_and_gets_a_place_for_their_day() {
    let old = Old::new();
    old.first.execute_batch(include_str!("../../src/schema/v2.sql")).expect("the second version's tables");
    old.first.pragma_update(None, "user_version", 2).expect("the second");
    old.first
        .execute(
            "INSERT INTO payout (chain, period, amount, nth, den_hundredths, status, seen_at)
             VALUES (?1, 'hour', '7', 1, 10, 'sent', 1)",
            [CHAIN],
        )
        .expect("a payout");
    let rows = journal(&old.file).payouts().expect("reads");
    let [row] = rows.as_slice() else { panic!("one payout: {rows:?}") };
    assert_eq!((row.period.as_str(), row.paid_at), ("hour", None), "its day was never written down");
    assert_eq!(old.version(), NEWEST);
}

#[test]
fn a_file_of_the_third_version_keeps_its_jobs_in_the_book_without_a_name() {
    let old = Old::new();
    for tables in [include_str!("../../src/schema/v2.sql"), include_str!("../../src/schema/v3.sql")] {
        old.first.execute_batch(tables).expect("the third version's tables");
    }
    old.first.pragma_update(None, "user_version", 3).expect("the third");
    let ledger = Ledger::open(&old.file.path, Limits::default(), NOW).expect("opens");
    let rows = ledger.recent(10).expect("reads");
    let [row] = rows.as_slice() else { panic!("one job: {rows:?}") };
    assert_eq!((row.worker.as_str(), row.kind.as_str(), row.first_token_at), ("w", "text", None));
    assert_eq!(row.den, Some(Den::from_hundredths(79)));
    assert_eq!(ledger.books().expect("reads"), [""]);
    let named = ledger.of_coordinator("grid");
    assert_eq!(named.recent(10).expect("reads"), [], "nobody knows whose it was");
    assert_eq!(old.version(), NEWEST);
    assert!(old.beside("ledger.sqlite.v3-backup").exists(), "the older file is kept beside it");
}
