//! The account's keys: made, pasted, revoked.

use grid::{AccountError, AccountPage, ManageError, Session, is_api_key};
use types::{AccountAct, KeyId, Sensitive, WorkerName};

use super::kept::{KeptKey, worker_key};
use super::view::{KeyRole, Ours};
use super::{Account, AccountTrouble, unless_refused};
use crate::money::Confirm;

/// A key that was made and is kept here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyMade {
    /// What the account's list calls it.
    pub label: String,
    /// Its id there; `None` if the list could not be read afterwards.
    pub id: Option<KeyId>,
    /// The key that was used here until now. It still opens the account until it is revoked.
    pub before: Option<KeyId>,
}

impl Account {
    /// Makes a key for this computer and keeps it. It can read the account, connect workers, and spend credit for jobs:
    /// the coordinator knows no narrower one that does the first two.
    pub async fn make_key(&self, confirm: &dyn Confirm) -> Result<KeyMade, AccountTrouble> {
        let mut kept = self.manage()?;
        let outcome = self.new_key(&mut kept, confirm).await;
        unless_refused(&mut kept, outcome)
    }

    async fn new_key(
        &self,
        kept: &mut Option<Session>,
        confirm: &dyn Confirm,
    ) -> Result<KeyMade, AccountTrouble> {
        let session = self.session(kept, confirm).await?;
        // The store is opened first: whoever cannot open it afterwards would have a key that nobody keeps.
        let before = self.store(KeptKey::load).await?;
        let prefix = self.label_prefix().await?;
        let random = keys::random_hex_128().map_err(crate::wallet::WalletError::from)?;
        let label = format!("{prefix}{}", &random[..12]);
        let page = session.account().await?;
        self.agreed(&AccountAct::MakeKey { label: label.clone() }, confirm).await?;
        // If this ends here, in whatever way, the list has a key with a label of this computer that is not kept: it is
        // shown as left over, and can be revoked.
        let key = session.make_key(&label, self.now()).await?;
        let kept = KeptKey { key, label: Some(label.clone()) };
        self.store(move |secrets| kept.save(secrets)).await?;
        let id_of = |page: &AccountPage, label: &str| {
            let key = page.keys.iter().find(|key| key.label.as_deref() == Some(label) && !key.revoked);
            key.and_then(|key| key.id.clone())
        };
        let before = before.and_then(|before| before.label).and_then(|label| id_of(&page, &label));
        let after = session.account().await.inspect_err(|error| tracing::info!(%error, "the list of keys"));
        let id = after.ok().and_then(|page| id_of(&page, &label));
        Ok(KeyMade { label, id, before })
    }

    /// Keeps a key that was made elsewhere, if the account can be read with it and its owner agrees that this computer
    /// works for that account from now on.
    pub async fn paste_key(
        &self,
        pasted: &Sensitive<String>,
        confirm: &dyn Confirm,
    ) -> Result<AccountPage, AccountTrouble> {
        let _managing = self.manage()?;
        let key = Sensitive::new(pasted.expose().trim().to_owned());
        if !is_api_key(key.expose()) {
            return Err(AccountTrouble::NotAKey);
        }
        let kept = KeptKey { key, label: None };
        let page = match self.reader(kept.copy())?.account().await {
            Ok(page) => page,
            Err(AccountError::Forbidden { .. }) => return Err(AccountTrouble::NarrowKey),
            Err(error) => return Err(error.into()),
        };
        let act = AccountAct::KeepKey { account: page.username.clone(), paid: page.payout_wallet };
        self.agreed(&act, confirm).await?;
        self.store(move |secrets| {
            // The same key again does not lose its label.
            let same = KeptKey::load(secrets)?.is_some_and(|old| old.key.expose() == kept.key.expose());
            if same { Ok(()) } else { kept.save(secrets) }
        })
        .await?;
        Ok(page)
    }

    /// The key for a worker of this name: its own if it was enrolled, else the account's. `None` if there is neither.
    pub async fn key_for(&self, name: &WorkerName) -> Result<Option<Sensitive<String>>, AccountTrouble> {
        let name = name.clone();
        self.store(move |secrets| match worker_key(secrets, &name)? {
            Some(key) => Ok(Some(key)),
            None => Ok(KeptKey::load(secrets)?.map(|kept| kept.key)),
        })
        .await
    }

    /// Ends a key for good. The one that is used here, or may be, is not ended: another is made first.
    pub async fn revoke_key(&self, id: &KeyId, confirm: &dyn Confirm) -> Result<AccountPage, AccountTrouble> {
        let mut managing = self.manage()?;
        let session = self.session(&mut managing, confirm).await?;
        let page = session.account().await?;
        let key =
            page.keys.iter().find(|key| key.id.as_ref() == Some(id)).ok_or(AccountTrouble::NoSuchKey)?;
        if key.revoked {
            return Ok(page);
        }
        match self.ours().await?.role(key) {
            KeyRole::InUse => return Err(AccountTrouble::KeyInUse),
            KeyRole::MayBeInUse => return Err(AccountTrouble::MayBeInUse),
            KeyRole::LeftOver | KeyRole::Other => {}
        }
        let act = AccountAct::RevokeKey { id: id.clone(), label: key.label.clone() };
        self.agreed(&act, confirm).await?;
        match session.revoke_key(id, self.now()).await {
            Ok(page) => Ok(page),
            // Somebody else did, or the yes came before a crash: it is revoked either way.
            Err(ManageError::Gone) => Err(AccountTrouble::NoSuchKey),
            Err(error) => Err(error.into()),
        }
    }

    /// What this computer calls the keys that it makes. Nobody else makes such labels, since rig keys differ.
    pub(super) async fn label_prefix(&self) -> Result<String, AccountTrouble> {
        let rig = self.kept().rig().await?.address();
        Ok(format!("grid-node-{}-", &format!("{rig:#x}")[2..10]))
    }

    /// Which keys of the list are this computer's.
    pub(super) async fn ours(&self) -> Result<Ours, AccountTrouble> {
        let prefix = self.label_prefix().await?;
        self.store(move |secrets| Ours::load(secrets, prefix)).await
    }
}
