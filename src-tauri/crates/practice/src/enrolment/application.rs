//! What a rig asks for, and the rules for it.

use alloy_primitives::Address;
use types::{Sha256, WorkerName};

use super::EnrolmentError;
use crate::sign_in::wallet;

/// What a rig brings, but for its key.
#[derive(Debug)]
pub(crate) struct Application {
    pub(super) signer: Address,
    pub(super) name: WorkerName,
    pub(super) profile: String,
    pub(super) poll_token: Sha256,
    pub(super) valid_days: u64,
}

impl Application {
    /// Checks the fields one by one.
    pub(crate) fn check(
        signer: &str,
        name: &str,
        profile: String,
        key: &str,
        poll_token: &str,
        valid_days: u64,
    ) -> Result<Self, EnrolmentError> {
        let name = WorkerName::new(name).map_err(|_| EnrolmentError::Name)?;
        if profile.trim() != profile {
            return Err(EnrolmentError::Profile);
        }
        if !is_key(key) {
            return Err(EnrolmentError::Key);
        }
        let poll_token = commitment(poll_token).ok_or(EnrolmentError::Commitment)?;
        let signer = address(signer).ok_or(EnrolmentError::Address("worker signer"))?;
        Ok(Self { signer, name, profile, poll_token, valid_days })
    }
}

/// `grid_` and 32 to 64 URL-safe characters.
fn is_key(key: &str) -> bool {
    let safe = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    key.strip_prefix("grid_").is_some_and(|tail| (32..=64).contains(&tail.len()) && tail.bytes().all(safe))
}

/// A SHA-256 in lower-case hex.
fn commitment(text: &str) -> Option<Sha256> {
    let lower = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let digest = Sha256::parse(text)?;
    (text.len() == 64 && text.bytes().all(lower)).then_some(digest)
}

/// Any 40 hex digits behind `0x`; mixed case must carry the right checksum.
pub(super) fn address(text: &str) -> Option<Address> {
    let address = wallet(text).filter(|_| text.trim() == text)?;
    let mixed = text[2..].bytes().any(|byte| byte.is_ascii_lowercase())
        && text[2..].bytes().any(|byte| byte.is_ascii_uppercase());
    (!mixed || address.to_checksum(None) == text).then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGNER: &str = "0xdb2430B4e9AC14be6554d3942822BE74811A1AF9";

    #[test]
    fn each_field_has_its_rule() {
        let key = format!("grid_{}", "A".repeat(32));
        let hash = "0".repeat(64);
        let check = |signer: &str, name: &str, profile: &str, key: &str, hash: &str| {
            let checked = Application::check(signer, name, profile.to_owned(), key, hash, 30);
            checked.err().map(|error| error.to_string())
        };
        assert_eq!(check(SIGNER, "rig", "p", &key, &hash), None);
        assert_eq!(
            check(&SIGNER.to_lowercase(), "rig", "p", &format!("{key}{}", "-_9z".repeat(8)), &hash),
            None
        );
        let refused = |got: Option<String>, words: &str| assert_eq!(got.as_deref(), Some(words));
        let name = "worker name must be trimmed and at most 120 characters";
        refused(check(SIGNER, " rig", "p", &key, &hash), name);
        refused(check(SIGNER, &"x".repeat(121), "p", &key, &hash), name);
        let format = "candidate worker credential has an invalid format";
        refused(check(SIGNER, "rig", "p", "grid_short", &hash), format);
        refused(check(SIGNER, "rig", "p", &format!("grid_{}", "A".repeat(65)), &hash), format);
        refused(check(SIGNER, "rig", "p", &format!("grid_{}=", "A".repeat(32)), &hash), format);
        refused(check(SIGNER, "rig", "p", &key.replace("grid_", "gridu"), &hash), format);
        let hex = "poll token commitment must be lowercase SHA-256 hex";
        refused(check(SIGNER, "rig", "p", &key, &"Z".repeat(64)), hex);
        refused(check(SIGNER, "rig", "p", &key, &"A".repeat(64)), hex);
        refused(check(SIGNER, "rig", "p", &key, &"0".repeat(62)), hex);
        let signer = "worker signer is not a valid EVM address";
        refused(check(&SIGNER.replace('B', "b"), "rig", "p", &key, &hash), signer);
        refused(check(&SIGNER[2..], "rig", "p", &key, &hash), signer);
        refused(check(&format!(" {SIGNER}"), "rig", "p", &key, &hash), signer);
        refused(
            check(SIGNER, "rig", " p", &key, &hash),
            "profile id must be trimmed and at most 128 characters",
        );
    }
}
