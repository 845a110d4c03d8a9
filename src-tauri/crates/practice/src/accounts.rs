//! Accounts: who they are, where they are paid, and their API keys.

use std::collections::BTreeMap;

use alloy_primitives::Address;
use types::{Sensitive, Timestamp};

use crate::chance::Chance;

mod holder;
mod keys;
mod linking;

pub(crate) use holder::{ASSETS, Holder, Preference, lower};
pub(crate) use keys::{Key, Keys, NewKey};
pub(crate) use linking::{LinkError, Linked};

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

    /// The scopes as they are told to whoever asked for the key.
    pub(crate) const fn scopes(&self) -> &'static [&'static str] {
        match self {
            Self::Inference => &["account.read", "inference.submit"],
            Self::Validator => {
                &["validator.assignments", "validator.probe", "validator.attest", "validator.read"]
            }
            Self::Worker(_) => &["worker.connect"],
        }
    }

    /// What its keys are listed as, where nobody says otherwise.
    pub(crate) fn label(&self) -> String {
        match self {
            Self::Inference => "practice".to_owned(),
            Self::Validator => "validator".to_owned(),
            Self::Worker(name) => format!("worker:{name}"),
        }
    }
}

/// Every account and every key.
#[derive(Debug)]
pub(crate) struct Accounts {
    holders: BTreeMap<AccountId, Holder>,
    pub(crate) keys: Keys,
}

impl Accounts {
    /// None yet. The salt goes into the digests the keys are kept as.
    pub(crate) const fn new(salt: String) -> Self {
        Self { holders: BTreeMap::new(), keys: Keys::new(salt) }
    }

    /// Opens an account. The wallet signs in to it, unless it signs in to another one already: then it is only
    /// paid.
    pub(crate) fn open(&mut self, wallet: Option<Address>, chance: &mut Chance) -> AccountId {
        let holder = match wallet {
            Some(wallet) if self.by_wallet(wallet).is_some() => Holder::paid_to(wallet),
            wallet => Holder::new(wallet, None),
        };
        self.enter(holder, chance)
    }

    fn enter(&mut self, holder: Holder, chance: &mut Chance) -> AccountId {
        let id = AccountId(chance.uuid());
        self.holders.insert(id.clone(), holder);
        id
    }

    /// The account a wallet signs in to, opened if there is none; and whether it was.
    pub(crate) fn sign_in(
        &mut self,
        wallet: Address,
        username: Option<String>,
        chance: &mut Chance,
    ) -> (AccountId, bool) {
        match self.by_wallet(wallet) {
            Some(id) => (id, false),
            None => (self.enter(Holder::new(Some(wallet), username), chance), true),
        }
    }

    /// The account this wallet signs in to.
    pub(crate) fn by_wallet(&self, wallet: Address) -> Option<AccountId> {
        let mut owners = self.holders.iter().filter(|(_, holder)| holder.wallets().contains(&wallet));
        owners.next().map(|(id, _)| id.clone())
    }

    pub(crate) fn holder(&self, account: &AccountId) -> Option<&Holder> {
        self.holders.get(account)
    }

    /// `None` if there is no such account.
    pub(crate) fn issue(
        &mut self,
        account: &AccountId,
        purpose: Purpose,
        now: Timestamp,
        chance: &mut Chance,
    ) -> Option<Sensitive<String>> {
        self.holders.get(account)?;
        let label = Some(purpose.label());
        let secret = Sensitive::new(chance.api_key());
        self.keys.enter(&secret, NewKey { account: account.clone(), purpose, label, expires: None }, now);
        Some(secret)
    }

    /// False if there is no such account.
    pub(crate) fn set_payout_wallet(&mut self, account: &AccountId, wallet: Option<Address>) -> bool {
        self.holders.get_mut(account).map(|holder| holder.payout_wallet = wallet).is_some()
    }

    /// False if there is no such account.
    pub(crate) fn set_preference(&mut self, account: &AccountId, preference: Preference) -> bool {
        self.holders.get_mut(account).map(|holder| holder.preference = preference).is_some()
    }

    /// Where an account is paid: the explicit payout wallet, else the wallet it signs in with.
    pub(crate) fn payout_wallet(&self, account: &AccountId) -> Option<Address> {
        self.holder(account)?.payout_wallet()
    }

    /// The key behind a credential, if it is one of ours.
    pub(crate) fn resolve(&mut self, credential: &str, now: Timestamp) -> Option<Key> {
        self.keys.resolve(credential, now)
    }
}
