//! The jobs of a rehearsal: asked as customers ask, and judged.

use std::convert::Infallible;

use practice::{ChatCall, Customer, Event, Network, Reply};
use tokio::sync::broadcast;
use tokio::time::{Instant, timeout_at};
use types::{Den, JobId};

use super::Trouble;
use super::report::{JobKind, JobReport, Report};
use crate::Phase;
use crate::practice::Rehearsal;

/// Well within the 30 requests a minute that the coordinator takes from one key.
const JOBS_PER_CUSTOMER: usize = 24;

/// Serves `jobs` jobs, each kind in turn.
pub(super) async fn run(
    rehearsal: &Rehearsal,
    jobs: usize,
    deadline: Instant,
    report: &mut Report,
) -> Result<(), Trouble> {
    // The first answer shows what this model says, so that a stop text can be chosen that really comes.
    let mut known_answer = String::new();
    let mut customer = rehearsal.another_customer()?;
    for (number, kind) in JobKind::ALL.into_iter().cycle().take(jobs).enumerate() {
        if number % JOBS_PER_CUSTOMER == JOBS_PER_CUSTOMER - 1 {
            customer = rehearsal.another_customer()?;
        }
        let job = one_job(rehearsal, &customer, kind, &mut known_answer, deadline).await?;
        report.problems.extend(judge(&job).iter().map(|problem| format!("{} job: {problem}", kind.name())));
        report.jobs.push(job);
    }
    Ok(())
}

/// Waits until the node is on the network, and tells what its ledger held before the first job.
pub(super) async fn ready(rehearsal: &Rehearsal, deadline: Instant) -> Result<Den, Trouble> {
    let mut changes = rehearsal.changes();
    let settled = changes.wait_for(|status| {
        matches!(status.phase, Phase::Waiting | Phase::NeedsAttention | Phase::Quarantined)
    });
    let status = match timeout_at(deadline, settled).await {
        Err(_) => return Err(Trouble::TooLong("getting onto the network")),
        Ok(Err(_)) => return Err(Trouble::NotReady("it ended".into())),
        Ok(Ok(status)) => status.clone(),
    };
    if status.phase == Phase::Waiting {
        return Ok(status.den_total);
    }
    let title = status.code.map_or("no reason given", types::Code::title);
    Err(Trouble::NotReady(format!("{title} ({})", status.detail.unwrap_or_default())))
}

async fn one_job(
    rehearsal: &Rehearsal,
    customer: &Customer,
    kind: JobKind,
    known_answer: &mut String,
    deadline: Instant,
) -> Result<JobReport, Trouble> {
    let mut events = rehearsal.network().events();
    let call = call_for(kind, rehearsal.model(), known_answer);
    let operator = cancel_when_sent(rehearsal.network(), kind);
    let asking = async {
        tokio::select! {
            reply = customer.chat(&call) => reply,
            never = operator => match never {},
        }
    };
    let reply = timeout_at(deadline, asking).await.map_err(|_| Trouble::TooLong(kind.name()))??;
    if kind == JobKind::Streamed && known_answer.is_empty() {
        known_answer.clone_from(&reply.text);
    }
    let id = queued(&mut events);
    let settled = match &id {
        // A settled job is in the books before the customer's last line, or within the blink after it.
        Some(id) if reply.error.is_none() => settled(rehearsal.network(), id, &mut events, deadline).await,
        _ => None,
    };
    Ok(report_on(kind, id, &reply, settled))
}

fn call_for(kind: JobKind, model: &str, known_answer: &str) -> ChatCall {
    let call = |question: &str, max_tokens: u32| ChatCall {
        max_tokens: Some(max_tokens),
        temperature: Some(0.0),
        ..ChatCall::ask(model, question)
    };
    let opening = "And the LORD said unto";
    match kind {
        JobKind::Streamed => call(opening, 24).streamed(),
        JobKind::NotStreamed => call("In the beginning", 24),
        JobKind::Stop => ChatCall { stop: vec![stop_text(known_answer)], ..call(opening, 24) },
        // So hot that even a tiny, fast model does not come to an end before the cancel does.
        JobKind::Cancelled => ChatCall {
            temperature: Some(2.0),
            seed: Some(7),
            extra: [("top_p".to_owned(), 1.0.into())].into_iter().collect(),
            ..call("And it came to pass", 4096).streamed()
        },
        // 40,000 short words: more tokens than the context of any model this engine takes, within the
        // coordinator's limit of 200,000 characters.
        JobKind::TooLong => call(&"and ".repeat(40_000), 8),
        JobKind::Plain => call("Amen", 8),
    }
}

/// A word from the middle of what the model said to the same question.
fn stop_text(answer: &str) -> String {
    let words: Vec<&str> = answer.split_whitespace().filter(|word| word.is_ascii()).collect();
    words.get(words.len() / 2).map_or_else(|| "the".to_owned(), |word| (*word).to_owned())
}

/// Plays the operator who cancels a job as soon as a worker has it. Listens from the moment this is called, and
/// goes on until it is dropped.
fn cancel_when_sent(network: &Network, kind: JobKind) -> impl Future<Output = Infallible> {
    let mut events = network.events();
    async move {
        loop {
            match events.recv().await {
                Ok(Event::JobSent { job, .. }) if kind == JobKind::Cancelled => {
                    network.cancel_job(&job);
                }
                Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return std::future::pending().await,
            }
        }
    }
}

/// The job our one question became.
fn queued(events: &mut broadcast::Receiver<Event>) -> Option<JobId> {
    loop {
        match events.try_recv() {
            Ok(Event::JobQueued { job }) => return Some(job),
            Ok(_) | Err(broadcast::error::TryRecvError::Lagged(_)) => {}
            Err(_) => return None,
        }
    }
}

struct Settled {
    den: Den,
    signed: bool,
    signature_due: bool,
}

async fn settled(
    network: &Network,
    job: &JobId,
    events: &mut broadcast::Receiver<Event>,
    deadline: Instant,
) -> Option<Settled> {
    loop {
        if let Some(row) = network.books().row(job) {
            let (den, signed) = (row.den, row.signed());
            return Some(Settled { den, signed, signature_due: row.result_hash.is_some() });
        }
        match timeout_at(deadline, events.recv()).await {
            Ok(Ok(_) | Err(broadcast::error::RecvError::Lagged(_))) => {}
            Ok(Err(broadcast::error::RecvError::Closed)) | Err(_) => return None,
        }
    }
}

fn report_on(kind: JobKind, id: Option<JobId>, reply: &Reply, settled: Option<Settled>) -> JobReport {
    JobReport {
        id: id.map_or_else(String::new, |id| id.as_str().to_owned()),
        kind,
        finish_reason: reply.finish_reason.clone(),
        completion_tokens: reply.usage.get("completion_tokens").and_then(|count| count.as_u64()),
        den: settled.as_ref().map(|settled| settled.den),
        sig_ok: settled.filter(|settled| settled.signature_due).map(|settled| settled.signed),
        error: reply.error.clone(),
    }
}

/// What is not as it should be about a job of this kind.
fn judge(job: &JobReport) -> Vec<String> {
    let mut problems = Vec::new();
    let mut must = |fact: bool, problem: String| {
        if !fact {
            problems.push(problem);
        }
    };
    let (reason, error) = (job.finish_reason.as_deref(), job.error.as_deref());
    let ended = format!("ended with {reason:?}, error {error:?}");
    must(!job.id.is_empty(), "it never became a job".into());
    must(job.sig_ok != Some(false), "its receipt was not accepted".into());
    match job.kind {
        JobKind::TooLong => {
            let refused = error.is_some_and(|words| words.contains("context length exceeded"));
            must(refused, ended);
            must(job.den.is_none(), "a refused request must earn nothing".into());
            return problems;
        }
        JobKind::Streamed | JobKind::NotStreamed | JobKind::Plain => {
            must(error.is_none() && matches!(reason, Some("stop" | "length")), ended);
        }
        JobKind::Stop => must(error.is_none() && reason == Some("stop"), ended),
        JobKind::Cancelled => must(error.is_none() && reason == Some("cancelled"), ended),
    }
    must(job.den.is_some(), "it is not in the coordinator's books".into());
    if job.kind != JobKind::Cancelled {
        must(job.sig_ok.is_some(), "a receipt was due".into());
        must(job.completion_tokens.is_some_and(|count| count > 0), "no tokens were counted".into());
    }
    problems
}
