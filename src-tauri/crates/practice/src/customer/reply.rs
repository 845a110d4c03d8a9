//! What a customer reads.

use std::fmt;

use futures_util::StreamExt as _;
use reqwest::Response;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::CustomerError;

/// The largest answer that is read.
const LARGEST_ANSWER: usize = 64 * 1024 * 1024;

/// What the network answered.
#[derive(Clone, PartialEq, Default)]
pub struct Reply {
    /// The HTTP status. A stream that fails midway has 200 and an [`Reply::error`].
    pub status: u16,
    /// The text of the answer.
    pub text: String,
    /// The text of its reasoning.
    pub reasoning: String,
    /// Why the answer ended; `None` means that it did not end well, whatever the status.
    pub finish_reason: Option<String>,
    /// The reported usage; empty if there is none.
    pub usage: Map<String, Value>,
    /// Who served it; `None` if nobody did.
    pub grid: Option<GridNote>,
    /// What went wrong, in the network's words.
    pub error: Option<String>,
    /// How many deltas with text a stream had.
    pub deltas: u32,
}

// Only sizes are printed: an answer must not reach a log, and an error may quote the question.
impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("status", &self.status)
            .field("text_bytes", &self.text.len())
            .field("finished", &self.finish_reason.is_some())
            .field("grid", &self.grid)
            .field("failed", &self.error.is_some())
            .field("deltas", &self.deltas)
            .finish_non_exhaustive()
    }
}

/// What the coordinator adds to an answer.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct GridNote {
    /// The worker's name. A lost job has none.
    pub worker: Option<String>,
    /// Seconds from job to answer.
    pub gen_time: Option<f64>,
    /// Seconds to the first token.
    pub ttft: Option<f64>,
    /// Speed after the first token.
    pub tokens_per_s: Option<f64>,
    /// The seed that was used; a customer's own may be any integer.
    /// Beyond 64 bits this is the nearest float, while the network itself carries every digit.
    pub seed: Value,
}

/// Reads any answer to its end.
pub(super) async fn bytes_of(response: Response) -> Result<Vec<u8>, CustomerError> {
    let mut bytes = Vec::new();
    let mut pieces = response.bytes_stream();
    while let Some(piece) = pieces.next().await {
        bytes.extend_from_slice(&piece.map_err(CustomerError::Network)?);
        if bytes.len() > LARGEST_ANSWER {
            return Err(CustomerError::Garbled);
        }
    }
    Ok(bytes)
}

/// Reads an answer that comes in one piece.
pub(super) async fn whole(response: Response) -> Result<Reply, CustomerError> {
    let status = response.status().as_u16();
    let bytes = bytes_of(response).await?;
    let body: Value = serde_json::from_slice(&bytes).map_err(|_| CustomerError::Garbled)?;
    if status >= 400 {
        return Ok(Reply { status, error: Some(refusal(&body)), ..Reply::default() });
    }
    let mut reply = Reply { status, ..Reply::default() };
    let message = &body["choices"][0]["message"];
    reply.text = message["content"].as_str().unwrap_or_default().to_owned();
    reply.reasoning = message["reasoning_content"].as_str().unwrap_or_default().to_owned();
    reply.finish_reason = body["choices"][0]["finish_reason"].as_str().map(str::to_owned);
    reply.totals(&body);
    Ok(reply)
}

/// Reads a stream to its end.
pub(super) async fn streamed(response: Response) -> Result<Reply, CustomerError> {
    let mut reply = Reply { status: response.status().as_u16(), ..Reply::default() };
    let mut pending = Vec::new();
    let mut read = 0;
    let mut pieces = response.bytes_stream();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(CustomerError::Network)?;
        read += piece.len();
        if read > LARGEST_ANSWER {
            return Err(CustomerError::Garbled);
        }
        pending.extend_from_slice(&piece);
        while let Some(end) = pending.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = pending.drain(..=end).collect();
            reply.hear(&line)?;
        }
    }
    Ok(reply)
}

impl Reply {
    /// Takes one line of a stream in.
    fn hear(&mut self, line: &[u8]) -> Result<(), CustomerError> {
        let Some(data) = line.strip_prefix(b"data: ") else { return Ok(()) };
        if data.trim_ascii() == b"[DONE]" {
            return Ok(());
        }
        let chunk: Value = serde_json::from_slice(data).map_err(|_| CustomerError::Garbled)?;
        if let Some(error) = chunk.get("error") {
            self.error = Some(error["message"].as_str().unwrap_or_default().to_owned());
            return Ok(());
        }
        let choice = &chunk["choices"][0];
        if let Some(content) = choice["delta"]["content"].as_str() {
            self.text.push_str(content);
            self.deltas += 1;
        }
        self.reasoning.push_str(choice["delta"]["reasoning_content"].as_str().unwrap_or_default());
        if let Some(reason) = choice["finish_reason"].as_str() {
            self.finish_reason = Some(reason.to_owned());
        }
        self.totals(&chunk);
        Ok(())
    }

    fn totals(&mut self, body: &Value) {
        if let Some(usage) = body["usage"].as_object() {
            self.usage = usage.clone();
        }
        if let Some(grid) = body.get("grid").and_then(|grid| GridNote::deserialize(grid).ok()) {
            self.grid = Some(grid);
        }
    }
}

/// The words of a refusal, in whichever of the coordinator's shapes they come.
fn refusal(body: &Value) -> String {
    let words = body["detail"].as_str().or_else(|| body["error"]["message"].as_str());
    words.map_or_else(|| body["detail"].to_string(), str::to_owned)
}
