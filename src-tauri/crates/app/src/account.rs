//! The owner's account at the Grid: signing in, its keys, who is paid, and who may work for it.
//!
//! **Invariants**
//! - Nothing that manages the account is sent before its owner agreed to exactly it; one change is under way at a time.
//! - A key is made under a label that only this computer makes, so that one that never got here is found in the list.
//! - A key that this computer uses, or may use, is never revoked: another is made first.
//! - A worker's own key is written down before the coordinator is told to end its predecessors.
//! - Nobody clears the payout wallet; an address that loses money is not taken.

use std::sync::Arc;

use grid::{AccountClient, AccountPatience, Endpoint, ManageError, Session, SignInClient};
use keys::KeyFileError;
use tokio::sync::{Mutex, MutexGuard};
use types::{AccountAct, Address, Clock, Network, PayoutAddressError, Sensitive, SignInOrigin};

use crate::Home;
use crate::money::Confirm;
use crate::wallet::{KeptWallet, WalletError};

mod api_keys;
mod delegations;
pub mod desk;
mod enrol;
mod kept;
mod payout;
mod view;

pub use api_keys::KeyMade;
pub use delegations::{Reminder, reminder};
pub use desk::AccountDesk;
pub use payout::PayoutSet;
pub use view::{AccountView, DelegationLine, KeyLine, KeyRole};

/// What an account needs.
pub struct AccountSettings {
    /// Its files are ours for as long as the account lives.
    pub home: Home,
    /// The owner's wallet in that home.
    pub wallet: KeptWallet,
    /// The coordinator.
    pub endpoint: Endpoint,
    /// Whose contracts are no payout addresses.
    pub network: Network,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// How long the coordinator may take.
    pub patience: AccountPatience,
}

/// The owner's account. Cheap to clone.
#[derive(Clone)]
pub struct Account(Arc<Inner>);

struct Inner {
    settings: AccountSettings,
    /// Who holds it changes the account. The sign-in of before, if there was one, is in it.
    managing: Mutex<Option<Session>>,
}

/// What a sign-in led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// The account's id.
    pub account_id: String,
    /// Whether this was the wallet's first sign-in.
    pub is_new: bool,
    /// Who is paid. `None` if nobody is and the owner did not agree that the wallet be.
    pub payout_wallet: Option<Address>,
}

/// Why the account did not do it.
#[derive(Debug, thiserror::Error)]
pub enum AccountTrouble {
    /// The owner said no. Nothing was sent.
    #[error("the owner did not agree")]
    Declined,
    /// One change at a time: the one that is under way may be waiting for its owner's answer.
    #[error("another change of the account is under way")]
    Busy,
    /// The wallet or the store of keys.
    #[error(transparent)]
    Wallet(WalletError),
    /// The coordinator, or the way there.
    #[error(transparent)]
    Grid(#[from] ManageError),
    /// What was typed is no address to be paid at.
    #[error(transparent)]
    PayoutAddress(#[from] PayoutAddressError),
    /// There is no key here to read the account with.
    #[error("there is no key of the account on this computer")]
    NoKey,
    /// What was pasted has not the form of a key.
    #[error("this is no API key: one begins with grid_")]
    NotAKey,
    /// The key is good, but for a worker or a validator only.
    #[error("this key cannot read the account; a key for inference is needed")]
    NarrowKey,
    /// It is not in the account's list, or has no id that one may revoke by.
    #[error("the account has no such key")]
    NoSuchKey,
    /// Revoking it would lock this computer out.
    #[error("this key is the one that this computer uses; make another first")]
    KeyInUse,
    /// The key here was pasted, and a list does not say which one that is.
    #[error("this key may be the one that was pasted here; make one on this computer first")]
    MayBeInUse,
    /// A delegation by our wallet is worth nothing while another one is paid.
    #[error("the account pays another wallet than the one in this app")]
    PayoutElsewhere,
    /// Nothing is served, so there is no name to give a permission or a key to.
    #[error("no worker is set up on this computer")]
    NoWorker,
    /// The coordinator did not end the enrolment in its time. It can be begun again.
    #[error("the enrolment was not completed in time")]
    NotInTime,
}

impl From<WalletError> for AccountTrouble {
    fn from(error: WalletError) -> Self {
        match error {
            WalletError::Declined => Self::Declined,
            WalletError::File(_) | WalletError::Open(_) | WalletError::Key(_) | WalletError::NoPassword => {
                Self::Wallet(error)
            }
        }
    }
}

impl From<grid::AccountError> for AccountTrouble {
    fn from(error: grid::AccountError) -> Self {
        Self::Grid(error.into())
    }
}

impl AccountTrouble {
    /// Whether asking again later may help without anybody doing something.
    pub const fn is_transient(&self) -> bool {
        match self {
            Self::Grid(error) => error.is_transient(),
            Self::Busy => true,
            Self::Declined
            | Self::Wallet(_)
            | Self::PayoutAddress(_)
            | Self::NoKey
            | Self::NotAKey
            | Self::NarrowKey
            | Self::NoSuchKey
            | Self::KeyInUse
            | Self::MayBeInUse
            | Self::PayoutElsewhere
            | Self::NoWorker
            | Self::NotInTime => false,
        }
    }

    /// Whether the coordinator has this switched off, so that a pasted key is the way.
    pub const fn is_not_offered(&self) -> bool {
        matches!(self, Self::Grid(ManageError::NotOffered { .. }))
    }
}

impl Account {
    /// Nothing is sent or asked yet.
    pub fn new(settings: AccountSettings) -> Self {
        Self(Arc::new(Inner { settings, managing: Mutex::new(None) }))
    }

    /// The wallet that signs in.
    pub fn wallet(&self) -> Address {
        self.0.settings.wallet.address()
    }

    /// Where the account is.
    pub fn coordinator(&self) -> &str {
        self.0.settings.endpoint.api_base()
    }

    /// The wallet's recovery phrase, to be shown to its owner, who gives the password for it each time.
    pub async fn phrase(&self, password: &Sensitive<String>) -> Result<Sensitive<String>, AccountTrouble> {
        Ok(self.kept().phrase(Sensitive::new(password.expose().clone())).await?)
    }

    /// Proves to the coordinator who we are, which makes the account at the first time. For ten minutes it can then be
    /// managed without another signature. If nobody is paid, the owner is asked whether the wallet shall be.
    pub async fn sign_in(&self, confirm: &dyn Confirm) -> Result<SignedIn, AccountTrouble> {
        let mut kept = self.manage()?;
        let outcome = self.enter(&mut kept, confirm).await;
        unless_refused(&mut kept, outcome)
    }

    async fn enter(
        &self,
        kept: &mut Option<Session>,
        confirm: &dyn Confirm,
    ) -> Result<SignedIn, AccountTrouble> {
        let session = self.session(kept, confirm).await?;
        let payout_wallet = match session.account().await?.payout_wallet {
            Some(wallet) => Some(wallet),
            None => match self.pay(session, None, self.wallet(), confirm).await {
                Ok(page) => page.payout_wallet,
                Err(AccountTrouble::Declined) => None,
                Err(error) => return Err(error),
            },
        };
        Ok(SignedIn {
            account_id: session.account_id().to_owned(),
            is_new: session.is_new_account(),
            payout_wallet,
        })
    }

    /// Whether the account can be managed now without signing in again.
    pub fn may_manage(&self) -> bool {
        let managing = self.0.managing.try_lock();
        managing.is_ok_and(|kept| kept.as_ref().is_some_and(|session| session.may_manage(self.now())))
    }

    fn now(&self) -> types::Timestamp {
        self.0.settings.clock.now()
    }

    fn kept(&self) -> &KeptWallet {
        &self.0.settings.wallet
    }

    /// The right to change the account.
    fn manage(&self) -> Result<MutexGuard<'_, Option<Session>>, AccountTrouble> {
        self.0.managing.try_lock().map_err(|_| AccountTrouble::Busy)
    }

    /// The sign-in of before while it may manage, or a new one.
    async fn session<'a>(
        &self,
        kept: &'a mut Option<Session>,
        confirm: &dyn Confirm,
    ) -> Result<&'a Session, AccountTrouble> {
        if !kept.as_ref().is_some_and(|session| session.may_manage(self.now())) {
            *kept = None;
            *kept = Some(self.prove(confirm).await?);
        }
        Ok(kept.as_ref().expect("BUG: there was a fresh one, or it was made"))
    }

    async fn prove(&self, confirm: &dyn Confirm) -> Result<Session, AccountTrouble> {
        let AccountSettings { endpoint, patience, clock, .. } = &self.0.settings;
        let door = SignInClient::new(endpoint, *patience)?;
        let message = door.challenge(self.wallet(), &SignInOrigin::this_computer()).await?;
        let signature = self.kept().sign_in(message.clone(), Arc::clone(clock), confirm).await?;
        Ok(door.verify(&message, &signature, self.now()).await?)
    }

    /// The owner's yes to exactly this, by a person if it is about real money.
    async fn agreed(&self, act: &AccountAct, confirm: &dyn Confirm) -> Result<(), AccountTrouble> {
        let consent = confirm.confirm_account(act).await.ok_or(AccountTrouble::Declined)?;
        let counts = consent.plan == act.digest() && consent.how.manages_on(self.kept().network_kind());
        if counts { Ok(()) } else { Err(AccountTrouble::Declined) }
    }

    /// Reads the account with the key that is kept here.
    pub async fn client(&self) -> Result<AccountClient, AccountTrouble> {
        let kept = self.store(kept::KeptKey::load).await?.ok_or(AccountTrouble::NoKey)?;
        self.reader(kept.key)
    }

    /// Reads with a key of the account.
    fn reader(&self, key: types::Sensitive<String>) -> Result<AccountClient, AccountTrouble> {
        Ok(AccountClient::new(&self.0.settings.endpoint, key, self.0.settings.patience)?)
    }

    /// Does something with the store of keys.
    async fn store<T: Send + 'static>(
        &self,
        act: impl FnOnce(&keys::Secrets<'_>) -> Result<T, KeyFileError> + Send + 'static,
    ) -> Result<T, AccountTrouble> {
        Ok(self.kept().with_secrets(act).await?)
    }
}

/// A proof that the coordinator did not take is not shown to it again.
fn unless_refused<T>(
    kept: &mut Option<Session>,
    outcome: Result<T, AccountTrouble>,
) -> Result<T, AccountTrouble> {
    if matches!(outcome, Err(AccountTrouble::Grid(ManageError::SignInAgain))) {
        *kept = None;
    }
    outcome
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Account({})", self.wallet())
    }
}
