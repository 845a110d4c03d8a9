//! One short generation through the same path as jobs, before the node is on the Grid.

use engine_link::EngineEvent;
use types::{ChatRequest, JobId, Message, Sampling};

/// A self-test in progress.
#[derive(Debug)]
pub(super) struct SelfTest {
    job: JobId,
    text: bool,
}

/// What an engine's word means for the test.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Not about the test.
    NotOurs,
    /// Go on.
    Pending,
    /// It makes text.
    Passed,
    /// It does not.
    Failed(String),
}

impl SelfTest {
    pub(super) fn new(number: u64) -> Self {
        Self { job: JobId::new(format!("self-test-{number}")), text: false }
    }

    pub(super) const fn job(&self) -> &JobId {
        &self.job
    }

    pub(super) fn request() -> ChatRequest {
        ChatRequest {
            messages: vec![Message::text("user", "Say hello.")],
            max_tokens: 8,
            stop: Vec::new(),
            sampling: Sampling { temperature: 0.0, ..Sampling::default() },
        }
    }

    pub(super) fn hear(&mut self, event: &EngineEvent) -> Verdict {
        match event {
            EngineEvent::Token { job, text } if *job == self.job => {
                self.text |= !text.trim().is_empty();
                Verdict::Pending
            }
            EngineEvent::Finished { job, .. } if *job == self.job => {
                if self.text {
                    Verdict::Passed
                } else {
                    Verdict::Failed("the model produced no text".into())
                }
            }
            EngineEvent::Refused { job, message } | EngineEvent::Failed { job, message }
                if *job == self.job =>
            {
                Verdict::Failed(message.clone())
            }
            EngineEvent::Token { .. }
            | EngineEvent::Finished { .. }
            | EngineEvent::Refused { .. }
            | EngineEvent::Failed { .. }
            | EngineEvent::Progress { .. }
            | EngineEvent::Loaded(_)
            | EngineEvent::LoadFailed { .. }
            | EngineEvent::Gone { .. } => Verdict::NotOurs,
        }
    }
}

#[cfg(test)]
mod tests {
    use types::{FinishReason, Usage};

    use super::*;

    fn verdict(pieces: &[&str]) -> Verdict {
        let mut test = SelfTest::new(1);
        let job = test.job().clone();
        for text in pieces {
            test.hear(&EngineEvent::Token { job: job.clone(), text: (*text).into() });
        }
        test.hear(&EngineEvent::Finished { job, reason: FinishReason::Length, usage: Usage::default() })
    }

    #[test]
    fn only_text_passes() {
        assert_eq!(verdict(&[" ", "hello"]), Verdict::Passed);
        assert!(matches!(verdict(&[" ", "\n"]), Verdict::Failed(_)), "blanks are no text");
        assert!(matches!(verdict(&[]), Verdict::Failed(_)));
    }
}
