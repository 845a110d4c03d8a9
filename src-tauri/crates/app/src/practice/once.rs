//! One rehearsal from start to end, with a report: does everything work on this computer?

mod jobs;
mod money;
mod report;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use keys::RigKey;
use practice::CustomerError;
use tokio::time::error::Elapsed;
use tokio::time::{Instant, timeout_at};
use types::{Clock, DelegationCertificate, Den, WorkerName};

use super::purse::{Purse, PurseError, PurseOptions};
use super::rehearsal::DELEGATION;
use super::{Rehearsal, RehearsalOptions};
use crate::{Home, StartError};

pub use report::{Balances, BondReport, JobKind, JobReport, MoneyReport, PayoutReport, Report, SentOut};

/// Why it did not come to a report.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("the node did not get onto the network: {0}")]
    NotReady(String),
    #[error(transparent)]
    Customer(#[from] CustomerError),
    #[error("{0} took too long")]
    TooLong(&'static str),
    #[error(transparent)]
    Network(#[from] StartError),
}

/// What a rehearsal does about money.
#[derive(Debug)]
pub enum WithMoney {
    /// The whole way: bonded before the jobs; paid, unbonded and sent out after them.
    Yes(PurseOptions),
    /// It should, and cannot; these words say why and what helps.
    Impossible(String),
    /// Jobs only.
    No,
}

/// Runs `jobs` jobs, with the money's way around them, within `limit`. What goes wrong after the start is in the report.
pub async fn once(
    options: RehearsalOptions,
    jobs: usize,
    with_money: WithMoney,
    limit: Duration,
) -> Result<Report, StartError> {
    let start = Instant::now();
    let deadline = start + limit;
    let home = Home::lock(&options.home)?;
    let name = WorkerName::new(options.worker_name.as_str())?;
    let mut report = Report::default();
    let purse = bonded(&home, with_money, &options.clock, deadline, &mut report).await;
    let (purse, rehearsal) = match papers(purse, &name, deadline, &mut report).await {
        Some((purse, (rig, paper))) => {
            (Some(purse), Rehearsal::begin(home, options, vec![name], (rig, vec![paper])).await?)
        }
        None => (None, Rehearsal::in_home(home, options, vec![name]).await?),
    };
    rehearsal.model().clone_into(&mut report.model);
    if let Err(trouble) = serve(&rehearsal, jobs, deadline, &mut report).await {
        report.problems.push(trouble.to_string());
    }
    if let Some(purse) = &purse {
        let way_back = money::way_back(&rehearsal, purse, &mut report.money);
        note(&mut report.problems, "money", timeout_at(deadline, way_back).await);
        report.problems.extend(money::judge(&report.money));
    }
    rehearsal.shutdown().await;
    if let Some(purse) = purse {
        purse.shutdown().await;
    }
    Ok(finished(report, start))
}

/// Bonds and does nothing else: for trying what an interruption does to it.
pub async fn bond_only(
    home: &Path,
    options: PurseOptions,
    clock: Arc<dyn Clock>,
    limit: Duration,
) -> Result<Report, StartError> {
    let start = Instant::now();
    let home = Home::lock(home)?;
    let mut report = Report::default();
    let purse = bonded(&home, WithMoney::Yes(options), &clock, start + limit, &mut report).await;
    if let Some(purse) = purse {
        let seen = money::balances(&purse, &mut report.money);
        note(&mut report.problems, "the balances", timeout_at(start + limit, seen).await);
        purse.shutdown().await;
    }
    Ok(finished(report, start))
}

/// The purse with its bond put up. What stood in the way is a problem of the report; the jobs go on without.
async fn bonded(
    home: &Home,
    with_money: WithMoney,
    clock: &Arc<dyn Clock>,
    deadline: Instant,
    report: &mut Report,
) -> Option<Purse> {
    let options = match with_money {
        WithMoney::Yes(options) => options,
        WithMoney::Impossible(words) => {
            report.problems.push(words);
            return None;
        }
        WithMoney::No => return None,
    };
    let opened = timeout_at(deadline, Purse::open(home, options, Arc::clone(clock))).await;
    let purse = note(&mut report.problems, "the practice chain", opened)?;
    let bond = timeout_at(deadline, money::bond(&purse, &mut report.money)).await;
    note(&mut report.problems, "the bond", bond);
    Some(purse)
}

/// The rig key kept in the home, with the wallet's permission. Without it the jobs are served with papers for one run,
/// and what they earn is not this wallet's: then the purse is put away.
async fn papers(
    purse: Option<Purse>,
    name: &WorkerName,
    deadline: Instant,
    report: &mut Report,
) -> Option<(Purse, (RigKey, DelegationCertificate))> {
    let purse = purse?;
    let signed = timeout_at(deadline, purse.delegate(name.clone(), DELEGATION)).await;
    match note(&mut report.problems, "the rig key", signed) {
        Some(papers) => Some((purse, papers)),
        None => {
            purse.shutdown().await;
            None
        }
    }
}

/// Takes what came of something that may also take too long, and writes down what went wrong.
fn note<T>(
    problems: &mut Vec<String>,
    what: &str,
    came: Result<Result<T, PurseError>, Elapsed>,
) -> Option<T> {
    match came {
        Ok(Ok(value)) => return Some(value),
        Ok(Err(error)) => problems.push(format!("{what}: {error}")),
        Err(_) => problems.push(format!("{what} took too long")),
    }
    None
}

fn finished(mut report: Report, start: Instant) -> Report {
    report.duration = start.elapsed();
    report.ok = report.problems.is_empty();
    report
}

/// Gets onto the network, serves the jobs, and closes the books whatever came of them.
async fn serve(
    rehearsal: &Rehearsal,
    jobs: usize,
    deadline: Instant,
    report: &mut Report,
) -> Result<(), Trouble> {
    let before = jobs::ready(rehearsal, deadline).await?;
    let served = jobs::run(rehearsal, jobs, deadline, report).await;
    close_books(rehearsal, before, deadline, report).await;
    served
}

/// Waits for the last ack, then holds what our ledger gained since `before` against the coordinator's books.
async fn close_books(rehearsal: &Rehearsal, before: Den, deadline: Instant, report: &mut Report) {
    let books = rehearsal.network().books();
    report.coordinator_den = books.den_total();
    report.strikes = books.strikes.values().sum();
    let expected = before + report.coordinator_den;
    let mut changes = rehearsal.changes();
    let agreed = changes.wait_for(|status| status.den_total == expected);
    let _ = timeout_at(deadline.min(Instant::now() + Duration::from_secs(10)), agreed).await;
    report.ledger_den = rehearsal.status().den_total - before;
    if report.ledger_den != report.coordinator_den {
        let (ours, theirs) = (report.ledger_den, report.coordinator_den);
        report.problems.push(format!("our ledger says {ours} den, the coordinator's books say {theirs}"));
    }
    if report.strikes > 0 {
        report.problems.push(format!("the coordinator counted {} strikes", report.strikes));
    }
}
