//! One request to the coordinator's API: bounded in time and size, and never anywhere else.

use std::time::Duration;

use futures_util::StreamExt;
use reqwest::header::HeaderValue;
use reqwest::{Client, Response, redirect};
use tokio::time::timeout;
use types::Sensitive;

use super::AccountError;
use crate::Endpoint;

/// The largest page: 200 payouts are some 60 KB.
const LARGEST_PAGE: usize = 1024 * 1024;
/// What is read of an answer that is no page.
const LARGEST_REFUSAL: usize = 16 * 1024;
/// The coordinator's keys have 37 characters; its limiter knows up to 128.
const LONGEST_KEY: usize = 128;

/// How long a page may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountPatience {
    /// Until somebody answers the telephone.
    pub connect: Duration,
    /// Until the last byte, all in all.
    pub whole: Duration,
}

impl Default for AccountPatience {
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), whole: Duration::from_secs(20) }
    }
}

/// A way to the API of one coordinator with one key.
#[derive(Debug)]
pub(super) struct Http {
    client: Client,
    base: String,
    api_key: Sensitive<String>,
    patience: AccountPatience,
}

impl Http {
    pub(super) fn new(
        endpoint: &Endpoint,
        api_key: Sensitive<String>,
        patience: AccountPatience,
    ) -> Result<Self, AccountError> {
        let key = api_key.expose();
        if key.is_empty() || key.len() > LONGEST_KEY || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(AccountError::BadKey);
        }
        let client = Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .referer(false)
            .connect_timeout(patience.connect)
            // Pages are asked for minutes apart: an old connection is only something that can be dead.
            .pool_max_idle_per_host(0)
            .build()
            .map_err(|error| unreachable(&error))?;
        Ok(Self { client, base: format!("http://{}", endpoint.address()), api_key, patience })
    }

    /// The body of a page.
    pub(super) async fn get(&self, path: &str) -> Result<Vec<u8>, AccountError> {
        timeout(self.patience.whole, self.ask(path))
            .await
            .unwrap_or_else(|_| Err(AccountError::Unreachable("no answer in time".into())))
    }

    async fn ask(&self, path: &str) -> Result<Vec<u8>, AccountError> {
        let mut key = HeaderValue::from_str(self.api_key.expose()).map_err(|_| AccountError::BadKey)?;
        key.set_sensitive(true);
        let request = self.client.get(format!("{}{path}", self.base)).header("apikey", key);
        let response = request.send().await.map_err(|error| unreachable(&error))?;
        match response.status().as_u16() {
            200 => body(response).await,
            // These say all they have to say by their number.
            status @ (401 | 429 | 300..=399) => Err(AccountError::refusal(status, b"", "")),
            status => {
                let words = start(response).await?;
                Err(AccountError::refusal(status, &words, self.api_key.expose()))
            }
        }
    }
}

/// A body to its end, as long as it is no larger than a page.
async fn body(response: Response) -> Result<Vec<u8>, AccountError> {
    if response.content_length().is_some_and(|length| length > LARGEST_PAGE as u64) {
        return Err(AccountError::TooLarge);
    }
    let mut bytes = Vec::new();
    let mut pieces = response.bytes_stream();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|error| unreachable(&error))?;
        if bytes.len() + piece.len() > LARGEST_PAGE {
            return Err(AccountError::TooLarge);
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

/// The start of a body, which is enough to say what it is about.
async fn start(response: Response) -> Result<Vec<u8>, AccountError> {
    let mut bytes = Vec::new();
    let mut pieces = response.bytes_stream();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|error| unreachable(&error))?;
        let room = LARGEST_REFUSAL - bytes.len();
        bytes.extend_from_slice(&piece[..piece.len().min(room)]);
        if bytes.len() == LARGEST_REFUSAL {
            break;
        }
    }
    Ok(bytes)
}

fn unreachable(error: &reqwest::Error) -> AccountError {
    let words = if error.is_timeout() {
        "no answer in time"
    } else if error.is_connect() {
        "nobody answers there"
    } else {
        "the line was cut"
    };
    AccountError::Unreachable(words.into())
}
