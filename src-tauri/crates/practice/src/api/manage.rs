//! What only a fresh user token may change: keys, where the account is paid, its wallets.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use serde_json::{Value, json};
use types::{Sensitive, Sha256};

use super::form::{ANY, Form};
use crate::accounts::{ASSETS, LinkError, Linked, NewKey, Preference, Purpose, lower};
use crate::credential::credential;
use crate::error::ApiError;
use crate::hub::{Hub, State as Memory};
use crate::limits::Rule;
use crate::sign_in::{Offer, wallet};
use crate::signature::signer_of;

/// Issues an API key, which is shown this once.
pub(super) async fn issue_key(
    State(hub): State<Arc<Hub>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, ApiError> {
    let mut form = Form::read(&body)?;
    let label = form.text_if_given("label");
    let purpose = form.either("purpose", ["inference", "validator"]);
    form.done()?;
    let account = hub.manager(credential(&headers))?;
    let (kind, kept) = match purpose {
        "validator" => (Purpose::Validator, Some(label.clone().unwrap_or_else(|| "validator".to_owned()))),
        _ => (Purpose::Inference, label.clone()),
    };
    let scopes = kind.scopes();
    let now = hub.now();
    let mut state = hub.state();
    let Memory { accounts, chance, .. } = &mut *state;
    let secret = Sensitive::new(chance.api_key());
    accounts.keys.enter(&secret, NewKey { account, purpose: kind, label: kept, expires: None }, now);
    // The label comes back as it was sent, also where another one is kept.
    Ok(Json(json!({"api_key": secret.expose(), "label": label, "purpose": purpose, "scopes": scopes})))
}

/// Revokes every key whose id begins like this one.
pub(super) async fn revoke_key(
    State(hub): State<Arc<Hub>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Value>, ApiError> {
    let account = hub.manager(credential(&headers))?;
    match hub.state().accounts.keys.revoke(&account, &id) {
        0 => Err(ApiError::NoSuchKey),
        count => Ok(Json(json!({"revoked": id, "count": count}))),
    }
}

/// Changes where the account is paid. Nobody asks whose wallet it is.
pub(super) async fn payout_wallet(
    State(hub): State<Arc<Hub>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, ApiError> {
    let mut form = Form::read(&body)?;
    let given = form.text_or_null("wallet").filter(|given| !given.is_empty());
    form.done()?;
    hub.count(Rule::PayoutWallet, credential(&headers))?;
    let account = hub.manager(credential(&headers))?;
    let payout = given.map(|given| wallet(&given).ok_or(ApiError::PayoutAddress)).transpose()?;
    hub.state().accounts.set_payout_wallet(&account, payout);
    Ok(Json(json!({"payout_wallet": lower(payout)})))
}

/// Stores a wish that changes nothing.
pub(super) async fn payout_preference(
    State(hub): State<Arc<Hub>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, ApiError> {
    let mut form = Form::read(&body)?;
    let wish = form.text("asset", ANY).trim().to_uppercase();
    let aipg_bps = form.whole("aipg_bps", 0, i64::MIN..=i64::MAX);
    form.done()?;
    hub.count(Rule::PayoutPreference, credential(&headers))?;
    let account = hub.manager(credential(&headers))?;
    let asset = ASSETS.into_iter().find(|asset| *asset == wish).ok_or(ApiError::PayoutAsset)?;
    if !(0..=10_000).contains(&aipg_bps) {
        return Err(ApiError::PayoutShare);
    }
    hub.state().accounts.set_preference(&account, Preference { asset, aipg_bps });
    Ok(Json(json!({"asset": asset, "aipg_bps": aipg_bps})))
}

/// Links one more wallet, which becomes the primary one.
pub(super) async fn link_wallet(
    State(hub): State<Arc<Hub>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, ApiError> {
    let mut form = Form::read(&body)?;
    let (message, signature) = (form.text("message", ANY), form.text("signature", ANY));
    let address = form.text("address", ANY);
    form.done()?;
    hub.count(Rule::WalletLink, credential(&headers))?;
    let account = hub.manager(credential(&headers))?;
    let head = format!("Link wallet to AIPG Grid account {}\n\nNonce: ", account.as_str());
    let nonce = message.strip_prefix(&head).filter(|nonce| is_hex(nonce)).ok_or(LinkError::Message)?;
    // Unlike at a sign-in, the nonce is gone before the signature is looked at.
    let offer = hub.state().sign_ins.nonces.spend(nonce, hub.now());
    offer.filter(|offer| *offer == Offer::Plain).ok_or(LinkError::Nonce)?;
    let signer = signer_of(&message, &signature).ok_or(LinkError::Malformed)?;
    if wallet(&address) != Some(signer) {
        return Err(LinkError::Signer.into());
    }
    let linked = hub.link(&account, signer)?;
    let (id, shown) = (account.as_str(), lower(Some(signer)));
    let subject = Sha256::of(&shown).to_string();
    Ok(Json(match linked {
        Linked::New => {
            json!({"status": "linked", "account_id": id, "subject_hash": subject, "wallet": shown})
        }
        Linked::Already => {
            json!({"status": "already", "account_id": id, "subject_hash": subject, "wallet": shown})
        }
        Linked::Merged(source) => {
            json!({"status": "merged", "account_id": id, "source_account_id": source.as_str(), "wallet": shown})
        }
    }))
}

fn is_hex(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
