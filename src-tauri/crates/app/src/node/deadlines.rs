//! What has to have happened by when.

use std::time::Duration;

use tokio::time::Instant;
use types::JobId;

/// What is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Due {
    /// The end of a rest.
    Rest,
    /// A loaded model.
    Load,
    /// The verdict of the self-test.
    SelfTest,
    /// The end of the job in hand.
    Job,
    /// The end of a job that was told to stop.
    Stop,
    /// The ack of a job.
    Ack(JobId),
}

/// All that is due, each thing at most once.
#[derive(Debug, Default)]
pub(super) struct Deadlines(Vec<(Due, Instant)>);

impl Deadlines {
    /// Sets or moves one.
    pub(super) fn set(&mut self, due: Due, wait: Duration) {
        self.clear(&due);
        self.0.push((due, Instant::now() + wait));
    }

    /// It happened, or does not matter any more.
    pub(super) fn clear(&mut self, due: &Due) {
        self.0.retain(|(other, _)| other != due);
    }

    /// No ack is waited for any more.
    pub(super) fn clear_acks(&mut self) {
        self.0.retain(|(due, _)| !matches!(due, Due::Ack(_)));
    }

    /// The next moment at which something is due.
    pub(super) fn next(&self) -> Option<Instant> {
        self.0.iter().map(|(_, at)| *at).min()
    }

    /// Takes out what is overdue.
    pub(super) fn take_passed(&mut self, now: Instant) -> Vec<Due> {
        self.0.extract_if(.., |(_, at)| *at <= now).map(|(due, _)| due).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_taken_once_and_only_when_it_is_due() {
        let mut deadlines = Deadlines::default();
        let ack = || Due::Ack(JobId::new("a"));
        deadlines.set(ack(), Duration::from_secs(1));
        deadlines.set(ack(), Duration::from_secs(10));
        deadlines.set(Due::Rest, Duration::from_secs(5));
        let soon = Instant::now() + Duration::from_secs(6);
        assert_eq!(deadlines.take_passed(soon), [Due::Rest], "the ack was moved");
        assert_eq!(deadlines.take_passed(soon), []);
        deadlines.clear_acks();
        assert_eq!(deadlines.next(), None);
    }
}
