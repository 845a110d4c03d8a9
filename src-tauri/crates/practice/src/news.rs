//! What a waiting customer hears next.

use tokio::time::timeout;

use crate::hub::Hub;
use crate::relay::{Listener, Relay};

/// What a customer hears next.
pub(crate) enum News<P, D> {
    Told(Relay<P, D>),
    /// Nothing for too long.
    Silence,
    /// The network is shutting down.
    Over,
}

pub(crate) async fn next_news<P, D>(hub: &Hub, listener: &mut Listener<P, D>) -> News<P, D> {
    tokio::select! {
        biased;
        () = hub.closing.cancelled() => News::Over,
        news = timeout(hub.timings.customer_silence, listener.next()) => match news {
            Ok(Some(relay)) => News::Told(relay),
            Ok(None) => News::Over,
            Err(_) => News::Silence,
        },
    }
}
