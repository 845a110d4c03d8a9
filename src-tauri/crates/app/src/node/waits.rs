//! Waiting for what may not be there. What is `None` is waited for without end.

use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

/// Until then.
pub(super) async fn at(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

/// What a task came to. A panic there goes on here.
pub(super) async fn joined<T>(task: &mut Option<JoinHandle<T>>) -> T {
    let Some(running) = task else { return std::future::pending().await };
    let outcome = running.await;
    *task = None;
    match outcome {
        Ok(value) => value,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        // Aborted by us, in which case nobody waits here any more.
        Err(_) => std::future::pending().await,
    }
}
