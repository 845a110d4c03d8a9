//! Verifies the delegation and the fresh proof a worker may register with: pure.
//!
//! The checks stand in the coordinator's order, because the first one that fails chooses the words.

use std::collections::HashMap;
use std::time::Duration;

use alloy_primitives::Address;
use serde_json::{Map, Value};
use types::Timestamp;

use crate::signature::signer_of;

mod canonical;
mod checks;

use canonical::canonical_object;
use checks::{address, check_bond, check_claim, check_delegation, check_freshness, repeats, text};

/// How long a proof's nonce is remembered.
const NONCE_LIFE: Duration = Duration::from_secs(600);
/// The longest signature text.
const LONGEST_SIGNATURE: usize = 132;

const PROOF_FIELDS: [&str; 3] = ["payload", "signature", "delegation"];
const CERTIFICATE_FIELDS: [&str; 2] = ["payload", "signature"];
const REGISTRATION_FIELDS: [&str; 10] = [
    "version",
    "timestamp",
    "nonce",
    "worker_signer",
    "worker_name",
    "models",
    "job_types",
    "bridge_agent",
    "profile_digest",
    "profile_recipe_root",
];
const DELEGATION_FIELDS: [&str; 9] = [
    "version",
    "chain_id",
    "audience",
    "delegation_id",
    "payout_wallet",
    "worker_signer",
    "worker_name",
    "issued_at",
    "expires_at",
];

/// Why an identity is refused. The text is what the coordinator says, word for word.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct IdentityError(String);

fn refuse<T>(words: impl Into<String>) -> Result<T, IdentityError> {
    Err(IdentityError(words.into()))
}

/// What the first frame and the account say, which the proof must repeat.
#[derive(Debug, Clone, Copy)]
pub struct Claimed<'a> {
    /// The account's payout wallet.
    pub payout_wallet: Option<Address>,
    /// The name in the first frame.
    pub worker_name: &'a str,
    /// The models in the first frame, as they came.
    pub models: &'a Value,
    /// The job types that were kept.
    pub job_types: &'a [String],
    /// The agent in the first frame.
    pub bridge_agent: &'a str,
}

/// A worker that proved who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedIdentity {
    /// The rig key whose receipts count from now on, and no other's.
    pub signer: Address,
    /// Who delegated.
    pub payout_wallet: Address,
    /// The delegation's id.
    pub delegation_id: String,
    /// When the delegation ends, in unix seconds.
    pub expires_at: u64,
    nonce: String,
}

/// Checks a `worker_identity` against what was claimed. Whether its nonce is new is a matter for [`Nonces`].
pub fn verify(proof: &Value, claimed: Claimed<'_>, now: u64) -> Result<VerifiedIdentity, IdentityError> {
    let Some(wallet) = claimed.payout_wallet else {
        return refuse("authenticated account has no valid payout wallet");
    };
    let parts = Parts::of(proof)?;
    check_claim(claimed)?;
    let times = check_delegation(parts.delegation, now)?;
    let signer = address(&parts.delegation["worker_signer"], "worker signer")?;
    if !repeats(parts.payload, claimed, signer) {
        return refuse("worker registration proof does not match advertised capabilities");
    }
    check_freshness(parts.payload, now)?;
    check_bond(parts.delegation, wallet, claimed.worker_name, signer)?;
    check_signatures(&parts, wallet, signer)?;
    Ok(VerifiedIdentity {
        signer,
        payout_wallet: wallet,
        delegation_id: text(&parts.delegation["delegation_id"]).to_owned(),
        expires_at: times.expires_at,
        nonce: text(&parts.payload["nonce"]).to_owned(),
    })
}

struct Parts<'a> {
    payload: &'a Map<String, Value>,
    signature: &'a Value,
    delegation: &'a Map<String, Value>,
    delegation_signature: &'a Value,
}

impl<'a> Parts<'a> {
    fn of(proof: &'a Value) -> Result<Self, IdentityError> {
        let proof = exactly(proof, &PROOF_FIELDS, "worker identity proof is malformed")?;
        let payload =
            exactly(&proof["payload"], &REGISTRATION_FIELDS, "worker registration payload is malformed")?;
        let certificate =
            exactly(&proof["delegation"], &CERTIFICATE_FIELDS, "worker delegation certificate is malformed")?;
        let delegation =
            exactly(&certificate["payload"], &DELEGATION_FIELDS, "worker delegation payload is malformed")?;
        Ok(Self {
            payload,
            signature: &proof["signature"],
            delegation,
            delegation_signature: &certificate["signature"],
        })
    }
}

/// An object with these fields and no others.
fn exactly<'a>(
    value: &'a Value,
    fields: &[&str],
    words: &str,
) -> Result<&'a Map<String, Value>, IdentityError> {
    match value.as_object() {
        Some(object)
            if object.len() == fields.len() && fields.iter().all(|field| object.contains_key(*field)) =>
        {
            Ok(object)
        }
        _ => refuse(words),
    }
}

fn check_signatures(parts: &Parts<'_>, wallet: Address, signer: Address) -> Result<(), IdentityError> {
    let delegation = format!("aipg-worker-delegation:v1:{}", canonical_object(parts.delegation));
    if recovered(&delegation, parts.delegation_signature, "delegation")? != wallet {
        return refuse("delegation was not signed by the payout wallet");
    }
    let registration = format!("aipg-worker-registration:v1:{}", canonical_object(parts.payload));
    if recovered(&registration, parts.signature, "registration")? != signer {
        return refuse("registration was not signed by the delegated worker key");
    }
    Ok(())
}

fn recovered(message: &str, signature: &Value, what: &str) -> Result<Address, IdentityError> {
    signature
        .as_str()
        .filter(|signature| signature.len() <= LONGEST_SIGNATURE)
        .and_then(|signature| signer_of(message, signature))
        .ok_or_else(|| IdentityError(format!("worker {what} signature is invalid")))
}

/// The proofs that were used lately.
#[derive(Debug, Default)]
pub struct Nonces(HashMap<(Address, String), Timestamp>);

impl Nonces {
    /// Uses a proof up: a second use within ten minutes is refused.
    pub fn spend(&mut self, identity: &VerifiedIdentity, now: Timestamp) -> Result<(), IdentityError> {
        self.0.retain(|_, used| now.since(*used) < NONCE_LIFE);
        match self.0.insert((identity.signer, identity.nonce.clone()), now) {
            None => Ok(()),
            Some(first) => {
                self.0.insert((identity.signer, identity.nonce.clone()), first);
                refuse("worker registration proof was already used")
            }
        }
    }
}
