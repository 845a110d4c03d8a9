//! Accounts and their API keys.

use std::collections::BTreeMap;

use alloy_primitives::Address;
use types::{Sensitive, Sha256, Timestamp};

use crate::chance::Chance;

/// Names an account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(String);

impl AccountId {
    /// The id as the API shows it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A new account with its first key.
#[derive(Debug)]
pub struct Account {
    /// The account.
    pub id: AccountId,
    /// An inference key, which may also connect workers. Shown once.
    pub api_key: Sensitive<String>,
}

/// What a key is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// Reads the account, sends requests, connects workers.
    Inference,
    /// Does validator work and nothing else.
    Validator,
    /// Connects the worker of this one name and nothing else.
    Worker(String),
}

/// What a credential may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    ReadAccount,
    SubmitInference,
    ConnectWorker,
}

impl Scope {
    /// The scope's name in the coordinator's refusals.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::ReadAccount => "account.read",
            Self::SubmitInference => "inference.submit",
            Self::ConnectWorker => "worker.connect",
        }
    }
}

impl Purpose {
    pub(crate) const fn allows(&self, scope: Scope) -> bool {
        match (self, scope) {
            // An inference key connects workers although it has no scope of that name.
            (Self::Inference, _) | (Self::Worker(_), Scope::ConnectWorker) => true,
            (Self::Worker(_), Scope::ReadAccount | Scope::SubmitInference) | (Self::Validator, _) => false,
        }
    }

    fn label(&self) -> String {
        match self {
            Self::Inference => "practice".to_owned(),
            Self::Validator => "validator".to_owned(),
            Self::Worker(name) => format!("worker:{name}"),
        }
    }
}

/// A key as the account page lists it.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub(crate) account: AccountId,
    pub(crate) purpose: Purpose,
    pub(crate) id: String,
    pub(crate) label: String,
    pub(crate) created: Timestamp,
    pub(crate) last_used: Option<Timestamp>,
}

/// Every account. Keys are kept as digests, like at the real coordinator.
#[derive(Debug, Default)]
pub(crate) struct Accounts {
    wallets: BTreeMap<AccountId, Option<Address>>,
    keys: BTreeMap<String, Key>,
}

impl Accounts {
    pub(crate) fn open(&mut self, payout_wallet: Option<Address>, chance: &mut Chance) -> AccountId {
        let id = AccountId(chance.uuid());
        self.wallets.insert(id.clone(), payout_wallet);
        id
    }

    /// `None` if there is no such account.
    pub(crate) fn issue(
        &mut self,
        account: &AccountId,
        purpose: Purpose,
        now: Timestamp,
        chance: &mut Chance,
    ) -> Option<Sensitive<String>> {
        self.wallets.get(account)?;
        let secret = chance.api_key();
        let digest = Sha256::of(&secret).to_string();
        let key = Key {
            account: account.clone(),
            id: digest[..12].to_owned(),
            label: purpose.label(),
            purpose,
            created: now,
            last_used: None,
        };
        self.keys.insert(digest, key);
        Some(Sensitive::new(secret))
    }

    /// False if there is no such account.
    pub(crate) fn set_payout_wallet(&mut self, account: &AccountId, wallet: Option<Address>) -> bool {
        self.wallets.get_mut(account).map(|current| *current = wallet).is_some()
    }

    pub(crate) fn payout_wallet(&self, account: &AccountId) -> Option<Address> {
        self.wallets.get(account).copied().flatten()
    }

    /// The key behind a credential, if it is one of ours.
    pub(crate) fn resolve(&mut self, credential: &str, now: Timestamp) -> Option<Key> {
        let key = self.keys.get_mut(&Sha256::of(credential).to_string())?;
        key.last_used = Some(now);
        Some(key.clone())
    }

    pub(crate) fn keys_of(&self, account: &AccountId) -> Vec<Key> {
        let mut keys: Vec<Key> = self.keys.values().filter(|key| key.account == *account).cloned().collect();
        keys.sort_by(|a, b| a.created.cmp(&b.created).then_with(|| a.id.cmp(&b.id)));
        keys
    }
}
