//! Questions to a JSON-RPC node and their answers.
//!
//! alloy's own HTTP client reads a body of any length and writes parameters into its log, so only its message types are
//! used here and the post is ours.

mod question;

use std::sync::Arc;
use std::time::Duration;

use alloy::rpc::json_rpc::{
    ErrorPayload, Id, Request, RequestPacket, Response, ResponsePacket, ResponsePayload,
};
use alloy::sol_types::SolCall;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use types::{Bytes, U256};

use crate::error::{ChainError, quote};
use crate::revert::Revert;
use crate::{RpcEndpoint, contracts};

pub(crate) use question::{At, Question, Tag};

/// No honest answer to our questions comes near this.
const LARGEST_ANSWER: usize = 8 * 1024 * 1024;
/// Public nodes refuse longer batches. One place in each is taken by the chain id.
const LONGEST_BATCH: usize = 10;

/// How long to wait for a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// For the connection.
    pub connect: Duration,
    /// For a whole answer, the connection included.
    pub total: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), total: Duration::from_secs(15) }
    }
}

/// One answer, or why there is none.
pub(crate) type Answer = Result<Box<RawValue>, ChainError>;

/// A node of one chain.
#[derive(Debug, Clone)]
pub(crate) struct Rpc {
    http: reqwest::Client,
    endpoint: RpcEndpoint,
    chain_id: u64,
}

impl Rpc {
    pub(crate) fn new(endpoint: &RpcEndpoint, chain_id: u64, patience: Patience) -> Result<Self, ChainError> {
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(patience.connect)
            .timeout(patience.total)
            .tls_backend_preconfigured(no_tls())
            .build()
            .map_err(unreachable)?;
        Ok(Self { http, endpoint: endpoint.clone(), chain_id })
    }

    /// Asks, in as many batches as it takes. The chain id is asked along in each and must be ours before any other
    /// answer counts.
    pub(crate) async fn ask(&self, questions: Vec<Question>) -> Result<Answers, ChainError> {
        let mut all = Vec::with_capacity(questions.len());
        let mut rest = questions.into_iter();
        loop {
            let mut batch = vec![Question::chain_id()];
            batch.extend(rest.by_ref().take(LONGEST_BATCH - 1));
            let mut answers = Answers(self.batch(&batch).await?.into_iter());
            self.check_chain(answers.value()?)?;
            all.extend(answers.0);
            if rest.len() == 0 {
                return Ok(Answers(all.into_iter()));
            }
        }
    }

    /// The answer to one question.
    pub(crate) async fn value<T: DeserializeOwned>(&self, question: Question) -> Result<T, ChainError> {
        self.ask(vec![question]).await?.value()
    }

    fn check_chain(&self, found: U256) -> Result<(), ChainError> {
        let expected = self.chain_id;
        if found == U256::from(expected) {
            return Ok(());
        }
        Err(ChainError::WrongChain { expected, found: found.saturating_to() })
    }

    async fn batch(&self, questions: &[Question]) -> Result<Vec<Answer>, ChainError> {
        let numbered = (0_u64..).zip(questions);
        let requests = numbered.map(|(id, question)| {
            tracing::debug!(method = question.method, "asking the node");
            Request::new(question.method, Id::Number(id), &question.params).serialize()
        });
        let packet = RequestPacket::Batch(requests.collect::<Result<_, _>>().map_err(ChainError::garbled)?);
        let responses = match self.post(&packet).await? {
            ResponsePacket::Batch(responses) => responses,
            // A node that refuses a batch as a whole answers with one error and no id.
            ResponsePacket::Single(Response { payload: ResponsePayload::Failure(error), .. }) => {
                return Err(refusal(&error));
            }
            ResponsePacket::Single(_) => return Err(ChainError::garbled("one answer to many questions")),
        };
        Ok(in_order(responses, questions.len()))
    }

    async fn post(&self, packet: &RequestPacket) -> Result<ResponsePacket, ChainError> {
        let sent = self.http.post(self.endpoint.url()).json(packet).send().await;
        let mut response = sent.map_err(unreachable)?;
        let status = response.status();
        if status.as_u16() == 429 {
            return Err(ChainError::Busy);
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
            if body.len() + chunk.len() > LARGEST_ANSWER {
                return Err(ChainError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        // Some nodes put a proper JSON-RPC error under an HTTP error.
        match serde_json::from_slice(&body) {
            Ok(packet) => Ok(packet),
            Err(_) if !status.is_success() => Err(ChainError::Http(status.as_u16())),
            Err(error) => Err(ChainError::garbled(error)),
        }
    }
}

/// Sorts answers by their ids; a question without an answer gets an error of its own.
fn in_order(responses: Vec<Response>, count: usize) -> Vec<Answer> {
    let missing = || Err(ChainError::garbled("an answer is missing"));
    let mut answers: Vec<Answer> = (0..count).map(|_| missing()).collect();
    for Response { id, payload } in responses {
        let Id::Number(id) = id else { continue };
        let Some(place) = usize::try_from(id).ok().and_then(|id| answers.get_mut(id)) else { continue };
        *place = match payload {
            ResponsePayload::Success(value) => Ok(value),
            ResponsePayload::Failure(error) => Err(refusal(&error)),
        };
    }
    answers
}

/// What a node's error says, by its code; the words only where nodes have no code for it.
fn refusal(error: &ErrorPayload) -> ChainError {
    if let Some(data) = error.as_revert_data() {
        return ChainError::Reverts(Revert::of(&data));
    }
    if error.code == 3 || error.message.starts_with("execution reverted") {
        return ChainError::Reverts(Revert::NotGiven);
    }
    if error.is_retry_err() {
        return ChainError::Busy;
    }
    ChainError::Refused { code: error.code, text: quote(&error.message) }
}

/// Nobody is trusted, since nothing here is encrypted. It must be said: the HTTP library has no cipher library of its own
/// and would look for one, and for the system's roots, which not every machine has.
fn no_tls() -> ClientConfig {
    let ring = Arc::new(ring::default_provider());
    let config = ClientConfig::builder_with_provider(ring).with_safe_default_protocol_versions();
    let config = config.expect("BUG: ring knows the usual versions of TLS");
    config.with_root_certificates(RootCertStore::empty()).with_no_client_auth()
}

fn unreachable(error: reqwest::Error) -> ChainError {
    match error.is_timeout() {
        true => ChainError::TimedOut,
        // The address is the owner's own choice and may carry a key one day: it stays out of errors.
        false => ChainError::Unreachable(quote(&error.without_url().to_string())),
    }
}

/// Answers in the order of their questions.
#[derive(Debug)]
pub(crate) struct Answers(std::vec::IntoIter<Answer>);

impl Answers {
    /// The next answer as it came.
    pub(crate) fn raw(&mut self) -> Answer {
        self.0.next().expect("BUG: more answers are read than questions were asked")
    }

    /// The next answer as a JSON value.
    pub(crate) fn value<T: DeserializeOwned>(&mut self) -> Result<T, ChainError> {
        serde_json::from_str(self.raw()?.get()).map_err(ChainError::garbled)
    }

    /// What the next contract call returned.
    pub(crate) fn returned<C: SolCall>(&mut self) -> Result<C::Return, ChainError> {
        let bytes: Bytes = self.value()?;
        contracts::returned::<C>(&bytes)
    }
}
