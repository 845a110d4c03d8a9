//! What is kept of an account in the encrypted store, as lines of text.
//!
//! Each entry is written as a whole, so that a crash leaves the one before or the one after.

use keys::{KeyFileError, Secrets};
use types::{Address, Delegation, DelegationCertificate, Sensitive, Sha256, WorkerName};

const DAMAGED: KeyFileError = KeyFileError::Damaged("an entry of the account cannot be read");

const ACCOUNT_KEY: &str = "account-key";
const ENROLMENT: &str = "enrolment";
const WORKER_KEY: &str = "worker-key ";
const DELEGATION: &str = "delegation ";

/// The key that reads the account and connects workers.
pub(super) struct KeptKey {
    pub(super) key: Sensitive<String>,
    /// What it is called in the account's list; `None` if it was pasted.
    pub(super) label: Option<String>,
}

impl KeptKey {
    pub(super) fn load(secrets: &Secrets<'_>) -> Result<Option<Self>, KeyFileError> {
        let Some(text) = secrets.get(ACCOUNT_KEY)? else { return Ok(None) };
        let (first, key) = text.expose().split_once('\n').ok_or(DAMAGED)?;
        let label = match first.split_once(' ') {
            Some(("made", label)) => Some(label.to_owned()),
            None if first == "pasted" => None,
            Some(_) | None => return Err(DAMAGED),
        };
        Ok(Some(Self { key: Sensitive::new(key.to_owned()), label }))
    }

    pub(super) fn save(&self, secrets: &Secrets<'_>) -> Result<(), KeyFileError> {
        let first = self.label.as_ref().map_or("pasted".to_owned(), |label| format!("made {label}"));
        secrets.put(ACCOUNT_KEY, &Sensitive::new(format!("{first}\n{}", self.key.expose())))
    }

    pub(super) fn copy(&self) -> Sensitive<String> {
        Sensitive::new(self.key.expose().clone())
    }
}

/// An enrolment that has begun: with this it can be ended after a crash.
pub(super) struct KeptEnrolment {
    pub(super) id: grid::EnrolmentId,
    pub(super) poll_token: Sensitive<String>,
    pub(super) api_key: Sensitive<String>,
    pub(super) name: WorkerName,
}

impl KeptEnrolment {
    pub(super) fn load(secrets: &Secrets<'_>) -> Result<Option<Self>, KeyFileError> {
        let Some(text) = secrets.get(ENROLMENT)? else { return Ok(None) };
        let lines: Vec<&str> = text.expose().split('\n').collect();
        let [id, poll_token, api_key, name] = lines.as_slice() else { return Err(DAMAGED) };
        Ok(Some(Self {
            id: grid::EnrolmentId::parse(id).ok_or(DAMAGED)?,
            poll_token: Sensitive::new((*poll_token).to_owned()),
            api_key: Sensitive::new((*api_key).to_owned()),
            name: WorkerName::new(*name).map_err(|_| DAMAGED)?,
        }))
    }

    pub(super) fn save(&self, secrets: &Secrets<'_>) -> Result<(), KeyFileError> {
        let (token, key) = (self.poll_token.expose(), self.api_key.expose());
        secrets
            .put(ENROLMENT, &Sensitive::new(format!("{}\n{token}\n{key}\n{}", self.id.as_str(), self.name)))
    }

    pub(super) fn forget(secrets: &Secrets<'_>) -> Result<(), KeyFileError> {
        secrets.remove(ENROLMENT).map(drop)
    }

    /// The worker has its key: from now on it is used, and the enrolment is over.
    pub(super) fn promote(&self, secrets: &Secrets<'_>) -> Result<(), KeyFileError> {
        let text = format!("{}\n{}", self.api_key.expose(), self.name);
        secrets.put(&of(WORKER_KEY, &self.name), &Sensitive::new(text))?;
        Self::forget(secrets)
    }
}

/// The key that connects the worker of this name and nothing else.
pub(super) fn worker_key(
    secrets: &Secrets<'_>,
    name: &WorkerName,
) -> Result<Option<Sensitive<String>>, KeyFileError> {
    let Some(text) = secrets.get(&of(WORKER_KEY, name))? else { return Ok(None) };
    let (key, whose) = text.expose().split_once('\n').ok_or(DAMAGED)?;
    Ok((whose == name.as_str()).then(|| Sensitive::new(key.to_owned())))
}

/// The names of the workers that have a key of their own here.
pub(super) fn workers_with_keys(secrets: &Secrets<'_>) -> Result<Vec<String>, KeyFileError> {
    let mut names = Vec::new();
    for entry in secrets.names()?.iter().filter(|entry| entry.starts_with(WORKER_KEY)) {
        let Some(text) = secrets.get(entry)? else { continue };
        names.extend(text.expose().split_once('\n').map(|(_, name)| name.to_owned()));
    }
    Ok(names)
}

pub(super) fn save_delegation(
    secrets: &Secrets<'_>,
    certificate: &DelegationCertificate,
) -> Result<(), KeyFileError> {
    let DelegationCertificate { delegation, signature } = certificate;
    let text = format!(
        "{}\n{}\n{}\n{}\n{}\n{signature}\n{}",
        delegation.delegation_id,
        delegation.payout_wallet,
        delegation.worker_signer,
        delegation.issued_at,
        delegation.expires_at,
        delegation.worker_name,
    );
    secrets.put(&of(DELEGATION, &delegation.worker_name), &Sensitive::new(text))
}

/// Every delegation that is kept, in no particular order. One that is not its wallet's own is damage.
pub(super) fn delegations(secrets: &Secrets<'_>) -> Result<Vec<DelegationCertificate>, KeyFileError> {
    let names = secrets.names()?;
    let entries = names.iter().filter(|entry| entry.starts_with(DELEGATION));
    entries
        .map(|entry| {
            let text = secrets.get(entry)?.ok_or(DAMAGED)?;
            read_delegation(text.expose()).filter(DelegationCertificate::is_genuine).ok_or(DAMAGED)
        })
        .collect()
}

fn read_delegation(text: &str) -> Option<DelegationCertificate> {
    let lines: Vec<&str> = text.split('\n').collect();
    let [id, payout_wallet, worker_signer, issued_at, expires_at, signature, name] = lines.as_slice() else {
        return None;
    };
    Some(DelegationCertificate {
        delegation: Delegation {
            delegation_id: (*id).to_owned(),
            payout_wallet: payout_wallet.parse::<Address>().ok()?,
            worker_signer: worker_signer.parse().ok()?,
            worker_name: WorkerName::new(*name).ok()?,
            issued_at: issued_at.parse().ok()?,
            expires_at: expires_at.parse().ok()?,
        },
        signature: signature.parse().ok()?,
    })
}

/// An entry's name holds 64 characters, a worker's 120.
fn of(what: &str, name: &WorkerName) -> String {
    let digest = Sha256::of(name.as_str()).to_string();
    format!("{what}{}", &digest[..32])
}
