//! The single checks of a proof, each with its words.

use alloy_primitives::Address;
use serde_json::{Map, Value};
use types::{GRID_AUDIENCE, GRID_CHAIN_ID};

use super::{Claimed, IdentityError, refuse};

/// How far a proof's time may be off, either way.
const SKEW: u64 = 300;
/// The longest life of a delegation.
const LONGEST_LIFE: u64 = 365 * 86_400;

pub(super) fn check_claim(claimed: Claimed<'_>) -> Result<(), IdentityError> {
    let fits = |text: &str, most: usize| !text.is_empty() && text.chars().count() <= most;
    if !fits(claimed.worker_name, 128) {
        return refuse("worker name is invalid");
    }
    let Some(models) = claimed.models.as_array().filter(|models| (1..=64).contains(&models.len())) else {
        return refuse("worker model list is invalid");
    };
    if !models.iter().all(|model| model.as_str().is_some_and(|model| fits(model, 200))) {
        return refuse("worker model name is invalid");
    }
    if !(1..=5).contains(&claimed.job_types.len()) {
        return refuse("worker job type list is invalid");
    }
    if !fits(claimed.bridge_agent, 128) {
        return refuse("worker bridge agent is invalid");
    }
    Ok(())
}

/// How long a delegation holds.
pub(super) struct Times {
    pub(super) expires_at: u64,
}

pub(super) fn check_delegation(delegation: &Map<String, Value>, now: u64) -> Result<Times, IdentityError> {
    if delegation["version"] != 1 {
        return refuse("unsupported worker delegation version");
    }
    if integer(&delegation["chain_id"], "delegation chain ID")? != i128::from(GRID_CHAIN_ID) {
        return refuse("worker delegation targets the wrong chain");
    }
    if delegation["audience"] != GRID_AUDIENCE {
        return refuse("worker delegation targets the wrong Core audience");
    }
    address(&delegation["payout_wallet"], "payout wallet")?;
    address(&delegation["worker_signer"], "worker signer")?;
    if !is_hex_32(&delegation["delegation_id"]) {
        return refuse("worker delegation ID is invalid");
    }
    if text(&delegation["worker_name"]).is_empty() {
        return refuse("worker delegation name is invalid");
    }
    check_times(delegation, now)
}

fn check_times(delegation: &Map<String, Value>, now: u64) -> Result<Times, IdentityError> {
    let issued_at = integer(&delegation["issued_at"], "delegation issued_at")?;
    let expires_at = integer(&delegation["expires_at"], "delegation expires_at")?;
    let now = i128::from(now);
    if expires_at <= issued_at || expires_at - issued_at > i128::from(LONGEST_LIFE) {
        return refuse("worker delegation lifetime is invalid");
    }
    if issued_at > now + i128::from(SKEW) {
        return refuse("worker delegation was issued in the future");
    }
    if expires_at <= now {
        return refuse("worker delegation has expired");
    }
    Ok(Times { expires_at: u64::try_from(expires_at).unwrap_or(u64::MAX) })
}

/// Whether the signed payload says exactly what the first frame says, in the same order.
pub(super) fn repeats(payload: &Map<String, Value>, claimed: Claimed<'_>, signer: Address) -> bool {
    payload["version"] == 1
        && payload["worker_signer"] == lower(signer)
        && payload["worker_name"] == claimed.worker_name
        && payload["models"] == *claimed.models
        && payload["job_types"] == Value::from(claimed.job_types)
        && payload["bridge_agent"] == claimed.bridge_agent
        && payload["profile_digest"].is_null()
        && payload["profile_recipe_root"].is_null()
}

pub(super) fn check_freshness(payload: &Map<String, Value>, now: u64) -> Result<(), IdentityError> {
    let timestamp = integer(&payload["timestamp"], "registration timestamp")?;
    if (i128::from(now) - timestamp).abs() > i128::from(SKEW) {
        return refuse("worker registration proof is stale");
    }
    if !is_hex_32(&payload["nonce"]) {
        return refuse("worker registration nonce must be 16 random bytes");
    }
    Ok(())
}

/// The delegation must tie this account's wallet, this name and this key together.
pub(super) fn check_bond(
    delegation: &Map<String, Value>,
    wallet: Address,
    name: &str,
    signer: Address,
) -> Result<(), IdentityError> {
    if delegation["payout_wallet"] != lower(wallet) {
        return refuse("delegation payout wallet does not match the authenticated account");
    }
    if delegation["worker_name"] != name {
        return refuse("delegation targets a different worker name");
    }
    if delegation["worker_signer"] != lower(signer) {
        return refuse("delegation worker signer is not canonical");
    }
    Ok(())
}

/// Any 40 hex digits; mixed case must carry the right checksum.
pub(super) fn address(value: &Value, what: &str) -> Result<Address, IdentityError> {
    let parse = |text: &str| {
        let address: Address = text.parse().ok()?;
        let digits = text.strip_prefix("0x").unwrap_or(text);
        let mixed = digits.bytes().any(|byte| byte.is_ascii_lowercase())
            && digits.bytes().any(|byte| byte.is_ascii_uppercase());
        (!mixed || address.to_checksum(None)[2..] == *digits).then_some(address)
    };
    value.as_str().and_then(parse).ok_or_else(|| IdentityError(format!("{what} is not a valid EVM address")))
}

fn integer(value: &Value, what: &str) -> Result<i128, IdentityError> {
    let whole = value.as_i64().map(i128::from).or_else(|| value.as_u64().map(i128::from));
    whole.ok_or_else(|| IdentityError(format!("{what} must be an integer")))
}

fn is_hex_32(value: &Value) -> bool {
    let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    value.as_str().is_some_and(|text| text.len() == 32 && text.bytes().all(digit))
}

pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn lower(address: Address) -> String {
    format!("{address:#x}")
}
