//! What the books' desk tells of the work so far.

use app::earnings::causes::{Cause, Delegated};
use app::earnings::{BooksDesk, BusySource, Dust, Earnings, History, Known, PayoutRow};
use app::{Phase, Status};
use types::{Aipg, WorkerName};

use super::*;

const HOUR: u64 = 3600;

/// A node on a real Grid, or on the practice network, that waits for jobs.
fn known(practice: bool, payouts: Option<Vec<PayoutRow>>) -> Known {
    let status = Status {
        phase: Phase::Waiting,
        code: None,
        detail: None,
        practice,
        worker_name: "rig".into(),
        model: Some(ModelId::new("m")),
        device: None,
        current_job: None,
        jobs_done: 0,
        den_total: Den::ZERO,
        recent: vec![],
        slots: vec![],
    };
    let earnings = payouts.map(|payouts| Arc::new(Earnings { payouts, ..Earnings::default() }));
    Known { status, earnings, payout_wallet: Some(true), delegation: Delegated::Valid }
}

/// What one hour's work of 0.10 was settled with.
fn settled(period: &str, aipg: &str) -> PayoutRow {
    PayoutRow {
        period: period.into(),
        amount: Aipg::parse(aipg).expect("an amount"),
        nth: 1,
        den: Den::from_hundredths(10),
        status: "sent".into(),
        address: None,
        transaction: None,
        paid_at: None,
        proven_block: None,
        sender: None,
    }
}

impl Desk {
    async fn history(&self, known: Known) -> History {
        let books = BooksDesk::open(self.record.clone(), &self.endpoint).expect("opens");
        let history = books.history(known).await.expect("reads");
        books.close().await;
        history
    }

    /// A job that is taken on and ends without an answer.
    fn fails(&mut self, id: &str) {
        let (job, worker) = (JobId::new(id), WorkerName::new("rig").expect("a name"));
        let model = ModelId::new("m");
        let taken =
            Acceptance { worker: &worker, model: &model, kind: "text", engine: None, at: self.clock.now() };
        self.node.accept(&job, &taken).expect("records");
        self.node.ended(&job, &worker, ledger::JobState::Failed, self.clock.now()).expect("records");
    }
}

#[tokio::test]
async fn hours_are_not_called_unpaid_before_the_payouts_were_read() {
    let mut desk = Desk::new().await;
    desk.earns("a", "rig", 10);
    desk.clock.pass(3 * HOUR);
    desk.earns("b", "rig", 10);
    let history = desk.history(known(false, None)).await;
    assert_eq!(history.not_allocated, [], "nobody looked for their payouts");
    let payday = history.payday.expect("the Grid pays by the clock");
    assert_eq!(
        (payday.period.as_str(), payday.earliest.millis()),
        ("hour-2026-09-01T09", SIX + 4 * HOUR * 1000)
    );
    let work = Cause::PaidEachHour { work: Den::from_hundredths(10) };
    assert_eq!(history.causes, [work], "and nobody can say that it is too little");
}

#[tokio::test]
async fn once_the_payouts_were_read_an_hour_without_one_is_told() {
    let mut desk = Desk::new().await;
    desk.earns("a", "rig", 10);
    desk.clock.pass(HOUR);
    desk.earns("b", "rig", 10);
    desk.clock.pass(2 * HOUR);
    let history = desk.history(known(false, Some(vec![settled("hour-2026-09-01T06", "5")]))).await;
    let open: Vec<_> = history.not_allocated.iter().map(|open| (open.period.as_str(), open.dust)).collect();
    assert_eq!(open, [("hour-2026-09-01T07", Dust::No)]);
    assert!(
        matches!(history.causes[..], [Cause::HoursNotAllocated { hours: 1, .. }]),
        "{:?}",
        history.causes
    );
    let practice = desk.history(known(true, Some(vec![]))).await;
    assert_eq!(
        (practice.not_allocated, practice.payday),
        (vec![], None),
        "its hours are no hours of the clock"
    );
}

#[tokio::test]
async fn an_answer_of_this_morning_that_nobody_confirmed_is_told_all_day() {
    let mut desk = Desk::new().await;
    let job = desk.delivers("a", "rig");
    desk.node.unconfirmed(&job).expect("records");
    desk.clock.pass(20 * HOUR);
    let causes = desk.history(known(false, None)).await.causes;
    assert_eq!(causes, [Cause::Unconfirmed { answers: 1 }]);
    desk.clock.pass(5 * HOUR);
    assert_eq!(desk.history(known(false, None)).await.causes, [], "that was yesterday");
}

#[tokio::test]
async fn an_estimate_is_of_the_model_that_is_served_and_of_the_last_week() {
    let mut desk = Desk::new().await;
    for number in 0..3 {
        desk.earns(&format!("job-{number}"), "rig", 10);
    }
    let estimate = desk.history(known(false, None)).await.could_earn.expect("it has worked");
    assert_eq!(estimate.basis.busy.source, BusySource::Assumed, "no whole hour is behind it");
    let mut other = known(false, None);
    other.status.model = Some(ModelId::new("other"));
    assert_eq!(desk.history(other).await.could_earn, None, "the other model never worked here");
    desk.clock.pass(8 * 24 * HOUR);
    assert_eq!(desk.history(known(false, None)).await.could_earn, None, "that was before the last week");
}

#[tokio::test]
async fn a_failed_job_is_no_answer() {
    let mut desk = Desk::new().await;
    desk.delivers("a", "rig");
    desk.clock.pass(60);
    let mut unsigned = known(false, None);
    unsigned.delegation = Delegated::Ended;
    assert_eq!(desk.history(unsigned.clone()).await.causes, [], "its receipt went along");
    desk.fails("b");
    let failed = Cause::JobsFail { strikes: 0, failed: 1 };
    assert_eq!(desk.history(unsigned).await.causes, [failed], "the last answer is still the signed one");
}
