//! The first frame.

mod check;

use serde_json::{Value, json};
use types::{
    ApiFormat, Delegation, DelegationCertificate, RegistrationProof, Sensitive, Signature, WorkerName,
};

pub use check::RegistrationError;

/// Who we are and what we serve.
#[derive(Debug)]
pub struct Registration {
    /// The account's key, blanks around it aside. It is in the first frame and nowhere else.
    pub api_key: Sensitive<String>,
    /// Our name.
    pub name: WorkerName,
    /// The names we advertise; a job's model is one of them.
    pub models: Vec<String>,
    /// `text` or `image`, never both.
    pub job_types: Vec<String>,
    /// The longest answer.
    pub max_length: u32,
    /// The usable context.
    pub max_context_length: u32,
    /// The APIs we speak. Without chat completions no job of any kind would come.
    pub api_formats: Vec<ApiFormat>,
    /// What we read: `text`, and `image` for a model that was shown to see.
    pub modalities: Vec<String>,
    /// This program and its version.
    pub bridge_agent: String,
    /// The proof that our receipts are the payout wallet's, if it gave a delegation.
    pub identity: Option<Identity>,
}

/// A fresh proof by the rig key and the wallet's delegation for it.
#[derive(Debug, Clone)]
pub struct Identity {
    /// What the rig key signed.
    pub proof: RegistrationProof,
    /// The rig key's signature over it.
    pub signature: Signature,
    /// The wallet's permission.
    pub delegation: DelegationCertificate,
}

impl Registration {
    /// The frame as JSON. There is no `type` in it.
    pub(crate) fn frame(&self) -> String {
        let mut frame = json!({
            "apikey": self.api_key.expose().trim(),
            "name": self.name.as_str(),
            "models": self.models,
            "job_types": self.job_types,
            "max_length": self.max_length,
            "max_context_length": self.max_context_length,
            "api_formats": self.api_formats.iter().map(|format| format.as_str()).collect::<Vec<_>>(),
            "modalities": self.modalities,
            "bridge_agent": self.bridge_agent,
        });
        if let Some(identity) = &self.identity {
            frame["worker_identity"] = identity.json();
        }
        frame.to_string()
    }
}

impl Identity {
    fn json(&self) -> Value {
        let proof = &self.proof;
        json!({
            "payload": {
                "version": 1,
                "timestamp": proof.timestamp,
                "nonce": proof.nonce,
                "worker_signer": format!("{:#x}", proof.worker_signer),
                "worker_name": proof.worker_name.as_str(),
                "models": proof.models,
                "job_types": proof.job_types,
                "bridge_agent": proof.bridge_agent,
                "profile_digest": null,
                "profile_recipe_root": null,
            },
            "signature": self.signature.to_string(),
            "delegation": {
                "payload": delegation_json(&self.delegation.delegation),
                "signature": self.delegation.signature.to_string(),
            },
        })
    }
}

fn delegation_json(delegation: &Delegation) -> Value {
    json!({
        "version": 1,
        "chain_id": types::GRID_CHAIN_ID,
        "audience": types::GRID_AUDIENCE,
        "delegation_id": delegation.delegation_id,
        "payout_wallet": format!("{:#x}", delegation.payout_wallet),
        "worker_signer": format!("{:#x}", delegation.worker_signer),
        "worker_name": delegation.worker_name.as_str(),
        "issued_at": delegation.issued_at,
        "expires_at": delegation.expires_at,
    })
}
