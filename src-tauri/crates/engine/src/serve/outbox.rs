//! The only way to stdout: one lock, whole frames, in order.

use std::io::Write;
use std::sync::{Mutex, PoisonError};

use engine_protocol::{FrameError, FromEngine, write_message};

/// The same as for a message from the parent that makes no sense.
const UNSAYABLE: i32 = 3;

/// Where messages to the parent go in.
pub(super) struct Outbox {
    pipe: Mutex<Box<dyn Write + Send>>,
}

impl Outbox {
    pub(super) fn new(pipe: impl Write + Send + 'static) -> Self {
        Self { pipe: Mutex::new(Box::new(pipe)) }
    }

    /// Writes a message, waiting while the pipe is full: a parent that does not listen stops the engine, not the
    /// memory of the machine. If nobody can ever hear it, the process has no purpose and ends.
    pub(super) fn send(&self, message: &FromEngine) {
        let mut pipe = self.pipe.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = write_message(&mut *pipe, message) {
            std::process::exit(exit_code(&error));
        }
    }
}

/// A parent that is gone is an ordinary end. A message that fits in no frame is not: without it the job would hang.
const fn exit_code(error: &FrameError) -> i32 {
    match error {
        FrameError::Pipe(_) => 0,
        FrameError::TooLarge(_) | FrameError::Malformed(_) => UNSAYABLE,
    }
}

#[cfg(test)]
mod tests {
    use engine_protocol::MAX_FRAME;

    use super::*;

    /// A pipe with nobody at its other end.
    struct Broken;

    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn check(text: String, expected: i32) {
        let message = FromEngine::Token { job: "job".into(), text };
        let error = write_message(&mut Broken, &message).expect_err("nobody listens");
        assert_eq!(exit_code(&error), expected, "{error}");
    }

    #[test]
    fn only_a_parent_that_is_gone_is_an_ordinary_end() {
        check("text".into(), 0);
        check("x".repeat(MAX_FRAME), UNSAYABLE);
    }
}
