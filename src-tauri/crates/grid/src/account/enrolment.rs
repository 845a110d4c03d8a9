//! Enrolment of one worker through the coordinator: it gets a key of its own, and its certificate.
//!
//! Where the coordinator has this switched off, as it has by default, a key of the account connects the worker instead.

use std::time::Duration;

use reqwest::Method;
use serde::Deserialize;
use serde_json::json;
use types::{
    Address, Delegation, DelegationCertificate, GRID_AUDIENCE, GRID_CHAIN_ID, Sensitive, Sha256, Signature,
    Timestamp, WorkerName,
};

use super::http::{Call, Http};
use super::text::address;
use super::{AccountError, AccountPatience, ManageError, Session};
use crate::Endpoint;

/// Days that the certificate holds: what a wallet of ours signs for at most.
const VALID_DAYS: u16 = 90;
/// How long an enrolment may be open, whatever the coordinator says.
const LONGEST_LIFE: Duration = Duration::from_secs(1800);
/// Between two polls, whatever the coordinator says.
const SHORTEST_PAUSE: u64 = 1;
const LONGEST_PAUSE: u64 = 30;

/// The id of an enrolment: letters, digits, `_` and `-`, since it becomes a part of an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrolmentId(String);

impl EnrolmentId {
    /// Reads an id; anything that could be another address is `None`.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        ((1..=128).contains(&text.len()) && text.bytes().all(plain)).then(|| Self(text.to_owned()))
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Which worker is to be enrolled, and for whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrollee {
    /// Its name.
    pub worker_name: WorkerName,
    /// Its own key's address.
    pub worker_signer: Address,
    /// The wallet that is paid, and that signs.
    pub payout_wallet: Address,
}

impl Enrollee {
    fn is_in(&self, delegation: &Delegation) -> bool {
        self.worker_name == delegation.worker_name
            && self.worker_signer == delegation.worker_signer
            && self.payout_wallet == delegation.payout_wallet
    }
}

/// An enrolment that has begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolment {
    /// Its id.
    pub id: EnrolmentId,
    /// When it is over, by our clock.
    pub ends_at: Timestamp,
    /// How long to wait between two polls.
    pub pause: Duration,
}

/// How far an enrolment is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnrolmentState {
    /// The wallet has not signed yet.
    Waiting,
    /// Signed; the worker's key dies unless this is acknowledged.
    Complete(DelegationCertificate),
    /// The worker's key is for good.
    Activated(DelegationCertificate),
}

/// The worker's side of an enrolment. It needs no key.
#[derive(Debug)]
pub struct EnrolmentClient {
    http: Http,
}

impl EnrolmentClient {
    /// Nothing is sent yet.
    pub fn new(endpoint: &Endpoint, patience: AccountPatience) -> Result<Self, AccountError> {
        Ok(Self { http: Http::keyless(endpoint, patience)? })
    }

    /// Begins one. The worker's key and the poll token are made by us; of the token only its digest is sent.
    /// [`ManageError::NotOffered`] is what a coordinator says that has enrolment switched off.
    pub async fn begin(
        &self,
        enrollee: &Enrollee,
        profile: &str,
        api_key: &Sensitive<String>,
        poll_token: &Sensitive<String>,
        now: Timestamp,
    ) -> Result<Enrolment, ManageError> {
        let body = json!({"worker_signer": enrollee.worker_signer.to_string(),
            "worker_name": enrollee.worker_name.as_str(), "profile_id": profile, "api_key": api_key.expose(),
            "poll_token_hash": Sha256::of(poll_token.expose()).to_string(), "valid_days": VALID_DAYS});
        let (path, secrets) = ("/v1/workers/enrollments", [api_key.expose().as_str()]);
        let call = Call { method: Method::POST, path, body: Some(body), secrets: &secrets };
        let wire: Begun = read(&self.http.manage(call).await?, "the enrolment")?;
        let id = EnrolmentId::parse(&wire.enrollment_id)
            .ok_or_else(|| AccountError::wrong("the enrolment's id"))?;
        // Counted from our own clock: the two may differ by more than an enrolment lives.
        let ends_at = Timestamp::from_millis(wire.expires_at.saturating_mul(1000));
        let ends_at = ends_at.clamp(now.plus(Duration::from_secs(60)), now.plus(LONGEST_LIFE));
        let pause = Duration::from_secs(wire.poll_after_seconds.clamp(SHORTEST_PAUSE, LONGEST_PAUSE));
        Ok(Enrolment { id, ends_at, pause })
    }

    /// How far it is. A certificate that is not our wallet's for our worker is an error, never a state.
    pub async fn poll(
        &self,
        id: &EnrolmentId,
        poll_token: &Sensitive<String>,
        enrollee: &Enrollee,
    ) -> Result<EnrolmentState, ManageError> {
        let wire: Polled = read(&self.with_token(id, "poll", poll_token).await?, "the enrolment's state")?;
        match (wire.status.as_str(), wire.certificate) {
            ("pending" | "prepared", _) => Ok(EnrolmentState::Waiting),
            ("complete", Some(certificate)) => Ok(EnrolmentState::Complete(certificate.check(enrollee)?)),
            ("activated", Some(certificate)) => Ok(EnrolmentState::Activated(certificate.check(enrollee)?)),
            _ => Err(AccountError::wrong("the enrolment's state").into()),
        }
    }

    /// Makes the worker's key one for good, and revokes the older ones of its name. May be repeated.
    pub async fn acknowledge(
        &self,
        id: &EnrolmentId,
        poll_token: &Sensitive<String>,
    ) -> Result<(), ManageError> {
        let wire: Polled = read(&self.with_token(id, "ack", poll_token).await?, "the enrolment's end")?;
        match wire.status.as_str() {
            "activated" => Ok(()),
            _ => Err(AccountError::wrong("the enrolment's end").into()),
        }
    }

    async fn with_token(
        &self,
        id: &EnrolmentId,
        step: &str,
        poll_token: &Sensitive<String>,
    ) -> Result<Vec<u8>, ManageError> {
        let path = format!("/v1/workers/enrollments/{}/{step}", id.as_str());
        let body = Some(json!({"poll_token": poll_token.expose()}));
        let secrets = [poll_token.expose().as_str()];
        self.http.manage(Call { method: Method::POST, path: &path, body, secrets: &secrets }).await
    }
}

/// The owner's side.
impl Session {
    /// Asks for the delegation to sign, and takes it only if it is for this worker and this wallet. The account's payout
    /// wallet is never replaced on this way: if it is another one, the coordinator refuses.
    pub async fn prepare_enrolment(
        &self,
        id: &EnrolmentId,
        enrollee: &Enrollee,
        now: Timestamp,
    ) -> Result<Delegation, ManageError> {
        let path = format!("/v1/workers/enrollments/{}/prepare", id.as_str());
        let body =
            json!({"payout_wallet": enrollee.payout_wallet.to_string(), "replace_payout_wallet": false});
        let answer = self.manage(Method::POST, &path, Some(body), &[], now).await?;
        let wire: Prepared = read(&answer, "the delegation")?;
        let delegation = wire.payload.read().ok_or(ManageError::OtherText)?;
        let as_asked = enrollee.is_in(&delegation) && delegation.text() == wire.message;
        if as_asked { Ok(delegation) } else { Err(ManageError::OtherText) }
    }

    /// Brings the wallet's signature.
    pub async fn approve_enrolment(
        &self,
        id: &EnrolmentId,
        signature: &Signature,
        now: Timestamp,
    ) -> Result<(), ManageError> {
        let path = format!("/v1/workers/enrollments/{}/approve", id.as_str());
        let body = json!({"signature": signature.to_string()});
        let answer = self.manage(Method::POST, &path, Some(body), &[], now).await?;
        let wire: Polled = read(&answer, "the approval")?;
        match wire.status.as_str() {
            "complete" | "activated" => Ok(()),
            _ => Err(AccountError::wrong("the approval").into()),
        }
    }
}

fn read<'a, T: Deserialize<'a>>(body: &'a [u8], what: &str) -> Result<T, AccountError> {
    serde_json::from_slice(body).map_err(|_| AccountError::wrong(what))
}

#[derive(Deserialize)]
struct Begun {
    enrollment_id: String,
    expires_at: u64,
    poll_after_seconds: u64,
}

#[derive(Deserialize)]
struct Prepared {
    message: String,
    payload: WireDelegation,
}

#[derive(Deserialize)]
struct Polled {
    status: String,
    certificate: Option<WireCertificate>,
}

#[derive(Deserialize)]
struct WireCertificate {
    payload: WireDelegation,
    signature: String,
}

#[derive(Deserialize)]
struct WireDelegation {
    version: u64,
    chain_id: u64,
    audience: String,
    delegation_id: String,
    payout_wallet: String,
    worker_signer: String,
    worker_name: String,
    issued_at: u64,
    expires_at: u64,
}

impl WireDelegation {
    fn read(self) -> Option<Delegation> {
        let ours = self.version == 1 && self.chain_id == GRID_CHAIN_ID && self.audience == GRID_AUDIENCE;
        let delegation = Delegation {
            delegation_id: self.delegation_id,
            payout_wallet: address(&self.payout_wallet)??,
            worker_signer: address(&self.worker_signer)??,
            worker_name: WorkerName::new(self.worker_name).ok()?,
            issued_at: self.issued_at,
            expires_at: self.expires_at,
        };
        ours.then_some(delegation)
    }
}

impl WireCertificate {
    fn check(self, enrollee: &Enrollee) -> Result<DelegationCertificate, ManageError> {
        let certificate = self.payload.read().zip(self.signature.parse().ok());
        let (delegation, signature) = certificate.ok_or(ManageError::OtherCertificate)?;
        let certificate = DelegationCertificate { delegation, signature };
        let good = enrollee.is_in(&certificate.delegation) && certificate.is_genuine();
        if good { Ok(certificate) } else { Err(ManageError::OtherCertificate) }
    }
}
