//! Why the account was not managed.

use super::AccountError;
use super::http::{Answer, Call, Http};

/// Why the account was not managed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManageError {
    /// What can happen to every call.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// The proof of who we are is too old. Found here, nothing was sent.
    #[error("the sign-in is too long ago for this; sign in again")]
    SignInAgain,
    /// The coordinator has this switched off.
    #[error("the Grid does not offer this: {detail}")]
    NotOffered {
        /// Its words.
        detail: String,
    },
    /// It did not take the signed message.
    #[error("the Grid refused the sign-in: {0}")]
    SignIn(SignInRefusal),
    /// What it gave to be signed is not what was asked for. Nothing was signed.
    #[error("the Grid gave another text to be signed than the one that was asked for")]
    OtherText,
    /// 409: something else came in between, or another answer is needed first.
    #[error("the Grid cannot do this now: {detail}")]
    Conflict {
        /// Its words.
        detail: String,
    },
    /// 404: it never was, or its time is over.
    #[error("the Grid knows nothing of it any more")]
    Gone,
    /// It says that it revoked another number of keys than one.
    #[error("one key was to be revoked, and the Grid says it revoked {count}")]
    RevokedOthers {
        /// How many.
        count: u64,
    },
    /// It said yes, and read again the account is as before.
    #[error("the Grid said yes, but the account does not show it")]
    NotSeen,
    /// The certificate is not by our wallet, or not for our worker.
    #[error("the Grid's certificate is not the one that was agreed to")]
    OtherCertificate,
}

/// Why a sign-in was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignInRefusal {
    /// The message was used, or is older than five minutes. A new one helps.
    #[error("its time is over")]
    Over,
    /// The message was for another wallet.
    #[error("it is for another wallet")]
    OtherWallet,
    /// The text is not the one that was given out.
    #[error("it is another text")]
    OtherText,
    /// The signature is none, or somebody else's.
    #[error("the signature is wrong")]
    BadSignature,
    /// Words that this version does not know.
    #[error("{0}")]
    Other(String),
}

impl ManageError {
    /// Whether asking again later may help without anybody doing something.
    pub const fn is_transient(&self) -> bool {
        match self {
            Self::Account(error) => error.is_transient(),
            Self::SignIn(SignInRefusal::Over) => true,
            Self::SignInAgain
            | Self::NotOffered { .. }
            | Self::SignIn(_)
            | Self::OtherText
            | Self::Conflict { .. }
            | Self::Gone
            | Self::RevokedOthers { .. }
            | Self::NotSeen
            | Self::OtherCertificate => false,
        }
    }

    /// A refusal of a call that manages.
    pub(super) fn refusal(status: u16, words: String) -> Self {
        match status {
            // Both kinds of credential are refused in these words; what else is 401 is about a signature or a poll token.
            401 if words.contains("Grid user token") || words.contains("API key") => Self::SignInAgain,
            401 => AccountError::Refused { status, detail: words }.into(),
            403 if words.contains("proof is stale") || words.contains("needs a fresh") => Self::SignInAgain,
            404 => Self::Gone,
            409 => Self::Conflict { detail: words },
            // A gateway's 503 passes; these are a switch.
            503 if words.contains("not enabled") || words.contains("not configured") => {
                Self::NotOffered { detail: words }
            }
            _ => AccountError::refusal(status, words).into(),
        }
    }

    /// A refusal of a signed sign-in message.
    pub(super) fn sign_in_refusal(status: u16, words: String) -> Self {
        if status != 401 {
            return Self::refusal(status, words);
        }
        let says = |start: &str| words.starts_with(start);
        Self::SignIn(if says("Invalid or expired nonce") || says("Sign-in challenge was already used") {
            SignInRefusal::Over
        } else if says("Sign-in challenge belongs to a different wallet") {
            SignInRefusal::OtherWallet
        } else if says("Unexpected sign-in message") || says("Legacy wallet sign-in") {
            SignInRefusal::OtherText
        } else if says("Signature verification failed") || says("Signature does not match") {
            SignInRefusal::BadSignature
        } else {
            SignInRefusal::Other(words)
        })
    }
}

impl Http {
    /// A call that manages, and the body of its answer.
    pub(super) async fn manage(&self, call: Call<'_>) -> Result<Vec<u8>, ManageError> {
        match self.send(&call).await? {
            Answer::Page(body) => Ok(body),
            Answer::Refusal { status, words } => Err(ManageError::refusal(status, words)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_of_a_sign_in_is_told_apart() {
        let check = |words: &str, expected: SignInRefusal| {
            let refusal = ManageError::sign_in_refusal(401, words.to_owned());
            assert_eq!(refusal, ManageError::SignIn(expected.clone()), "{words}");
            assert_eq!(refusal.is_transient(), expected == SignInRefusal::Over, "{words}");
        };
        check("Invalid or expired nonce. Please retry.", SignInRefusal::Over);
        check("Sign-in challenge was already used. Please retry.", SignInRefusal::Over);
        check("Sign-in challenge belongs to a different wallet.", SignInRefusal::OtherWallet);
        check("Legacy wallet sign-in is disabled; request a SIWE challenge.", SignInRefusal::OtherText);
        check("Unexpected sign-in message; refusing to verify.", SignInRefusal::OtherText);
        check("Signature verification failed.", SignInRefusal::BadSignature);
        check("Signature does not match the address.", SignInRefusal::BadSignature);
        check("Something new.", SignInRefusal::Other("Something new.".into()));
    }

    #[test]
    fn every_refusal_of_a_managing_call_says_what_to_do() {
        let check = |status: u16, words: &str, expected: ManageError| {
            assert_eq!(ManageError::refusal(status, words.to_owned()), expected, "{status} {words}");
        };
        let refused = |status, detail: &str| AccountError::Refused { status, detail: detail.into() }.into();
        check(401, "Expired or invalid Grid user token", ManageError::SignInAgain);
        check(401, "Invalid API key", ManageError::SignInAgain);
        check(403, "Account proof is stale; sign in again", ManageError::SignInAgain);
        let fresh = "This action needs a fresh Google or wallet proof; an inference or service key cannot manage the account.";
        check(403, fresh, ManageError::SignInAgain);
        check(403, "no", ManageError::Account(AccountError::Forbidden { detail: "no".into() }));
        let poll = "invalid worker enrollment poll token";
        check(401, poll, refused(401, poll));
        let signer = "delegation was not signed by the payout wallet";
        check(401, signer, refused(401, signer));
        check(404, "No such key on this account", ManageError::Gone);
        check(404, "worker enrollment was not found or has expired", ManageError::Gone);
        let early = "worker enrollment is not ready to activate";
        check(409, early, ManageError::Conflict { detail: early.into() });
        for off in
            ["Native worker enrollment is not enabled.", "Native Grid user sessions are not configured"]
        {
            check(503, off, ManageError::NotOffered { detail: off.into() });
        }
        check(503, "Service Unavailable", refused(503, "Service Unavailable"));
        check(400, "payout address must be valid", refused(400, "payout address must be valid"));
        check(422, "body.purpose: no", refused(422, "body.purpose: no"));
        check(429, "", ManageError::Account(AccountError::RateLimited));
        assert_eq!(
            ManageError::sign_in_refusal(503, "Native Grid user sessions are not configured".into()),
            ManageError::NotOffered { detail: "Native Grid user sessions are not configured".into() }
        );
    }
}
