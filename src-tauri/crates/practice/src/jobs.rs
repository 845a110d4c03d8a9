//! The queue of open jobs: order, attempts, claims, cancels.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::mpsc;
use tokio::time::Instant;
use types::{JobId, Sha256};

use crate::relay::Relay;

/// A job that failed before its first token is tried this often again.
const MOST_RETRIES: u32 = 2;
/// A job whose socket went away is tried this often again.
const MOST_REQUEUES: u32 = 25;

/// What a job is, from the customer's request to its end.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub(crate) id: JobId,
    pub(crate) model: String,
    pub(crate) payload: Value,
    pub(crate) max_length: u64,
    pub(crate) prompt_words: u64,
    pub(crate) prompt_hash: Sha256,
    pub(crate) customer: mpsc::Sender<Relay>,
}

#[derive(Debug)]
struct Open {
    order: Order,
    requeues: u32,
    cancelled: bool,
    claimed: Option<Instant>,
}

/// Why a job goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Return {
    /// The worker failed before its first token.
    Failed,
    /// The same, and the worker was evicted for it: that counts as a second return, of the dropped socket.
    Evicted,
    /// The worker's socket went away.
    Lost,
}

impl Return {
    /// How often a job may have gone back before this return, and how often this one counts.
    const fn limit_and_weight(self) -> (u32, u32) {
        match self {
            Self::Failed => (MOST_RETRIES, 1),
            Self::Evicted => (MOST_RETRIES, 2),
            Self::Lost => (MOST_REQUEUES, 1),
        }
    }
}

/// What became of a returned job.
#[derive(Debug)]
pub(crate) enum Fate {
    /// It waits again; so often it has gone back.
    Requeued(u32),
    /// Too often: it is closed, and its customer must be told.
    GaveUp(Order),
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
    pub(crate) fn add(&mut self, order: Order) {
        self.waiting.push_back(order.id.clone());
        self.open.insert(order.id.clone(), Open { order, requeues: 0, cancelled: false, claimed: None });
    }

    /// The first waiting job that passes, now claimed.
    pub(crate) fn take(&mut self, now: Instant, passes: impl Fn(&str) -> bool) -> Option<Order> {
        let place = self
            .waiting
            .iter()
            .position(|id| self.open.get(id).is_some_and(|job| passes(&job.order.model)))?;
        let job = self.open.get_mut(&self.waiting.remove(place)?)?;
        job.claimed = Some(now);
        Some(job.order.clone())
    }

    /// Puts a job back, or closes it when that happened too often. Both limits share one count.
    pub(crate) fn put_back(&mut self, id: &JobId, why: Return) -> Fate {
        let (most, weight) = why.limit_and_weight();
        let Some(job) = self.open.get_mut(id) else { return Fate::Closed };
        if job.requeues >= most {
            return self.close(id).map_or(Fate::Closed, Fate::GaveUp);
        }
        job.requeues += weight;
        job.claimed = None;
        let requeues = job.requeues;
        if !self.waiting.contains(id) {
            self.waiting.push_back(id.clone());
        }
        Fate::Requeued(requeues)
    }

    /// Ends a job. `None` if it had ended before: whoever asks came second.
    pub(crate) fn close(&mut self, id: &JobId) -> Option<Order> {
        let job = self.open.remove(id)?;
        self.waiting.retain(|waiting| waiting != id);
        Some(job.order)
    }

    /// Marks a job for cancelling; false if it is not open.
    pub(crate) fn cancel(&mut self, id: &JobId) -> bool {
        self.open.get_mut(id).map(|job| job.cancelled = true).is_some()
    }

    pub(crate) fn is_cancelled(&self, id: &JobId) -> bool {
        self.open.get(id).is_some_and(|job| job.cancelled)
    }

    /// Offers jobs again that have been running for so long. There is no limit to this.
    pub(crate) fn sweep(&mut self, now: Instant, claim: Duration) -> Vec<JobId> {
        let stale = |job: &Open| job.claimed.is_some_and(|since| now.duration_since(since) >= claim);
        let ids: Vec<JobId> =
            self.open.values().filter(|job| stale(job)).map(|job| job.order.id.clone()).collect();
        for id in &ids {
            if let Some(job) = self.open.get_mut(id) {
                job.claimed = None;
            }
            self.waiting.push_back(id.clone());
        }
        ids
    }

    /// Closes the waiting jobs that `hopeless` says nobody can do.
    pub(crate) fn close_hopeless(&mut self, hopeless: impl Fn(&str) -> bool) -> Vec<Order> {
        let ids: Vec<JobId> = self
            .waiting
            .iter()
            .filter(|id| self.open.get(*id).is_some_and(|job| hopeless(&job.order.model)))
            .cloned()
            .collect();
        ids.iter().filter_map(|id| self.close(id)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(id: &str, model: &str) -> Order {
        Order {
            id: JobId::new(id),
            model: model.to_owned(),
            payload: Value::Null,
            max_length: 1,
            prompt_words: 1,
            prompt_hash: Sha256::of(""),
            customer: mpsc::channel(1).0,
        }
    }

    fn take(jobs: &mut Jobs, model: &str) -> Option<String> {
        jobs.take(Instant::now(), |wanted| wanted == model).map(|order| order.id.to_string())
    }

    #[tokio::test]
    async fn jobs_leave_in_order_and_only_to_who_serves_them() {
        let mut jobs = Jobs::default();
        for (id, model) in [("1", "a"), ("2", "b"), ("3", "a")] {
            jobs.add(order(id, model));
        }
        assert_eq!(take(&mut jobs, "b").as_deref(), Some("2"));
        assert_eq!(take(&mut jobs, "a").as_deref(), Some("1"));
        assert!(matches!(jobs.put_back(&JobId::new("1"), Return::Failed), Fate::Requeued(1)));
        assert_eq!(take(&mut jobs, "a").as_deref(), Some("3"), "a returned job waits at the end");
        assert_eq!(take(&mut jobs, "a").as_deref(), Some("1"));
        assert_eq!(take(&mut jobs, "a"), None);
    }

    #[tokio::test]
    async fn failures_end_after_three_attempts_and_losses_after_26() {
        for (why, most) in [(Return::Failed, 2), (Return::Lost, 25)] {
            let mut jobs = Jobs::default();
            jobs.add(order("1", "a"));
            for expected in 1..=most {
                take(&mut jobs, "a").expect("it waits");
                assert!(
                    matches!(jobs.put_back(&JobId::new("1"), why), Fate::Requeued(n) if n == expected),
                    "{why:?}"
                );
            }
            take(&mut jobs, "a").expect("it waits");
            assert!(matches!(jobs.put_back(&JobId::new("1"), why), Fate::GaveUp(_)), "{why:?}");
            assert!(matches!(jobs.put_back(&JobId::new("1"), why), Fate::Closed));
        }
    }

    #[tokio::test]
    async fn a_long_job_is_offered_again_and_the_second_finisher_is_told() {
        let mut jobs = Jobs::default();
        jobs.add(order("1", "a"));
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
