//! The only way to stdout: one lock, whole frames, in order.

use std::io::Write;
use std::sync::{Mutex, PoisonError};

use engine_protocol::{FromEngine, write_message};

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
        if write_message(&mut *pipe, message).is_err() {
            std::process::exit(0);
        }
    }
}
