//! One request to the coordinator's API: bounded in time and size, and never anywhere else.

use std::time::Duration;

use futures_util::StreamExt;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use reqwest::{Client, Method, Response, redirect};
use serde_json::Value;
use tokio::time::timeout;
use types::Sensitive;

use super::AccountError;
use super::error::words;
use crate::{Endpoint, tls};

/// The largest page: 200 payouts are some 60 KB.
const LARGEST_PAGE: usize = 1024 * 1024;
/// What is read of an answer that is no page.
const LARGEST_REFUSAL: usize = 16 * 1024;
/// The coordinator's keys have 37 characters; its limiter knows up to 128.
const LONGEST_KEY: usize = 128;
/// The longest token that its limiter knows.
const LONGEST_TOKEN: usize = 4096;

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

/// A way to the API of one coordinator, with one credential, or with none to what is for everybody.
#[derive(Debug)]
pub(super) struct Http {
    client: Client,
    base: String,
    credential: Credential,
    patience: AccountPatience,
}

#[derive(Debug)]
enum Credential {
    None,
    Key(Sensitive<String>),
    Token(Sensitive<String>),
}

/// One request.
pub(super) struct Call<'a> {
    pub(super) method: Method,
    pub(super) path: &'a str,
    pub(super) body: Option<Value>,
    /// What the body holds that a refusal could echo, and nobody should read there.
    pub(super) secrets: &'a [&'a str],
}

/// What came back.
pub(super) enum Answer {
    /// 200, and the whole body.
    Page(Vec<u8>),
    /// Anything else, in words that are cut to a length and hold none of our secrets. A redirect is not followed.
    Refusal {
        /// The HTTP status.
        status: u16,
        /// What it says.
        words: String,
    },
}

impl Http {
    /// With one of the account's keys.
    pub(super) fn new(
        endpoint: &Endpoint,
        api_key: Sensitive<String>,
        patience: AccountPatience,
    ) -> Result<Self, AccountError> {
        fits_in_a_header(&api_key, LONGEST_KEY)?;
        Self::keyless(endpoint, patience).map(|http| Self { credential: Credential::Key(api_key), ..http })
    }

    /// Sends no key along.
    pub(super) fn keyless(endpoint: &Endpoint, patience: AccountPatience) -> Result<Self, AccountError> {
        let tls = tls::for_the_api(endpoint.api_base()).map_err(|error| {
            tracing::warn!(%error, "no encrypted line can be set up");
            AccountError::Unreachable("this computer's own certificates cannot be read".into())
        })?;
        let client = Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .referer(false)
            .connect_timeout(patience.connect)
            // Pages are asked for minutes apart: an old connection is only something that can be dead.
            .pool_max_idle_per_host(0)
            .tls_backend_preconfigured(tls)
            .build()
            .map_err(|error| unreachable(&error))?;
        let base = endpoint.api_base().to_owned();
        Ok(Self { client, base, credential: Credential::None, patience })
    }

    /// The same way with the token of a sign-in.
    pub(super) fn with_token(&self, token: Sensitive<String>) -> Result<Self, AccountError> {
        fits_in_a_header(&token, LONGEST_TOKEN)?;
        let (client, base) = (self.client.clone(), self.base.clone());
        Ok(Self { client, base, credential: Credential::Token(token), patience: self.patience })
    }

    /// The body of a page.
    pub(super) async fn get(&self, path: &str) -> Result<Vec<u8>, AccountError> {
        match self.send(&Call { method: Method::GET, path, body: None, secrets: &[] }).await? {
            Answer::Page(body) => Ok(body),
            Answer::Refusal { status, words } => Err(AccountError::refusal(status, words)),
        }
    }

    /// Any request, and what came back in time.
    pub(super) async fn send(&self, call: &Call<'_>) -> Result<Answer, AccountError> {
        timeout(self.patience.whole, self.ask(call))
            .await
            .unwrap_or_else(|_| Err(AccountError::Unreachable("no answer in time".into())))
    }

    async fn ask(&self, call: &Call<'_>) -> Result<Answer, AccountError> {
        let mut request = self.client.request(call.method.clone(), format!("{}{}", self.base, call.path));
        if let Some((name, value)) = self.header()? {
            request = request.header(name, value);
        }
        if let Some(body) = &call.body {
            request = request.header(CONTENT_TYPE, "application/json").body(body.to_string());
        }
        let response = request.send().await.map_err(|error| unreachable(&error))?;
        Ok(match response.status().as_u16() {
            200 => Answer::Page(body(response).await?),
            // These say all they have to say by their number.
            status @ (429 | 300..=399) => Answer::Refusal { status, words: String::new() },
            status => {
                let start = start(response).await?;
                let secrets: Vec<&str> = call.secrets.iter().copied().chain(self.secret()).collect();
                Answer::Refusal { status, words: words(&start, &secrets) }
            }
        })
    }

    fn header(&self) -> Result<Option<(HeaderName, HeaderValue)>, AccountError> {
        let (name, text) = match &self.credential {
            Credential::None => return Ok(None),
            Credential::Key(key) => (HeaderName::from_static("apikey"), Sensitive::new(key.expose().clone())),
            Credential::Token(token) => (AUTHORIZATION, Sensitive::new(format!("Bearer {}", token.expose()))),
        };
        let mut value = HeaderValue::from_str(text.expose()).map_err(|_| AccountError::BadKey)?;
        value.set_sensitive(true);
        Ok(Some((name, value)))
    }

    fn secret(&self) -> Option<&str> {
        match &self.credential {
            Credential::None => None,
            Credential::Key(secret) | Credential::Token(secret) => Some(secret.expose()),
        }
    }
}

fn fits_in_a_header(secret: &Sensitive<String>, longest: usize) -> Result<(), AccountError> {
    let text = secret.expose();
    let fits = (1..=longest).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    if fits { Ok(()) } else { Err(AccountError::BadKey) }
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
