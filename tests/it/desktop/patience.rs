//! Waiting for what tells nobody when it changes.

use std::time::{Duration, Instant};

/// Between two looks.
pub(super) const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Looks until there is an answer; fails with these words when there is none in time.
pub(crate) async fn wait_for<T>(what: &str, at_most: Duration, look: impl AsyncFn() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(begun.elapsed() < at_most, "{what}: not within {at_most:?}");
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}
