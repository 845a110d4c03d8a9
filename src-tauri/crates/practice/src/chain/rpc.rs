//! A JSON-RPC client as small as can be: plain text in, plain text out.
//!
//! On purpose not the client of our own chain room: what tests that room must not share its mistakes.

use std::time::Duration;

use serde_json::{Value, json};

use super::error::RpcError;
use crate::plain;

/// No answer of ours is larger; the largest is a block's worth of receipts.
const LARGEST_ANSWER: usize = 16 << 20;

/// A client of one chain.
#[derive(Debug, Clone)]
pub struct Rpc {
    url: String,
    http: reqwest::Client,
}

impl Rpc {
    /// A client of the chain at this URL. Every answer is awaited this long at most.
    pub fn new(url: impl Into<String>, patience: Duration) -> Result<Self, RpcError> {
        let http = plain::client().timeout(patience).build().map_err(unreachable)?;
        Ok(Self { url: url.into(), http })
    }

    /// Where the chain is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// One call.
    pub async fn call(&self, method: &str, params: Value) -> Result<Value, RpcError> {
        result(self.post(&request(0, method, &params)).await?)
    }

    /// Several calls in one request; their results in the same order, or the first error.
    pub async fn batch(&self, calls: &[(&str, Value)]) -> Result<Vec<Value>, RpcError> {
        let requests: Vec<Value> =
            calls.iter().enumerate().map(|(id, (method, params))| request(id, method, params)).collect();
        let Value::Array(answers) = self.post(&Value::Array(requests)).await? else {
            return Err(RpcError::Garbled("a batch was not answered with a list".to_owned()));
        };
        let mut sorted = vec![None; calls.len()];
        for answer in answers {
            let id = answer["id"].as_u64().and_then(|id| usize::try_from(id).ok());
            if let Some(place) = id.and_then(|id| sorted.get_mut(id)) {
                *place = Some(answer);
            }
        }
        let absent = || RpcError::Garbled("a call of a batch was not answered".to_owned());
        sorted.into_iter().map(|answer| result(answer.ok_or_else(absent)?)).collect()
    }

    /// One request as it is; the answer as it comes.
    pub(crate) async fn post(&self, body: &Value) -> Result<Value, RpcError> {
        let mut response = self.http.post(&self.url).json(body).send().await.map_err(unreachable)?;
        let mut text = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
            if text.len() + chunk.len() > LARGEST_ANSWER {
                return Err(RpcError::Garbled("too large".to_owned()));
            }
            text.extend_from_slice(&chunk);
        }
        serde_json::from_slice(&text).map_err(|error| RpcError::Garbled(error.to_string()))
    }
}

fn request(id: usize, method: &str, params: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })
}

fn result(mut answer: Value) -> Result<Value, RpcError> {
    if let Some(error) = answer.get("error") {
        return Err(RpcError::Refused {
            code: error["code"].as_i64().unwrap_or_default(),
            message: error["message"].as_str().unwrap_or_default().to_owned(),
            data: error["data"].as_str().and_then(|data| data.parse().ok()),
        });
    }
    match answer.get_mut("result") {
        Some(result) => Ok(result.take()),
        None => Err(RpcError::Garbled("neither a result nor an error".to_owned())),
    }
}

fn unreachable(error: reqwest::Error) -> RpcError {
    RpcError::Unreachable(error.without_url().to_string())
}
