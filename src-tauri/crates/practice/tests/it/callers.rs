//! A raw HTTP client and a wallet, for everything about accounts.

use std::sync::Arc;

use alloy_primitives::{Address, eip191_hash_message};
use k256::ecdsa::SigningKey;
use practice::{Network, Options};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{HandClock, PATIENCE, T0, http};

/// What came back.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Answer {
    /// The body of a success.
    pub(crate) fn good(self) -> Value {
        assert_eq!(self.status, 200, "{}", self.body);
        self.body
    }

    pub(crate) fn refused(status: u16, words: &str) -> Self {
        Self { status, body: json!({"detail": words}) }
    }
}

/// Sends a request with any headers.
pub(crate) async fn send(
    network: &Network,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<&Value>,
) -> Answer {
    let url = format!("{}{path}", network.api_base());
    let mut request = http().request(method, url).timeout(PATIENCE);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    if let Some(body) = body {
        request = request.json(body);
    }
    let response = request.send().await.expect("answers");
    let status = response.status().as_u16();
    Answer { status, body: response.json().await.expect("JSON") }
}

fn bearer(credential: &str) -> Vec<(&'static str, String)> {
    if credential.is_empty() { Vec::new() } else { vec![("authorization", format!("Bearer {credential}"))] }
}

/// Sends a request with a credential; an empty one is none.
pub(crate) async fn call(
    network: &Network,
    method: Method,
    path: &str,
    credential: &str,
    body: Option<&Value>,
) -> Answer {
    let headers = bearer(credential);
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    send(network, method, path, &headers, body).await
}

pub(crate) async fn get(network: &Network, path: &str, credential: &str) -> Answer {
    call(network, Method::GET, path, credential, None).await
}

pub(crate) async fn post(network: &Network, path: &str, credential: &str, body: Value) -> Answer {
    call(network, Method::POST, path, credential, Some(&body)).await
}

/// A network where rigs may enrol, and its clock.
pub(crate) async fn enrolling(seconds: u64) -> (Network, Arc<HandClock>) {
    let clock = HandClock::at(seconds);
    let mut options = Options::new(clock.clone(), 7);
    options.enrolment = true;
    (Network::start(options).await.expect("a port on loopback"), clock)
}

pub(crate) async fn enrolling_now() -> (Network, Arc<HandClock>) {
    enrolling(T0).await
}

/// A wallet with a test-only key.
#[derive(Clone)]
pub(crate) struct Wallet(SigningKey);

impl Wallet {
    pub(crate) fn of(key: &str) -> Self {
        let key = hex::decode(key.trim_start_matches("0x")).expect("hex");
        Self(SigningKey::from_slice(&key).expect("a key"))
    }

    pub(crate) fn numbered(number: u8) -> Self {
        Self::of(&hex::encode([number; 32]))
    }

    pub(crate) fn address(&self) -> Address {
        Address::from_private_key(&self.0)
    }

    pub(crate) fn checksummed(&self) -> String {
        self.address().to_checksum(None)
    }

    pub(crate) fn lower(&self) -> String {
        format!("{:#x}", self.address())
    }

    /// Signs by EIP-191.
    pub(crate) fn sign(&self, text: &str) -> String {
        let digest = eip191_hash_message(text);
        let (signature, recovery) = self.0.sign_prehash_recoverable(digest.as_slice()).expect("signs");
        format!("0x{}{:02x}", hex::encode(signature.to_bytes()), 27 + recovery.to_byte())
    }

    pub(crate) async fn challenge(&self, network: &Network) -> Value {
        let body = json!({"address": self.checksummed(), "domain": "127.0.0.1:7010",
            "uri": "http://127.0.0.1:7010", "chain_id": 8453});
        post(network, "/v1/accounts/wallet/challenge", "", body).await.good()
    }

    pub(crate) fn signed(&self, challenge: &Value) -> Value {
        let message = challenge["message"].as_str().expect("a text");
        json!({"message": message, "signature": self.sign(message), "address": self.checksummed()})
    }

    /// Signs in and gives the whole answer.
    pub(crate) async fn signed_in(&self, network: &Network) -> Value {
        let challenge = self.challenge(network).await;
        post(network, "/v1/accounts/wallet/verify", "", self.signed(&challenge)).await.good()
    }

    /// Signs in and gives the token.
    pub(crate) async fn token(&self, network: &Network) -> String {
        text(&self.signed_in(network).await["access_token"])
    }
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

/// Issues a key over HTTP.
pub(crate) async fn issued(network: &Network, token: &str, label: &str, purpose: &str) -> String {
    let body = json!({"label": label, "purpose": purpose});
    text(&post(network, "/v1/account/keys", token, body).await.good()["api_key"])
}
