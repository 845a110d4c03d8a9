//! The ledger as its callers see it, on real files.

mod books;
mod history;
mod money;
mod payouts;
mod upgrade;

use std::path::PathBuf;

use ledger::{Acceptance, Delivery, JobState, Ledger, LedgerError, Limits};
use types::{Den, FinishReason, JobId, ModelId, Sha256, Timestamp, Usage, WorkerName};

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

struct File {
    _home: tempfile::TempDir,
    path: PathBuf,
}

impl File {
    fn new() -> Self {
        let home = tempfile::tempdir().expect("a temporary folder");
        let path = home.path().join("ledger.sqlite");
        Self { _home: home, path }
    }

    fn open(&self) -> Ledger {
        Ledger::open(&self.path, Limits::default(), NOW).expect("opens")
    }
}

fn worker() -> WorkerName {
    WorkerName::new("rig-1").expect("a name")
}

fn accept(ledger: &mut Ledger, job: &str) -> JobId {
    let job = JobId::new(job);
    take(ledger, &job, &worker(), "m", NOW);
    job
}

fn take(ledger: &mut Ledger, job: &JobId, worker: &WorkerName, model: &str, at: Timestamp) {
    let model = ModelId::new(model);
    ledger
        .accept(job, &Acceptance { worker, model: &model, kind: "text", engine: None, at })
        .expect("records");
}

fn deliver(ledger: &mut Ledger, job: &JobId) {
    let usage = Usage { prompt_tokens: 3, completion_tokens: 5 };
    ledger.answered(job, &worker(), &answer(Some(usage), NOW)).expect("records");
}

/// Hello, with a receipt.
fn answer(usage: Option<Usage>, at: Timestamp) -> Delivery {
    let result = Some(Sha256::of("Hello"));
    Delivery { result, signed: true, reason: FinishReason::Stop, usage, first_token_at: None, at }
}

fn states(ledger: &Ledger) -> Vec<JobState> {
    ledger.recent(100).expect("reads").into_iter().map(|row| row.state).collect()
}

#[test]
fn a_job_is_read_back_as_it_was_written() {
    let file = File::new();
    let mut ledger = file.open();
    let job = accept(&mut ledger, "a");
    deliver(&mut ledger, &job);
    assert!(ledger.settled(&job, Den::from_hundredths(102)).expect("records"));
    let row = file.open().recent(1).expect("reads").remove(0);
    assert_eq!((row.job, row.state, row.den), (job, JobState::Settled, Some(Den::from_hundredths(102))));
    assert_eq!((row.completion_tokens, row.signed), (Some(5), true));
    assert_eq!(row.result_hash, Some(Sha256::of("Hello")));
    assert_eq!(row.finish_reason.as_deref(), Some("stop"));
}

#[test]
fn a_job_is_credited_once_however_often_it_comes_back() {
    let mut ledger = File::new().open();
    for _ in 0..3 {
        let job = accept(&mut ledger, "a");
        deliver(&mut ledger, &job);
        let _ = ledger.settled(&job, Den::from_hundredths(10)).expect("records");
        let _ = ledger.settled(&job, Den::from_hundredths(10)).expect("records");
    }
    assert_eq!(ledger.totals().expect("reads").den, Den::from_hundredths(10), "one credit for one job");
}

#[test]
fn a_retry_is_a_row_of_its_own() {
    let mut ledger = File::new().open();
    for state in [JobState::Failed, JobState::Failed] {
        let job = accept(&mut ledger, "a");
        ledger.ended(&job, &worker(), state, NOW).expect("records");
    }
    ledger.ended(&JobId::new("never-accepted"), &worker(), JobState::Refused, NOW).expect("records");
    assert_eq!(states(&ledger), [JobState::Refused, JobState::Failed, JobState::Failed]);
}

#[test]
fn what_a_crash_left_open_is_closed_at_the_next_start() {
    let file = File::new();
    let mut ledger = file.open();
    let delivered = accept(&mut ledger, "a");
    deliver(&mut ledger, &delivered);
    accept(&mut ledger, "b");
    // No clean close: the second handle sees what a restart would see.
    let reopened = file.open();
    assert_eq!(states(&reopened), [JobState::Abandoned, JobState::Unconfirmed]);
}

#[test]
fn a_full_disk_is_said_as_such_and_loses_nothing() {
    let file = File::new();
    let mut ledger = Ledger::open(&file.path, Limits { max_pages: Some(24) }, NOW).expect("opens");
    let mut written = 0;
    let error = loop {
        let job = JobId::new(format!("{written:0>2000}"));
        let (worker, model) = (worker(), ModelId::new("m"));
        let taken = Acceptance { worker: &worker, model: &model, kind: "text", engine: None, at: NOW };
        match ledger.accept(&job, &taken) {
            Ok(()) => written += 1,
            Err(error) => break error,
        }
        assert!(written < 1000, "the limit must be felt");
    };
    assert!(error.is_transient(), "{error}");
    assert!(ledger.probe().expect_err("still full").is_transient());
    assert_eq!(states(&file.open()).len(), written, "every row that was confirmed is there");
    file.open().probe().expect("with space again it goes on");
}

#[test]
fn files_that_are_not_ours_are_left_alone() {
    let check = |bytes: &[u8], is_expected: fn(&LedgerError) -> bool| {
        let file = File::new();
        std::fs::write(&file.path, bytes).expect("writes");
        let error = Ledger::open(&file.path, Limits::default(), NOW).expect_err("must not open");
        assert!(is_expected(&error), "{error}");
        assert_eq!(std::fs::read(&file.path).expect("reads"), bytes, "the file is untouched");
    };
    check(&[b'x'; 8192], |error| matches!(error, LedgerError::Unreadable(_)));
}

#[test]
fn a_newer_file_is_refused() {
    let file = File::new();
    drop(file.open());
    rusqlite::Connection::open(&file.path)
        .and_then(|connection| connection.pragma_update(None, "user_version", 99))
        .expect("writes");
    let error = Ledger::open(&file.path, Limits::default(), NOW).expect_err("must not open");
    assert!(matches!(error, LedgerError::Newer { found: 99, .. }), "{error}");
}

#[test]
fn another_programs_database_is_refused() {
    let file = File::new();
    rusqlite::Connection::open(&file.path)
        .and_then(|connection| connection.execute_batch("CREATE TABLE theirs (x);"))
        .expect("writes");
    let error = Ledger::open(&file.path, Limits::default(), NOW).expect_err("must not open");
    assert!(matches!(error, LedgerError::Foreign), "{error}");
}

#[test]
fn a_file_that_cannot_be_opened_is_told_without_its_path() {
    let file = File::new();
    std::fs::create_dir(&file.path).expect("something is in the way");
    let error = Ledger::open(&file.path, Limits::default(), NOW).expect_err("it is a folder");
    let folder = file.path.parent().expect("a folder").display().to_string();
    let source = std::error::Error::source(&error).expect("SQLite's own word").to_string();
    assert!(!format!("{error} {source}").contains(&folder), "{error}: {source}");
}
