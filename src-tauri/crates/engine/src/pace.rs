//! How much of a prompt is read at once.

use std::time::Duration;

/// Whole chunks use the machine best, and 64 tokens are enough for that.
const MOST: usize = 64;
/// Small enough that even a large model on a slow machine soon shows a first step.
const FIRST: usize = 4;
const QUICK: Duration = Duration::from_millis(500);
const SLOW: Duration = Duration::from_secs(1);

/// Chunks of about a second at most, whatever the speed: a chunk is one step, and nothing is heard inside a step.
#[derive(Debug)]
pub(crate) struct Pace {
    chunk: usize,
}

impl Default for Pace {
    fn default() -> Self {
        Self { chunk: FIRST }
    }
}

impl Pace {
    /// Tokens to read next, at least one.
    pub(crate) const fn chunk(&self) -> usize {
        self.chunk
    }

    /// Hears how long the last chunk took.
    pub(crate) fn learn(&mut self, took: Duration) {
        if took < QUICK {
            self.chunk = (self.chunk * 2).min(MOST);
        } else if took > SLOW {
            self.chunk = (self.chunk / 2).max(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The chunks on a machine that needs `per_token` for each token.
    fn check(per_token: Duration, expected: &[usize]) {
        let mut pace = Pace::default();
        for &chunk in expected {
            assert_eq!(pace.chunk(), chunk, "of {expected:?} at {per_token:?} per token");
            pace.learn(per_token * chunk as u32);
        }
    }

    #[test]
    fn chunks_follow_the_speed() {
        check(Duration::from_millis(1), &[4, 8, 16, 32, 64, 64, 64]);
        check(Duration::from_millis(20), &[4, 8, 16, 32, 32]);
        check(Duration::from_millis(200), &[4, 4, 4]);
        check(Duration::from_millis(600), &[4, 2, 1, 1, 1]);
        check(Duration::from_secs(9), &[4, 2, 1, 1, 1]);
    }
}
