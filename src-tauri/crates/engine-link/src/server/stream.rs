//! The events of one streamed answer.

use std::time::Duration;

use reqwest::Response;
use tokio::time::timeout;

use super::http::{self, HttpFault};
use super::sse::{SseEvent, SseFault, SseReader};

/// The most bytes of one stream: the longest answer, 32768 tokens, with a fat wrapping around each.
const LARGEST_STREAM: u64 = 64 * 1024 * 1024;

/// Why a stream cannot be read on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum StreamFault {
    #[error(transparent)]
    Http(#[from] HttpFault),
    #[error(transparent)]
    Sse(#[from] SseFault),
}

/// What came next.
pub(crate) enum Heard {
    /// An event.
    Event(SseEvent),
    /// `[DONE]`, with which a chat says that nothing follows.
    Done,
    /// The server closed the stream.
    Closed,
}

/// Reads events as they come. Dropping it hangs up, which is how a server learns that nobody wants the rest.
pub(crate) struct Stream {
    response: Response,
    reader: SseReader,
    /// How long it may pause once it has begun. How long it may take to begin is for the caller to bound.
    silence: Duration,
    read: u64,
}

impl Stream {
    pub(crate) fn new(response: Response, silence: Duration) -> Self {
        Self { response, reader: SseReader::default(), silence, read: 0 }
    }

    /// The next event or end.
    pub(crate) async fn next(&mut self) -> Result<Heard, StreamFault> {
        loop {
            if let Some(event) = self.reader.next()? {
                return Ok(if event.data.trim() == "[DONE]" { Heard::Done } else { Heard::Event(event) });
            }
            let chunk = self.response.chunk();
            let arrived = match self.read {
                0 => chunk.await,
                _ => timeout(self.silence, chunk).await.map_err(|_| HttpFault::Slow)?,
            };
            let Some(arrived) = arrived.map_err(|error| http::fault(&error))? else {
                return Ok(Heard::Closed);
            };
            self.read += arrived.len() as u64;
            if self.read > LARGEST_STREAM {
                return Err(HttpFault::TooLarge.into());
            }
            self.reader.feed(&arrived);
        }
    }
}
