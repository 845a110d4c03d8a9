//! What became of the calls.

use std::collections::BTreeMap;

use super::Kind;
use crate::customer::{CustomerError, Reply};

/// How one call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// A whole answer, with a reason for its end.
    Answered,
    /// The part of an answer that there was when it was cancelled.
    Cancelled,
    /// This HTTP status instead of an answer.
    Refused(u16),
    /// A stream that ended with an error.
    Broken,
    /// An answer that nobody gave, or that has no end.
    Lost,
    /// No answer in time.
    TooSlow,
    /// No answer at all, or none that can be read.
    Unreachable,
}

impl Outcome {
    pub(super) fn of_chat(reply: &Reply) -> Self {
        match (&reply.error, reply.finish_reason.as_deref()) {
            (Some(_), _) if reply.status >= 400 => Self::Refused(reply.status),
            (Some(_), _) => Self::Broken,
            (None, Some("cancelled")) => Self::Cancelled,
            (None, Some(_)) if reply.grid.as_ref().is_some_and(|grid| grid.worker.is_some()) => {
                Self::Answered
            }
            (None, _) => Self::Lost,
        }
    }

    pub(super) fn of_raw(status: u16, body: &str) -> Self {
        match status {
            200 if body.starts_with("event: error\n") || body.contains("\n\nevent: error\n") => Self::Broken,
            200 if body.is_empty() || body == "{}" => Self::Lost,
            200 => Self::Answered,
            status => Self::Refused(status),
        }
    }

    pub(super) fn unanswered(error: &CustomerError) -> Self {
        match error {
            CustomerError::TooSlow => Self::TooSlow,
            CustomerError::NotLoopback | CustomerError::Network(_) | CustomerError::Garbled => {
                Self::Unreachable
            }
        }
    }
}

/// How many calls of which kind ended how.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TrafficReport {
    counted: BTreeMap<Kind, BTreeMap<Outcome, usize>>,
}

impl FromIterator<(Kind, Outcome)> for TrafficReport {
    fn from_iter<T: IntoIterator<Item = (Kind, Outcome)>>(ended: T) -> Self {
        let mut report = Self::default();
        for (kind, outcome) in ended {
            *report.counted.entry(kind).or_default().entry(outcome).or_default() += 1;
        }
        report
    }
}

impl TrafficReport {
    /// All calls.
    pub fn calls(&self) -> usize {
        self.counted.values().flat_map(BTreeMap::values).sum()
    }

    /// The calls of a kind.
    pub fn of_kind(&self, kind: Kind) -> usize {
        self.counted.get(&kind).into_iter().flat_map(BTreeMap::values).sum()
    }

    /// The calls that ended in a way, of whatever kind.
    pub fn ended(&self, outcome: Outcome) -> usize {
        self.counted.values().filter_map(|outcomes| outcomes.get(&outcome)).sum()
    }

    /// The calls of a kind that ended in a way.
    pub fn count(&self, kind: Kind, outcome: Outcome) -> usize {
        self.counted.get(&kind).and_then(|outcomes| outcomes.get(&outcome)).copied().unwrap_or(0)
    }

    /// Everything, by kind.
    pub const fn all(&self) -> &BTreeMap<Kind, BTreeMap<Outcome, usize>> {
        &self.counted
    }
}
