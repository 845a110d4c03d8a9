//! What a fresh sign-in may do: manage the account for some ten minutes.

use std::time::Duration;

use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use types::{Address, KeyId, Sensitive, Timestamp};

use super::http::{Call, Http};
use super::text::address;
use super::{AccountError, AccountPage, ManageError};

/// The coordinator lets a proof manage for 600 s; the rest is for the way there.
const MANAGES_FOR: Duration = Duration::from_secs(590);

/// A signed-in wallet. There is no refreshing and no logging out: it is used, and then dropped.
#[derive(Debug)]
pub struct Session {
    pub(super) http: Http,
    account_id: String,
    created: bool,
    proven_at: Timestamp,
}

impl Session {
    pub(super) const fn new(http: Http, account_id: String, created: bool, proven_at: Timestamp) -> Self {
        Self { http, account_id, created, proven_at }
    }

    /// The account's id.
    pub fn account_id(&self) -> &str {
        &self.account_id
    }

    /// Whether this sign-in made the account.
    pub const fn is_new_account(&self) -> bool {
        self.created
    }

    /// Whether the proof is fresh enough to manage. A clock that went back leaves nothing to count by.
    pub fn may_manage(&self, now: Timestamp) -> bool {
        now >= self.proven_at && now.since(self.proven_at) < MANAGES_FOR
    }

    /// The account as it is now.
    pub async fn account(&self) -> Result<AccountPage, ManageError> {
        let call = Call { method: Method::GET, path: "/v1/account", body: None, secrets: &[] };
        Ok(AccountPage::read(&self.http.manage(call).await?)?)
    }

    /// Makes a key for inference, which connects workers too. It is shown this once: the list holds only its label and id.
    pub async fn make_key(&self, label: &str, now: Timestamp) -> Result<Sensitive<String>, ManageError> {
        let body = json!({"label": label, "purpose": "inference"});
        let answer =
            Sensitive::new(self.manage(Method::POST, "/v1/account/keys", Some(body), &[], now).await?);
        let wire: NewKey =
            serde_json::from_slice(answer.expose()).map_err(|_| AccountError::wrong("the new key"))?;
        let key = Sensitive::new(wire.api_key);
        if is_api_key(key.expose()) { Ok(key) } else { Err(AccountError::wrong("the new key").into()) }
    }

    /// Revokes one key for good, and reads the account again: it must show exactly that.
    pub async fn revoke_key(&self, id: &KeyId, now: Timestamp) -> Result<AccountPage, ManageError> {
        let path = format!("/v1/account/keys/{id}");
        let answer = self.manage(Method::DELETE, &path, None, &[], now).await?;
        let wire: Revoked =
            serde_json::from_slice(&answer).map_err(|_| AccountError::wrong("the revocation"))?;
        if wire.count != 1 || wire.revoked != id.as_str() {
            return Err(ManageError::RevokedOthers { count: wire.count });
        }
        let page = self.account().await?;
        let revoked = page.keys.iter().any(|key| key.id.as_ref() == Some(id) && key.revoked);
        if revoked { Ok(page) } else { Err(ManageError::NotSeen) }
    }

    /// Sets who is paid from the next settlement on, and reads the account again: it must say so. The coordinator checks
    /// neither a checksum nor whose the address is; [`types::payout_address`] does.
    pub async fn set_payout_wallet(&self, to: Address, now: Timestamp) -> Result<AccountPage, ManageError> {
        let body = json!({"wallet": to.to_string()});
        let answer = self.manage(Method::POST, "/v1/account/payout-wallet", Some(body), &[], now).await?;
        let wire: PayoutWallet =
            serde_json::from_slice(&answer).map_err(|_| AccountError::wrong("payout_wallet"))?;
        let page = self.account().await?;
        let written = address(&wire.payout_wallet).flatten() == Some(to) && page.payout_wallet == Some(to);
        if written { Ok(page) } else { Err(ManageError::NotSeen) }
    }

    /// Sends a managing call, unless it is too late for one.
    pub(super) async fn manage(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        secrets: &[&str],
        now: Timestamp,
    ) -> Result<Vec<u8>, ManageError> {
        if !self.may_manage(now) {
            return Err(ManageError::SignInAgain);
        }
        self.http.manage(Call { method, path, body, secrets }).await
    }
}

/// Whether this has the form of an API key: `grid_` and 32 characters or, where a client made it, up to 64.
pub fn is_api_key(text: &str) -> bool {
    let rest = text.strip_prefix("grid_").unwrap_or_default();
    let url_safe = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    (32..=64).contains(&rest.len()) && rest.bytes().all(url_safe)
}

#[derive(Deserialize)]
struct NewKey {
    api_key: String,
}

#[derive(Deserialize)]
struct Revoked {
    revoked: String,
    count: u64,
}

#[derive(Deserialize)]
struct PayoutWallet {
    payout_wallet: String,
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::{AccountPatience, Endpoint};

    fn session(proven_at: Timestamp) -> Session {
        let endpoint = Endpoint::practice("http://127.0.0.1:1").expect("loopback");
        let http = Http::keyless(&endpoint, AccountPatience::default()).expect("a client");
        Session::new(http, "a".into(), false, proven_at)
    }

    #[test]
    fn a_proof_manages_for_590_seconds() {
        let proven = Timestamp::from_millis(1_788_264_000_000);
        let at = |millis: u64| session(proven).may_manage(Timestamp::from_millis(millis));
        assert!(at(1_788_264_000_000) && at(1_788_264_589_999));
        assert!(!at(1_788_264_590_000), "the coordinator's 600 s are not used up");
        assert!(!at(1_788_263_999_999), "a clock that went back");
    }

    #[test]
    fn siwe_vectors_user_token_we_never_manage_when_the_coordinator_would_not() {
        let given = std::env::var_os("GRID_NODE_VECTORS").map(PathBuf::from);
        let own = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../tests/data/vectors"));
        let path = given.clone().unwrap_or_else(own).join("siwe.json");
        if !path.exists() {
            assert!(given.is_some(), "the project's own account vectors are missing");
            return println!("no account vectors in the given folder");
        }
        let file: Value =
            serde_json::from_slice(&std::fs::read(path).expect("readable")).expect("vectors are JSON");
        for case in file["user_token"]["step_up"].as_array().into_iter().flatten() {
            let (Some(proven), Some(now)) = (case["auth_time"].as_u64(), case["now"].as_u64()) else {
                println!("a case without its two moments");
                continue;
            };
            if case["amr"].as_str().is_some_and(|how| how != "siwe") {
                println!("not our way to sign in: {case}");
                continue;
            }
            let at = |seconds: u64| Timestamp::from_millis(seconds * 1000);
            let ours = session(at(proven)).may_manage(at(now));
            assert!(!ours || case["manage"] == "allowed", "{case}");
        }
        for case in file["user_token"]["expiry"].as_array().into_iter().flatten() {
            let Some(age) = case["now_minus_iat"].as_i64() else { continue };
            let valid = case["result"] == "valid";
            let proven = 1_788_264_000_i64;
            let now = Timestamp::from_millis(u64::try_from(proven + age).expect("after 1970") * 1000);
            let ours = session(Timestamp::from_millis(1_788_264_000_000)).may_manage(now);
            assert!(!ours || valid, "{case}");
        }
    }

    #[test]
    fn what_has_another_form_is_no_key() {
        for good in [32, 64] {
            assert!(is_api_key(&format!("grid_{}", "aZ0_-".repeat(13).split_at(good).0)));
        }
        let all = "a".repeat(32);
        for bad in [
            "",
            "grid_",
            &all,
            &format!("grid_{}", &all[1..]),
            &format!("gridu_{all}"),
            &format!("grid_{all} "),
            &format!("grid_{all}\n"),
            &format!("grid_{}", "a".repeat(65)),
        ] {
            assert!(!is_api_key(bad), "{bad:?}");
        }
    }
}
