//! One short generation through the same path as jobs, before anybody is on the Grid with the engine.

use tokio::time::Instant;
use types::{ChatRequest, FinishReason, Message, Piece, Sampling, Usage};

/// A self-test in progress.
#[derive(Debug)]
pub(super) struct SelfTest {
    begun: Instant,
    first: Option<Instant>,
    pieces: u32,
    text: bool,
}

/// What a test showed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It makes text, this fast if that could be measured.
    Passed { tokens_per_minute: Option<u32> },
    /// It does not.
    Failed(String),
}

/// Enough for a measure, and little enough for a slow computer.
const TOKENS: u32 = 8;

impl SelfTest {
    pub(super) const fn new(now: Instant) -> Self {
        Self { begun: now, first: None, pieces: 0, text: false }
    }

    pub(super) fn request() -> ChatRequest {
        ChatRequest {
            messages: vec![Message::text("user", "Say hello.")],
            max_tokens: TOKENS,
            stop: Vec::new(),
            sampling: Sampling { temperature: 0.0, ..Sampling::default() },
        }
    }

    pub(super) fn hear(&mut self, piece: &Piece, now: Instant) {
        self.first.get_or_insert(now);
        self.pieces += 1;
        self.text |= is_text(piece);
    }

    pub(super) fn finished(self, reason: FinishReason, usage: Option<Usage>, now: Instant) -> Verdict {
        if !self.text {
            return Verdict::Failed("the model produced no text".into());
        }
        let tokens = usage.map_or(self.pieces, |usage| usage.completion_tokens);
        let (tokens, since) = match self.first {
            // The first token also had the prompt to wait for.
            Some(first) if tokens > 1 => (tokens - 1, first),
            // A single token, because the time was over, is a measure too; one that says all there is to say is none.
            Some(_) | None if reason == FinishReason::Length && tokens < TOKENS => (tokens, self.begun),
            Some(_) | None => return Verdict::Passed { tokens_per_minute: None },
        };
        Verdict::Passed { tokens_per_minute: speed(tokens, now.saturating_duration_since(since).as_millis()) }
    }
}

fn speed(tokens: u32, millis: u128) -> Option<u32> {
    let per_minute = (u128::from(tokens) * 60_000).checked_div(millis)?;
    Some(u32::try_from(per_minute).unwrap_or(u32::MAX))
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
    use std::time::Duration;

    use super::*;

    /// A token a second, the first after two.
    fn verdict(pieces: &[&str], reason: FinishReason) -> Verdict {
        let mut now = Instant::now();
        let mut test = SelfTest::new(now);
        now += Duration::from_secs(1);
        for text in pieces {
            now += Duration::from_secs(1);
            test.hear(&Piece::Text((*text).into()), now);
        }
        test.finished(reason, None, now)
    }

    #[test]
    fn only_text_passes() {
        let passed = |tokens_per_minute| Verdict::Passed { tokens_per_minute };
        assert_eq!(verdict(&[" ", "hello"], FinishReason::Length), passed(Some(60)));
        assert_eq!(verdict(&["hello"], FinishReason::Length), passed(Some(30)), "cut by the time");
        assert_eq!(verdict(&["hello"], FinishReason::Stop), passed(None), "said all there is");
        assert!(
            matches!(verdict(&[" ", "\n"], FinishReason::Length), Verdict::Failed(_)),
            "blanks are no text"
        );
        assert!(matches!(verdict(&[], FinishReason::Stop), Verdict::Failed(_)));
    }
}
