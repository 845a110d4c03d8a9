//! The account as its owner sees it.

use grid::{AccountKey, AccountPage, Workers};
use keys::{KeyFileError, Secrets};
use types::{Address, DelegationCertificate, KeyId, WorkerName};

use super::delegations::{Reminder, reminder};
use super::kept::{KeptKey, delegations, workers_with_keys};
use super::{Account, AccountTrouble};

/// The account, as the coordinator states it, and what this computer has of it.
#[derive(Debug, Clone, PartialEq)]
pub struct AccountView {
    /// Its id.
    pub account_id: String,
    /// What the coordinator calls it, for showing.
    pub username: String,
    /// The wallet it signs in with.
    pub wallet: Option<Address>,
    /// Who is paid; `None` if nobody is, and what is earned is only owed.
    pub payout_wallet: Option<Address>,
    /// Whether that is the wallet in this app.
    pub pays_own_wallet: bool,
    /// Its keys, revoked ones too.
    pub keys: Vec<KeyLine>,
    /// Its workers.
    pub workers: Workers,
    /// The delegations that are kept here, the one that ends first before the others.
    pub delegations: Vec<DelegationLine>,
}

/// A key in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyLine {
    /// As the coordinator lists it.
    pub key: AccountKey,
    /// What it is to this computer; `None` if it is revoked.
    pub role: Option<KeyRole>,
}

/// What a key is to this computer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyRole {
    /// It is kept here and used.
    InUse,
    /// A key was pasted here, and the list does not say which one that is.
    MayBeInUse,
    /// This computer made it and does not keep it: it was replaced, or never got here. It can be revoked.
    LeftOver,
    /// Somebody else's, as far as one can see.
    Other,
}

/// A delegation that is kept here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DelegationLine {
    /// For which worker.
    pub worker_name: WorkerName,
    /// Unix seconds.
    pub expires_at: u64,
    /// How it stands.
    pub reminder: Reminder,
    /// Whether it is by the wallet that the account pays; otherwise it is refused.
    pub is_by_payout_wallet: bool,
}

/// Which keys are this computer's.
pub(super) struct Ours {
    prefix: String,
    label: Option<String>,
    pasted: bool,
    workers: Vec<String>,
}

impl Ours {
    pub(super) fn load(secrets: &Secrets<'_>, prefix: String) -> Result<Self, KeyFileError> {
        let kept = KeptKey::load(secrets)?;
        let pasted = kept.as_ref().is_some_and(|kept| kept.label.is_none());
        let label = kept.and_then(|kept| kept.label);
        Ok(Self { prefix, label, pasted, workers: workers_with_keys(secrets)? })
    }

    /// What a key that is not revoked is to this computer. A pasted key may be any but those that cannot read an account.
    pub(super) fn role(&self, key: &AccountKey) -> KeyRole {
        let label = key.label.as_deref().unwrap_or_default();
        match label.strip_prefix("worker:") {
            Some(name) if self.workers.iter().any(|worker| worker == name) => KeyRole::InUse,
            Some(_) => KeyRole::Other,
            None if self.label.as_deref() == Some(label) => KeyRole::InUse,
            None if self.pasted => KeyRole::MayBeInUse,
            None if label.starts_with(&self.prefix) => KeyRole::LeftOver,
            None => KeyRole::Other,
        }
    }
}

impl Account {
    /// Reads the account with the key that is kept here.
    pub async fn look(&self) -> Result<AccountView, AccountTrouble> {
        let kept = self.store(KeptKey::load).await?.ok_or(AccountTrouble::NoKey)?;
        let reader = self.reader(kept.key)?;
        let (page, workers) = (reader.account().await?, reader.workers().await?);
        let ours = self.ours().await?;
        let kept = self.store(delegations).await?;
        Ok(self.view(page, workers, &ours, kept))
    }

    fn view(
        &self,
        page: AccountPage,
        workers: Workers,
        ours: &Ours,
        kept: Vec<DelegationCertificate>,
    ) -> AccountView {
        let line = |key: AccountKey| {
            let role = (!key.revoked).then(|| ours.role(&key));
            KeyLine { key, role }
        };
        let mut delegations: Vec<DelegationLine> = kept
            .into_iter()
            .map(|kept| DelegationLine {
                expires_at: kept.delegation.expires_at,
                reminder: reminder(kept.delegation.expires_at, self.now()),
                is_by_payout_wallet: page.payout_wallet == Some(kept.delegation.payout_wallet),
                worker_name: kept.delegation.worker_name,
            })
            .collect();
        delegations.sort_by_key(|line| line.expires_at);
        AccountView {
            pays_own_wallet: page.payout_wallet == Some(self.wallet()),
            account_id: page.account_id,
            username: page.username,
            wallet: page.wallet,
            payout_wallet: page.payout_wallet,
            keys: page.keys.into_iter().map(line).collect(),
            workers,
            delegations,
        }
    }
}

impl AccountView {
    /// The keys that this computer made and does not keep.
    pub fn left_over(&self) -> impl Iterator<Item = &KeyId> {
        let left = self.keys.iter().filter(|line| line.role == Some(KeyRole::LeftOver));
        left.filter_map(|line| line.key.id.as_ref())
    }
}
