//! The exact texts that get signed for the Grid, and the certificates made of them.
//!
//! All are EIP-191 text signatures. The JSON inside is canonical: keys sorted, no blanks, ASCII only.
//! The vectors in `worker-receipts.json` guard every byte.

use std::fmt::Write as _;

use alloy_primitives::{Address, Signature};

use crate::{JobId, PlanDigest, Sha256, WorkerName};

/// The chain id in every Grid certificate, on the practice network too, since the coordinator's checks demand it.
pub const GRID_CHAIN_ID: u64 = 8453;

/// The audience in every delegation.
pub const GRID_AUDIENCE: &str = "api.aipowergrid.io";

/// The payout wallet's permission for a rig key to work under one name until a date. Moves no money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delegation {
    /// 32 lower-case hex digits, random.
    pub delegation_id: String,
    /// Who is paid, and who signs this.
    pub payout_wallet: Address,
    /// The rig key that may sign registrations and receipts.
    pub worker_signer: Address,
    /// The one name it holds for.
    pub worker_name: WorkerName,
    /// Unix seconds.
    pub issued_at: u64,
    /// Unix seconds.
    pub expires_at: u64,
}

impl Delegation {
    /// The text the payout wallet signs.
    pub fn text(&self) -> String {
        format!(
            "aipg-worker-delegation:v1:{{\"audience\":{},\"chain_id\":{GRID_CHAIN_ID},\"delegation_id\":{},\
             \"expires_at\":{},\"issued_at\":{},\"payout_wallet\":{},\"version\":1,\"worker_name\":{},\
             \"worker_signer\":{}}}",
            canonical_string(GRID_AUDIENCE),
            canonical_string(&self.delegation_id),
            self.expires_at,
            self.issued_at,
            canonical_string(&lower(self.payout_wallet)),
            canonical_string(self.worker_name.as_str()),
            canonical_string(&lower(self.worker_signer)),
        )
    }

    /// What a consent to it names.
    pub fn digest(&self) -> PlanDigest {
        Self::digest_of_all(std::slice::from_ref(self))
    }

    /// What a consent to several at once names. The texts hold no line break, so that none stands for two.
    pub fn digest_of_all(all: &[Self]) -> PlanDigest {
        let texts: Vec<String> = all.iter().map(Self::text).collect();
        PlanDigest::of(&texts.join("\n"))
    }
}

/// A delegation with the payout wallet's signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DelegationCertificate {
    /// What was permitted.
    pub delegation: Delegation,
    /// The payout wallet's signature over [`Delegation::text`].
    pub signature: Signature,
}

impl DelegationCertificate {
    /// Whether the wallet that it names did sign it.
    pub fn is_genuine(&self) -> bool {
        let signer = self.signature.recover_address_from_msg(self.delegation.text());
        signer.is_ok_and(|signer| signer == self.delegation.payout_wallet)
    }
}

/// The rig key's proof, fresh for every connection, that it holds what it registers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistrationProof {
    /// Unix seconds; the coordinator allows 300 s either way.
    pub timestamp: u64,
    /// 32 lower-case hex digits, never used before.
    pub nonce: String,
    /// The rig key's address.
    pub worker_signer: Address,
    /// As in the first frame.
    pub worker_name: WorkerName,
    /// As in the first frame, same order.
    pub models: Vec<String>,
    /// As in the first frame, same order.
    pub job_types: Vec<String>,
    /// As in the first frame.
    pub bridge_agent: String,
}

impl RegistrationProof {
    /// The text the rig key signs.
    pub fn text(&self) -> String {
        format!(
            "aipg-worker-registration:v1:{{\"bridge_agent\":{},\"job_types\":{},\"models\":{},\"nonce\":{},\
             \"profile_digest\":null,\"profile_recipe_root\":null,\"timestamp\":{},\"version\":1,\
             \"worker_name\":{},\"worker_signer\":{}}}",
            canonical_string(&self.bridge_agent),
            canonical_list(&self.job_types),
            canonical_list(&self.models),
            canonical_string(&self.nonce),
            self.timestamp,
            canonical_string(self.worker_name.as_str()),
            canonical_string(&lower(self.worker_signer)),
        )
    }
}

/// The text of a receipt: which job, and the digest of what was delivered.
pub fn receipt_text(job: &JobId, result: Sha256) -> String {
    format!("aipg-job:{job}:{result}")
}

/// The digest a receipt for pictures, videos or shapes is over: that of the list of their own digests, in order.
pub fn media_result(outputs: &[Sha256]) -> Sha256 {
    Sha256::of(digest_list(outputs))
}

/// The digest a receipt for sound is over: that list together with the root of the recipe.
pub fn audio_result(outputs: &[Sha256], recipe_root: &str) -> Sha256 {
    let (outputs, root) = (digest_list(outputs), canonical_string(recipe_root));
    Sha256::of(format!("{{\"outputs\":{outputs},\"recipe_root\":{root}}}"))
}

fn digest_list(outputs: &[Sha256]) -> String {
    let digests: Vec<String> = outputs.iter().map(|digest| canonical_string(&digest.to_string())).collect();
    format!("[{}]", digests.join(","))
}

fn lower(address: Address) -> String {
    format!("{address:#x}")
}

fn canonical_list(items: &[String]) -> String {
    let items: Vec<String> = items.iter().map(|item| canonical_string(item)).collect();
    format!("[{}]", items.join(","))
}

/// A JSON string in ASCII: non-ASCII and DEL as lower-case `\uXXXX`, astral characters as surrogate pairs.
pub fn canonical_string(text: &str) -> String {
    let mut json = String::with_capacity(text.len() + 2);
    json.push('"');
    for character in text.chars() {
        match character {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '\u{8}' => json.push_str("\\b"),
            '\u{c}' => json.push_str("\\f"),
            '\n' => json.push_str("\\n"),
            '\r' => json.push_str("\\r"),
            '\t' => json.push_str("\\t"),
            ' '..='~' => json.push(character),
            other => {
                for unit in other.encode_utf16(&mut [0; 2]) {
                    // Writing to a String cannot fail.
                    let _ = write!(json, "\\u{unit:04x}");
                }
            }
        }
    }
    json.push('"');
    json
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fact_of_a_delegation_is_in_its_digest() {
        let name = |name| WorkerName::new(name).expect("a name");
        let original = Delegation {
            delegation_id: "00112233445566778899aabbccddeeff".to_owned(),
            payout_wallet: Address::repeat_byte(1),
            worker_signer: Address::repeat_byte(2),
            worker_name: name("rig-1"),
            issued_at: 3,
            expires_at: 4,
        };
        let others = [
            Delegation { delegation_id: "ff".into(), ..original.clone() },
            Delegation { payout_wallet: Address::ZERO, ..original.clone() },
            Delegation { worker_signer: Address::ZERO, ..original.clone() },
            Delegation { worker_name: name("rig-2"), ..original.clone() },
            Delegation { issued_at: 2, ..original.clone() },
            Delegation { expires_at: 5, ..original.clone() },
        ];
        for other in others {
            assert_ne!(other.digest(), original.digest(), "{other:?}");
            let (both, twice) = ([original.clone(), other.clone()], [other, original.clone()]);
            assert_ne!(Delegation::digest_of_all(&both), Delegation::digest_of_all(&twice));
        }
    }

    #[test]
    fn strings_are_ascii_with_lower_case_escapes() {
        assert_eq!(
            canonical_string("máquina-🚀/\u{7f}\u{1}\"\n"),
            r#""m\u00e1quina-\ud83d\ude80/\u007f\u0001\"\n""#
        );
    }
}
