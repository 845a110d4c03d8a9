//! What reader, heartbeat and computing thread know of each other.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What the computing thread is at.
#[derive(Debug, Default)]
pub(super) enum Work {
    /// Nothing; it waits for an order.
    #[default]
    Idle,
    /// A model file.
    Loading,
    /// A job, which ends soon after the flag is set.
    Job { id: String, cancelled: Arc<AtomicBool> },
}

/// Shared by all threads of the process.
#[derive(Debug, Default)]
pub(super) struct State {
    work: Mutex<Work>,
    steps: AtomicU64,
}

impl State {
    fn work(&self) -> MutexGuard<'_, Work> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes up the work; false if there is other work.
    pub(super) fn begin(&self, work: Work) -> bool {
        let mut current = self.work();
        let idle = matches!(*current, Work::Idle);
        if idle {
            *current = work;
        }
        idle
    }

    /// To be called before the terminal message: the parent may send the next order the moment it reads that.
    pub(super) fn end(&self) {
        *self.work() = Work::Idle;
    }

    /// Asks the job to end, if it is the one at work.
    pub(super) fn cancel(&self, job: &str) {
        if let Work::Job { id, cancelled } = &*self.work()
            && id == job
        {
            cancelled.store(true, Ordering::Relaxed);
        }
    }

    /// Whether the job is the one at work.
    pub(super) fn is_running(&self, job: &str) -> bool {
        matches!(&*self.work(), Work::Job { id, .. } if id == job)
    }

    pub(super) fn is_busy(&self) -> bool {
        !matches!(*self.work(), Work::Idle)
    }

    /// Counts a step of any work.
    pub(super) fn step_counter(&self) -> &AtomicU64 {
        &self.steps
    }

    pub(super) fn steps(&self) -> u64 {
        self.steps.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(id: &str) -> (Work, Arc<AtomicBool>) {
        let cancelled = Arc::new(AtomicBool::new(false));
        (Work::Job { id: id.into(), cancelled: Arc::clone(&cancelled) }, cancelled)
    }

    #[test]
    fn one_work_at_a_time() {
        let state = State::default();
        assert!(state.begin(Work::Loading));
        assert!(!state.begin(job("a").0), "a job must not begin during a load");
        state.end();
        assert!(state.begin(job("a").0));
        assert!(state.is_busy());
    }

    #[test]
    fn only_the_named_job_is_cancelled() {
        let state = State::default();
        let (work, cancelled) = job("a");
        state.cancel("a");
        assert!(state.begin(work));
        state.cancel("b");
        assert!(!cancelled.load(Ordering::Relaxed), "another job's cancel must not reach this one");
        state.cancel("a");
        assert!(cancelled.load(Ordering::Relaxed));
    }
}
