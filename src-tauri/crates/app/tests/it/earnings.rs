//! The record beside a running network: books are compared, healed and written out.

mod history;

use std::sync::Arc;
use std::time::Duration;

use app::Home;
use app::earnings::{By, Checked, Count, Cursor, Record, Span, Subject, Verdict, export};
use grid::{AccountClient, AccountPatience, Endpoint, PublicClient};
use ledger::{Acceptance, Delivery, Ledger, Limits};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use types::{Address, Clock, Den, FinishReason, JobId, ModelId, Sensitive, Timestamp, Usage, WorkerName};

/// A clock that the test moves.
#[derive(Debug)]
struct Hand(std::sync::atomic::AtomicU64);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(std::sync::atomic::Ordering::SeqCst))
    }
}

impl Hand {
    fn pass(&self, seconds: u64) {
        self.0.fetch_add(seconds * 1000, std::sync::atomic::Ordering::SeqCst);
    }
}

/// 2026-09-01, 06:00 in UTC.
const SIX: u64 = 1_788_242_400_000;

/// A coordinator's pages as the test states them, and a home whose book is held against them.
struct Desk {
    _folder: tempfile::TempDir,
    clock: Arc<Hand>,
    node: Ledger,
    record: Record,
    pages: Arc<std::sync::Mutex<Pages>>,
    endpoint: Endpoint,
    server: JoinHandle<()>,
}

/// What the coordinator states.
#[derive(Debug, Default, Clone)]
struct Pages {
    /// Jobs and hundredths of den, for each worker's name.
    workers: Vec<(&'static str, u64, u64)>,
    /// Ids and hundredths of den.
    feed: Vec<(&'static str, u64)>,
    /// Jobs and hundredths of den.
    wallet: (u64, u64),
}

impl Pages {
    fn answer(&self, path: &str) -> serde_json::Value {
        use serde_json::json;
        let den = |hundredths: u64| hundredths as f64 / 100.0;
        let wallet = format!("{:#x}", Address::repeat_byte(0xb2));
        if path.starts_with("/v1/account/jobs") {
            let job = |(id, hundredths): &(&str, u64)| {
                json!({"job_id": id, "model": "m", "type": "text",
                "den": den(*hundredths), "output_units": 5, "duration_s": 1, "ttft_s": null,
                "result_hash": null, "signed": false, "epoch_id": null, "created": "2026-09-01T06:00:00"})
            };
            return json!({"payout_wallet": wallet, "total_den": 0,
                "jobs": self.feed.iter().map(job).collect::<Vec<_>>()});
        }
        if path.starts_with("/v1/account/workers") {
            let worker = |(name, jobs, hundredths): &(&str, u64, u64)| {
                json!({"name": name, "type": "text",
                "models": ["m"], "den_earned": den(*hundredths), "jobs_completed": jobs, "last_seen": null,
                "maintenance": false, "online": true})
            };
            return json!({"count": 1, "online": 1, "den_earned": 0, "jobs_completed": 0,
                "workers": self.workers.iter().map(worker).collect::<Vec<_>>()});
        }
        if path.starts_with("/v1/wallets/") {
            let tally = json!({"jobs": self.wallet.0, "den": den(self.wallet.1)});
            return json!({"wallet": wallet, "total": tally, "last_24h": tally, "recent": []});
        }
        json!({"account_id": "a", "username": "u", "wallet": wallet, "payout_wallet": wallet, "keys": []})
    }
}

/// Answers every request, one connection after the other.
async fn serve(listener: TcpListener, pages: Arc<std::sync::Mutex<Pages>>) {
    while let Ok((mut stream, _)) = listener.accept().await {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let Ok(byte) = stream.read_u8().await else { break };
            head.push(byte);
        }
        let head = String::from_utf8_lossy(&head).into_owned();
        let path = head.split(' ').nth(1).unwrap_or_default();
        let body = pages.lock().expect("nobody fell").answer(path).to_string();
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        let _ = stream.write_all(answer.as_bytes()).await;
    }
}

impl Desk {
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let home = Home::lock(folder.path()).expect("free");
        let clock = Arc::new(Hand(SIX.into()));
        let path = folder.path().join("ledger.sqlite");
        let node = Ledger::open(&path, Limits::default(), clock.now()).expect("opens").of_coordinator("grid");
        let given: Arc<dyn Clock> = Arc::<Hand>::clone(&clock);
        let record = Record::open(&home, Limits::default(), "grid", given).await.expect("opens");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let endpoint = Endpoint::practice(&base).expect("loopback");
        let pages = Arc::<std::sync::Mutex<Pages>>::default();
        let server = tokio::spawn(serve(listener, Arc::clone(&pages)));
        Self { _folder: folder, clock, node, record, pages, endpoint, server }
    }

    fn states(&self, change: impl FnOnce(&mut Pages)) {
        change(&mut self.pages.lock().expect("nobody fell"));
    }

    /// An answer leaves. It took two seconds for forty tokens.
    fn delivers(&mut self, id: &str, worker: &str) -> JobId {
        let (job, worker) = (JobId::new(id), WorkerName::new(worker).expect("a name"));
        let model = ModelId::new("m");
        let taken =
            Acceptance { worker: &worker, model: &model, kind: "text", engine: None, at: self.clock.now() };
        self.node.accept(&job, &taken).expect("records");
        self.clock.pass(2);
        let usage = Some(Usage { prompt_tokens: 10, completion_tokens: 40 });
        let (result, at) = (None, self.clock.now());
        let answer =
            Delivery { result, signed: true, reason: FinishReason::Stop, usage, first_token_at: None, at };
        self.node.answered(&job, &worker, &answer).expect("records");
        job
    }

    fn earns(&mut self, id: &str, worker: &str, hundredths: u64) {
        let job = self.delivers(id, worker);
        assert!(self.node.settled(&job, Den::from_hundredths(hundredths)).expect("records"));
    }

    async fn check(&self) -> app::earnings::BooksCheck {
        let patience = AccountPatience::default();
        let key = Sensitive::new("grid_key".to_owned());
        let account = AccountClient::new(&self.endpoint, key, patience).expect("a client");
        let public = PublicClient::new(&self.endpoint, patience).expect("a client");
        tokio::time::timeout(Duration::from_secs(20), self.record.check(&account, &public))
            .await
            .expect("in time")
            .expect("the pages are there")
    }

    /// What is thought of the one worker there is.
    async fn verdict(&self) -> Verdict {
        let workers = self.check().await.workers;
        let [Checked { subject, verdict, .. }] = workers.as_slice() else {
            panic!("one worker: {workers:?}")
        };
        assert_eq!(*subject, Subject::Worker("rig".into()));
        *verdict
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.server.abort();
    }
}

const fn count(jobs: u64, hundredths: u64) -> Count {
    Count { jobs, den: Den::from_hundredths(hundredths) }
}

#[tokio::test]
async fn books_that_say_the_same_agree_and_a_lost_credit_is_told() {
    let mut desk = Desk::new().await;
    desk.earns("a", "rig", 10);
    desk.earns("b", "rig", 25);
    desk.clock.pass(120);
    desk.states(|pages| (pages.workers, pages.wallet) = (vec![("rig", 2, 35)], (2, 35)));
    let check = desk.check().await;
    assert_eq!(check.workers[0].verdict, Verdict::Agree);
    assert_eq!((check.workers[0].theirs, check.workers[0].ours), (count(2, 35), count(2, 35)));
    assert_eq!(check.wallet.as_ref().map(|wallet| wallet.verdict), Some(Verdict::Agree));
    desk.earns("c", "rig", 40);
    desk.clock.pass(30);
    assert_eq!(desk.verdict().await, Verdict::Agree, "their page may be a minute late");
    desk.clock.pass(120);
    assert_eq!(desk.verdict().await, Verdict::WeKnowMore { by: count(1, 40) });
    desk.states(|pages| pages.workers = vec![("rig", 3, 75), ("laptop", 9, 900)]);
    let check = desk.check().await;
    assert_eq!((check.workers[0].verdict, check.elsewhere), (Verdict::Agree, vec!["laptop".to_owned()]));
}

#[tokio::test]
async fn the_feed_heals_what_nobody_confirmed_and_only_once() {
    let mut desk = Desk::new().await;
    desk.earns("a", "rig", 10);
    let lost = desk.delivers("b", "rig");
    desk.node.unconfirmed(&lost).expect("records");
    desk.clock.pass(120);
    desk.states(|pages| pages.workers = vec![("rig", 1, 10)]);
    assert_eq!(desk.verdict().await, Verdict::Agree, "the count begins");
    desk.states(|pages| pages.workers = vec![("rig", 2, 35)]);
    assert_eq!(desk.verdict().await, Verdict::TheyKnowMore { by: count(1, 25), unconfirmed: 1 });
    desk.states(|pages| pages.feed = vec![("b", 25), ("b", 25), ("another rig's", 99), ("a", 10)]);
    let check = desk.check().await;
    assert_eq!((check.healed, check.workers[0].verdict), (1, Verdict::Agree));
    assert_eq!(desk.check().await.healed, 0, "the feed shows it for long");
    let sums = desk.record.sums(Span::ALWAYS).await.expect("reads");
    assert_eq!((sums.credited, sums.den, sums.unconfirmed), (2, Den::from_hundredths(35), 0));
}

#[tokio::test]
async fn a_name_that_is_older_than_the_book_is_counted_from_a_quiet_moment_on() {
    let mut desk = Desk::new().await;
    desk.earns("a", "rig", 10);
    desk.states(|pages| pages.workers = vec![("rig", 71, 1452)]);
    assert_eq!(desk.verdict().await, Verdict::NotBegun, "right after an answer");
    desk.clock.pass(120);
    assert_eq!(desk.verdict().await, Verdict::Agree);
    desk.earns("b", "rig", 20);
    desk.states(|pages| pages.workers = vec![("rig", 73, 1502)]);
    desk.clock.pass(120);
    let checked = desk.check().await.workers.remove(0);
    assert_eq!((checked.theirs, checked.ours), (count(2, 50), count(1, 20)));
    assert_eq!(
        checked.verdict,
        Verdict::TheyKnowMore { by: count(1, 30), unconfirmed: 0 },
        "another machine"
    );
    desk.states(|pages| pages.workers = vec![("rig", 0, 0)]);
    assert_eq!(desk.verdict().await, Verdict::BegunAnew);
    assert_eq!(desk.verdict().await, Verdict::Agree, "and is counted from there");
}

#[tokio::test]
async fn the_history_goes_into_a_file_as_it_is() {
    let mut desk = Desk::new().await;
    for number in 0..3 {
        desk.earns(&format!("job-{number}"), "=rig", 10 + number);
    }
    let path = desk._folder.path().join("jobs.csv");
    let (record, to) = (desk.record.clone(), path.clone());
    let write = move || export::into_file(&to, |file| record.write_jobs(Span::ALWAYS, file));
    let rows = tokio::task::spawn_blocking(write).await.expect("nobody fell").expect("writes");
    assert_eq!(rows, 3);
    let text = std::fs::read_to_string(&path).expect("a file");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 4);
    assert!(
        lines[1].starts_with("grid,1,job-0,'=rig,text,m,,settled,2026-09-01T06:00:00Z,,"),
        "{}",
        lines[1]
    );
    assert!(lines[3].ends_with(",2.000,10,40,20.00,stop,0.12,yes"), "{}", lines[3]);
}

#[tokio::test]
async fn what_the_machine_could_earn_is_from_its_own_hours() {
    let mut desk = Desk::new().await;
    let model = ModelId::new("m");
    assert_eq!(desk.record.could_earn(&model, None).await.expect("reads"), None, "it has not worked");
    for hour in 0..2 {
        for number in 0..(18 * (hour + 1)) {
            desk.earns(&format!("{hour}-{number}"), "rig", 10);
        }
        desk.clock.pass(3600 - 36 * (hour + 1));
    }
    let estimate = desk.record.could_earn(&model, None).await.expect("reads").expect("it has worked");
    assert_eq!((estimate.basis.busy.low, estimate.basis.busy.high), (1, 2), "36 and 72 seconds of an hour");
    assert_eq!(estimate.basis.speed.tokens_per_second, 20.0);
    assert!(estimate.den_per_hour.low < estimate.den_per_hour.high);
    assert_eq!(estimate.aipg_per_day, None, "nothing was ever settled");
    let hours = desk.record.hours(3).await.expect("reads");
    assert_eq!(hours.iter().map(|(_, sums)| sums.credited).collect::<Vec<_>>(), [18, 36, 0]);
    let page = desk.record.history(Span::ALWAYS, Cursor::Newest { before: None }, 5).await.expect("reads");
    assert_eq!((page.rows.len(), page.next.is_some()), (5, true));
    let models = desk.record.sums_by(By::Model, Span::ALWAYS).await.expect("reads");
    assert_eq!((models[0].0.as_str(), models[0].1.delivered), ("m", 54));
}
