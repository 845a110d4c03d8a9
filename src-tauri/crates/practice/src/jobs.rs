//! The queue of open jobs: order, attempts, claims, cancels.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::value::RawValue;
use tokio::time::Instant;
use types::{JobId, Sha256};

use crate::relay::Teller;

/// A job that failed before its first token is tried this often again.
const MOST_RETRIES: u32 = 2;
/// A job whose socket went away is tried this often again.
const MOST_REQUEUES: u32 = 25;

/// How long it is remembered that a job went back, counted from the last time.
const RETURN_MEMORY: Duration = Duration::from_secs(600);

/// What a job is, from the customer's request to its end.
pub(crate) struct Job {
    pub(crate) id: JobId,
    pub(crate) model: String,
    pub(crate) payload: Box<RawValue>,
    pub(crate) max_length: u64,
    pub(crate) prompt_words: u64,
    pub(crate) prompt_hash: Sha256,
    pub(crate) customer: Teller,
}

// The payload holds the prompt, so only its size may be printed.
impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job")
            .field("id", &self.id)
            .field("model", &self.model)
            .field("payload_bytes", &self.payload.get().len())
            .finish_non_exhaustive()
    }
}

#[derive(Debug)]
struct Open {
    job: Arc<Job>,
    returns: Returns,
    cancelled: bool,
    claimed: Option<Instant>,
}

/// How often a job went back, for both reasons together, and when it did last.
#[derive(Debug, Clone, Copy, Default)]
struct Returns {
    count: u32,
    last: Option<Instant>,
}

impl Returns {
    fn at(self, now: Instant) -> u32 {
        let remembered = self.last.is_some_and(|last| now.duration_since(last) < RETURN_MEMORY);
        if remembered { self.count } else { 0 }
    }
}

/// Why a job goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Return {
    /// The worker failed before its first token.
    Failed,
    /// The worker's socket went away.
    Lost,
}

impl Return {
    /// How often a job may have gone back before this return.
    const fn most(self) -> u32 {
        match self {
            Self::Failed => MOST_RETRIES,
            Self::Lost => MOST_REQUEUES,
        }
    }
}

/// What became of a returned job.
#[derive(Debug)]
pub(crate) enum Fate {
    /// It waits again; so often it has gone back.
    Requeued(u32),
    /// Too often: it is closed, and its customer must be told.
    GaveUp(Arc<Job>),
    /// Somebody else finished it.
    Closed,
}

/// Every open job. A returned job waits at the end of the line.
#[derive(Debug, Default)]
pub(crate) struct Jobs {
    waiting: VecDeque<JobId>,
    open: HashMap<JobId, Open>,
}

impl Jobs {
    pub(crate) fn add(&mut self, job: Job) {
        let id = job.id.clone();
        self.waiting.push_back(id.clone());
        let open = Open { job: Arc::new(job), returns: Returns::default(), cancelled: false, claimed: None };
        self.open.insert(id, open);
    }

    /// The first waiting job that passes, now claimed.
    pub(crate) fn take(&mut self, now: Instant, passes: impl Fn(&str) -> bool) -> Option<Arc<Job>> {
        let place = self
            .waiting
            .iter()
            .position(|id| self.open.get(id).is_some_and(|open| passes(&open.job.model)))?;
        let open = self.open.get_mut(&self.waiting.remove(place)?)?;
        open.claimed = Some(now);
        Some(Arc::clone(&open.job))
    }

    /// Puts a job back, or closes it when that happened too often. Both limits share one count.
    pub(crate) fn put_back(&mut self, id: &JobId, why: Return, now: Instant) -> Fate {
        let Some(open) = self.open.get_mut(id) else { return Fate::Closed };
        let count = open.returns.at(now);
        if count >= why.most() {
            return self.close(id).map_or(Fate::Closed, Fate::GaveUp);
        }
        open.returns = Returns { count: count + 1, last: Some(now) };
        open.claimed = None;
        if !self.waiting.contains(id) {
            self.waiting.push_back(id.clone());
        }
        Fate::Requeued(count + 1)
    }

    /// Ends a job. `None` if it had ended before: whoever asks came second.
    pub(crate) fn close(&mut self, id: &JobId) -> Option<Arc<Job>> {
        let open = self.open.remove(id)?;
        self.waiting.retain(|waiting| waiting != id);
        Some(open.job)
    }

    /// Marks a job for cancelling; false if it is not open.
    pub(crate) fn cancel(&mut self, id: &JobId) -> bool {
        self.open.get_mut(id).map(|open| open.cancelled = true).is_some()
    }

    pub(crate) fn is_cancelled(&self, id: &JobId) -> bool {
        self.open.get(id).is_some_and(|open| open.cancelled)
    }

    /// Offers jobs again that have been running for so long. There is no limit to this.
    pub(crate) fn sweep(&mut self, now: Instant, claim: Duration) -> Vec<JobId> {
        let stale = |open: &Open| open.claimed.is_some_and(|since| now.duration_since(since) >= claim);
        let ids: Vec<JobId> =
            self.open.iter().filter(|(_, open)| stale(open)).map(|(id, _)| id.clone()).collect();
        for id in &ids {
            if let Some(open) = self.open.get_mut(id) {
                open.claimed = None;
            }
            self.waiting.push_back(id.clone());
        }
        ids
    }

    /// Closes the waiting jobs that `hopeless` says nobody can do.
    pub(crate) fn close_hopeless(&mut self, hopeless: impl Fn(&str) -> bool) -> Vec<Arc<Job>> {
        let ids: Vec<JobId> = self
            .waiting
            .iter()
            .filter(|id| self.open.get(*id).is_some_and(|open| hopeless(&open.job.model)))
            .cloned()
            .collect();
        ids.iter().filter_map(|id| self.close(id)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relay::lane;

    fn job(id: &str, model: &str) -> Job {
        let payload = RawValue::from_string(r#"{"prompt":"canary"}"#.to_owned());
        Job {
            id: JobId::new(id),
            model: model.to_owned(),
            payload: payload.expect("JSON"),
            max_length: 1,
            prompt_words: 1,
            prompt_hash: Sha256::of(""),
            customer: lane(1).0,
        }
    }

    fn take(jobs: &mut Jobs, model: &str) -> Option<String> {
        jobs.take(Instant::now(), |wanted| wanted == model).map(|job| job.id.to_string())
    }

    fn put_back(jobs: &mut Jobs, why: Return) -> Fate {
        jobs.put_back(&JobId::new("1"), why, Instant::now())
    }

    #[test]
    fn returns_are_forgotten_ten_minutes_after_the_last_one() {
        let mut jobs = Jobs::default();
        jobs.add(job("1", "a"));
        let start = Instant::now();
        let mut failed_at = |seconds| {
            let at = start + Duration::from_secs(seconds);
            jobs.put_back(&JobId::new("1"), Return::Failed, at)
        };
        assert!(matches!(failed_at(0), Fate::Requeued(1)));
        assert!(matches!(failed_at(599), Fate::Requeued(2)));
        assert!(matches!(failed_at(599 + 600), Fate::Requeued(1)), "the count began anew");
        assert!(matches!(failed_at(599 + 601), Fate::Requeued(2)));
        assert!(matches!(failed_at(599 + 602), Fate::GaveUp(_)));
    }

    #[test]
    fn no_prompt_is_printed() {
        let mut jobs = Jobs::default();
        jobs.add(job("1", "a"));
        let printed = format!("{jobs:?} {:?}", jobs.close(&JobId::new("1")));
        assert!(!printed.contains("canary"), "{printed}");
    }

    #[test]
    fn jobs_leave_in_order_and_only_to_who_serves_them() {
        let mut jobs = Jobs::default();
        for (id, model) in [("1", "a"), ("2", "b"), ("3", "a")] {
            jobs.add(job(id, model));
        }
        assert_eq!(take(&mut jobs, "b").as_deref(), Some("2"));
        assert_eq!(take(&mut jobs, "a").as_deref(), Some("1"));
        assert!(matches!(put_back(&mut jobs, Return::Failed), Fate::Requeued(1)));
        assert_eq!(take(&mut jobs, "a").as_deref(), Some("3"), "a returned job waits at the end");
        assert_eq!(take(&mut jobs, "a").as_deref(), Some("1"));
        assert_eq!(take(&mut jobs, "a"), None);
    }

    #[test]
    fn failures_end_after_three_attempts_and_losses_after_26() {
        for (why, most) in [(Return::Failed, 2), (Return::Lost, 25)] {
            let mut jobs = Jobs::default();
            jobs.add(job("1", "a"));
            for expected in 1..=most {
                take(&mut jobs, "a").expect("it waits");
                assert!(matches!(put_back(&mut jobs, why), Fate::Requeued(n) if n == expected), "{why:?}");
            }
            take(&mut jobs, "a").expect("it waits");
            assert!(matches!(put_back(&mut jobs, why), Fate::GaveUp(_)), "{why:?}");
            assert!(matches!(put_back(&mut jobs, why), Fate::Closed));
        }
    }

    #[test]
    fn a_long_job_is_offered_again_and_the_second_finisher_is_told() {
        let mut jobs = Jobs::default();
        jobs.add(job("1", "a"));
        take(&mut jobs, "a").expect("it waits");
        let later = Instant::now() + Duration::from_secs(300);
        assert!(jobs.sweep(Instant::now(), Duration::from_secs(300)).is_empty(), "it is fresh");
        assert_eq!(jobs.sweep(later, Duration::from_secs(300)).len(), 1);
        assert!(jobs.sweep(later, Duration::from_secs(300)).is_empty(), "once");
        assert_eq!(take(&mut jobs, "a").as_deref(), Some("1"));
        assert!(jobs.close(&JobId::new("1")).is_some());
        assert!(jobs.close(&JobId::new("1")).is_none());
    }
}
