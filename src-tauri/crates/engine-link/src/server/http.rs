//! The way to one server: bounded in time and size, and never anywhere else.

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Client, Response, redirect};
use serde_json::Value;
use tokio::time::timeout;
use tokio_rustls::rustls::Error as TlsError;
use types::Sensitive;

use super::resolve::AtHome;
use super::{ServerAddress, ServerPatience, tls};

/// The largest page: a list of models, an answer that is not streamed. A coordinator's frame holds 16 MiB.
const LARGEST_PAGE: usize = 8 * 1024 * 1024;
/// What is read of a refusal.
const LARGEST_REFUSAL: usize = 16 * 1024;
/// Keys of common servers have some 50 characters.
const LONGEST_KEY: usize = 512;

/// Why a server gave no answer. The words may be shown to the owner; they repeat nothing that was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HttpFault {
    #[error("the key for the server is not one that can be sent")]
    Key,
    #[error("nobody answers there")]
    Nobody,
    #[error("its certificate is not one that this computer trusts")]
    Untrusted,
    #[error("no answer in time")]
    Slow,
    #[error("the line was cut")]
    Cut,
    #[error("its answer is too large")]
    TooLarge,
    #[error("its answer is not what such a server says")]
    Garbled,
    #[error("it answered {0}")]
    Status(u16),
}

/// One server with one key.
#[derive(Debug, Clone)]
pub(crate) struct Http {
    client: Client,
    address: ServerAddress,
    page_patience: Duration,
}

impl Http {
    pub(crate) fn new(
        address: &ServerAddress,
        key: Option<&Arc<Sensitive<String>>>,
        patience: ServerPatience,
    ) -> Result<Self, HttpFault> {
        let mut client = Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .referer(false)
            .connect_timeout(patience.connect)
            .default_headers(headers(key)?)
            // Some servers close an idle connection after seconds, and a job must not be the one to find that out.
            .pool_max_idle_per_host(0)
            .tls_backend_preconfigured(tls::config(address.is_plain()).map_err(|_| HttpFault::Nobody)?);
        if address.is_plain() {
            client = client.dns_resolver(Arc::new(AtHome));
        }
        let client = client.build().map_err(|_| HttpFault::Nobody)?;
        Ok(Self { client, address: address.clone(), page_patience: patience.page })
    }

    /// The same with another patience for whole pages.
    pub(crate) fn with_patience(&self, page: Duration) -> Self {
        Self { page_patience: page, ..self.clone() }
    }

    /// The JSON of a page.
    pub(crate) async fn get(&self, path: &str) -> Result<Value, HttpFault> {
        self.read(self.look(path).await?).await
    }

    /// The JSON of a page that was looked at.
    pub(crate) async fn read(&self, response: Response) -> Result<Value, HttpFault> {
        timeout(self.page_patience, json(response)).await.unwrap_or(Err(HttpFault::Slow))
    }

    /// The head of a page that is there.
    pub(crate) async fn look(&self, path: &str) -> Result<Response, HttpFault> {
        let request = self.client.get(self.address.page(path)).send();
        let response = timeout(self.page_patience, request).await.map_err(|_| HttpFault::Slow)?;
        successful(response.map_err(|error| fault(&error))?)
    }

    /// The JSON with which a page answers a question.
    pub(crate) async fn ask(&self, path: &str, body: String) -> Result<Value, HttpFault> {
        let answer = async { json(successful(self.post(path, body).await?)?).await };
        timeout(self.page_patience, answer).await.unwrap_or(Err(HttpFault::Slow))
    }

    /// Sends a request; whoever calls sets the deadline and reads the answer.
    pub(crate) async fn post(&self, path: &str, body: String) -> Result<Response, HttpFault> {
        let request = self.client.post(self.address.page(path)).header(CONTENT_TYPE, "application/json");
        request.body(body).send().await.map_err(|error| fault(&error))
    }
}

fn headers(key: Option<&Arc<Sensitive<String>>>) -> Result<HeaderMap, HttpFault> {
    let mut headers = HeaderMap::new();
    if let Some(key) = key {
        let key = key.expose();
        if key.is_empty() || key.len() > LONGEST_KEY || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(HttpFault::Key);
        }
        let mut value = HeaderValue::from_str(&format!("Bearer {key}")).map_err(|_| HttpFault::Key)?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    Ok(headers)
}

fn successful(response: Response) -> Result<Response, HttpFault> {
    if response.status().is_success() {
        Ok(response)
    } else {
        Err(HttpFault::Status(response.status().as_u16()))
    }
}

async fn json(response: Response) -> Result<Value, HttpFault> {
    serde_json::from_str(&text(response).await?).map_err(|_| HttpFault::Garbled)
}

/// A body to its end, as long as it is no larger than a page.
pub(crate) async fn text(mut response: Response) -> Result<String, HttpFault> {
    if response.content_length().is_some_and(|length| length > LARGEST_PAGE as u64) {
        return Err(HttpFault::TooLarge);
    }
    let mut bytes = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(|error| fault(&error))? {
        if bytes.len() + piece.len() > LARGEST_PAGE {
            return Err(HttpFault::TooLarge);
        }
        bytes.extend_from_slice(&piece);
    }
    String::from_utf8(bytes).map_err(|_| HttpFault::Garbled)
}

/// The start of a refusal, which is enough to say what it is about.
pub(crate) async fn refusal(mut response: Response) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let Ok(Some(piece)) = response.chunk().await {
        let room = LARGEST_REFUSAL - bytes.len();
        bytes.extend_from_slice(&piece[..piece.len().min(room)]);
        if bytes.len() == LARGEST_REFUSAL {
            break;
        }
    }
    bytes
}

pub(crate) fn fault(error: &reqwest::Error) -> HttpFault {
    if is_about_trust(error) {
        HttpFault::Untrusted
    } else if error.is_timeout() {
        HttpFault::Slow
    } else if error.is_connect() {
        HttpFault::Nobody
    } else {
        HttpFault::Cut
    }
}

/// The reason lies some layers down, where only its type tells it from a refused connection.
fn is_about_trust(error: &(dyn Error + 'static)) -> bool {
    // An IO error names its own source's source, and passes over the one it wraps.
    let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    error.is::<TlsError>()
        || wrapped.is_some_and(|wrapped| is_about_trust(wrapped))
        || error.source().is_some_and(is_about_trust)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_never_printed_and_odd_ones_are_not_sent() {
        let key = |text: &str| Arc::new(Sensitive::new(text.to_owned()));
        let address = ServerAddress::here(1);
        let http = Http::new(&address, Some(&key("sk-secret")), ServerPatience::default()).expect("a client");
        assert!(!format!("{http:?}").contains("secret"), "{http:?}");
        for odd in ["", "two words", "line\nend", &"x".repeat(LONGEST_KEY + 1)] {
            let refused = Http::new(&address, Some(&key(odd)), ServerPatience::default());
            assert_eq!(refused.err(), Some(HttpFault::Key), "{odd:?}");
        }
    }
}
