//! Work that waits for the disk or takes long, off the async threads.

/// Does it on a thread of its own. A panic there goes on here; nobody cancels it.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}
