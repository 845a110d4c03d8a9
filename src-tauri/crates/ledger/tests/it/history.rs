//! The history is kept for good and read in bounded pieces.

use std::time::Duration;

use ledger::{By, Cursor, JobState, LARGEST_PAGE, Ledger, Span, Sums};
use types::{Den, JobId, Timestamp, Usage, WorkerName};

use crate::{File, accept, answer, take};

const HOUR: u64 = 3_600_000;

fn at(hour: u64) -> Timestamp {
    Timestamp::from_millis(1_800_000_000_000 + hour * HOUR)
}

fn span(from: u64, until: u64) -> Span {
    Span { from: at(from), until: at(until) }
}

/// A job of one hour, settled for this many hundredths. It takes ten seconds.
fn settled(ledger: &mut Ledger, hour: u64, worker: &str, model: &str, den: u64) {
    let job = JobId::new(format!("{hour}-{worker}-{model}-{den}"));
    let worker = WorkerName::new(worker).expect("a name");
    take(ledger, &job, &worker, model, at(hour));
    let usage = Usage { prompt_tokens: 7, completion_tokens: 100 };
    let end = at(hour).plus(Duration::from_secs(10));
    ledger.answered(&job, &worker, &answer(Some(usage), end)).expect("records");
    assert!(ledger.settled(&job, Den::from_hundredths(den)).expect("records"));
}

/// All pieces one after the other, `size` rows each.
fn paged(ledger: &Ledger, span: Span, start: Cursor, size: u32) -> Vec<i64> {
    let (mut attempts, mut cursor) = (Vec::new(), Some(start));
    while let Some(here) = cursor {
        let page = ledger.history(span, here, size).expect("reads");
        assert!(page.rows.len() <= size as usize);
        attempts.extend(page.rows.iter().map(|row| row.attempt));
        cursor = page.next;
    }
    attempts
}

#[test]
fn every_row_is_on_exactly_one_page_in_either_direction() {
    let mut ledger = File::new().open();
    for hour in 0..10 {
        settled(&mut ledger, hour, "rig", "m", 10);
    }
    let oldest: Vec<i64> = (1..=10).collect();
    let newest: Vec<i64> = (1..=10).rev().collect();
    for size in [1, 3, 5, 10, 11] {
        let (first, last) = (Cursor::Oldest { after: None }, Cursor::Newest { before: None });
        assert_eq!(paged(&ledger, Span::ALWAYS, first, size), oldest, "{size} a page");
        assert_eq!(paged(&ledger, Span::ALWAYS, last, size), newest, "{size} a page");
        assert_eq!(paged(&ledger, span(2, 5), first, size), [3, 4, 5], "an end is without its moment");
    }
}

#[test]
fn no_page_is_larger_than_the_largest() {
    let file = File::new();
    let mut ledger = file.open();
    drop(accept(&mut ledger, "a"));
    rusqlite::Connection::open(&file.path)
        .and_then(|connection| {
            connection.execute_batch(
                "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 600)
                 INSERT INTO job (job_id, worker_name, model, state, accepted_at) SELECT 'j' || i, 'w', 'm', 'failed', 1 FROM n;",
            )
        })
        .expect("writes");
    let page = ledger.history(Span::ALWAYS, Cursor::Newest { before: None }, u32::MAX).expect("reads");
    assert_eq!(page.rows.len(), LARGEST_PAGE as usize);
    assert!(page.next.is_some());
}

#[test]
fn sums_count_what_ended_within_the_span() {
    let mut ledger = File::new().open();
    settled(&mut ledger, 0, "rig-1", "large", 500);
    settled(&mut ledger, 1, "rig-1", "small", 20);
    settled(&mut ledger, 2, "rig-2", "small", 10);
    let open = accept(&mut ledger, "open");
    ledger.ended(&open, &crate::worker(), JobState::Failed, at(3)).expect("records");
    let sums = |span, worker: Option<&str>| {
        let worker = worker.map(|name| WorkerName::new(name).expect("a name"));
        ledger.sums(span, worker.as_ref()).expect("reads")
    };
    let all = sums(Span::ALWAYS, None);
    assert_eq!((all.delivered, all.credited, all.failed), (3, 3, 1));
    assert_eq!((all.den, all.busy), (Den::from_hundredths(530), Duration::from_secs(30)));
    assert_eq!((all.prompt_tokens, all.completion_tokens), (21, 300));
    assert_eq!(all.tokens_per_second(), Some(10.0));
    assert_eq!(sums(span(0, 2), None).den, Den::from_hundredths(520));
    assert_eq!(sums(Span::ALWAYS, Some("rig-2")).den, Den::from_hundredths(10));
    assert_eq!(sums(span(5, 6), None), Sums::default());
    assert_eq!(Sums::default().tokens_per_second(), None, "nothing measured is no speed");
    let by = |by: By| -> Vec<(String, u64)> {
        let sums = ledger.sums_by(by, span(0, 3)).expect("reads");
        sums.into_iter().map(|(name, sums)| (name, sums.den.hundredths())).collect()
    };
    assert_eq!(by(By::Model), [("large".to_owned(), 500), ("small".to_owned(), 30)]);
    assert_eq!(by(By::Worker), [("rig-1".to_owned(), 520), ("rig-2".to_owned(), 10)]);
}

#[test]
fn an_answer_nobody_confirmed_is_healed_once_by_the_feed() {
    let mut ledger = File::new().open();
    let job = accept(&mut ledger, "a");
    crate::deliver(&mut ledger, &job);
    ledger.unconfirmed(&job).expect("records");
    assert_eq!(ledger.sums(Span::ALWAYS, None).expect("reads").unconfirmed, 1);
    let den = Den::from_hundredths(25);
    assert!(ledger.settled(&job, den).expect("records"), "the feed shows it");
    assert!(!ledger.settled(&job, den).expect("answers"), "and shows it again");
    assert!(!ledger.settled(&JobId::new("another rig's"), den).expect("answers"), "this one is not ours");
    let sums = ledger.sums(Span::ALWAYS, None).expect("reads");
    assert_eq!((sums.unconfirmed, sums.credited, sums.den), (0, 1, den));
    assert_eq!(ledger.attempts(&job).expect("reads").len(), 1);
}
