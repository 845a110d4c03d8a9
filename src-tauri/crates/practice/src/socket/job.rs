//! One attempt at a text job on a worker's socket.

use std::sync::Arc;

use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{Ending, Line, Seated, object};
use crate::books::BookRow;
use crate::counting::tokens;
use crate::event::Event;
use crate::generation::{Answer, Generation, Heard};
use crate::hub::Seat;
use crate::jobs::Job;
use crate::relay::{Finished, Pace, Relay};
use crate::settlement::{Metering, receipt_holds, result_hash};

/// A job on its way.
struct Run {
    job: Arc<Job>,
    started: Instant,
    first_token: Option<Instant>,
    generation: Generation,
    cancel_looked: Option<Instant>,
    cancel_sent: bool,
}

#[derive(Serialize)]
struct JobFrame<'a> {
    r#type: &'static str,
    id: &'a str,
    model: &'a str,
    payload: &'a RawValue,
}

impl<'a> JobFrame<'a> {
    fn of(job: &'a Job) -> Self {
        Self { r#type: "job", id: job.id.as_str(), model: &job.model, payload: &job.payload }
    }
}

impl Line {
    /// Sends a job and reads its frames to its end.
    pub(super) async fn work_on(&mut self, seated: &mut Seated, job: Arc<Job>) -> Result<(), Ending> {
        self.send(JobFrame::of(&job)).await?;
        let mut run = Run::new(job);
        loop {
            let deadline = Instant::now() + self.hub.timings.job_silence;
            let frame = object(&self.next_frame(deadline).await?.ok_or(Ending::Cut)?)?;
            self.forward_cancel(&mut run).await?;
            match run.generation.hear(&frame) {
                Heard::Nothing => {}
                Heard::Token { delta, finish_reason } => self.relay(&mut run, delta, finish_reason),
                Heard::Answer(answer) => return self.settle(seated, run, *answer).await,
                Heard::Failed => return self.fail(seated, &run),
                Heard::ClientError(message) => {
                    seated.running = None;
                    self.hub.client_error(&run.job.id, message);
                    return Ok(());
                }
                Heard::Garbled => return Err(Ending::Cut),
            }
        }
    }

    fn relay(&self, run: &mut Run, delta: Value, finish_reason: Option<String>) {
        run.first_token.get_or_insert_with(Instant::now);
        run.job.customer.tell(Relay::Delta { delta, finish_reason });
        self.hub.emit(Event::TokenRelayed { job: run.job.id.clone(), frames: run.generation.frames() });
    }

    /// A cancel is looked for when a frame of the worker arrives, and not too often.
    async fn forward_cancel(&mut self, run: &mut Run) -> Result<(), Ending> {
        let now = Instant::now();
        let fresh = |looked: Instant| now.duration_since(looked) < self.hub.timings.cancel_poll;
        if run.cancel_sent || run.cancel_looked.is_some_and(fresh) {
            return Ok(());
        }
        run.cancel_looked = Some(now);
        if self.hub.state().jobs.is_cancelled(&run.job.id) {
            run.cancel_sent = true;
            self.send(json!({"type": "cancel", "id": run.job.id.as_str()})).await?;
            self.hub.emit(Event::CancelSent { job: run.job.id.clone() });
        }
        Ok(())
    }

    fn fail(&self, seated: &mut Seated, run: &Run) -> Result<(), Ending> {
        seated.running = None;
        let evicted = self.hub.failed(&seated.seat, &run.job.id, run.generation.frames());
        if evicted { Err(Ending::Cut) } else { Ok(()) }
    }

    async fn settle(&mut self, seated: &mut Seated, run: Run, answer: Answer) -> Result<(), Ending> {
        let finished_at = Instant::now();
        let core_count = tokens(&answer.text).await + tokens(&answer.reasoning).await;
        let metering = run.metering(&answer, core_count, seated.seat.abilities.max_context_length);
        let row = self.row(&seated.seat, &run, &answer, metering, finished_at);
        let finished = Box::new(run.finished(&seated.seat, answer, metering, &row));
        let den = row.den;
        seated.running = None;
        let mut granted = 0.0;
        if self.hub.settle(row) {
            granted = den.hundredths() as f64 / 100.0;
            run.job.customer.tell(Relay::Done(finished));
        }
        self.send(json!({"type": "ack", "id": run.job.id.as_str(), "den": granted})).await
    }

    fn row(
        &self,
        seat: &Seat,
        run: &Run,
        answer: &Answer,
        metering: Metering,
        finished_at: Instant,
    ) -> BookRow {
        let job = run.job.id.clone();
        let result_hash = result_hash(&answer.text);
        let worker_sig = answer.worker_sig.clone().filter(|signature| {
            result_hash.is_some_and(|hash| receipt_holds(&job, hash, signature, &seat.abilities.signers()))
        });
        BookRow {
            job_id: job,
            worker_name: seat.name.clone(),
            worker_id: seat.worker_id.clone(),
            wallet: seat.abilities.wallet,
            model: run.job.model.clone(),
            den: metering.den(&run.job.model),
            output_units: u64::try_from(metering.output()).unwrap_or(0),
            duration: finished_at.duration_since(run.started),
            ttft: run.first_token.map(|first| first.duration_since(run.started)),
            prompt_hash: run.job.prompt_hash,
            result_hash,
            worker_sig,
            created: self.hub.now(),
        }
    }
}

impl Run {
    fn new(job: Arc<Job>) -> Self {
        Self {
            job,
            started: Instant::now(),
            first_token: None,
            generation: Generation::default(),
            cancel_looked: None,
            cancel_sent: false,
        }
    }

    fn metering(&self, answer: &Answer, core_count: u64, max_context_length: u64) -> Metering {
        Metering {
            core_count,
            reported: answer.reported(),
            token_frames: u64::from(self.generation.frames()),
            max_length: self.job.max_length,
            prompt_words: self.job.prompt_words,
            max_context_length,
        }
    }

    fn finished(&self, seat: &Seat, answer: Answer, metering: Metering, row: &BookRow) -> Finished {
        let ttft = row.ttft.map(|ttft| ttft.as_secs_f64());
        Finished {
            text: answer.text,
            reasoning: answer.reasoning,
            tool_calls: answer.tool_calls,
            finish_reason: answer.finish_reason,
            usage: answer.usage,
            billed: metering.billed(),
            worker: seat.name.clone(),
            pace: Pace::of(row.duration.as_secs_f64(), ttft, metering.output()),
        }
    }
}
