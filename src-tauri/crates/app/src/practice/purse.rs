//! The money of a rehearsal: a chain of its own, and a wallet kept in the home.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chain::action::Policy;
use chain::{Chain, ChainError, Patience, RpcEndpoint};
use keys::{Keyring, RigKey, Strength};
use ledger::LedgerError;
use practice::chain::{ChainError as PracticeChainError, ChainOptions, PracticeChain};
use tempfile::TempDir;
use types::{
    Aipg, Clock, DelegationCertificate, LoopbackError, Network, NetworkKind, RegistryVersion, Sensitive, Wei,
    WorkerName,
};

use crate::Home;
use crate::money::{Books, Money, MoneyError, MoneySettings, NotPractice, ScriptedConfirmation};
use crate::wallet::{GivenPassword, KeptWallet, WalletError};

/// What a rehearsal with money needs.
#[derive(Debug)]
pub struct PurseOptions {
    /// Where the chain comes from.
    pub chain: ChainSource,
    /// Opens the wallet in the home; a wallet made now gets it. Left out, a new wallet is for this run only.
    pub password: Option<Sensitive<String>>,
    /// Whether the system's keyring keeps the password, so that it need not be given again.
    pub keyring: bool,
    /// The most space the journal may take.
    pub ledger: ledger::Limits,
}

impl PurseOptions {
    /// Without a keyring, and with no limit of its own on the journal.
    pub fn new(chain: ChainSource, password: Option<Sensitive<String>>) -> Self {
        Self { chain, password, keyring: false, ledger: ledger::Limits::default() }
    }
}

/// Where a practice chain comes from.
#[derive(Debug, Clone)]
pub enum ChainSource {
    /// One of our own, ended with the rehearsal.
    Start {
        /// The program that runs it.
        anvil: PathBuf,
        /// The registry it serves.
        registry: RegistryVersion,
    },
    /// One that another process runs.
    Attach {
        /// Where it listens, on this computer.
        rpc: String,
    },
}

/// Why there is no money in a rehearsal, or why it did not move.
#[derive(Debug, thiserror::Error)]
pub enum PurseError {
    /// The chain did not start.
    #[error(transparent)]
    PracticeChain(#[from] PracticeChainError),
    /// Its address makes no sense.
    #[error(transparent)]
    Endpoint(#[from] LoopbackError),
    /// The chain could not be asked.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The wallet.
    #[error(transparent)]
    Wallet(#[from] WalletError),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] LedgerError),
    /// The chain has an id that is not a rehearsal's.
    #[error("a practice chain has the id 31337, and this one has {0}")]
    OtherChain(u64),
    /// There is no place for the key files of one run.
    #[error("a temporary folder cannot be made: {0}")]
    NoFolder(#[source] std::io::Error),
    /// A plan was not begun.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// A script said yes to real money.
    #[error(transparent)]
    NotPractice(#[from] NotPractice),
    /// A plan did not come to its end.
    #[error("{0}")]
    NotDone(String),
}

/// A practice chain with our wallet on it.
pub struct Purse {
    chain: PracticeChain,
    wallet: KeptWallet,
    money: Money,
    clock: Arc<dyn Clock>,
    /// Its files are ours for as long as this lives.
    _home: Home,
    /// The key files, where they are not kept in the home.
    _keys_of_this_run: Option<TempDir>,
}

/// Unlocking takes 10 ms instead of most of a second; what it guards is play money.
const STRENGTH: Strength = Strength::practice_only(12);

/// A practice chain makes a block a second and answers at once.
const POLICY: Policy = Policy {
    poll: Duration::from_millis(100),
    rest: Duration::from_millis(500),
    patience: Duration::from_secs(60),
};

/// As long as a person needs to read a plan, and a restart may take.
const PLAN_LIFE: Duration = Duration::from_secs(15 * 60);

impl Purse {
    /// Starts or finds the chain, and finds or makes the wallet.
    pub async fn open(home: &Home, options: PurseOptions, clock: Arc<dyn Clock>) -> Result<Self, PurseError> {
        let chain = match &options.chain {
            ChainSource::Start { anvil, registry } => {
                PracticeChain::start(&ChainOptions::new(anvil.clone(), *registry, &*clock)).await?
            }
            ChainSource::Attach { rpc } => PracticeChain::attach(rpc, Duration::from_secs(20)).await?,
        };
        // Never another id: what is signed for a rehearsal must be worth nothing anywhere else.
        if chain.network().chain_id() != Network::PRACTICE_CHAIN_ID {
            return Err(PurseError::OtherChain(chain.network().chain_id()));
        }
        let (wallet, keys_of_this_run) = wallet(home, options.password, options.keyring).await?;
        let reader = Chain::new(&RpcEndpoint::practice(chain.rpc())?, chain.network(), Patience::default())?;
        let books = Books::open(&home.ledger(), options.ledger, &chain_name(&chain).await?).await?;
        let settings = MoneySettings {
            chain: reader,
            address: wallet.address(),
            wallet: Arc::new(wallet.clone()),
            clock: Arc::clone(&clock),
            policy: POLICY,
            plan_life: PLAN_LIFE,
        };
        let money = Money::new(settings, books);
        Ok(Self { chain, wallet, money, clock, _home: home.clone(), _keys_of_this_run: keys_of_this_run })
    }

    /// Our money.
    pub const fn money(&self) -> &Money {
        &self.money
    }

    /// The wallet itself.
    pub const fn wallet(&self) -> &KeptWallet {
        &self.wallet
    }

    /// The chain's own side: the faucet, the treasury, and time.
    pub const fn chain(&self) -> &PracticeChain {
        &self.chain
    }

    /// The rig key of this home, with the wallet's permission for it.
    pub async fn delegate(
        &self,
        name: WorkerName,
        life: Duration,
    ) -> Result<(RigKey, DelegationCertificate), PurseError> {
        let yes = ScriptedConfirmation::on(self.money.network())?;
        Ok(self.wallet.delegate(name, life, Arc::clone(&self.clock), &yes).await?)
    }

    /// Play money from the faucet, up to these amounts.
    pub async fn fill_up(&self, aipg: Aipg, eth: Wei) -> Result<(), PurseError> {
        let seen = self.money.look().await?;
        let short = (aipg.saturating_sub(seen.aipg), eth.saturating_sub(seen.eth));
        Ok(self.chain.fund(self.money.address(), short.0, short.1).await?)
    }

    /// What the account says was paid, held against the chain.
    pub async fn earnings(
        &self,
        account: &grid::AccountClient,
    ) -> Result<crate::earnings::Earnings, crate::earnings::EarningsError> {
        self.money.earnings(account).await
    }

    /// Ends the chain, if it is ours.
    pub async fn shutdown(self) {
        self.chain.shutdown().await;
    }
}

/// What the journal calls this chain. Each practice chain is a world of its own, although all have the same id.
async fn chain_name(chain: &PracticeChain) -> Result<String, PracticeChainError> {
    let (network, instance) = (chain.network(), chain.instance().await?);
    Ok(format!("{} {} {} {instance}", network.kind().name(), network.chain_id(), network.grid()))
}

/// The wallet in the home. Without a password none is made there: nobody could open it again. Then there is one for this
/// run only, in a folder of its own.
async fn wallet(
    home: &Home,
    password: Option<Sensitive<String>>,
    keyring: bool,
) -> Result<(KeptWallet, Option<TempDir>), PurseError> {
    let kind = NetworkKind::Practice;
    let kept = password.is_some() || KeptWallet::is_in(&home.keys(), kind, STRENGTH).await?;
    if kept {
        let keyring = keyring.then(|| Keyring::new(kind));
        let ask = Arc::new(GivenPassword::new(password));
        let wallet = KeptWallet::find_or_create(&home.keys(), kind, STRENGTH, keyring, ask).await?;
        return Ok((wallet, None));
    }
    let folder = tempfile::tempdir().map_err(PurseError::NoFolder)?;
    let random = Sensitive::new(keys::random_hex_128().map_err(WalletError::from)?);
    let ask = Arc::new(GivenPassword::new(Some(random)));
    let wallet = KeptWallet::find_or_create(folder.path(), kind, STRENGTH, None, ask).await?;
    Ok((wallet, Some(folder)))
}
