//! The report of a rehearsal, for programs and for people.

use std::io::Write as _;

use app::practice::{Balances, BondReport, MoneyReport, Report};
use serde::Serialize;
use serde_json::value::RawValue;
use types::{B256, Den};

#[derive(Serialize)]
struct ReportJson<'a> {
    ok: bool,
    model: &'a str,
    jobs: Vec<JobJson<'a>>,
    wallet: Option<String>,
    bond: Option<BondJson>,
    payout: Option<PayoutJson>,
    sent_out: SentOutJson,
    balances: Option<BalancesJson>,
    all_final: bool,
    ledger: LedgerJson,
    coordinator: CoordinatorJson,
    duration_ms: u64,
    problems: &'a [String],
}

#[derive(Serialize)]
struct JobJson<'a> {
    id: &'a str,
    kind: &'a str,
    finish_reason: Option<&'a str>,
    completion_tokens: Option<u64>,
    den: Option<Box<RawValue>>,
    sig_ok: Option<bool>,
    error: Option<&'a str>,
}

/// Hashes of transactions; `null` for what was not needed or not reached.
#[derive(Serialize)]
struct BondJson {
    version: &'static str,
    approve_tx: Option<String>,
    register_tx: Option<String>,
    unbond_tx: Option<String>,
    withdraw_tx: Option<String>,
}

#[derive(Serialize)]
struct PayoutJson {
    tx: Option<String>,
    amount: String,
    verified: bool,
}

#[derive(Serialize)]
struct SentOutJson {
    aipg_tx: Option<String>,
    eth_tx: Option<String>,
}

/// Amounts are texts: a JSON number would lose digits.
#[derive(Serialize)]
struct BalancesJson {
    aipg: String,
    eth: String,
    bonded: String,
    allowance: String,
}

#[derive(Serialize)]
struct LedgerJson {
    den_total: Box<RawValue>,
    aipg_paid: String,
}

#[derive(Serialize)]
struct CoordinatorJson {
    den_total: Box<RawValue>,
    strikes: u32,
}

/// A JSON number with both decimals, which no float has touched.
fn exact(den: Den) -> anyhow::Result<Box<RawValue>> {
    Ok(RawValue::from_string(den.to_string())?)
}

pub(crate) fn print(report: &Report, json: bool) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    if json {
        writeln!(out, "{}", serde_json::to_string_pretty(&to_json(report)?)?)?;
    } else {
        write!(out, "{}", to_text(report))?;
    }
    Ok(())
}

fn to_json(report: &Report) -> anyhow::Result<ReportJson<'_>> {
    let jobs = report.jobs.iter().map(|line| {
        Ok(JobJson {
            id: &line.id,
            kind: line.kind.name(),
            finish_reason: line.finish_reason.as_deref(),
            completion_tokens: line.completion_tokens,
            den: line.den.map(exact).transpose()?,
            sig_ok: line.sig_ok,
            error: line.error.as_deref(),
        })
    });
    let money = &report.money;
    Ok(ReportJson {
        ok: report.ok,
        model: &report.model,
        jobs: jobs.collect::<anyhow::Result<_>>()?,
        wallet: money.wallet.map(|address| address.to_string()),
        bond: money.bond.as_ref().map(bond),
        payout: money.payout.as_ref().map(|payout| PayoutJson {
            tx: text(payout.tx),
            amount: payout.amount.to_string(),
            verified: payout.verified,
        }),
        sent_out: SentOutJson { aipg_tx: text(money.sent_out.aipg_tx), eth_tx: text(money.sent_out.eth_tx) },
        balances: money.balances.as_ref().map(balances),
        all_final: money.all_final,
        ledger: LedgerJson { den_total: exact(report.ledger_den)?, aipg_paid: money.aipg_paid.to_string() },
        coordinator: CoordinatorJson { den_total: exact(report.coordinator_den)?, strikes: report.strikes },
        duration_ms: report.duration.as_millis() as u64,
        problems: &report.problems,
    })
}

fn text(hash: Option<B256>) -> Option<String> {
    hash.map(|hash| hash.to_string())
}

fn bond(bond: &BondReport) -> BondJson {
    BondJson {
        version: bond.version.name(),
        approve_tx: text(bond.approve_tx),
        register_tx: text(bond.register_tx),
        unbond_tx: text(bond.unbond_tx),
        withdraw_tx: text(bond.withdraw_tx),
    }
}

fn balances(balances: &Balances) -> BalancesJson {
    BalancesJson {
        aipg: balances.aipg.to_string(),
        eth: balances.eth.to_string(),
        bonded: balances.bonded.to_string(),
        allowance: balances.allowance.to_string(),
    }
}

fn to_text(report: &Report) -> String {
    let mut text = format!("Practice with {}\n", report.model);
    for job in &report.jobs {
        let signature = match job.sig_ok {
            Some(true) => "signed",
            Some(false) => "SIGNATURE REFUSED",
            None => "unsigned",
        };
        let ended = job.finish_reason.as_deref().or(job.error.as_deref()).unwrap_or("no end");
        let den = job.den.map_or_else(|| "-".to_owned(), |den| den.to_string());
        text += &format!("  {:<12}  {den:>8} work units  {signature:<8}  {ended}\n", job.kind.name());
    }
    text += &format!(
        "Our ledger: {} work units. The coordinator's books: {}, strikes: {}.\n",
        report.ledger_den, report.coordinator_den, report.strikes
    );
    text += &money_text(&report.money);
    for problem in &report.problems {
        text += &format!("PROBLEM: {problem}\n");
    }
    let verdict = if report.ok { "All is well." } else { "Not all is well." };
    text + &format!("{verdict} {:.1} s\n", report.duration.as_secs_f64())
}

fn money_text(money: &MoneyReport) -> String {
    let mut text = String::new();
    if let Some(bond) = &money.bond {
        let done = |hash: Option<B256>| if hash.is_some() { "done" } else { "-" };
        text += &format!(
            "Bond (registry {}): approved {}, registered {}, unbonded {}, withdrawn {}.\n",
            bond.version.name(),
            done(bond.approve_tx),
            done(bond.register_tx),
            done(bond.unbond_tx),
            done(bond.withdraw_tx),
        );
    }
    if let Some(payout) = &money.payout {
        let verdict = if payout.verified { "found on the chain" } else { "NOT FOUND ON THE CHAIN" };
        text += &format!("Payout: {} AIPG, {verdict}.\n", payout.amount);
    }
    if let Some(balances) = &money.balances {
        text += &format!(
            "Left in the wallet: {} AIPG and {} ETH; bonded {}, allowed {}.\n",
            balances.aipg, balances.eth, balances.bonded, balances.allowance
        );
    }
    text
}
