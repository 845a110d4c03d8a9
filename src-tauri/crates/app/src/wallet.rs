//! The owner's keys, as the rest of the app uses them: opened for one signature, then closed again.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use keys::{
    KeyFileError, KeyFolder, Keyring, KeyringItem, OpenError, Opened, RigKey, Strength, UnlockedBy, Wallet,
    WhyTyped, open_wallet,
};
use types::{Address, Clock, Delegation, DelegationCertificate, NetworkKind, Sensitive, WorkerName};

use crate::blocking::blocking;
use crate::money::{Confirm, OpenWallet};

/// Asks the owner for the password, when the keyring did not do it. May wait for him; called on a thread of its own.
pub trait AskPassword: Send + Sync {
    /// The password, or `None` if he does not give it now.
    fn ask(&self, why: WhyTyped) -> Option<Sensitive<String>>;
}

/// A password that was given at the start, as rigs and rehearsals do.
pub struct GivenPassword(Option<Sensitive<String>>);

impl GivenPassword {
    /// Keeps it in memory until the end. Without one, every question is answered with no.
    pub const fn new(password: Option<Sensitive<String>>) -> Self {
        Self(password)
    }
}

impl AskPassword for GivenPassword {
    fn ask(&self, _: WhyTyped) -> Option<Sensitive<String>> {
        self.0.as_ref().map(|password| Sensitive::new(password.expose().clone()))
    }
}

/// Why the keys of a home are not at hand.
#[derive(Debug, thiserror::Error)]
pub enum WalletError {
    /// The files.
    #[error(transparent)]
    File(#[from] KeyFileError),
    /// They did not open.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A key refused.
    #[error(transparent)]
    Key(#[from] keys::KeyError),
    /// The owner said no.
    #[error("the owner did not agree")]
    Declined,
    /// A new wallet needs one.
    #[error("a new wallet needs a password")]
    NoPassword,
}

/// The keys of one home: where they are, and how they are opened.
#[derive(Clone)]
pub struct KeptWallet {
    folder: Arc<KeyFolder>,
    keyring: Option<Keyring>,
    ask: Arc<dyn AskPassword>,
    address: Address,
}

impl KeptWallet {
    /// Finds the wallet of this folder, or makes one if there is none. A wallet that cannot be read is an error and
    /// never a reason to make a second one.
    pub async fn find_or_create(
        folder: &Path,
        kind: NetworkKind,
        strength: Strength,
        keyring: Option<Keyring>,
        ask: Arc<dyn AskPassword>,
    ) -> Result<Self, WalletError> {
        let path = folder.to_owned();
        blocking(move || {
            let folder = KeyFolder::open(path, kind, strength)?;
            let address = match folder.find()? {
                Some(found) => found.address,
                None => {
                    let password = ask.ask(WhyTyped::NotUsed).ok_or(WalletError::NoPassword)?;
                    folder.create(&password)?.address()
                }
            };
            Ok(Self { folder: Arc::new(folder), keyring, ask, address })
        })
        .await
    }

    /// Whether a wallet is in this folder.
    pub async fn is_in(folder: &Path, kind: NetworkKind, strength: Strength) -> Result<bool, WalletError> {
        let path = folder.to_owned();
        blocking(move || Ok(KeyFolder::open(path, kind, strength)?.find()?.is_some())).await
    }

    /// The wallet's address.
    pub const fn address(&self) -> Address {
        self.address
    }

    /// The rig key of this home, made at the first time, and the wallet's permission for it under one name, if the owner
    /// agrees.
    pub async fn delegate(
        &self,
        name: WorkerName,
        life: Duration,
        clock: Arc<dyn Clock>,
        confirm: &dyn Confirm,
    ) -> Result<(RigKey, DelegationCertificate), WalletError> {
        let this = self.clone();
        let rig = blocking(move || this.rig(&this.unlock()?)).await?;
        let now = clock.now();
        let delegation = Delegation {
            delegation_id: keys::random_hex_128()?,
            payout_wallet: self.address,
            worker_signer: rig.address(),
            worker_name: name,
            issued_at: now.seconds(),
            expires_at: now.plus(life).seconds(),
        };
        let consent = confirm.confirm_delegation(&delegation).await.ok_or(WalletError::Declined)?;
        let this = self.clone();
        let signed = blocking(move || {
            let wallet = this.unlock()?;
            Ok::<_, WalletError>(wallet.sign_delegation(delegation, &consent, clock.now())?)
        });
        Ok((rig, signed.await?))
    }

    fn unlock(&self) -> Result<Wallet, OpenError> {
        let mut typed = None;
        let ask = |why| {
            let password = self.ask.ask(why)?;
            typed = Some(Sensitive::new(password.expose().clone()));
            Some(password)
        };
        let Opened { key, by } = open_wallet(&self.folder, self.keyring.as_ref(), ask)?;
        match (by, typed) {
            (UnlockedBy::Password(WhyTyped::NothingKept), Some(password)) => {
                self.keep(KeyringItem::Wallet(self.address), &password);
            }
            (UnlockedBy::Password(why), _) => tracing::debug!(?why, "the password opened the wallet"),
            (UnlockedBy::Keyring, _) => tracing::debug!("the keyring opened the wallet"),
        }
        Ok(key)
    }

    /// The rig key, made at the first time. The wallet's file keeps its passphrase too.
    fn rig(&self, wallet: &Wallet) -> Result<RigKey, WalletError> {
        let passphrase = wallet.rig_passphrase();
        let rig = match self.folder.find_rig()? {
            Some(_) => self.folder.unlock_rig(passphrase)?,
            None => self.folder.create_rig(passphrase)?,
        };
        self.keep(KeyringItem::Rig(rig.address()), passphrase.text());
        Ok(rig)
    }

    /// Lets the keyring keep a passphrase, if the owner agreed to one. That it did not work only means more typing.
    fn keep(&self, item: KeyringItem, passphrase: &Sensitive<String>) {
        if let Some(Err(error)) = self.keyring.as_ref().map(|keyring| keyring.put(item, passphrase)) {
            tracing::info!(%error, "the keyring keeps nothing");
        }
    }
}

#[async_trait]
impl OpenWallet for KeptWallet {
    async fn open(&self) -> Option<Wallet> {
        let this = self.clone();
        let opened = blocking(move || this.unlock()).await;
        opened.inspect_err(|error| tracing::warn!(%error, "the wallet was not opened")).ok()
    }
}

impl std::fmt::Debug for KeptWallet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeptWallet({})", self.address)
    }
}
