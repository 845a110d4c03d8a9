//! What a waiting customer hears next.

use tokio::time::timeout;

use crate::hub::{Hub, Placed};
use crate::relay::Relay;

/// What a customer hears next.
pub(crate) enum News {
    Told(Relay),
    /// Nothing for too long.
    Silence,
    /// The network is shutting down.
    Over,
}

pub(crate) async fn next_news(hub: &Hub, placed: &mut Placed) -> News {
    tokio::select! {
        biased;
        () = hub.closing.cancelled() => News::Over,
        news = timeout(hub.timings.customer_silence, placed.news.next()) => match news {
            Ok(Some(relay)) => News::Told(relay),
            Ok(None) => News::Over,
            Err(_) => News::Silence,
        },
    }
}
