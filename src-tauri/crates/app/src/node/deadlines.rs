//! What has to have happened by when.

use std::time::Duration;

use tokio::time::Instant;

/// All that is due, each thing at most once.
#[derive(Debug)]
pub(super) struct Deadlines<D>(Vec<(D, Instant)>);

impl<D> Default for Deadlines<D> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<D: PartialEq> Deadlines<D> {
    /// Sets or moves one.
    pub(super) fn set(&mut self, due: D, wait: Duration) {
        self.clear(&due);
        self.0.push((due, Instant::now() + wait));
    }

    /// It happened, or does not matter any more.
    pub(super) fn clear(&mut self, due: &D) {
        self.0.retain(|(other, _)| other != due);
    }

    /// Only these matter still.
    pub(super) fn keep(&mut self, matters: impl Fn(&D) -> bool) {
        self.0.retain(|(due, _)| matters(due));
    }

    /// The next moment at which something is due.
    pub(super) fn next(&self) -> Option<Instant> {
        self.0.iter().map(|(_, at)| *at).min()
    }

    /// Takes out what is overdue.
    pub(super) fn take_passed(&mut self, now: Instant) -> Vec<D> {
        self.0.extract_if(.., |(_, at)| *at <= now).map(|(due, _)| due).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_taken_once_and_only_when_it_is_due() {
        let mut deadlines = Deadlines::default();
        deadlines.set("ack", Duration::from_secs(1));
        deadlines.set("ack", Duration::from_secs(10));
        deadlines.set("rest", Duration::from_secs(5));
        let soon = Instant::now() + Duration::from_secs(6);
        assert_eq!(deadlines.take_passed(soon), ["rest"], "the ack was moved");
        assert_eq!(deadlines.take_passed(soon), [""; 0]);
        deadlines.keep(|due| *due != "ack");
        assert_eq!(deadlines.next(), None);
    }
}
