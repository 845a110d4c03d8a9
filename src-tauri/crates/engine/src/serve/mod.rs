//! The conversation with the parent.
//!
//! Four threads share the process: the reader (the caller of [`serve`]), the one that computes, the heartbeat, and
//! candle's pool. Only the computing thread touches the model. The reader never waits for it, so a cancel or the end
//! of the pipe is seen even in the middle of a prompt.
//!
//! What the parent gets for messages out of order: `Generate` without a model or during other work is answered by
//! `Failed`, because it is the parent's mistake and no customer's; `Load` during other work by `LoadFailed`. `Cancel`
//! of a job that is not running is ignored. A second `Generate` with the running job's id ends the conversation: any
//! answer to it would look like the end of the first.

mod compute;
mod outbox;
mod reader;
mod state;

use std::io::{Read, Write};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

use engine_protocol::{FrameError, FromEngine, VERSION};

use outbox::Outbox;
use state::State;

const HEARTBEAT: Duration = Duration::from_secs(1);
/// Templates may nest deeply; the main thread's usual size.
const COMPUTE_STACK: usize = 8 * 1024 * 1024;

/// Why the conversation ended. The caller ends the process, whatever is still being computed.
#[derive(Debug, thiserror::Error)]
pub enum End {
    /// The parent asked for it.
    #[error("the parent asked to stop")]
    Shutdown,
    /// The parent is gone, or will not hear us any more.
    #[error("the parent closed the pipe")]
    PipeClosed,
    /// The parent speaks another version.
    #[error("the parent speaks version {0} of the engine protocol, this engine speaks version {VERSION}")]
    Version(u32),
    /// The first message was not `Hello`, a second `Hello` came, or the running job was given again.
    #[error("the parent did not follow the engine protocol")]
    Disorder,
    /// The bytes were no message.
    #[error("the parent's message could not be read")]
    Frame(#[source] FrameError),
    /// The system gave no thread.
    #[error("the engine could not start its threads")]
    Threads(#[source] std::io::Error),
}

/// Talks until the parent ends it. Call it once in a process.
pub fn serve(from: impl Read, to: impl Write + Send + 'static) -> End {
    let outbox = Arc::new(Outbox::new(to));
    let state = Arc::new(State::default());
    outbox.send(&hello());
    // One place: the reader hands over work only when the computing thread is idle.
    let (orders, inbox) = sync_channel(1);
    let computing = thread::Builder::new().name("compute".into()).stack_size(COMPUTE_STACK).spawn({
        let (state, outbox) = (Arc::clone(&state), Arc::clone(&outbox));
        move || compute::run(&inbox, &state, &outbox)
    });
    let (alive, stop) = sync_channel::<()>(0);
    let beating = thread::Builder::new().name("heartbeat".into()).spawn({
        let (state, outbox) = (Arc::clone(&state), Arc::clone(&outbox));
        move || beat(&stop, &state, &outbox)
    });
    if let Err(error) = computing.and(beating) {
        return End::Threads(error);
    }
    let end = reader::run(from, &orders, &state, &outbox);
    drop(alive);
    end
}

fn hello() -> FromEngine {
    FromEngine::Hello {
        version: VERSION,
        engine: concat!("grid-node-engine ", env!("CARGO_PKG_VERSION")).to_owned(),
        device: "cpu".to_owned(),
    }
}

fn beat(stop: &Receiver<()>, state: &State, outbox: &Outbox) {
    while let Err(RecvTimeoutError::Timeout) = stop.recv_timeout(HEARTBEAT) {
        outbox.send(&FromEngine::Heartbeat { steps: state.steps(), busy: state.is_busy() });
    }
}
