//! A node on a coordinator of the owner's choice: the Grid's own, or any other that speaks its protocol.
//!
//! What is set becomes what runs here, once. The home is apart from the practice network's: nothing moves from one to the
//! other. Without a wallet in the home a node can still serve with a key from the environment, unsigned.

mod error;
mod settings;

use std::path::PathBuf;
use std::sync::Arc;

use grid::{AccountPatience, Endpoint};
use keys::{Keyring, Strength};
use ledger::Limits;
use types::{Clock, Network, NetworkKind, Sensitive, Sha256, WorkerName};
use worker::Policy;

use crate::account::{Account, AccountSettings};
use crate::config::{Config, EngineSetting};
use crate::earnings::BooksDesk;
use crate::money::Books;
use crate::wallet::{AskPassword, KeptWallet};
use crate::{Home, HomeError, Node, NodeIdentity, NodeSettings, Patience, machine_name, slot_names};

pub use error::LiveError;
pub use settings::{coordinator, engine};

/// What the journal calls payouts that no chain was asked about yet. Those that are checked have a chain's name.
const PAYOUTS: &str = "as stated by the Grid";

/// What a live node needs.
pub struct LiveOptions {
    /// Its home folder.
    pub home: PathBuf,
    /// What was set.
    pub config: Config,
    /// The engine executable.
    pub engine: PathBuf,
    /// A key of the account that is not in the encrypted store.
    pub api_key: Option<Sensitive<String>>,
    /// Whether the system's keyring keeps the password of the key files: the owner's choice.
    pub keyring: bool,
    /// Asks for that password.
    pub ask: Arc<dyn AskPassword>,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// How patient the node is with its engines and with the Grid.
    pub policy: Policy,
    /// How long single things may take.
    pub patience: Patience,
    /// The most space its records may take.
    pub ledger: Limits,
}

/// A locked home on a coordinator, with the account if there is a wallet.
pub struct Live {
    home: Home,
    endpoint: Endpoint,
    account: Option<Account>,
    options: LiveOptions,
}

impl Live {
    /// Takes the home and finds the wallet in it. Nothing is connected to.
    pub async fn open(options: LiveOptions) -> Result<Self, LiveError> {
        let endpoint = coordinator(&options.config.coordinator)?;
        let home = room_for(&Home::lock(&options.home)?, &endpoint)?;
        let mut live = Self { home, endpoint, account: None, options };
        if KeptWallet::is_in(&live.home.keys(), NetworkKind::Base, Strength::STANDARD).await? {
            live.make_account().await?;
        }
        Ok(live)
    }

    /// Where it serves.
    pub const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The account, if there is a wallet to own it.
    pub const fn account(&self) -> Option<&Account> {
        self.account.as_ref()
    }

    /// The account, with a new wallet if there was none: the password for it is asked for.
    pub async fn make_account(&mut self) -> Result<Account, LiveError> {
        if let Some(account) = &self.account {
            return Ok(account.clone());
        }
        let keyring = self.options.keyring.then(|| Keyring::new(NetworkKind::Base));
        let ask = Arc::clone(&self.options.ask);
        let keys = self.home.keys();
        let wallet = KeptWallet::find_or_create(&keys, NetworkKind::Base, Strength::STANDARD, keyring, ask);
        let account = Account::new(AccountSettings {
            home: self.home.clone(),
            wallet: wallet.await?,
            endpoint: self.endpoint.clone(),
            network: Network::BASE,
            clock: Arc::clone(&self.options.clock),
            patience: AccountPatience::default(),
        });
        self.account = Some(account.clone());
        Ok(account)
    }

    /// The books of what is worked here.
    pub async fn books(&self) -> Option<BooksDesk> {
        let clock = &self.options.clock;
        let payouts = Books::open(&self.home.ledger(), self.options.ledger, PAYOUTS).await;
        let payouts = payouts.inspect_err(|error| tracing::warn!(%error, "payouts cannot be kept")).ok();
        let book = self.endpoint.api_base();
        let books = BooksDesk::beside(&self.home, book, &self.endpoint, clock, payouts).await?;
        if let Some(account) = &self.account {
            match account.client().await {
                Ok(client) => books.use_account(client),
                Err(error) => tracing::info!(%error, "the books are not compared"),
            }
        }
        Some(books)
    }

    /// This machine's name on the Grid: the chosen one, or one that is drawn once and tells nothing about it.
    pub fn name(&self) -> Result<WorkerName, LiveError> {
        match &self.options.config.name {
            Some(name) => Ok(name.clone()),
            None => Ok(machine_name(&self.home).map_err(HomeError::from)?),
        }
    }

    /// Every name that is served under: one for each slot of each engine.
    pub fn names(&self) -> Result<Vec<WorkerName>, LiveError> {
        let base = self.name()?;
        let engines = self.options.config.engines.iter().enumerate();
        let names: Vec<_> =
            engines.map(|(at, setting)| names_of(&base, at, setting)).collect::<Result<_, _>>()?;
        Ok(names.concat())
    }

    /// Starts a node with what is set.
    pub async fn serve(&self) -> Result<Node, LiveError> {
        let LiveOptions { config, engine, clock, policy, patience, ledger, .. } = &self.options;
        let base = self.name()?;
        let mut engines = Vec::new();
        for (at, setting) in config.engines.iter().enumerate() {
            engines.push(settings::engine(setting, engine, names_of(&base, at, setting)?)?);
        }
        let identity = self.identity(&self.names()?).await?;
        let settings = NodeSettings {
            home: self.home.clone(),
            engines,
            identity,
            endpoint: self.endpoint.clone(),
            practice: false,
            book: self.endpoint.api_base().to_owned(),
            time_zone: jiff::tz::TimeZone::system(),
            policy: policy.clone(),
            patience: *patience,
            ledger: *ledger,
        };
        Ok(Node::start(settings, Arc::clone(clock)).await?)
    }

    /// The keys and the permissions. A key from the environment may be of any account, so no permission goes with it.
    async fn identity(&self, names: &[WorkerName]) -> Result<NodeIdentity, LiveError> {
        let first = names.first().ok_or(LiveError::NothingToServe)?;
        if let Some(given) = &self.options.api_key {
            return Ok(NodeIdentity::unsigned(Sensitive::new(given.expose().clone())));
        }
        let account = self.account.as_ref().ok_or(LiveError::NoApiKey)?;
        let api_key = account.key_for(first).await?.ok_or(LiveError::NoApiKey)?;
        let mut identity = NodeIdentity::unsigned(api_key);
        // A permission by another wallet than the one that is paid is refused; without any, work is paid unsigned.
        let paid = account.look().await.ok().map(|page| page.payout_wallet);
        let signs = paid.is_none_or(|paid| paid == Some(account.wallet()));
        for name in names {
            if let Some(own) = account.key_for(name).await? {
                identity.own_keys.push((name.clone(), own));
            }
            let (key, paper) = account.papers(name).await?;
            identity.rig = Some(Arc::new(key));
            identity.delegations.extend(paper.filter(|_| signs));
        }
        Ok(identity)
    }
}

/// Every coordinator that is not the Grid itself has a part of the home of its own, with its own wallet, keys and records. A
/// sign-in or a permission does not say for which coordinator it is: whoever gets one could use it at another. So what is
/// signed or kept for one of them must be worth nothing at the Grid.
fn room_for(home: &Home, endpoint: &Endpoint) -> Result<Home, LiveError> {
    let the_grid = Endpoint::coordinator(&grid::CoordinatorAddress::default())?;
    if endpoint.api_base() == the_grid.api_base() {
        return Ok(home.clone());
    }
    let digest = Sha256::of(endpoint.api_base()).to_string();
    Ok(home.part(&format!("elsewhere-{}", &digest[..20]))?)
}

/// Each engine is a worker of its own: the first has the name itself, the others say which they are.
fn names_of(base: &WorkerName, at: usize, setting: &EngineSetting) -> Result<Vec<WorkerName>, LiveError> {
    let name = match at {
        0 => base.clone(),
        later => WorkerName::new(format!("{base}-{}", later + 1))?,
    };
    Ok(slot_names(&name, usize::from(setting.slots))?)
}
