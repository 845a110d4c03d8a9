//! What workers do to the shared state: come, take jobs, finish them, fail them, leave.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;
use types::JobId;

use super::{Hub, Seat};
use crate::books::BookRow;
use crate::event::{Event, Failure};
use crate::jobs::{Job, Return};
use crate::registration::{Claim, Refusal};
use crate::relay::Fault;
use crate::roster::Command;
use crate::strikes::{Strikes, Verdict};

/// What is said when a worker fails after its first token.
const MID_GENERATION: &str = "Worker failed mid-generation; please retry.";

impl Hub {
    /// Seats a worker, or refuses it by the checks 5 to 10.
    pub(crate) fn register(&self, claim: Claim, commands: mpsc::Sender<Command>) -> Result<Seat, Refusal> {
        let seat = self.state().admit(claim, commands, self.now())?;
        self.emit(Event::WorkerReady { worker: seat.name.clone(), worker_id: seat.worker_id.clone() });
        self.work_came();
        Ok(seat)
    }

    /// The connection is gone; so is its claim on the job it had, and on the next one.
    pub(crate) fn leave(&self, seat: &Seat, running: Option<&JobId>) {
        let mut state = self.state();
        state.roster.leave(&seat.name, seat.connection);
        let bound = state.jobs.unbind(seat.connection);
        drop(state);
        for job in running.into_iter().chain(bound.as_deref().map(|job| &job.id)) {
            self.put_back(job, &[Return::Lost]);
        }
        self.work_came();
    }

    /// The next job for this worker. Without one it is idle.
    pub(crate) fn take(&self, seat: &Seat) -> Option<Arc<Job>> {
        let job = self.state().take(seat, Instant::now())?;
        self.emit(Event::JobSent { job: job.id.clone(), worker: seat.name.clone() });
        // What waits behind it may now be bound to this connection.
        self.dispatch();
        Some(job)
    }

    /// Enters a finished job in the books and wipes the worker's strikes.
    ///
    /// False if somebody else had finished it: then there is no row.
    pub(crate) fn settle(&self, row: BookRow) -> bool {
        let mut state = self.state();
        state.strikes.clear(&row.worker_name);
        if state.jobs.close(&row.job_id).is_none() {
            drop(state);
            self.emit(Event::JobRepeated { job: row.job_id, worker: row.worker_name });
            return false;
        }
        let event = Event::JobSettled {
            job: row.job_id.clone(),
            worker: row.worker_name.clone(),
            den: row.den,
            signed: row.signed(),
        };
        state.rows.push(row);
        drop(state);
        self.emit(event);
        true
    }

    /// A raw job ended with the worker's words, which are all the customer hears. Nobody is blamed for it.
    pub(crate) fn raw_failed(&self, job: &JobId, message: String) {
        let closed = self.state().jobs.close(job);
        if let Some(job) = closed {
            self.tell_failure(&job, message, Fault::Worker, Failure::Raw);
        }
    }

    /// The request itself is bad: the customer hears why, and nobody is blamed.
    pub(crate) fn client_error(&self, job: &JobId, message: String) {
        let closed = self.state().jobs.close(job);
        if let Some(job) = closed {
            self.tell_failure(&job, message, Fault::Customer, Failure::ClientError);
        }
    }

    /// The worker failed a job after so many token frames. True if it is evicted for it.
    pub(crate) fn failed(&self, seat: &Seat, job: &JobId, frames: u32) -> bool {
        let bar = self.strike(seat, job);
        if frames == 0 {
            // An evicted worker's socket is dropped inside the job, which is a return of its own.
            let returns = [Return::Failed, Return::Lost];
            self.put_back(job, if bar.is_some() { &returns } else { &returns[..1] });
        } else {
            let closed = self.state().jobs.close(job);
            if let Some(job) = closed {
                self.tell_failure(&job, MID_GENERATION.to_owned(), Fault::Worker, Failure::MidGeneration);
            }
        }
        bar.is_some()
    }

    fn strike(&self, seat: &Seat, job: &JobId) -> Option<Duration> {
        let now = self.now();
        let verdict = self.state().strikes.strike(&seat.name, job, now);
        let struck = |count| Event::Strike { worker: seat.name.clone(), job: job.clone(), count };
        match verdict {
            Verdict::Repeated => None,
            Verdict::Struck(count) => {
                self.emit(struck(count));
                None
            }
            Verdict::Evicted(bar) => {
                self.state().roster.leave(&seat.name, seat.connection);
                self.emit(struck(Strikes::MOST));
                self.emit(Event::Evicted { worker: seat.name.clone(), bar });
                Some(bar)
            }
        }
    }
}
