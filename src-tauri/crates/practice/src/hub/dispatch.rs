//! Which waiting job goes where: to an idle worker, onto the shelf of a busy one, or nowhere.

use std::sync::Arc;

use tokio::time::Instant;
use types::JobId;

use super::{Hub, Seat, State};
use crate::event::{Event, Failure};
use crate::jobs::Job;
use crate::relay::Fault;
use crate::roster::{Abilities, ConnectionId};

/// What a look at the waiting jobs led to.
#[derive(Default)]
struct Dispatched {
    bound: Vec<(JobId, String)>,
    unserved: Vec<(Arc<Job>, String)>,
}

impl Hub {
    /// Binds waiting jobs to busy connections, and ends those that idle workers only hand on to each other.
    pub(super) fn dispatch(&self) {
        let Dispatched { bound, unserved } = self.state().dispatch(Instant::now());
        for (job, worker) in bound {
            self.emit(Event::JobBound { job, worker });
        }
        for (job, message) in unserved {
            self.tell_failure(&job, message, Fault::Worker, Failure::Unserved);
        }
    }
}

impl State {
    /// The next job for this connection, which is idle without one.
    pub(super) fn take(&mut self, seat: &Seat, now: Instant) -> Option<Arc<Job>> {
        let passes = |job: &Job| seat.abilities.serves(&job.model, job.format());
        let job = self.jobs.take(seat.connection, now, passes);
        self.roster.set_busy(&seat.name, seat.connection, job.is_some());
        job
    }

    /// The real coordinator's workers all read one queue, so any of them may get a job first.
    /// Here an idle worker that serves it goes before a busy one, so that a rehearsal can be repeated.
    fn dispatch(&mut self, now: Instant) -> Dispatched {
        let mut dispatched = Dispatched::default();
        let mut idle: Vec<(ConnectionId, Abilities)> = self.idle();
        for job in self.jobs.waiting() {
            let serves = |abilities: &Abilities| abilities.serves(&job.model, job.format());
            if let Some(place) = idle.iter().position(|(_, abilities)| serves(abilities)) {
                // It takes the job itself when it looks.
                idle.remove(place);
            } else if let Some((connection, worker)) = self.shelf(&job) {
                self.jobs.bind(connection, &job.id, now);
                dispatched.bound.push((job.id.clone(), worker));
            } else if !idle.is_empty() {
                self.jobs.close(&job.id);
                let has_model = idle.iter().any(|(_, abilities)| abilities.has_model(&job.model));
                dispatched.unserved.push((Arc::clone(&job), unserved(&job, has_model)));
            }
        }
        dispatched
    }

    fn idle(&self) -> Vec<(ConnectionId, Abilities)> {
        let idle = self.roster.online().filter(|(_, online)| !online.busy && online.abilities.polls_text());
        idle.map(|(_, online)| (online.connection, online.abilities.clone())).collect()
    }

    /// The busy connection that serves a job and has the most room for another one.
    fn shelf(&self, job: &Job) -> Option<(ConnectionId, String)> {
        let room = |connection| self.jobs.room(connection);
        let busy = self.roster.online().filter(|(_, online)| {
            online.busy && online.abilities.serves(&job.model, job.format()) && room(online.connection) > 0
        });
        busy.max_by_key(|(_, online)| room(online.connection))
            .map(|(name, online)| (online.connection, name.clone()))
    }
}

/// What is said of a job that idle workers handed on to each other 25 times, which takes them milliseconds.
fn unserved(job: &Job, has_model: bool) -> String {
    let model = &job.model;
    if has_model {
        format!("No worker available serving the '{}' API for model(s): {model}.", job.format().name())
    } else {
        format!("No worker available for the requested model(s): {model}.")
    }
}
