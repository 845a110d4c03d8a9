//! Enrolment: a rig that holds no key is let in by the owner of an account, and gets a key for its name alone.

use std::collections::HashMap;
use std::time::Duration;

use alloy_primitives::Address;
use serde_json::{Value, json};
use types::{Delegation, GRID_AUDIENCE, GRID_CHAIN_ID, Sha256, Timestamp, WorkerName};

use crate::accounts::{AccountId, lower};

mod application;
mod error;
mod steps;

pub(crate) use application::Application;
pub(crate) use error::EnrolmentError;
pub(crate) use steps::Preparation;

/// How many seconds an enrolment waits for its end.
pub(crate) const ENROLMENT_LIFE: u64 = 900;
/// How long an activated one answers a repeated acknowledgement.
const ACK_AGAIN: Duration = Duration::from_secs(60);
/// So many wait at once. Rate limits keep an honest network far below.
const MOST: usize = 1_000;

/// How far an enrolment has come.
#[derive(Debug, Clone)]
enum Stage {
    Pending,
    /// An account has named its wallet, which is to sign this.
    Prepared {
        account: AccountId,
        delegation: Delegation,
    },
    /// The wallet has signed; the rig's key works for now.
    Complete(Certificate),
    /// The rig has the certificate; its key works for good.
    Activated(Certificate),
}

/// A delegation and its signature, as it was handed in.
#[derive(Debug, Clone)]
struct Certificate {
    delegation: Delegation,
    signature: String,
}

impl Stage {
    const fn name(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Prepared { .. } => "prepared",
            Self::Complete(_) => "complete",
            Self::Activated(_) => "activated",
        }
    }
}

/// One rig's way in.
#[derive(Debug)]
struct Enrolment {
    signer: Address,
    name: WorkerName,
    profile: String,
    /// What the rig's key is kept as. The key itself is kept by the rig alone.
    key: String,
    poll_token: Sha256,
    valid_days: u64,
    /// When it was to end, as it was told.
    expires: Timestamp,
    /// When it is forgotten.
    forgotten: Timestamp,
    stage: Stage,
}

/// Every enrolment under way.
#[derive(Default)]
pub(crate) struct Enrolments(HashMap<String, Enrolment>);

// An enrolment's id is the secret that pairs a rig with an account.
impl std::fmt::Debug for Enrolments {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Enrolments({})", self.0.len())
    }
}

impl Enrolments {
    /// Takes an application in and says when it ends; `None` if there are too many.
    pub(crate) fn open(
        &mut self,
        id: String,
        application: Application,
        key: String,
        now: Timestamp,
    ) -> Option<Timestamp> {
        self.0.retain(|_, enrolment| now < enrolment.forgotten);
        if self.0.len() >= MOST {
            return None;
        }
        let Application { signer, name, profile, poll_token, valid_days } = application;
        let expires = now.plus(Duration::from_secs(ENROLMENT_LIFE));
        let (forgotten, stage) = (expires, Stage::Pending);
        self.0.insert(
            id,
            Enrolment { signer, name, profile, key, poll_token, valid_days, expires, forgotten, stage },
        );
        Some(expires)
    }

    fn get(&self, id: &str, now: Timestamp) -> Result<&Enrolment, EnrolmentError> {
        self.0.get(id).filter(|enrolment| now < enrolment.forgotten).ok_or(EnrolmentError::NotFound)
    }

    fn get_mut(&mut self, id: &str, now: Timestamp) -> Result<&mut Enrolment, EnrolmentError> {
        self.0.get_mut(id).filter(|enrolment| now < enrolment.forgotten).ok_or(EnrolmentError::NotFound)
    }

    /// What everybody may know who has the id.
    pub(crate) fn view(&self, id: &str, now: Timestamp) -> Result<Value, EnrolmentError> {
        let enrolment = self.get(id, now)?;
        Ok(json!({"enrollment_id": id, "status": enrolment.stage.name(),
            "worker_signer": lower(Some(enrolment.signer)), "worker_name": enrolment.name.as_str(),
            "profile_id": enrolment.profile, "expires_at": enrolment.expires.seconds(),
            "chain_id": GRID_CHAIN_ID, "audience": GRID_AUDIENCE}))
    }

    /// What the rig may know: how far it has come, and the certificate once it is there.
    pub(crate) fn poll(&self, id: &str, token: &str, now: Timestamp) -> Result<Value, EnrolmentError> {
        let enrolment = self.get(id, now)?;
        enrolment.check_token(token)?;
        let status = enrolment.stage.name();
        Ok(match &enrolment.stage {
            Stage::Pending | Stage::Prepared { .. } => json!({"status": status}),
            Stage::Complete(certificate) | Stage::Activated(certificate) => {
                let Certificate { delegation, signature } = certificate;
                json!({"status": status, "worker_name": enrolment.name.as_str(),
                    "certificate": {"payload": payload(delegation), "signature": signature}})
            }
        })
    }
}

impl Enrolment {
    fn check_token(&self, token: &str) -> Result<(), EnrolmentError> {
        if Sha256::of(token) == self.poll_token { Ok(()) } else { Err(EnrolmentError::PollToken) }
    }
}

/// The signed fields of a delegation.
fn payload(delegation: &Delegation) -> Value {
    json!({"version": 1, "chain_id": GRID_CHAIN_ID, "audience": GRID_AUDIENCE,
        "delegation_id": delegation.delegation_id, "payout_wallet": lower(Some(delegation.payout_wallet)),
        "worker_signer": lower(Some(delegation.worker_signer)), "worker_name": delegation.worker_name.as_str(),
        "issued_at": delegation.issued_at, "expires_at": delegation.expires_at})
}
