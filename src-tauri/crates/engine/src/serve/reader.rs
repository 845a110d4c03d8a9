//! The parent's messages.

use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::SyncSender;

use engine_protocol::{FrameError, FromEngine, Generate, LoadFault, ToEngine, VERSION, read_message};

use super::End;
use super::outbox::Outbox;
use super::state::{State, Work};

/// What the computing thread is told to do.
pub(super) enum Order {
    Load { path: PathBuf, max_context: Option<u32> },
    Generate { request: Box<Generate>, cancelled: Arc<AtomicBool> },
}

/// Reads until the end.
pub(super) fn run(mut from: impl Read, orders: &SyncSender<Order>, state: &State, outbox: &Outbox) -> End {
    match next(&mut from) {
        Ok(ToEngine::Hello { version: VERSION }) => {}
        Ok(ToEngine::Hello { version }) => return End::Version(version),
        Ok(_) => return End::Disorder,
        Err(end) => return end,
    }
    loop {
        match next(&mut from) {
            Ok(ToEngine::Hello { .. }) => return End::Disorder,
            Ok(ToEngine::Load { path, max_context }) => load(path, max_context, orders, state, outbox),
            // Two streams under one name could not be told apart.
            Ok(ToEngine::Generate(request)) if state.is_running(&request.job) => return End::Disorder,
            Ok(ToEngine::Generate(request)) => generate(request, orders, state, outbox),
            Ok(ToEngine::Cancel { job }) => state.cancel(&job),
            Ok(ToEngine::Shutdown) => return End::Shutdown,
            Err(end) => return end,
        }
    }
}

fn next(from: &mut impl Read) -> Result<ToEngine, End> {
    match read_message(from) {
        Ok(Some(message)) => Ok(message),
        Ok(None) | Err(FrameError::Pipe(_)) => Err(End::PipeClosed),
        Err(error) => Err(End::Frame(error)),
    }
}

fn load(path: String, max_context: Option<u32>, orders: &SyncSender<Order>, state: &State, outbox: &Outbox) {
    if state.begin(Work::Loading) {
        hand_over(orders, Order::Load { path: path.into(), max_context });
    } else {
        let message = "the engine is busy with other work".to_owned();
        outbox.send(&FromEngine::LoadFailed { fault: LoadFault::Internal, message });
    }
}

fn generate(request: Box<Generate>, orders: &SyncSender<Order>, state: &State, outbox: &Outbox) {
    let cancelled = Arc::new(AtomicBool::new(false));
    if state.begin(Work::Job { id: request.job.clone(), cancelled: Arc::clone(&cancelled) }) {
        hand_over(orders, Order::Generate { request, cancelled });
    } else {
        let message = "the engine is busy with other work".to_owned();
        outbox.send(&FromEngine::Failed { job: request.job, message });
    }
}

fn hand_over(orders: &SyncSender<Order>, order: Order) {
    // There was no work, so the one place is free or about to be; the computing thread never ends.
    orders.send(order).expect("BUG: the computing thread is gone");
}
