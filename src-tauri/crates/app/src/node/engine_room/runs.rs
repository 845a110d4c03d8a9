//! Who is at the engine, and who waits for it.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;
use types::{Ask, JobId};

/// For whom the engine works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Whose {
    /// A slot's job.
    Slot { seat: usize, job: JobId },
    /// The self-test.
    Test,
    /// A slot that let go; the engine has not ended it yet.
    Nobody,
}

/// All that the engine works on and all that waits, first come, first served.
#[derive(Debug)]
pub(super) struct Runs {
    at_once: usize,
    /// The engine knows runs by numbers of ours: one job can come again while its last run still ends.
    made: u64,
    running: Vec<(JobId, Whose)>,
    waiting: VecDeque<Waiting>,
}

/// What waits for the engine.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) whose: Whose,
    pub(super) ask: Ask,
    /// When it must be over.
    pub(super) by: Instant,
    /// When it is no longer worth beginning.
    hopeless: Instant,
}

/// What became of a job that was to be stopped.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Stopped {
    /// It had not begun.
    Unbegun,
    /// The engine is at it, under this number.
    Running(JobId),
    /// There is no such job.
    Unknown,
}

impl Runs {
    pub(super) const fn new(at_once: usize) -> Self {
        Self { at_once, made: 0, running: Vec::new(), waiting: VecDeque::new() }
    }

    /// A slot's job, behind those that wait. With a quarter of its time left it would be cut short for sure.
    pub(super) fn queue(&mut self, seat: usize, job: JobId, ask: Ask, by: Instant, now: Instant) {
        let useful = by.saturating_duration_since(now) / 4;
        let whose = Whose::Slot { seat, job };
        self.waiting.push_back(Waiting { whose, ask, by, hopeless: by - useful });
    }

    /// The self-test, before those that wait: nobody is served by an engine that fails it.
    pub(super) fn queue_test(&mut self, ask: Ask, now: Instant) {
        // Its time begins when it does.
        let never = now + Duration::from_secs(24 * 3600);
        self.waiting.push_front(Waiting { whose: Whose::Test, ask, by: never, hopeless: never });
    }

    /// What the engine should begin with now, and its number.
    pub(super) fn begin(&mut self) -> Option<(JobId, Waiting)> {
        if self.running.len() >= self.at_once {
            return None;
        }
        let next = self.waiting.pop_front()?;
        self.made += 1;
        let run = JobId::new(format!("run-{}", self.made));
        self.running.push((run.clone(), next.whose.clone()));
        Some((run, next))
    }

    /// For whom a run is.
    pub(super) fn whose(&self, run: &JobId) -> Option<&Whose> {
        self.running.iter().find(|(number, _)| number == run).map(|(_, whose)| whose)
    }

    /// A run is over.
    pub(super) fn ended(&mut self, run: &JobId) -> Option<Whose> {
        let at = self.running.iter().position(|(number, _)| number == run)?;
        Some(self.running.swap_remove(at).1)
    }

    /// A slot does not want this answer any more.
    pub(super) fn stop(&mut self, seat: usize, job: &JobId) -> Stopped {
        let theirs = Whose::Slot { seat, job: job.clone() };
        if let Some(at) = self.waiting.iter().position(|waiting| waiting.whose == theirs) {
            self.waiting.remove(at);
            return Stopped::Unbegun;
        }
        let running = self.running.iter().find(|(_, whose)| *whose == theirs);
        running.map_or(Stopped::Unknown, |(run, _)| Stopped::Running(run.clone()))
    }

    /// A slot let go of the engine. The runs of its that the engine must be told to stop.
    pub(super) fn let_go(&mut self, seat: usize) -> Vec<JobId> {
        let theirs = |whose: &Whose| matches!(whose, Whose::Slot { seat: other, .. } if *other == seat);
        self.waiting.retain(|waiting| !theirs(&waiting.whose));
        let running = self.running.iter_mut().filter(|(_, whose)| theirs(whose));
        running
            .map(|(run, whose)| {
                *whose = Whose::Nobody;
                run.clone()
            })
            .collect()
    }

    /// Takes out what has waited for too long.
    pub(super) fn take_starved(&mut self, now: Instant) -> Vec<Whose> {
        let (starved, waiting): (VecDeque<_>, VecDeque<_>) =
            self.waiting.drain(..).partition(|waiting| waiting.hopeless <= now);
        self.waiting = waiting;
        starved.into_iter().map(|waiting| waiting.whose).collect()
    }

    /// When the next one has waited for too long.
    pub(super) fn next_starving(&self) -> Option<Instant> {
        self.waiting.iter().map(|waiting| waiting.hopeless).min()
    }

    /// The engine is gone, and everything with it.
    pub(super) fn clear(&mut self) {
        self.running.clear();
        self.waiting.clear();
    }
}

#[cfg(test)]
mod tests {
    use types::{ChatRequest, Message, Sampling};

    use super::*;

    fn ask() -> Ask {
        Ask::chat(ChatRequest {
            messages: vec![Message::text("user", "hi")],
            max_tokens: 1,
            stop: Vec::new(),
            sampling: Sampling::default(),
        })
    }

    fn job(name: &str) -> JobId {
        JobId::new(name)
    }

    fn slot(seat: usize, name: &str) -> Whose {
        Whose::Slot { seat, job: job(name) }
    }

    #[test]
    fn the_engine_takes_as_many_as_it_can_and_the_rest_in_turn() {
        let (now, mut runs) = (Instant::now(), Runs::new(1));
        let by = now + Duration::from_secs(240);
        for seat in 0..3 {
            runs.queue(seat, job("x"), ask(), by, now);
        }
        let (first, begun) = runs.begin().expect("free");
        assert_eq!(begun.whose, slot(0, "x"));
        assert!(runs.begin().is_none(), "one at a time");
        runs.queue_test(ask(), now);
        assert_eq!(runs.ended(&first), Some(slot(0, "x")));
        assert_eq!(runs.ended(&first), None);
        let mut order = Vec::new();
        while let Some((run, begun)) = runs.begin() {
            order.push(begun.whose);
            runs.ended(&run);
        }
        assert_eq!(order, [Whose::Test, slot(1, "x"), slot(2, "x")]);
        let mut two = Runs::new(2);
        two.queue(0, job("a"), ask(), by, now);
        two.queue(1, job("b"), ask(), by, now);
        assert!(two.begin().is_some() && two.begin().is_some());
    }

    #[test]
    fn who_lets_go_hears_nothing_more_but_the_engine_is_not_free_yet() {
        let (now, mut runs) = (Instant::now(), Runs::new(1));
        let by = now + Duration::from_secs(240);
        runs.queue(0, job("a"), ask(), by, now);
        runs.queue(1, job("b"), ask(), by, now);
        let (run, _) = runs.begin().expect("free");
        assert_eq!(runs.stop(1, &job("a")), Stopped::Unknown, "not theirs");
        assert_eq!(runs.stop(1, &job("b")), Stopped::Unbegun);
        assert_eq!(runs.stop(0, &job("a")), Stopped::Running(run.clone()));
        assert_eq!(runs.let_go(0), std::slice::from_ref(&run));
        assert_eq!(runs.whose(&run), Some(&Whose::Nobody));
        runs.queue(0, job("a"), ask(), by, now);
        assert!(runs.begin().is_none());
        assert_eq!(runs.ended(&run), Some(Whose::Nobody));
        let (again, begun) = runs.begin().expect("free");
        assert_eq!(begun.whose, slot(0, "a"));
        assert_ne!(again, run, "the same job again is another run");
    }

    #[test]
    fn what_waited_for_three_quarters_of_its_time_is_given_back() {
        let (now, mut runs) = (Instant::now(), Runs::new(1));
        runs.queue(0, job("a"), ask(), now + Duration::from_secs(240), now);
        runs.begin();
        runs.queue(1, job("b"), ask(), now + Duration::from_secs(240), now);
        assert_eq!(runs.next_starving(), Some(now + Duration::from_secs(180)));
        assert_eq!(runs.take_starved(now + Duration::from_secs(179)), []);
        assert_eq!(runs.take_starved(now + Duration::from_secs(180)), [slot(1, "b")]);
        assert_eq!(runs.next_starving(), None);
    }
}
