//! A customer of the practice network.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use reqwest::{Client, Response, Url};
use serde_json::{Map, Value, json};
use tokio::time::{Instant, timeout_at};
use types::{Message, Sensitive};

use crate::plain;

mod reply;

pub use reply::{GridNote, Reply};
use reply::{bytes_of, streamed, whole};

/// Why a customer got no reply at all. A reply that says no is a [`Reply`].
#[derive(Debug, thiserror::Error)]
pub enum CustomerError {
    /// Only this computer may be asked.
    #[error("a practice customer speaks to loopback only")]
    NotLoopback,
    /// The connection failed or ended early.
    #[error("the practice network could not be asked")]
    Network(#[source] reqwest::Error),
    /// It took too long.
    #[error("the practice network did not answer in time")]
    TooSlow,
    /// What came is not an answer.
    #[error("the practice network's answer could not be read")]
    Garbled,
}

/// What to ask.
#[derive(Clone, Default)]
pub struct ChatCall {
    /// The conversation.
    pub messages: Vec<Message>,
    /// The model's name on the Grid.
    pub model: String,
    /// Whether to have it streamed.
    pub stream: bool,
    /// Most tokens to generate.
    pub max_tokens: Option<u32>,
    /// Texts that end the answer.
    pub stop: Vec<String>,
    /// 0 is greedy.
    pub temperature: Option<f64>,
    /// Same seed, same answer.
    pub seed: Option<u64>,
    /// Anything else, passed through as it is.
    pub extra: Map<String, Value>,
}

// Only sizes are printed, because prompts must not reach a log.
impl fmt::Debug for ChatCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChatCall")
            .field("model", &self.model)
            .field("messages", &self.messages.len())
            .field("stream", &self.stream)
            .field("max_tokens", &self.max_tokens)
            .finish_non_exhaustive()
    }
}

impl ChatCall {
    /// One question to a model.
    pub fn ask(model: impl Into<String>, question: impl Into<String>) -> Self {
        Self { messages: vec![Message::text("user", question)], model: model.into(), ..Self::default() }
    }

    /// The same, streamed.
    pub fn streamed(self) -> Self {
        Self { stream: true, ..self }
    }

    fn body(&self) -> Value {
        let mut body = self.extra.clone();
        let messages: Vec<Value> = self
            .messages
            .iter()
            .map(|message| json!({"role": message.role, "content": message.content}))
            .collect();
        body.insert("model".to_owned(), self.model.clone().into());
        body.insert("messages".to_owned(), messages.into());
        body.insert("stream".to_owned(), self.stream.into());
        let mut given =
            |field: &str, value: Option<Value>| value.and_then(|value| body.insert(field.to_owned(), value));
        given("max_tokens", self.max_tokens.map(Value::from));
        given("temperature", self.temperature.map(Value::from));
        given("seed", self.seed.map(Value::from));
        given("stop", (!self.stop.is_empty()).then(|| self.stop.clone().into()));
        body.into()
    }
}

/// A customer with a key. Every wait has a deadline.
#[derive(Debug)]
pub struct Customer {
    client: Client,
    base: Url,
    api_key: Sensitive<String>,
    patience: Duration,
}

impl Customer {
    /// A customer of the network at `api_base`, which must be an address of this computer.
    pub fn new(
        api_base: &str,
        api_key: Sensitive<String>,
        patience: Duration,
    ) -> Result<Self, CustomerError> {
        let base = loopback(api_base).ok_or(CustomerError::NotLoopback)?;
        let client = plain::client().connect_timeout(patience).build().map_err(CustomerError::Network)?;
        Ok(Self { client, base, api_key, patience })
    }

    /// Asks and reads the answer to its end.
    pub async fn chat(&self, call: &ChatCall) -> Result<Reply, CustomerError> {
        let deadline = Instant::now() + self.patience;
        timeout_at(deadline, self.ask(call)).await.map_err(|_| CustomerError::TooSlow)?
    }

    /// Sends any body to a path and reads the answer to its end: its status and its text.
    pub async fn post(&self, path: &str, body: &Value) -> Result<(u16, String), CustomerError> {
        let deadline = Instant::now() + self.patience;
        let answer = async {
            let response = self.send(path, body).await?;
            let status = response.status().as_u16();
            let text = String::from_utf8(bytes_of(response).await?).map_err(|_| CustomerError::Garbled)?;
            Ok((status, text))
        };
        timeout_at(deadline, answer).await.map_err(|_| CustomerError::TooSlow)?
    }

    async fn send(&self, path: &str, body: &Value) -> Result<Response, CustomerError> {
        let url = self.base.join(path).map_err(|_| CustomerError::NotLoopback)?;
        // An absolute address in the place of a path would lead elsewhere.
        if url.origin() != self.base.origin() {
            return Err(CustomerError::NotLoopback);
        }
        let request = self.client.post(url).bearer_auth(self.api_key.expose()).json(body);
        request.send().await.map_err(CustomerError::Network)
    }

    async fn ask(&self, call: &ChatCall) -> Result<Reply, CustomerError> {
        let response = self.send("v1/chat/completions", &call.body()).await?;
        let status = response.status();
        if call.stream && status.is_success() { streamed(response).await } else { whole(response).await }
    }
}

/// The address, if it is plain HTTP to a loopback IP. A name is refused: it could mean another computer.
fn loopback(api_base: &str) -> Option<Url> {
    let url = Url::parse(api_base).ok()?;
    let host = url.host_str()?.trim_start_matches('[').trim_end_matches(']');
    let address: IpAddr = host.parse().ok()?;
    (url.scheme() == "http" && address.is_loopback()).then_some(url)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::Value;
    use types::Sensitive;

    use super::{ChatCall, Customer, CustomerError, Reply, loopback};

    #[test]
    fn no_prompt_and_no_answer_is_printed() {
        let canary = || "canary".to_owned();
        let call = ChatCall {
            stop: vec![canary()],
            extra: [(canary(), canary().into())].into_iter().collect(),
            ..ChatCall::ask("m", "canary")
        };
        let reply = Reply {
            text: canary(),
            reasoning: canary(),
            finish_reason: Some(canary()),
            usage: [(canary(), canary().into())].into_iter().collect(),
            error: Some(canary()),
            ..Reply::default()
        };
        let printed = format!("{call:?} {reply:?}");
        assert!(!printed.contains("canary"), "{printed}");
    }

    #[tokio::test]
    async fn a_path_leads_nowhere_else() {
        let (base, key) = ("http://127.0.0.1:1", Sensitive::new("grid_key".to_owned()));
        let customer = Customer::new(base, key, Duration::from_secs(1)).expect("loopback");
        for elsewhere in ["http://10.0.0.1/v1/messages", "//10.0.0.1/v1/messages", "http://127.0.0.1:2/x"] {
            let answer = customer.post(elsewhere, &Value::Null).await;
            assert!(matches!(answer, Err(CustomerError::NotLoopback)), "{elsewhere}");
        }
    }

    #[test]
    fn only_this_computer_is_asked() {
        for good in ["http://127.0.0.1:7010", "http://[::1]:7010/", "http://127.8.9.1"] {
            assert!(loopback(good).is_some(), "{good}");
        }
        for bad in [
            "http://localhost:7010",
            "https://127.0.0.1",
            "http://api.aipowergrid.io",
            "http://10.0.0.1",
            "http://127.0.0.1.example.org",
            "http://user@example.org#127.0.0.1",
            "ftp://127.0.0.1",
            "nonsense",
        ] {
            assert!(loopback(bad).is_none(), "{bad}");
        }
    }
}
