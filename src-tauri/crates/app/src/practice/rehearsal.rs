//! A practice network with one node on it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use engine_link::Launch;
use grid::{AccountClient, AccountPatience, Endpoint};
use jiff::tz::TimeZone;
use keys::{PayoutKey, RigKey, random_hex_128};
use practice::{AccountId, ChatCall, Customer, CustomerError, Network, Options, Purpose, Reply};
use tokio::sync::watch;
use types::{Clock, Delegation, DelegationCertificate, ModelId, Sensitive, WorkerName, WorkerNameError};
use worker::Policy;
use worker::schedule::Schedule;

use crate::{
    EngineKind, EngineSettings, Home, Node, NodeIdentity, NodeSettings, Patience, StartError, Status,
    slot_names,
};

/// What a rehearsal needs.
pub struct RehearsalOptions {
    /// Its own home, apart from everything real.
    pub home: PathBuf,
    /// How to start the engine.
    pub engine: Launch,
    /// The model file.
    pub model: PathBuf,
    /// The name the node works under; further slots have it with a number behind.
    pub worker_name: String,
    /// How many jobs the node takes at once.
    pub slots: usize,
    /// What serves instead of the engine with the model file, if something does.
    pub served: Option<(EngineKind, ModelId)>,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// Where the network's ids and seeds come from. Another one for each run in a home: a ledger credits a job id once.
    pub seed: u64,
    /// How patient the node is.
    pub policy: Policy,
    /// How long single things may take.
    pub patience: Patience,
    /// How long the network gives things.
    pub timings: practice::Timings,
    /// The most space the node's records may take.
    pub ledger: ledger::Limits,
}

impl RehearsalOptions {
    /// A rehearsal with everything as on the real network.
    pub fn new(home: PathBuf, engine: PathBuf, model: PathBuf, clock: Arc<dyn Clock>) -> Self {
        Self {
            home,
            engine: Launch::new(engine),
            model,
            worker_name: "practice-rig".to_owned(),
            slots: 1,
            served: None,
            clock,
            seed: rand::random(),
            policy: Policy::default(),
            patience: Patience::default(),
            timings: practice::Timings::default(),
            ledger: ledger::Limits::default(),
        }
    }

    /// The names of its slots.
    pub(super) fn names(&self) -> Result<Vec<WorkerName>, WorkerNameError> {
        slot_names(&WorkerName::new(self.worker_name.as_str())?, self.slots)
    }
}

/// A rig key and the wallet's permissions for it, one for each slot's name.
pub(super) type Papers = (RigKey, Vec<DelegationCertificate>);

/// How long the wallet lets the rig key work.
pub(super) const DELEGATION: Duration = Duration::from_secs(90 * 24 * 3600);

/// The longest a customer waits.
const CUSTOMER_PATIENCE: Duration = Duration::from_secs(300);

/// A running practice network with one node and one customer.
pub struct Rehearsal {
    network: Network,
    node: Node,
    account: AccountId,
    endpoint: Endpoint,
    customer: Customer,
    model: String,
    names: Vec<WorkerName>,
}

/// Why a practice job got no answer.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// No reply at all.
    #[error(transparent)]
    Customer(#[from] CustomerError),
    /// A reply that says no.
    #[error("{0}")]
    Refused(String),
}

impl Rehearsal {
    /// Starts the network, makes keys for this run, and starts the node.
    pub async fn start(options: RehearsalOptions) -> Result<Self, StartError> {
        let home = Home::lock(&options.home)?;
        let names = options.names()?;
        Self::in_home(home, options, names).await
    }

    /// The same in a home that is locked already.
    pub(super) async fn in_home(
        home: Home,
        options: RehearsalOptions,
        names: Vec<WorkerName>,
    ) -> Result<Self, StartError> {
        let (payout, rig) = (PayoutKey::generate()?, RigKey::generate()?);
        let certificate = |name| delegate(&payout, &rig, name, &*options.clock);
        let certificates = names.iter().map(certificate).collect::<Result<_, _>>()?;
        Self::begin(home, options, names, (rig, certificates)).await
    }

    /// Starts the network and the node with the papers of a wallet.
    pub(super) async fn begin(
        home: Home,
        options: RehearsalOptions,
        names: Vec<WorkerName>,
        (rig, delegations): Papers,
    ) -> Result<Self, StartError> {
        let network = Network::start(Options {
            timings: options.timings,
            ..Options::new(Arc::clone(&options.clock), options.seed)
        })
        .await
        .map_err(|error| StartError::Practice(Box::new(error)))?;
        let account = network.open_account(delegations.first().map(|paper| paper.delegation.payout_wallet));
        let endpoint =
            Endpoint::practice(&network.api_base()).map_err(|error| StartError::Practice(Box::new(error)))?;
        let customer = customer(&network, &account.id)?;
        let (kind, model) = options.served.unwrap_or_else(|| {
            let model = EngineSettings::name_of_file(&options.model);
            (EngineKind::Own { launch: options.engine, file: options.model }, model)
        });
        let engine = EngineSettings {
            kind,
            model: model.clone(),
            names: names.clone(),
            schedule: Schedule::default(),
        };
        let settings = NodeSettings {
            home,
            engines: vec![engine],
            identity: NodeIdentity {
                rig: Some(Arc::new(rig)),
                delegations,
                ..NodeIdentity::unsigned(account.api_key)
            },
            endpoint: endpoint.clone(),
            practice: true,
            // A ledger credits a job id once, and each run in a home has ids of its own.
            book: String::new(),
            time_zone: TimeZone::system(),
            policy: options.policy,
            patience: options.patience,
            ledger: options.ledger,
        };
        let node = Node::start(settings, options.clock).await?;
        let (account, model) = (account.id, model.as_str().to_owned());
        Ok(Self { network, node, account, endpoint, customer, model, names })
    }

    /// What the node is doing.
    pub fn status(&self) -> Status {
        self.node.status()
    }

    /// Tells when that changes.
    pub fn changes(&self) -> watch::Receiver<Status> {
        self.node.changes()
    }

    /// The network, for its books, its events and its operator's hooks.
    pub const fn network(&self) -> &Network {
        &self.network
    }

    /// The node itself.
    pub const fn node(&self) -> &Node {
        &self.node
    }

    /// The name the model is served under.
    pub fn model(&self) -> &str {
        &self.model
    }

    /// Asks one question as a customer of the practice network would, and waits for the whole answer.
    pub async fn send_job(&self, prompt: &str) -> Result<String, SendError> {
        let call = ChatCall { max_tokens: Some(64), ..ChatCall::ask(&self.model, prompt) };
        let reply = self.call(&call.streamed()).await?;
        match reply.error {
            None => Ok(reply.text),
            Some(words) => Err(SendError::Refused(words)),
        }
    }

    /// A customer with a key of his own: the coordinator takes 30 requests a minute from each key.
    pub fn another_customer(&self) -> Result<Customer, StartError> {
        customer(&self.network, &self.account)
    }

    /// Where the network is.
    pub const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// A key more of the account that the node works for.
    pub(super) fn another_key(&self) -> Sensitive<String> {
        issue_key(&self.network, &self.account)
    }

    /// The names of the node's slots.
    pub fn names(&self) -> Vec<WorkerName> {
        self.names.clone()
    }

    /// Reads the account as its owner's app does, with a key of its own.
    pub fn account(&self) -> Result<AccountClient, StartError> {
        let key = issue_key(&self.network, &self.account);
        AccountClient::new(&self.endpoint, key, AccountPatience::default())
            .map_err(|error| StartError::Practice(Box::new(error)))
    }

    /// Sends any request as a customer.
    pub async fn call(&self, call: &ChatCall) -> Result<Reply, CustomerError> {
        self.customer.chat(call).await
    }

    /// Stops serving after the running job and frees the engine's memory.
    pub async fn pause(&self) {
        self.node.pause(false).await;
    }

    /// Serves again.
    pub async fn resume(&self) {
        self.node.resume().await;
    }

    /// Ends everything within seven seconds.
    pub async fn shutdown(self) {
        self.node.shutdown().await;
        self.network.shutdown().await;
    }
}

fn customer(network: &Network, account: &AccountId) -> Result<Customer, StartError> {
    Customer::new(&network.api_base(), issue_key(network, account), CUSTOMER_PATIENCE)
        .map_err(|error| StartError::Practice(Box::new(error)))
}

fn issue_key(network: &Network, account: &AccountId) -> Sensitive<String> {
    network.issue_key(account, Purpose::Inference).expect("BUG: the account was opened on this network")
}

fn delegate(
    payout: &PayoutKey,
    rig: &RigKey,
    name: &WorkerName,
    clock: &dyn Clock,
) -> Result<DelegationCertificate, keys::KeyError> {
    let now = clock.now();
    payout.sign_delegation(Delegation {
        delegation_id: random_hex_128()?,
        payout_wallet: payout.address(),
        worker_signer: rig.address(),
        worker_name: name.clone(),
        issued_at: now.seconds(),
        expires_at: now.plus(DELEGATION).seconds(),
    })
}
