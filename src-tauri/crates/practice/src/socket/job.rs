//! One attempt at a job on a worker's socket: what chat jobs and raw jobs have in common.

use std::sync::Arc;

use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use tokio::time::Instant;
use types::{Den, Sha256};

use super::{Ending, Line, Seated, object};
use crate::books::BookRow;
use crate::event::Event;
use crate::hub::Seat;
use crate::jobs::{Job, Work};

/// A job on its way.
pub(super) struct Run {
    pub(super) job: Arc<Job>,
    started: Instant,
    first_piece: Option<Instant>,
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

/// What a job's row says about its answer.
pub(super) struct Outcome {
    pub(super) den: Den,
    pub(super) output_units: i64,
    pub(super) result_hash: Option<Sha256>,
    pub(super) worker_sig: Option<String>,
}

impl Line {
    /// Sends a job and reads its frames to its end.
    pub(super) async fn work_on(&mut self, seated: &mut Seated, job: Arc<Job>) -> Result<(), Ending> {
        self.send(JobFrame::of(&job)).await?;
        let run = Run::new(Arc::clone(&job));
        match &job.work {
            Work::Chat { prompt_words, customer } => {
                self.work_on_chat(seated, run, *prompt_words, customer).await
            }
            Work::Raw { customer, .. } => self.work_on_raw(seated, run, customer).await,
        }
    }

    /// The next frame of a job, whatever its id. Silence ends the socket.
    pub(super) async fn frame_of(&mut self, run: &mut Run) -> Result<Map<String, Value>, Ending> {
        let deadline = Instant::now() + self.hub.timings.job_silence;
        let frame = object(&self.next_frame(deadline).await?.ok_or(Ending::Cut)?)?;
        self.forward_cancel(run).await?;
        Ok(frame)
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

    /// A piece of the answer came: the first one starts the clock of the speed.
    pub(super) fn piece_came(&self, run: &mut Run, frames: u32) {
        run.first_piece.get_or_insert_with(Instant::now);
        self.hub.emit(Event::TokenRelayed { job: run.job.id.clone(), frames });
    }

    /// The books' row of a finished job.
    pub(super) fn row(&self, seat: &Seat, run: &Run, finished_at: Instant, outcome: Outcome) -> BookRow {
        BookRow {
            job_id: run.job.id.clone(),
            worker_name: seat.name.clone(),
            worker_id: seat.worker_id.clone(),
            wallet: seat.abilities.wallet,
            model: run.job.model.clone(),
            den: outcome.den,
            output_units: u64::try_from(outcome.output_units).unwrap_or(0),
            duration: finished_at.duration_since(run.started),
            ttft: run.first_piece.map(|first| first.duration_since(run.started)),
            prompt_hash: run.job.prompt_hash,
            result_hash: outcome.result_hash,
            worker_sig: outcome.worker_sig,
            created: self.hub.now(),
        }
    }

    /// Settles a row and acknowledges it; whoever comes second gets nothing. The customer is told in between.
    pub(super) async fn grant(
        &mut self,
        seated: &mut Seated,
        row: BookRow,
        tell: impl FnOnce(),
    ) -> Result<(), Ending> {
        seated.running = None;
        let (job, den) = (row.job_id.clone(), row.den);
        let mut granted = 0.0;
        if self.hub.settle(row) {
            granted = den.hundredths() as f64 / 100.0;
            tell();
        }
        self.send(json!({"type": "ack", "id": job.as_str(), "den": granted})).await
    }
}

impl Run {
    fn new(job: Arc<Job>) -> Self {
        Self { job, started: Instant::now(), first_piece: None, cancel_looked: None, cancel_sent: false }
    }
}
