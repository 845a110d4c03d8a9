//! The main job from end to end.

use std::time::Duration;

use app::practice::{JobKind, RehearsalOptions, Report, WithMoney, once};
use practice::ChatCall;
use types::{Den, Message};

use crate::rig::{Rig, smollm2};

async fn rehearse(options: RehearsalOptions, jobs: usize) -> Report {
    let report = once(options, jobs, WithMoney::No, Duration::from_secs(120)).await.expect("starts");
    assert_eq!(report.problems, Vec::<String>::new(), "{report:#?}");
    report
}

#[tokio::test(flavor = "multi_thread")]
async fn six_jobs_earn_what_the_books_say() {
    let rig = Rig::new();
    let report = rehearse(rig.options(), 6).await;
    let kinds: Vec<JobKind> = report.jobs.iter().map(|job| job.kind).collect();
    assert_eq!(kinds.len(), 6);
    assert!(
        kinds.iter().all(|kind| kinds.iter().filter(|other| *other == kind).count() == 1),
        "each kind once"
    );
    let earned: Den = report.jobs.iter().filter_map(|job| job.den).sum();
    assert_eq!(
        (report.ledger_den, report.coordinator_den),
        (earned, earned),
        "three counts of the same thing"
    );
    assert!(
        report.jobs[..3].iter().all(|job| job.sig_ok == Some(true)),
        "answers with text carry good receipts"
    );
    assert_eq!(report.jobs[4].sig_ok, None, "a refused request has no receipt");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_chat_model_knows_the_capital_of_france() {
    let rig = Rig::new();
    let options = RehearsalOptions { model: smollm2(), ..rig.options() };
    let rehearsal = app::practice::Rehearsal::start(options).await.expect("starts");
    crate::rig::phase(&rehearsal, app::Phase::Waiting).await;
    let call = ChatCall {
        messages: vec![
            Message::text("system", "Answer in one short English sentence."),
            Message::text("user", "What is the capital of France?"),
        ],
        model: rehearsal.model().to_owned(),
        temperature: Some(0.0),
        max_tokens: Some(24),
        ..ChatCall::default()
    };
    let reply = rehearsal.call(&call).await.expect("a reply");
    assert!(reply.text.contains("Paris"), "{reply:?}");
    rehearsal.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_earned_is_still_known_after_a_restart() {
    let rig = Rig::new();
    let report = rehearse(rig.options(), 3).await;
    let rehearsal = rig.waiting().await;
    let status = rehearsal.status();
    assert_eq!((status.jobs_done, status.den_total), (3, report.ledger_den));
    assert_eq!(status.recent.len(), 3);
    assert!(status.practice, "practice says so in every status");
    rehearsal.shutdown().await;
}
