//! A period is closed, its shares are paid, and nothing is paid twice.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::Duration;

use alloy_primitives::{Address, B256, address};
use practice::settlement::{PayoutRail, PayoutRow, PayoutStatus, RailError, SettleError};
use practice::{Account, ChatCall, Event, Network};
use serde_json::json;
use types::{Aipg, Den, JobId};

use crate::support::{Wire, ask, drained, job_id, network};

/// The wallet of the recorded bodies.
pub(crate) const WALLET: Address = address!("b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2");
const OTHER: Address = address!("a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1");
const BUDGET: f64 = 208.33;

/// A treasury that keeps account of what it was asked, and fails as told.
#[derive(Default)]
struct Treasury {
    paid: Mutex<Vec<(Address, Aipg)>>,
    failures: Mutex<Vec<RailError>>,
    /// True while a payment is under way.
    busy: Mutex<bool>,
}

impl Treasury {
    fn failing(failures: impl IntoIterator<Item = RailError>) -> Self {
        Self { failures: Mutex::new(failures.into_iter().collect()), ..Self::default() }
    }

    fn paid(&self) -> Vec<(Address, Aipg)> {
        self.paid.lock().expect("no panic").clone()
    }
}

impl PayoutRail for Treasury {
    async fn pay(&self, to: Address, amount: Aipg) -> Result<B256, RailError> {
        assert!(!std::mem::replace(&mut *self.busy.lock().expect("no panic"), true), "one payment at a time");
        tokio::task::yield_now().await;
        *self.busy.lock().expect("no panic") = false;
        if let Some(failure) = self.failures.lock().expect("no panic").pop() {
            return Err(failure);
        }
        let mut paid = self.paid.lock().expect("no panic");
        paid.push((to, amount));
        Ok(B256::with_last_byte(paid.len() as u8))
    }
}

fn not_sent() -> RailError {
    RailError::NotSent("no gas".into())
}

fn aipg(figure: f64) -> Aipg {
    Aipg::from_payout(figure).expect("an amount")
}

/// Has a rig of this account answer one job for each text, and gives the jobs.
pub(crate) async fn serve(network: &Network, account: &Account, rig: &str, texts: &[&str]) -> Vec<JobId> {
    let mut wire = Wire::worker(network, &account.api_key, rig).await;
    let mut jobs = Vec::new();
    for (count, text) in texts.iter().enumerate() {
        let asking = ask(network, account, ChatCall::ask("grid/fake-1", "hi"));
        let job = wire.job().await;
        if count == 0 {
            wire.token(&job, text).await;
        }
        wire.done(&job, text).await;
        let ack = wire.frame().await;
        assert_eq!(ack["type"], "ack", "{ack}");
        asking.await.expect("asked");
        jobs.push(job_id(&job));
    }
    wire.close(1000).await;
    // The socket is gone when the close is answered; then the next rig alone gets the next job.
    assert_eq!(wire.next().await, crate::support::Got::Close(1000));
    jobs
}

fn statuses(rows: &[PayoutRow]) -> Vec<&str> {
    rows.iter().map(|row| row.status.as_str()).collect()
}

#[tokio::test]
async fn a_budget_is_shared_by_den_and_sent() {
    let (network, clock) = network().await;
    let (three, one) = (network.open_account(Some(WALLET)), network.open_account(Some(OTHER)));
    let mut jobs = serve(&network, &three, "rig-3", &["x", "x", "x"]).await;
    jobs.extend(serve(&network, &one, "rig-1", &["x"]).await);
    clock.advance(Duration::from_secs(60));
    let mut events = network.events();
    let treasury = Treasury::default();
    let settlement = network.settle(BUDGET, &treasury).await.expect("settles");
    assert_eq!(settlement.period.as_deref(), Some("hour-2027-01-15T08"));
    assert_eq!((settlement.jobs, settlement.den), (jobs, Den::from_hundredths(40)));
    assert_eq!(treasury.paid(), [(WALLET, aipg(156.2475)), (OTHER, aipg(52.0825))], "most work first");
    let row = &settlement.payouts[0];
    assert_eq!((row.aipg, row.status.as_str(), row.address), (156.2475, "sent", Some(WALLET)));
    assert_eq!(row.tx_hash, Some(format!("{}01", "00".repeat(31))), "stored without 0x");
    assert_eq!((row.created, row.paid), (clock_now(&clock), Some(clock_now(&clock))));
    assert_eq!(network.books().payouts.len(), 2);
    let period = || "hour-2027-01-15T08".to_owned();
    let sent = |to, figure, tx| Event::PayoutSent {
        period: period(),
        to,
        amount: aipg(figure),
        tx: B256::with_last_byte(tx),
    };
    assert_eq!(
        drained(&mut events),
        [
            Event::PeriodSettled { period: period(), jobs: 4, den: Den::from_hundredths(40), dropped: 0 },
            sent(WALLET, 156.2475, 1),
            sent(OTHER, 52.0825, 2),
        ]
    );
}

fn clock_now(clock: &crate::support::HandClock) -> types::Timestamp {
    types::Clock::now(clock)
}

#[tokio::test]
async fn without_new_jobs_there_is_no_period_and_a_second_one_of_an_hour_has_another_id() {
    let (network, clock) = network().await;
    let account = network.open_account(Some(WALLET));
    let treasury = Treasury::default();
    let nothing = network.settle(BUDGET, &treasury).await.expect("settles");
    assert_eq!((nothing.period, nothing.payouts.len()), (None, 0));
    let mut periods = Vec::new();
    for rig in ["a", "b", "c"] {
        serve(&network, &account, rig, &["x"]).await;
        periods.extend(network.settle(BUDGET, &treasury).await.expect("settles").period);
    }
    assert_eq!(periods, ["hour-2027-01-15T08", "2027-01-15_2027-01-15#2", "2027-01-15_2027-01-15#3"]);
    clock.advance(Duration::from_secs(3600));
    serve(&network, &account, "d", &["x"]).await;
    let next = network.settle(BUDGET, &treasury).await.expect("settles");
    assert_eq!(next.period.as_deref(), Some("hour-2027-01-15T09"));
}

#[tokio::test]
async fn without_a_wallet_the_share_is_owed_and_stays_in_the_denominator() {
    let (network, _) = network().await;
    let (paid, owed) = (network.open_account(Some(WALLET)), network.open_account(None));
    serve(&network, &paid, "paid", &["x"]).await;
    serve(&network, &owed, "owed", &["x"]).await;
    let treasury = Treasury::default();
    let settlement = network.settle(BUDGET, &treasury).await.expect("settles");
    assert_eq!(statuses(&settlement.payouts), ["sent", "accrued"]);
    assert_eq!(treasury.paid(), [(WALLET, aipg(104.165))], "half, although nobody else is paid now");
    assert_eq!(settlement.payouts[1].address, None);

    // A wallet alone does not make the rail pay what is owed; an operator's run does, once.
    assert!(network.set_payout_wallet(&owed.id, Some(OTHER)));
    network.settle(BUDGET, &treasury).await.expect("settles");
    assert_eq!(treasury.paid().len(), 1);
    let operator = network.pay_accrued(&treasury).await;
    assert_eq!((statuses(&operator), operator[0].address), (vec!["sent"], Some(OTHER)));
    assert_eq!(network.pay_accrued(&treasury).await, []);
    assert_eq!(treasury.paid().len(), 2);
}

#[tokio::test]
async fn the_wallet_at_settlement_time_is_paid() {
    let (network, _) = network().await;
    let account = network.open_account(Some(WALLET));
    serve(&network, &account, "rig", &["x"]).await;
    assert_eq!(network.books().rows[0].wallet, Some(WALLET), "the books keep the wallet of the connection");
    assert!(network.set_payout_wallet(&account.id, Some(OTHER)));
    let treasury = Treasury::default();
    network.settle(BUDGET, &treasury).await.expect("settles");
    assert_eq!(treasury.paid(), [(OTHER, aipg(208.33))]);
}

#[tokio::test]
async fn dust_is_gone_for_good() {
    let (network, _) = network().await;
    let (big, small) = (network.open_account(Some(WALLET)), network.open_account(None));
    serve(&network, &big, "big", &["x", "x", "x"]).await;
    serve(&network, &small, "small", &["x"]).await;
    let treasury = Treasury::default();
    // A quarter of it is a little less than 0.01.
    let settlement = network.settle(0.0399, &treasury).await.expect("settles");
    assert_eq!((settlement.dropped, settlement.payouts.len()), (vec![small.id], 1));
    assert_eq!(treasury.paid(), [(WALLET, aipg(0.029_925))], "it is not given to others");
    let again = network.settle(BUDGET, &treasury).await.expect("settles");
    assert_eq!((again.period, again.payouts.len()), (None, 0), "and its jobs are settled");
}

#[tokio::test]
async fn a_failed_payment_is_tried_again_to_the_same_address() {
    let (network, _) = network().await;
    let account = network.open_account(Some(WALLET));
    serve(&network, &account, "rig", &["x"]).await;
    let treasury = Treasury::failing([not_sent(), not_sent()]);
    let mut events = network.events();
    let first = network.settle(BUDGET, &treasury).await.expect("settles");
    assert_eq!((statuses(&first.payouts), first.payouts[0].tx_hash.clone()), (vec!["failed"], None));
    let failed = Event::PayoutFailed { period: "hour-2027-01-15T08".into(), to: WALLET, error: not_sent() };
    assert_eq!(drained(&mut events)[1], failed);
    assert!(network.set_payout_wallet(&account.id, Some(OTHER)));
    assert_eq!(statuses(&network.retry_failed(&treasury).await), ["failed"]);
    let again = network.settle(BUDGET, &treasury).await.expect("settles");
    assert_eq!((again.period.as_deref(), statuses(&again.payouts)), (None, vec!["sent"]));
    assert_eq!(treasury.paid(), [(WALLET, aipg(208.33))]);
    assert_eq!(network.retry_failed(&treasury).await, []);
}

#[tokio::test]
async fn a_payment_that_may_have_left_is_never_made_again() {
    let (network, _) = network().await;
    let account = network.open_account(Some(WALLET));
    serve(&network, &account, "rig", &["x"]).await;
    let treasury = Treasury::failing([RailError::Unknown("no receipt".into())]);
    let settlement = network.settle(BUDGET, &treasury).await.expect("settles");
    assert_eq!(statuses(&settlement.payouts), ["manual_review"]);
    network.settle(BUDGET, &treasury).await.expect("settles");
    network.retry_failed(&treasury).await;
    network.pay_accrued(&treasury).await;
    assert_eq!(treasury.paid(), []);
}

/// A treasury that never answers.
struct Stuck(Duration);

impl PayoutRail for Stuck {
    async fn pay(&self, _: Address, _: Aipg) -> Result<B256, RailError> {
        std::future::pending().await
    }

    fn patience(&self) -> Duration {
        self.0
    }
}

#[tokio::test]
async fn a_treasury_that_does_not_answer_holds_nobody_up() {
    let (network, _) = network().await;
    let account = network.open_account(Some(WALLET));
    serve(&network, &account, "rig", &["x"]).await;
    let settlement = network.settle(BUDGET, &Stuck(Duration::from_millis(20))).await.expect("settles");
    assert_eq!(statuses(&settlement.payouts), ["manual_review"]);
}

#[tokio::test]
async fn a_run_that_is_dropped_lets_go_of_what_it_had_not_begun() {
    let (network, _) = network().await;
    let (one, two) = (network.open_account(Some(WALLET)), network.open_account(Some(OTHER)));
    serve(&network, &one, "one", &["x", "x"]).await;
    serve(&network, &two, "two", &["x"]).await;
    let stuck = Stuck(Duration::from_secs(600));
    let run = tokio::time::timeout(Duration::from_millis(50), network.settle(BUDGET, &stuck)).await;
    assert!(run.is_err(), "it was dropped inside the first payment");
    let treasury = Treasury::default();
    let again = network.settle(BUDGET, &treasury).await.expect("settles");
    assert_eq!((again.period, treasury.paid().len()), (None, 1));
    assert_eq!(treasury.paid()[0].0, OTHER, "the first one may have left");
    assert_eq!(statuses(&network.books().payouts), ["sent", "manual_review"]);
}

#[tokio::test]
async fn a_budget_that_is_no_amount_settles_nothing() {
    let (network, _) = network().await;
    let account = network.open_account(Some(WALLET));
    let jobs = serve(&network, &account, "rig", &["x"]).await;
    let treasury = Treasury::default();
    for budget in [f64::NAN, f64::INFINITY, -1.0, 1e300] {
        assert_eq!(network.settle(budget, &treasury).await, Err(SettleError::Budget), "{budget}");
    }
    assert_eq!(network.settle(BUDGET, &treasury).await.expect("settles").jobs, jobs, "they waited");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_settlements_at_once_pay_each_job_once() {
    let (network, _) = network().await;
    let (one, two) = (network.open_account(Some(WALLET)), network.open_account(Some(OTHER)));
    let mut jobs = serve(&network, &one, "one", &["x", "x"]).await;
    jobs.extend(serve(&network, &two, "two", &["x", "x"]).await);
    // Some payments fail midway, so that the settlements also compete for the retries.
    let (network, treasury) =
        (std::sync::Arc::new(network), std::sync::Arc::new(Treasury::failing([not_sent()])));
    let runs: Vec<_> = (0..20)
        .map(|_| {
            let (network, treasury) = (network.clone(), treasury.clone());
            tokio::spawn(async move { network.settle(BUDGET, &*treasury).await.expect("settles") })
        })
        .collect();
    let mut settled = Vec::new();
    for run in runs {
        settled.extend(run.await.expect("no panic").jobs);
    }
    network.retry_failed(&*treasury).await;
    assert_eq!(settled, jobs, "each job is in one settlement");
    let paid: BTreeSet<(Address, Aipg)> = treasury.paid().into_iter().collect();
    assert_eq!(treasury.paid().len(), 2, "one payment an account");
    assert_eq!(paid, BTreeSet::from([(WALLET, aipg(104.165)), (OTHER, aipg(104.165))]));
    let rows = network.books().payouts;
    assert_eq!(statuses(&rows), ["sent", "sent"]);
    let hashes: BTreeSet<_> = rows.iter().map(|row| row.tx_hash.clone()).collect();
    assert_eq!(hashes.len(), 2, "one transfer pays one row");
    assert_eq!(rows[0].status, PayoutStatus::Sent);
    assert_eq!(json!(rows.iter().map(|row| row.aipg).sum::<f64>()), json!(208.33));
}
