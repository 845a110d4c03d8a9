//! The report of a rehearsal, for programs and for people.

use std::io::Write as _;

use app::practice::Report;
use serde::Serialize;
use serde_json::value::RawValue;
use types::Den;

#[derive(Serialize)]
struct ReportJson<'a> {
    ok: bool,
    model: &'a str,
    jobs: Vec<JobJson<'a>>,
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

#[derive(Serialize)]
struct LedgerJson {
    den_total: Box<RawValue>,
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
    Ok(ReportJson {
        ok: report.ok,
        model: &report.model,
        jobs: jobs.collect::<anyhow::Result<_>>()?,
        ledger: LedgerJson { den_total: exact(report.ledger_den)? },
        coordinator: CoordinatorJson { den_total: exact(report.coordinator_den)?, strikes: report.strikes },
        duration_ms: report.duration.as_millis() as u64,
        problems: &report.problems,
    })
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
    for problem in &report.problems {
        text += &format!("PROBLEM: {problem}\n");
    }
    let verdict = if report.ok { "All is well." } else { "Not all is well." };
    text + &format!("{verdict} {:.1} s\n", report.duration.as_secs_f64())
}
