//! The books are compared: what the feed tells heals ours, and the sums are held against each other.

use grid::{AccountClient, PublicClient};
use ledger::{Ledger, LedgerError, Span, Stated};
use types::{Timestamp, WorkerName};

use super::Record;
use crate::earnings::EarningsError;
use crate::earnings::reconcile::{
    BEHIND, Checked, Count, Ours, Subject, Verdict, compare, first_baseline, since,
};

/// What a comparison of the books found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BooksCheck {
    /// When.
    pub at: Timestamp,
    /// Deliveries nobody had confirmed, and the account's feed did now.
    pub healed: u32,
    /// Each worker of this book, as the account's page has it.
    pub workers: Vec<Checked>,
    /// The wallet that is paid, as everybody can read it; nothing while there is none.
    pub wallet: Option<Checked>,
    /// Names of the account that never worked from this home.
    pub elsewhere: Vec<String>,
}

/// A subject and all that is known of it.
struct Seen {
    subject: Subject,
    worker: Option<WorkerName>,
    theirs: Stated,
}

impl Record {
    /// Reads the account's feed and sums, and compares. What cannot be read leaves the books as they are.
    pub async fn check(
        &self,
        account: &AccountClient,
        public: &PublicClient,
    ) -> Result<BooksCheck, EarningsError> {
        let healed = self.heal(account).await?;
        let before = self.clock.now();
        let page = account.workers().await?;
        let wallet = account.account().await?.payout_wallet;
        let of_wallet = match wallet {
            Some(wallet) => Some((wallet, public.wallet(wallet).await?.total)),
            None => None,
        };
        let at = self.clock.now();
        let mut seen = Vec::new();
        let mut elsewhere = Vec::new();
        let known = self.with(|ledger| ledger.sums_by(ledger::By::Worker, Span::ALWAYS)).await?;
        for worker in page.workers {
            let theirs = Stated { at, jobs: worker.jobs, den: worker.den };
            match WorkerName::new(worker.name.clone()) {
                Ok(name) if known.iter().any(|(known, _)| *known == worker.name) => {
                    seen.push(Seen { subject: Subject::Worker(worker.name), worker: Some(name), theirs });
                }
                _ => elsewhere.push(worker.name),
            }
        }
        let of_wallet = of_wallet.map(|(wallet, total)| Seen {
            subject: Subject::Wallet(wallet),
            worker: None,
            theirs: Stated { at, jobs: total.jobs, den: total.den },
        });
        let judged = self.with(move |ledger| {
            let workers =
                seen.into_iter().map(|seen| judge(ledger, seen, before)).collect::<Result<_, _>>()?;
            Ok((workers, of_wallet.map(|seen| judge(ledger, seen, before)).transpose()?))
        });
        let (workers, wallet) = judged.await?;
        Ok(BooksCheck { at, healed, workers, wallet, elsewhere })
    }

    /// What the feed shows is settled, whatever became of the ack. A job that is shown twice is credited once, and one
    /// that is not ours changes nothing.
    async fn heal(&self, account: &AccountClient) -> Result<u32, EarningsError> {
        let feed = account.jobs().await?;
        let healed = self.with(move |ledger| {
            let mut healed = 0;
            for row in feed.rows.iter().filter(|row| !row.den.is_zero()) {
                healed += u32::from(ledger.settled(&row.job, row.den)?);
            }
            Ok(healed)
        });
        Ok(healed.await?)
    }
}

/// Holds one sum against ours, from its baseline on, and writes down what was stated.
fn judge(ledger: &mut Ledger, seen: Seen, before: Timestamp) -> Result<Checked, LedgerError> {
    let Seen { subject, worker, theirs } = seen;
    let name = name(&subject);
    let ours = |ledger: &Ledger, span| ours(ledger, span, before, worker.as_ref());
    let mut baseline = ledger.baseline(&name)?;
    let has_gone_back = match baseline {
        Some(baseline) => compare(baseline, theirs, &ours(ledger, after(baseline))?) == Verdict::BegunAnew,
        None => false,
    };
    if has_gone_back || baseline.is_none() {
        let ever = ours(ledger, Span::ALWAYS)?;
        baseline = if has_gone_back {
            ever.is_quiet().then_some(theirs)
        } else {
            first_baseline(&subject, theirs, &ever)
        };
        if let Some(baseline) = baseline {
            ledger.state(&name, baseline, true)?;
        }
    }
    ledger.state(&name, theirs, false)?;
    let Some(baseline) = baseline else {
        let theirs = Count { jobs: theirs.jobs, den: theirs.den };
        let ours = ours(ledger, Span::ALWAYS)?.count();
        return Ok(Checked { subject, since: None, theirs, ours, verdict: Verdict::NotBegun });
    };
    let ours = ours(ledger, after(baseline))?;
    let verdict = if has_gone_back { Verdict::BegunAnew } else { compare(baseline, theirs, &ours) };
    let theirs = since(baseline, theirs);
    Ok(Checked { subject, since: Some(baseline.at), theirs, ours: ours.count(), verdict })
}

/// The subject's name in the ledger.
fn name(subject: &Subject) -> String {
    match subject {
        Subject::Worker(name) => format!("worker {name}"),
        Subject::Wallet(wallet) => format!("wallet {wallet:#x}"),
    }
}

/// Everything that ended after a baseline was taken.
fn after(baseline: Stated) -> Span {
    Span::since(Timestamp::from_millis(baseline.at.millis().saturating_add(1)))
}

fn ours(
    ledger: &Ledger,
    span: Span,
    before: Timestamp,
    worker: Option<&WorkerName>,
) -> Result<Ours, LedgerError> {
    let firm = Timestamp::from_millis(before.millis().saturating_sub(BEHIND.as_millis() as u64));
    let firm = ledger.sums(Span { until: firm, ..span }, worker)?;
    Ok(Ours { firm, all: ledger.sums(span, worker)? })
}
