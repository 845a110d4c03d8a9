//! One short generation through the same path as jobs, before the node is on the Grid.

use engine_link::EngineEvent;
use types::{ChatRequest, JobId, Message, Piece, Sampling};

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
            EngineEvent::Piece { job, piece } if *job == self.job => {
                self.text |= is_text(piece);
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
            EngineEvent::Piece { .. }
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

/// A model that thinks first may need all of a short test for that.
fn is_text(piece: &Piece) -> bool {
    match piece {
        Piece::Text(text) | Piece::Reasoning(text) => !text.trim().is_empty(),
        Piece::ToolCalls(_) | Piece::Refusal(_) | Piece::Event { .. } => false,
    }
}

#[cfg(test)]
mod tests {
    use types::FinishReason;

    use super::*;

    fn verdict(pieces: &[&str]) -> Verdict {
        let mut test = SelfTest::new(1);
        let job = test.job().clone();
        for text in pieces {
            test.hear(&EngineEvent::Piece { job: job.clone(), piece: Piece::Text((*text).into()) });
        }
        test.hear(&EngineEvent::Finished { job, reason: FinishReason::Length, usage: None, body: None })
    }

    #[test]
    fn only_text_passes() {
        assert_eq!(verdict(&[" ", "hello"]), Verdict::Passed);
        assert!(matches!(verdict(&[" ", "\n"]), Verdict::Failed(_)), "blanks are no text");
        assert!(matches!(verdict(&[]), Verdict::Failed(_)));
    }
}
