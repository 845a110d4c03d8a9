//! Strikes, evictions and bars: a pure account of failures.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use types::{JobId, Timestamp};

use crate::options::Timings;

/// What a failure led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// A new strike; this many now.
    Struck(u32),
    /// The same job failed here before: it counts once.
    Repeated,
    /// The last strike: the name is barred for so long.
    Evicted(Duration),
}

/// The failures of every worker, by name.
#[derive(Debug)]
pub(crate) struct Strikes {
    window: Duration,
    bars: [Duration; 4],
    memory: Duration,
    records: BTreeMap<String, Record>,
}

#[derive(Debug, Default)]
struct Record {
    count: u32,
    last: Option<Timestamp>,
    jobs: HashMap<JobId, Timestamp>,
    evictions: u32,
    last_eviction: Option<Timestamp>,
    barred_until: Option<Timestamp>,
}

impl Strikes {
    /// How many strikes make an eviction.
    pub(crate) const MOST: u32 = 6;

    pub(crate) fn new(timings: &Timings) -> Self {
        Self {
            window: timings.strike_window,
            bars: timings.bars,
            memory: timings.eviction_memory,
            records: BTreeMap::new(),
        }
    }

    /// Counts a failed job against a worker, once per job and window.
    pub(crate) fn strike(&mut self, worker: &str, job: &JobId, now: Timestamp) -> Verdict {
        let window = self.window;
        let record = self.records.entry(worker.to_owned()).or_default();
        record.forget_strikes(now, window);
        record.jobs.retain(|_, struck| now.since(*struck) < window);
        if record.jobs.contains_key(job) {
            return Verdict::Repeated;
        }
        record.jobs.insert(job.clone(), now);
        record.count += 1;
        record.last = Some(now);
        if record.count < Self::MOST {
            return Verdict::Struck(record.count);
        }
        Verdict::Evicted(record.evict(now, self.memory, &self.bars))
    }

    /// A completed job wipes the slate. The rung of the last eviction stays.
    pub(crate) fn clear(&mut self, worker: &str) {
        if let Some(record) = self.records.get_mut(worker) {
            record.count = 0;
            record.last = None;
        }
    }

    /// Whether the name may not register now. Asking does not lengthen the bar.
    pub(crate) fn barred(&self, worker: &str, now: Timestamp) -> bool {
        self.records.get(worker).and_then(|record| record.barred_until).is_some_and(|until| now < until)
    }

    /// The strikes that count now, by worker.
    pub(crate) fn counts(&self, now: Timestamp) -> BTreeMap<String, u32> {
        let live = |record: &Record| record.last.is_some_and(|last| now.since(last) < self.window);
        self.records
            .iter()
            .filter(|(_, record)| live(record) && record.count > 0)
            .map(|(worker, record)| (worker.clone(), record.count))
            .collect()
    }
}

impl Record {
    fn forget_strikes(&mut self, now: Timestamp, window: Duration) {
        if self.last.is_some_and(|last| now.since(last) >= window) {
            self.count = 0;
        }
    }

    fn evict(&mut self, now: Timestamp, memory: Duration, bars: &[Duration; 4]) -> Duration {
        if self.last_eviction.is_some_and(|last| now.since(last) >= memory) {
            self.evictions = 0;
        }
        let bar = bars[(self.evictions as usize).min(bars.len() - 1)];
        self.evictions += 1;
        self.last_eviction = Some(now);
        self.barred_until = Some(now.plus(bar));
        self.count = 0;
        self.last = None;
        bar
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T0: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn job(number: u32) -> JobId {
        JobId::new(format!("job-{number}"))
    }

    fn at(seconds: u64) -> Timestamp {
        T0.plus(Duration::from_secs(seconds))
    }

    fn six(strikes: &mut Strikes, first_job: u32, from: u64) -> Verdict {
        let mut last = Verdict::Repeated;
        for number in 0..6 {
            last = strikes.strike("rig", &job(first_job + number), at(from));
        }
        last
    }

    #[test]
    fn one_job_counts_once_however_often_it_fails() {
        let mut strikes = Strikes::new(&Timings::default());
        assert_eq!(strikes.strike("rig", &job(1), at(0)), Verdict::Struck(1));
        assert_eq!(strikes.strike("rig", &job(1), at(1)), Verdict::Repeated);
        assert_eq!(strikes.strike("rig", &job(2), at(2)), Verdict::Struck(2));
        assert_eq!(strikes.strike("other", &job(2), at(2)), Verdict::Struck(1), "each name has its own");
    }

    #[test]
    fn strikes_live_300_s_from_the_last_one() {
        let mut strikes = Strikes::new(&Timings::default());
        strikes.strike("rig", &job(1), at(0));
        assert_eq!(strikes.strike("rig", &job(2), at(299)), Verdict::Struck(2), "the window slides");
        assert_eq!(strikes.counts(at(598)).get("rig"), Some(&2));
        assert_eq!(strikes.counts(at(599)).get("rig"), None);
        assert_eq!(strikes.strike("rig", &job(3), at(599)), Verdict::Struck(1));
    }

    #[test]
    fn a_completed_job_clears_strikes_but_not_the_rung() {
        let mut strikes = Strikes::new(&Timings::default());
        assert_eq!(six(&mut strikes, 0, 0), Verdict::Evicted(Duration::from_secs(30)));
        strikes.clear("rig");
        assert_eq!(six(&mut strikes, 10, 100), Verdict::Evicted(Duration::from_secs(120)));
    }

    #[test]
    fn bars_climb_and_are_forgotten_after_a_clean_hour() {
        let mut strikes = Strikes::new(&Timings::default());
        let mut clock = 0;
        for (round, seconds) in [(0_u32, 30_u64), (1, 120), (2, 600), (3, 3600), (4, 3600)] {
            assert_eq!(six(&mut strikes, round * 10, clock), Verdict::Evicted(Duration::from_secs(seconds)));
            assert!(strikes.barred("rig", at(clock + seconds - 1)), "barred to the last second");
            assert!(!strikes.barred("rig", at(clock + seconds)), "and not a second longer");
            clock += 3599;
        }
        clock += 1;
        assert_eq!(six(&mut strikes, 90, clock), Verdict::Evicted(Duration::from_secs(30)));
    }
}
