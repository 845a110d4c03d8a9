//! The owner's keys, as the rest of the app uses them: opened for one signature, then closed again.

use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use keys::{
    KeyFileError, KeyFolder, Keyring, KeyringItem, OpenError, Opened, RigKey, RigPassphrase, Secrets,
    Strength, UnlockedBy, Wallet, open_rig, open_wallet,
};
use types::{
    AccountAct, Address, Clock, Delegation, DelegationCertificate, NetworkKind, Sensitive, SignIn, Signature,
    WorkerName,
};

use crate::blocking::blocking;
use crate::money::{Confirm, OpenWallet};

pub use keys::WhyTyped;

/// Asks the owner for the password, when the keyring did not do it. May wait for him; called on a thread of its own.
pub trait AskPassword: Send + Sync {
    /// The password, or `None` if he does not give it now.
    fn ask(&self, why: WhyTyped) -> Option<Sensitive<String>>;

    /// The owner wants something now: whoever remembers a no may ask again.
    fn owner_acts(&self) {}
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
    /// Opens the rig's files, once it was found: it guards no funds, and the rig signs without asking anyway.
    rig: Arc<OnceLock<RigPassphrase>>,
    finding: Arc<Mutex<()>>,
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
            Ok(Self {
                folder: Arc::new(folder),
                keyring,
                ask,
                address,
                rig: Arc::default(),
                finding: Arc::default(),
            })
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

    /// The recovery phrase, which needs the password even where the keyring has it.
    pub(crate) async fn phrase(&self, password: Sensitive<String>) -> Result<Sensitive<String>, WalletError> {
        let this = self.clone();
        blocking(move || Ok(this.folder.phrase(&password)?)).await
    }

    /// The network these keys are for.
    pub fn network_kind(&self) -> NetworkKind {
        self.folder.network_kind()
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
        let (rig, mut certificates) = self.delegate_all(vec![name], life, clock, confirm).await?;
        Ok((rig, certificates.pop().expect("BUG: one delegation makes one certificate")))
    }

    /// The same for several names, by one yes.
    pub async fn delegate_all(
        &self,
        names: Vec<WorkerName>,
        life: Duration,
        clock: Arc<dyn Clock>,
        confirm: &dyn Confirm,
    ) -> Result<(RigKey, Vec<DelegationCertificate>), WalletError> {
        let rig = self.rig().await?;
        let now = clock.now();
        let delegation = |worker_name| {
            Ok(Delegation {
                delegation_id: keys::random_hex_128()?,
                payout_wallet: self.address,
                worker_signer: rig.address(),
                worker_name,
                issued_at: now.seconds(),
                expires_at: now.plus(life).seconds(),
            })
        };
        let delegations: Vec<Delegation> =
            names.into_iter().map(delegation).collect::<Result<_, keys::KeyError>>()?;
        let act = AccountAct::Delegate(delegations.clone());
        let consent = confirm.confirm_account(&act).await.ok_or(WalletError::Declined)?;
        let this = self.clone();
        let signed = blocking(move || {
            let wallet = this.unlock()?;
            Ok::<_, WalletError>(wallet.sign_delegations(delegations, &consent, clock.now())?)
        });
        Ok((rig, signed.await?))
    }

    /// The wallet's signature under the coordinator's sign-in message, if the owner agrees to it.
    pub async fn sign_in(
        &self,
        message: SignIn,
        clock: Arc<dyn Clock>,
        confirm: &dyn Confirm,
    ) -> Result<Signature, WalletError> {
        let act = AccountAct::SignIn(message.clone());
        let consent = confirm.confirm_account(&act).await.ok_or(WalletError::Declined)?;
        let this = self.clone();
        blocking(move || Ok(this.unlock()?.sign_in(&message, &consent, clock.now())?)).await
    }

    /// The wallet's signature under a delegation that the coordinator prepared, if the owner agrees to be enrolled.
    pub async fn sign_enrolment(
        &self,
        delegation: Delegation,
        clock: Arc<dyn Clock>,
        confirm: &dyn Confirm,
    ) -> Result<DelegationCertificate, WalletError> {
        let act = AccountAct::Enrol(delegation.clone());
        let consent = confirm.confirm_account(&act).await.ok_or(WalletError::Declined)?;
        let this = self.clone();
        blocking(move || Ok(this.unlock()?.sign_delegation(delegation, &consent, clock.now())?)).await
    }

    /// The rig key, made at the first time.
    pub async fn rig(&self) -> Result<RigKey, WalletError> {
        let this = self.clone();
        blocking(move || {
            let passphrase = this.rig_passphrase()?;
            Ok(this.folder.unlock_rig(passphrase)?)
        })
        .await
    }

    /// Does something with the store of API keys. Asks for the password if the keyring does not open it.
    pub async fn with_secrets<T: Send + 'static>(
        &self,
        act: impl FnOnce(&Secrets<'_>) -> Result<T, KeyFileError> + Send + 'static,
    ) -> Result<T, WalletError> {
        let this = self.clone();
        blocking(move || {
            let passphrase = this.rig_passphrase()?;
            Ok(act(&this.folder.secrets(passphrase))?)
        })
        .await
    }

    /// What opens the rig's files; makes the rig if there is none.
    fn rig_passphrase(&self) -> Result<&RigPassphrase, WalletError> {
        if let Some(known) = self.rig.get() {
            return Ok(known);
        }
        // One at a time: two would make two rigs, of which one is refused, or ask for the password twice.
        let _alone = self.finding.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = self.rig.get() {
            return Ok(known);
        }
        let found = match self.folder.find_rig()? {
            Some(rig) => {
                let Opened { key, by } =
                    open_rig(&self.folder, self.keyring.as_ref(), |why| self.ask.ask(why))?;
                if by == UnlockedBy::Password(WhyTyped::NothingKept) {
                    self.keep(KeyringItem::Rig(rig), key.passphrase.text());
                }
                key.passphrase
            }
            None => self.make_rig(&self.unlock()?)?,
        };
        Ok(self.rig.get_or_init(|| found))
    }

    fn make_rig(&self, wallet: &Wallet) -> Result<RigPassphrase, WalletError> {
        let text = wallet.rig_passphrase().text();
        let passphrase = RigPassphrase::from_text(Sensitive::new(text.expose().clone()))
            .expect("BUG: a passphrase has a passphrase's form");
        let rig = self.folder.create_rig(&passphrase)?;
        self.keep(KeyringItem::Rig(rig.address()), text);
        Ok(passphrase)
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
