//! Whose book it is, who may write in it at once, and what the other side stated.

use std::sync::{Arc, Mutex};

use ledger::{Acceptance, Delivery, JobState, Ledger, Limits, Stated};
use types::{Den, FinishReason, JobId, ModelId, Timestamp, WorkerName};

use crate::{File, NOW, accept, answer, deliver, states, take, worker};

fn at(file: &File, coordinator: &str) -> Ledger {
    file.open().of_coordinator(coordinator)
}

#[test]
fn books_of_two_coordinators_are_never_one() {
    let file = File::new();
    for (coordinator, den) in [("grid", 10), ("practice 1", 250)] {
        let mut ledger = at(&file, coordinator);
        let job = accept(&mut ledger, "the-same-id");
        deliver(&mut ledger, &job);
        assert!(ledger.settled(&job, Den::from_hundredths(den)).expect("records"), "each credits once");
    }
    let den = |coordinator: &str| at(&file, coordinator).totals().expect("reads").den.hundredths();
    assert_eq!((den("grid"), den("practice 1"), den("practice 2"), den("")), (10, 250, 0, 0));
    assert_eq!(file.open().books().expect("reads"), ["grid", "practice 1"]);
    assert_eq!(at(&file, "grid").recent(9).expect("reads").len(), 1);
}

#[test]
fn whoever_joins_a_running_node_closes_nothing() {
    let file = File::new();
    let mut ledger = file.open();
    let delivered = accept(&mut ledger, "a");
    deliver(&mut ledger, &delivered);
    accept(&mut ledger, "b");
    let joined = Ledger::join(&file.path, Limits::default()).expect("opens");
    assert_eq!(states(&joined), [JobState::Running, JobState::Delivered]);
    assert!(ledger.settled(&delivered, Den::from_hundredths(10)).expect("records"));
}

#[test]
fn one_job_on_two_slots_is_two_rows_and_each_slot_ends_its_own() {
    let file = File::new();
    let mut ledger = file.open();
    let job = JobId::new("requeued");
    let slots = ["rig#1", "rig#2"].map(|name| WorkerName::new(name).expect("a name"));
    for slot in &slots {
        take(&mut ledger, &job, slot, "m", NOW);
    }
    // The first slot only now notices that its line was cut.
    ledger.ended(&job, &slots[0], JobState::Abandoned, NOW).expect("records");
    let answer = answer(None, NOW);
    ledger.answered(&job, &slots[0], &answer).expect("nothing of it runs there");
    assert_eq!(states(&ledger), [JobState::Running, JobState::Abandoned]);
    ledger.answered(&job, &slots[1], &answer).expect("records");
    assert_eq!(states(&ledger), [JobState::Delivered, JobState::Abandoned]);
}

#[test]
fn many_slots_and_a_reader_beside_them_lose_no_row() {
    let file = File::new();
    let shared = Arc::new(Mutex::new(file.open()));
    let slots: Vec<_> = (0..4)
        .map(|slot| {
            let ledger = Arc::clone(&shared);
            std::thread::spawn(move || {
                for number in 0..10 {
                    let mut ledger = ledger.lock().expect("nobody fell");
                    let job = accept(&mut ledger, &format!("{slot}-{number}"));
                    deliver(&mut ledger, &job);
                }
            })
        })
        .collect();
    slots.into_iter().for_each(|slot| slot.join().expect("no slot fell"));
    // The feed tells of jobs that an ack settles at the same moment, over another connection.
    let beside = Arc::new(Mutex::new(Ledger::join(&file.path, Limits::default()).expect("opens")));
    let tellers = [&shared, &beside].map(|ledger| {
        let ledger = Arc::clone(ledger);
        std::thread::spawn(move || {
            let jobs = (0..40).map(|number| JobId::new(format!("{}-{}", number / 10, number % 10)));
            let credit = |job| ledger.lock().expect("nobody fell").settled(&job, Den::from_hundredths(10));
            jobs.filter(|job| credit(job.clone()).expect("records")).count()
        })
    });
    let credits: usize = tellers.map(|teller| teller.join().expect("nobody fell")).iter().sum();
    assert_eq!(credits, 40, "each job is credited once, by whoever was first");
    let beside = beside.lock().expect("nobody fell");
    assert_eq!(beside.totals().expect("reads").den, Den::from_hundredths(400));
}

#[test]
fn what_an_answer_took_is_kept() {
    let file = File::new();
    let mut ledger = file.open();
    let (job, after) = (JobId::new("a"), |millis: u64| Timestamp::from_millis(NOW.millis() + millis));
    let model = ModelId::new("m");
    let taken =
        Acceptance { worker: &worker(), model: &model, kind: "text", engine: Some("candle cpu"), at: NOW };
    ledger.accept(&job, &taken).expect("records");
    let usage = Some(types::Usage { prompt_tokens: 12, completion_tokens: 50 });
    let answer = Delivery {
        result: None,
        signed: true,
        reason: FinishReason::Length,
        usage,
        first_token_at: Some(after(500)),
        at: after(2_500),
    };
    ledger.answered(&job, &worker(), &answer).expect("records");
    let row = ledger.recent(1).expect("reads").remove(0);
    assert_eq!((row.worker.as_str(), row.engine.as_deref()), ("rig-1", Some("candle cpu")));
    assert_eq!((row.prompt_tokens, row.completion_tokens, row.signed), (Some(12), Some(50), true));
    assert_eq!(row.time_to_first_token().map(|wait| wait.as_millis()), Some(500));
    assert_eq!(row.tokens_per_second(), Some(20.0));
}

#[test]
fn a_baseline_stands_until_there_is_a_new_one_and_belongs_to_its_subject_and_book() {
    let file = File::new();
    let mut ledger = at(&file, "grid");
    let stated = |jobs: u64| Stated { at: NOW, jobs, den: Den::from_hundredths(10 * jobs) };
    assert_eq!(ledger.baseline("rig-1").expect("reads"), None);
    for (subject, jobs, is_baseline) in [("rig-1", 3, true), ("rig-1", 4, false), ("rig-2", 9, true)] {
        ledger.state(subject, stated(jobs), is_baseline).expect("records");
    }
    assert_eq!(ledger.baseline("rig-1").expect("reads"), Some(stated(3)));
    assert_eq!(ledger.last_stated("rig-1").expect("reads"), Some(stated(4)));
    ledger.state("rig-1", stated(1), true).expect("records");
    assert_eq!(ledger.baseline("rig-1").expect("reads"), Some(stated(1)), "they began anew");
    assert_eq!(at(&file, "practice").baseline("rig-1").expect("reads"), None);
}
