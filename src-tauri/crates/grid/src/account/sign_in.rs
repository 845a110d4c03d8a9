//! Signing in: the coordinator writes a message, the wallet signs it, and a short session begins.

use reqwest::Method;
use serde::Deserialize;
use serde_json::json;
use types::{Address, GRID_CHAIN_ID, Sensitive, SignIn, SignInOrigin, Signature, Timestamp};

use super::http::{Answer, Call, Http};
use super::text::{address, name};
use super::{AccountError, AccountPatience, ManageError, Session};
use crate::Endpoint;

const LONGEST_ID: usize = 120;

/// The door to an account: needs no key, and opens for the wallet's signature.
#[derive(Debug)]
pub struct SignInClient {
    http: Http,
}

impl SignInClient {
    /// Nothing is sent yet.
    pub fn new(endpoint: &Endpoint, patience: AccountPatience) -> Result<Self, AccountError> {
        Ok(Self { http: Http::keyless(endpoint, patience)? })
    }

    /// Asks for a message to sign, and takes it only if it is the template with exactly what was asked for in it.
    pub async fn challenge(&self, wallet: Address, origin: &SignInOrigin) -> Result<SignIn, ManageError> {
        let body = json!({"address": wallet.to_string(), "domain": origin.domain(), "uri": origin.uri(),
            "chain_id": GRID_CHAIN_ID});
        let path = "/v1/accounts/wallet/challenge";
        let answer =
            self.http.manage(Call { method: Method::POST, path, body: Some(body), secrets: &[] }).await?;
        let wire: Challenge =
            serde_json::from_slice(&answer).map_err(|_| AccountError::wrong("the sign-in challenge"))?;
        let sign_in = SignIn::parse(&wire.message).ok_or(ManageError::OtherText)?;
        let as_asked = sign_in.address() == wallet && sign_in.origin() == origin;
        if as_asked { Ok(sign_in) } else { Err(ManageError::OtherText) }
    }

    /// Brings the signed message back. `now` is the moment before the call: the session is counted from it.
    pub async fn verify(
        &self,
        sign_in: &SignIn,
        signature: &Signature,
        now: Timestamp,
    ) -> Result<Session, ManageError> {
        let body = json!({"message": sign_in.text(), "signature": signature.to_string(),
            "address": sign_in.address().to_string()});
        let path = "/v1/accounts/wallet/verify";
        let call = Call { method: Method::POST, path, body: Some(body), secrets: &[] };
        let answer = match self.http.send(&call).await? {
            Answer::Page(body) => Sensitive::new(body),
            Answer::Refusal { status, words } => return Err(ManageError::sign_in_refusal(status, words)),
        };
        let wire: Verified =
            serde_json::from_slice(answer.expose()).map_err(|_| AccountError::wrong("the sign-in"))?;
        let token = Sensitive::new(wire.access_token);
        if address(&wire.wallet).flatten() != Some(sign_in.address()) {
            return Err(AccountError::wrong("the wallet of the sign-in").into());
        }
        if !token.expose().starts_with("gridu_") {
            return Err(AccountError::wrong("the token of the sign-in").into());
        }
        let account_id =
            name(&wire.account_id, LONGEST_ID).ok_or_else(|| AccountError::wrong("account_id"))?;
        Ok(Session::new(self.http.with_token(token)?, account_id, wire.created, now))
    }
}

#[derive(Deserialize)]
struct Challenge {
    message: String,
}

#[derive(Deserialize)]
struct Verified {
    account_id: String,
    wallet: String,
    access_token: String,
    created: bool,
}
