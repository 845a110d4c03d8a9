//! The queue of open jobs: order, attempts, claims, cancels, and what is bound to busy connections.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::value::RawValue;
use tokio::time::Instant;
use types::{JobId, Sha256};

use crate::format::{ApiFormat, RawFormat};
use crate::relay::{ChatTeller, Ending, Fault, RawTeller};
use crate::roster::ConnectionId;

/// A job that failed before its first token is tried this often again.
const MOST_RETRIES: u32 = 2;
/// A job whose socket went away is tried this often again.
const MOST_REQUEUES: u32 = 25;

/// Jobs that are bound to a busy connection at most, beside the one it works on.
const SHELF: usize = 2;

/// How long it is remembered that a job went back, counted from the last time.
const RETURN_MEMORY: Duration = Duration::from_secs(600);

/// What a job is, from the customer's request to its end.
pub(crate) struct Job {
    pub(crate) id: JobId,
    pub(crate) model: String,
    pub(crate) payload: Box<RawValue>,
    pub(crate) max_length: u64,
    pub(crate) prompt_hash: Sha256,
    pub(crate) work: Work,
}

/// What kind of job it is, and who waits for it.
pub(crate) enum Work {
    Chat { prompt_words: u64, customer: ChatTeller },
    Raw { format: RawFormat, customer: RawTeller },
}

impl Job {
    /// What a worker has to speak.
    pub(crate) const fn format(&self) -> ApiFormat {
        match &self.work {
            Work::Chat { .. } => ApiFormat::Chat,
            Work::Raw { format, .. } => ApiFormat::Raw(*format),
        }
    }

    /// Tells the customer that there will be no answer.
    pub(crate) fn fail(&self, message: String, fault: Fault) {
        match &self.work {
            Work::Chat { customer, .. } => customer.end(Ending::Failed { message, fault }),
            Work::Raw { customer, .. } => customer.end(Ending::Failed { message, fault }),
        }
    }
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
    /// What busy connections do next.
    shelves: HashMap<ConnectionId, VecDeque<Arc<Job>>>,
    /// How many more jobs come before each of those that are lost.
    lost: Vec<u64>,
}

impl Jobs {
    pub(crate) fn add(&mut self, job: Job, now: Instant) {
        let id = job.id.clone();
        // A job that is lost is claimed by somebody who is not there.
        let claimed = self.loses_this().then_some(now);
        if claimed.is_none() {
            self.waiting.push_back(id.clone());
        }
        let open = Open { job: Arc::new(job), returns: Returns::default(), cancelled: false, claimed };
        self.open.insert(id, open);
    }

    fn loses_this(&mut self) -> bool {
        let lost = self.lost.contains(&0);
        self.lost = self.lost.iter().filter_map(|before| before.checked_sub(1)).collect();
        lost
    }

    /// Of the jobs that come from now on, counted from 1, these are lost until they are stale.
    #[cfg(feature = "rigs")]
    pub(crate) fn lose(&mut self, jobs: &[u64]) {
        self.lost = jobs.iter().filter_map(|job| job.checked_sub(1)).collect();
    }

    /// What a connection does next, now claimed: what is bound to it, else the first waiting job that passes.
    ///
    /// What is bound was claimed when it was bound, and comes even if somebody else has finished it since.
    pub(crate) fn take(
        &mut self,
        connection: ConnectionId,
        now: Instant,
        passes: impl Fn(&Job) -> bool,
    ) -> Option<Arc<Job>> {
        if let Some(bound) = self.shelves.get_mut(&connection).and_then(VecDeque::pop_front) {
            return Some(bound);
        }
        let place =
            self.waiting.iter().position(|id| self.open.get(id).is_some_and(|open| passes(&open.job)))?;
        let id = self.waiting.remove(place)?;
        self.claim(&id, now)
    }

    fn claim(&mut self, id: &JobId, now: Instant) -> Option<Arc<Job>> {
        let open = self.open.get_mut(id)?;
        open.claimed = Some(now);
        Some(Arc::clone(&open.job))
    }

    /// The waiting jobs, in their order.
    pub(crate) fn waiting(&self) -> Vec<Arc<Job>> {
        self.waiting.iter().filter_map(|id| Some(Arc::clone(&self.open.get(id)?.job))).collect()
    }

    /// How many more jobs can be bound to a busy connection.
    pub(crate) fn room(&self, connection: ConnectionId) -> usize {
        SHELF - self.shelves.get(&connection).map_or(0, VecDeque::len)
    }

    /// Binds a waiting job to a busy connection, which does it next.
    pub(crate) fn bind(&mut self, connection: ConnectionId, id: &JobId, now: Instant) {
        self.waiting.retain(|waiting| waiting != id);
        if let Some(job) = self.claim(id, now) {
            self.shelves.entry(connection).or_default().push_back(job);
        }
    }

    /// A connection is gone. Of the two jobs that may have been bound to it, the first one is given back;
    /// the second one's claim stands until it is stale.
    pub(crate) fn unbind(&mut self, connection: ConnectionId) -> Option<Arc<Job>> {
        self.shelves.remove(&connection)?.pop_front()
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

    /// Whether a job is open and its request has this seed.
    #[cfg(feature = "rigs")]
    pub(crate) fn has_seed(&self, id: &JobId, seed: u64) -> bool {
        let seed = format!("\"seed\":{seed}");
        self.open.get(id).is_some_and(|open| {
            let mut places = open.job.payload.get().match_indices(&seed);
            places.any(|(at, _)| {
                let rest = open.job.payload.get().as_bytes().get(at + seed.len());
                rest.is_some_and(|next| !next.is_ascii_digit())
            })
        })
    }

    /// Marks a job for cancelling; false if it is not open.
    pub(crate) fn cancel(&mut self, id: &JobId) -> bool {
        self.open.get_mut(id).map(|open| open.cancelled = true).is_some()
    }

    pub(crate) fn is_cancelled(&self, id: &JobId) -> bool {
        self.open.get(id).is_some_and(|open| open.cancelled)
    }

    /// Offers jobs again that have been running for so long, the longest first. There is no limit to this.
    pub(crate) fn sweep(&mut self, now: Instant, claim: Duration) -> Vec<JobId> {
        let claimed = self.open.iter().filter_map(|(id, open)| Some((open.claimed?, id.clone())));
        let mut stale: Vec<(Instant, JobId)> =
            claimed.filter(|(since, _)| now.duration_since(*since) >= claim).collect();
        stale.sort();
        let ids: Vec<JobId> = stale.into_iter().map(|(_, id)| id).collect();
        for id in &ids {
            if let Some(open) = self.open.get_mut(id) {
                open.claimed = None;
            }
            self.waiting.push_back(id.clone());
        }
        ids
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relay::lane;

    const CONNECTION: ConnectionId = ConnectionId::numbered(1);

    fn job(id: &str, model: &str) -> Job {
        let payload = RawValue::from_string(r#"{"prompt":"canary"}"#.to_owned());
        Job {
            id: JobId::new(id),
            model: model.to_owned(),
            payload: payload.expect("JSON"),
            max_length: 1,
            prompt_hash: Sha256::of(""),
            work: Work::Chat { prompt_words: 1, customer: lane(1).0 },
        }
    }

    fn take(jobs: &mut Jobs, model: &str) -> Option<String> {
        let taken = jobs.take(CONNECTION, Instant::now(), |job| job.model == model);
        taken.map(|job| job.id.to_string())
    }

    fn put_back(jobs: &mut Jobs, why: Return) -> Fate {
        jobs.put_back(&JobId::new("1"), why, Instant::now())
    }

    #[test]
    fn returns_are_forgotten_ten_minutes_after_the_last_one() {
        let mut jobs = Jobs::default();
        jobs.add(job("1", "a"), Instant::now());
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
        jobs.add(job("1", "a"), Instant::now());
        let printed = format!("{jobs:?} {:?}", jobs.close(&JobId::new("1")));
        assert!(!printed.contains("canary"), "{printed}");
    }

    #[test]
    fn jobs_leave_in_order_and_only_to_who_serves_them() {
        let mut jobs = Jobs::default();
        for (id, model) in [("1", "a"), ("2", "b"), ("3", "a")] {
            jobs.add(job(id, model), Instant::now());
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
            jobs.add(job("1", "a"), Instant::now());
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
        jobs.add(job("1", "a"), Instant::now());
        take(&mut jobs, "a").expect("it waits");
        let later = Instant::now() + Duration::from_secs(300);
        assert!(jobs.sweep(Instant::now(), Duration::from_secs(300)).is_empty(), "it is fresh");
        assert_eq!(jobs.sweep(later, Duration::from_secs(300)).len(), 1);
        assert!(jobs.sweep(later, Duration::from_secs(300)).is_empty(), "once");
        assert_eq!(take(&mut jobs, "a").as_deref(), Some("1"));
        assert!(jobs.close(&JobId::new("1")).is_some());
        assert!(jobs.close(&JobId::new("1")).is_none());
    }
    #[test]
    fn what_is_bound_comes_first_and_half_of_it_goes_back_with_its_connection() {
        let mut jobs = Jobs::default();
        for id in ["1", "2", "3", "4"] {
            jobs.add(job(id, "a"), Instant::now());
        }
        let now = Instant::now();
        for id in ["3", "4"] {
            jobs.bind(CONNECTION, &JobId::new(id), now);
        }
        assert_eq!(jobs.room(CONNECTION), 0);
        assert_eq!(take(&mut jobs, "a").as_deref(), Some("3"), "bound before waiting");
        jobs.bind(CONNECTION, &JobId::new("2"), now);
        let given_back = jobs.unbind(CONNECTION).map(|job| job.id.to_string());
        assert_eq!(given_back.as_deref(), Some("4"));
        assert_eq!(take(&mut jobs, "a").as_deref(), Some("1"));
        assert_eq!(take(&mut jobs, "a"), None, "the second one's claim stands");
        let stale = jobs.sweep(now + Duration::from_secs(300), Duration::from_secs(300));
        assert!(stale.contains(&JobId::new("2")), "until it is stale");
    }
}
