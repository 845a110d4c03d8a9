//! Who may do what: keys, user tokens, and how often.

use types::Sensitive;

use crate::accounts::{AccountId, Purpose, Scope};
use crate::error::ApiError;
use crate::hub::Hub;
use crate::limits::Rule;
use crate::sign_in::Proof;

/// What every user token begins with.
const TOKEN_MARK: &str = "gridu_";

/// Whoever is behind a credential.
#[derive(Debug, Clone)]
pub(crate) struct Authority {
    pub(crate) account: AccountId,
}

impl Hub {
    /// Who is behind a credential, if it may do this.
    pub(crate) fn authorise(&self, credential: Option<&str>, scope: Scope) -> Result<Authority, ApiError> {
        let credential = credential.ok_or(ApiError::NoKey)?;
        let now = self.now();
        if credential.starts_with(TOKEN_MARK) {
            let state = self.state();
            let session = state.sign_ins.tokens.resolve(credential, now).ok_or(ApiError::UnknownToken)?;
            return match scope {
                Scope::ReadAccount | Scope::SubmitInference => {
                    Ok(Authority { account: session.account.clone() })
                }
                Scope::ConnectWorker => Err(ApiError::TokenLacksScope(scope.name())),
            };
        }
        let key = self.state().accounts.resolve(credential, now).ok_or(ApiError::UnknownKey)?;
        if key.purpose.allows(scope) {
            Ok(Authority { account: key.account })
        } else {
            Err(ApiError::MissingScope(scope.name()))
        }
    }

    /// The account a fresh user token may manage. No API key may.
    pub(crate) fn manager(&self, credential: Option<&str>) -> Result<AccountId, ApiError> {
        let credential = credential.ok_or(ApiError::NoKey)?;
        let now = self.now();
        let mut state = self.state();
        if !credential.starts_with(TOKEN_MARK) {
            state.accounts.resolve(credential, now).ok_or(ApiError::UnknownKey)?;
            return Err(ApiError::NeedsProof);
        }
        let session = state.sign_ins.tokens.resolve(credential, now).ok_or(ApiError::UnknownToken)?;
        session.may_manage(now)?;
        Ok(session.account.clone())
    }

    /// Counts a request against its rule; a fixed window each for every credential, or for this address.
    pub(crate) fn count(&self, rule: Rule, credential: Option<&str>) -> Result<(), ApiError> {
        let now = self.now();
        let admitted = self.state().limits.count(rule, credential.unwrap_or_default(), now);
        if admitted { Ok(()) } else { Err(ApiError::TooFast) }
    }

    pub(crate) fn issue_key(&self, account: &AccountId, purpose: Purpose) -> Option<Sensitive<String>> {
        let now = self.now();
        let mut state = self.state();
        let crate::hub::State { accounts, chance, .. } = &mut *state;
        accounts.issue(account, purpose, now, chance)
    }

    /// A token as if the account had signed in now; `None` if there is no such account.
    pub(crate) fn issue_token(&self, account: &AccountId, proof: Proof) -> Option<Sensitive<String>> {
        let now = self.now();
        let mut state = self.state();
        state.accounts.holder(account)?;
        let crate::hub::State { sign_ins, chance, .. } = &mut *state;
        Some(sign_ins.tokens.issue(account.clone(), proof, now, chance))
    }
}
