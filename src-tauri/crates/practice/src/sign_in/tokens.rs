//! User tokens: what a signature is exchanged for.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use types::{Sensitive, Sha256, Timestamp};

use crate::accounts::AccountId;
use crate::chance::Chance;

/// How many seconds a token signs in for.
pub(crate) const TOKEN_LIFE: u64 = 900;
/// How many seconds after the proof the account may be managed.
const MANAGE_LIFE: u64 = 600;
/// How many seconds a clock may be behind the one that wrote the token.
const LEEWAY: u64 = 5;
/// Everything a session may do.
const SCOPES: [&str; 4] = ["account.manage", "account.read", "inference.submit", "validator.read"];

/// What a session was opened with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// A wallet's signature.
    Wallet,
    /// A Google account, at one of the Grid's own pages.
    Google,
    /// An application's word, which does not suffice to manage an account.
    App,
}

impl Proof {
    const fn name(self) -> &'static str {
        match self {
            Self::Wallet => "siwe",
            Self::Google => "google",
            Self::App => "app",
        }
    }
}

/// Why a session may not manage its account, in the coordinator's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum StepUpError {
    #[error("Account proof is stale; sign in again")]
    Stale,
    #[error("Account management requires Google or wallet proof")]
    Weak,
}

/// A signed-in user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Session {
    pub(crate) account: AccountId,
    proof: Proof,
    /// Unix seconds.
    began: u64,
}

impl Session {
    fn is_open(&self, now: u64) -> bool {
        now < self.began + TOKEN_LIFE && now + LEEWAY >= self.began
    }

    /// Whether the proof is fresh and strong enough to manage the account.
    pub(crate) fn may_manage(&self, now: Timestamp) -> Result<(), StepUpError> {
        let age = now.seconds().checked_sub(self.began);
        match (age, self.proof) {
            (Some(0..=MANAGE_LIFE), Proof::Wallet | Proof::Google) => Ok(()),
            (Some(0..=MANAGE_LIFE), Proof::App) => Err(StepUpError::Weak),
            (Some(_) | None, _) => Err(StepUpError::Stale),
        }
    }

    /// What the token says about itself to whoever holds it.
    fn claims(&self, id: &str) -> String {
        json!({"iss": "grid-core", "aud": "direct", "sub": self.account.as_str(), "scopes": SCOPES,
            "amr": self.proof.name(), "service_id": null, "jti": id, "auth_time": self.began, "iat": self.began,
            "exp": self.began + TOKEN_LIFE})
        .to_string()
    }
}

/// Every open session, by its token's digest.
///
/// The real coordinator keeps none and signs the claims instead; to a client both are opaque.
#[derive(Debug, Default)]
pub(crate) struct Tokens(HashMap<Sha256, Session>);

impl Tokens {
    /// Opens a session and writes its token.
    pub(crate) fn issue(
        &mut self,
        account: AccountId,
        proof: Proof,
        now: Timestamp,
        chance: &mut Chance,
    ) -> Sensitive<String> {
        let now = now.seconds();
        self.0.retain(|_, session| now < session.began + TOKEN_LIFE);
        let session = Session { account, proof, began: now };
        let id = URL_SAFE_NO_PAD.encode(chance.bytes::<18>());
        let claims = URL_SAFE_NO_PAD.encode(session.claims(&id));
        let seal = URL_SAFE_NO_PAD.encode(chance.bytes::<32>());
        let token = Sensitive::new(format!("gridu_{claims}.{seal}"));
        self.0.insert(Sha256::of(token.expose()), session);
        token
    }

    pub(crate) fn resolve(&self, token: &str, now: Timestamp) -> Option<&Session> {
        self.0.get(&Sha256::of(token)).filter(|session| session.is_open(now.seconds()))
    }

    /// Ends every session of an account that is no more.
    pub(crate) fn end_all(&mut self, account: &AccountId) {
        self.0.retain(|_, session| session.account != *account);
    }
}
