//! `POST /v1/accounts/wallet/…`: a wallet signs in.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use serde_json::{Value, json};

use super::form::{ANY, Form};
use crate::accounts::lower;
use crate::credential::credential;
use crate::error::ApiError;
use crate::hub::{Hub, State as Memory};
use crate::limits::Rule;
use crate::sign_in::{
    Challenge, NONCE_LIFE, Offer, Proof, SIGN_IN_CHAIN, SignInError, Signed, TOKEN_LIFE, nonce_in,
};

/// Writes the text that a wallet is asked to sign.
pub(super) async fn challenge(
    State(hub): State<Arc<Hub>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, ApiError> {
    let mut form = Form::read(&body)?;
    let address = form.text("address", ANY);
    let domain = form.text("domain", 1..=255);
    let uri = form.text("uri", 1..=2048);
    let chain = form.whole("chain_id", SIGN_IN_CHAIN.cast_signed(), i64::MIN..=i64::MAX);
    form.done()?;
    hub.count(Rule::Challenge, credential(&headers))?;
    let now = hub.now();
    let mut state = hub.state();
    let nonce = state.chance.nonce();
    let challenge = Challenge::write(address, &domain, &uri, chain, &nonce, now)?;
    let answer = json!({"nonce": nonce, "message": challenge.message, "expires_in": NONCE_LIFE,
        "chain_id": SIGN_IN_CHAIN});
    give(&mut state, nonce, Offer::Challenge(challenge), &hub)?;
    Ok(Json(answer))
}

fn give(state: &mut Memory, nonce: String, offer: Offer, hub: &Hub) -> Result<(), ApiError> {
    if state.sign_ins.nonces.give(nonce, offer, hub.now()) { Ok(()) } else { Err(ApiError::TooFast) }
}

/// A bare nonce. It still links wallets and does not sign in any more.
pub(super) async fn nonce(State(hub): State<Arc<Hub>>, headers: HeaderMap) -> Result<Json<Value>, ApiError> {
    hub.count(Rule::Nonce, credential(&headers))?;
    let mut state = hub.state();
    let nonce = state.chance.nonce();
    give(&mut state, nonce.clone(), Offer::Plain, &hub)?;
    Ok(Json(json!({"nonce": nonce})))
}

/// Exchanges a signed text for a user token.
pub(super) async fn verify(
    State(hub): State<Arc<Hub>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, ApiError> {
    let mut form = Form::read(&body)?;
    let (message, signature) = (form.text("message", ANY), form.text("signature", ANY));
    let (address, username) = (form.text("address", ANY), form.text_if_given("username"));
    form.done()?;
    hub.count(Rule::Verify, credential(&headers))?;
    let signed = Signed { message, signature, address };
    let nonce = nonce_in(&signed.message).ok_or(SignInError::Nonce)?;
    let now = hub.now();
    // The curve is not computed under the lock. Of two who sign in with one challenge the second one is told.
    let offer = hub.state().sign_ins.nonces.look(nonce, now).cloned();
    let wallet = signed.check(offer.as_ref())?;
    let mut state = hub.state();
    state.sign_ins.nonces.spend(nonce, now).ok_or(SignInError::Spent)?;
    let Memory { accounts, sign_ins, chance, .. } = &mut *state;
    let (account, created) = accounts.sign_in(wallet, username, chance);
    let token = sign_ins.tokens.issue(account.clone(), Proof::Wallet, now, chance);
    let username = accounts.holder(&account).map(|holder| holder.username());
    Ok(Json(json!({"account_id": account.as_str(), "wallet": lower(Some(wallet)), "username": username,
        "access_token": token.expose(), "token_type": "Bearer", "expires_in": TOKEN_LIFE, "api_key": null,
        "created": created})))
}

/// What the calls of old are told.
pub(super) async fn retired_accounts() -> ApiError {
    ApiError::Retired("Legacy internal account creation is retired")
}

/// The same. The specification names the status and not the words.
pub(super) async fn retired_session() -> ApiError {
    ApiError::Retired("Legacy internal account sessions are retired")
}
