//! A practice coordinator, an owner, and a home.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use app::Home;
use app::account::{Account, AccountSettings};
use app::money::Confirm;
use app::wallet::{GivenPassword, KeptWallet};
use async_trait::async_trait;
use grid::{
    AccountClient, AccountPage, AccountPatience, ConnectError, Connection, Endpoint, Identity, Patience,
    Registration, connect,
};
use keys::{RigKey, Strength};
use practice::{AccountId, Network, Options, Purpose};
use tempfile::TempDir;
use types::{
    AccountAct, Address, ApiFormat, Clock, Confirmation, Consent, DelegationCertificate, NetworkKind, Plan,
    RegistrationProof, Sensitive, SystemClock, Timestamp, WorkerName,
};

pub(super) const PASSWORD: &str = "correct horse canary";

/// Stands still unless it is moved.
pub(super) struct HandClock(AtomicU64);

impl HandClock {
    pub(super) fn advance(&self, span: Duration) {
        self.0.fetch_add(u64::try_from(span.as_millis()).expect("not that long"), Ordering::SeqCst);
    }
}

impl HandClock {
    pub(super) fn set(&self, millis: u64) {
        self.0.store(millis, Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// An account, from its operator's side.
pub(super) struct Opened {
    id: AccountId,
    api_key: Sensitive<String>,
}

pub(super) struct World {
    pub(super) network: Network,
    /// The coordinator's.
    pub(super) theirs: Arc<HandClock>,
    pub(super) ours: Arc<HandClock>,
    home: TempDir,
}

impl World {
    pub(super) async fn new() -> Self {
        Self::with(false).await
    }

    /// With enrolment, or without as the real coordinator is by default.
    pub(super) async fn with(enrolment: bool) -> Self {
        let clock = || Arc::new(HandClock(AtomicU64::new(SystemClock.now().millis())));
        let (theirs, ours) = (clock(), clock());
        let options = Options { enrolment, ..Options::new(Arc::<HandClock>::clone(&theirs), 7) };
        let network = Network::start(options).await.expect("starts");
        Self { network, theirs, ours, home: tempfile::tempdir().expect("a home") }
    }

    pub(super) fn advance(&self, span: Duration) {
        self.theirs.advance(span);
        self.ours.advance(span);
    }

    pub(super) fn endpoint(&self) -> Endpoint {
        Endpoint::practice(&self.network.api_base()).expect("loopback")
    }

    /// The account of this home's wallet. Dropped and asked for again, it is a restart.
    pub(super) async fn account(&self) -> Account {
        self.account_at(self.endpoint()).await
    }

    pub(super) async fn account_at(&self, endpoint: Endpoint) -> Account {
        open(self.home.path(), endpoint, Arc::<HandClock>::clone(&self.ours)).await
    }

    pub(super) fn home(&self) -> &Path {
        self.home.path()
    }

    /// The account of this home's wallet, which was there before: its first key is labelled `practice`.
    pub(super) async fn opened(&self) -> (Account, Opened) {
        let account = self.account().await;
        let opened = self.network.open_account(Some(account.wallet()));
        (account, Opened { id: opened.id, api_key: opened.api_key })
    }

    /// A key that the account got elsewhere.
    pub(super) fn issue(&self, opened: &Opened, purpose: Purpose) -> Sensitive<String> {
        self.network.issue_key(&opened.id, purpose).expect("there is such an account")
    }

    /// The account as the coordinator has it.
    pub(super) async fn page(&self, opened: &Opened) -> AccountPage {
        let key = copy(&opened.api_key);
        let reader = AccountClient::new(&self.endpoint(), key, AccountPatience::default()).expect("a client");
        reader.account().await.expect("a page")
    }

    /// A file of the home that holds this text as bytes, as hex, or in two bytes a letter.
    pub(super) fn file_that_holds(&self, secret: &str) -> Option<PathBuf> {
        let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
        let wide = secret.encode_utf16().flat_map(u16::to_le_bytes).collect();
        find(self.home.path(), &[secret.as_bytes().to_vec(), hex.into_bytes(), wide])
    }
}

/// The account of the wallet in this home, which is made at the first time.
pub(super) async fn open(home: &Path, endpoint: Endpoint, clock: Arc<dyn Clock>) -> Account {
    let password = GivenPassword::new(Some(Sensitive::new(PASSWORD.to_owned())));
    let (locked, strength) = (Home::lock(home).expect("free"), Strength::practice_only(2));
    let keys = home.join("keys");
    let wallet = KeptWallet::find_or_create(&keys, NetworkKind::Practice, strength, None, Arc::new(password));
    Account::new(AccountSettings {
        home: locked,
        wallet: wallet.await.expect("a wallet"),
        endpoint,
        network: types::Network::practice(31337, Address::repeat_byte(0x11), Address::repeat_byte(0x22)),
        clock,
        patience: AccountPatience::default(),
    })
}

fn find(folder: &Path, forms: &[Vec<u8>]) -> Option<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    entries.map(|entry| entry.expect("an entry").path()).find_map(|path| {
        if path.is_dir() {
            return find(&path, forms);
        }
        let bytes = std::fs::read(&path).expect("a file");
        let holds = |form: &Vec<u8>| bytes.windows(form.len()).any(|window| window == form);
        forms.iter().any(holds).then_some(path)
    })
}

type Answer = fn(&AccountAct) -> bool;

/// An owner who agrees to some acts, and remembers every question.
pub(super) struct Agreeing {
    agrees: Answer,
    attentive: bool,
    asked: Mutex<Vec<AccountAct>>,
}

impl Agreeing {
    pub(super) fn to(agrees: Answer) -> Self {
        Self { agrees, attentive: true, asked: Mutex::default() }
    }

    pub(super) fn to_everything() -> Self {
        Self::to(|_| true)
    }

    /// Says yes to another question than the one that was asked.
    pub(super) fn to_something_else() -> Self {
        Self { attentive: false, ..Self::to_everything() }
    }

    pub(super) fn asked(&self) -> Vec<AccountAct> {
        self.asked.lock().expect("no panic").clone()
    }
}

#[async_trait]
impl Confirm for Agreeing {
    async fn confirm(&self, _: &Plan) -> Option<Consent> {
        None
    }

    async fn confirm_account(&self, act: &AccountAct) -> Option<Consent> {
        self.asked.lock().expect("no panic").push(act.clone());
        let other = AccountAct::MakeKey { label: "something else".to_owned() };
        let shown = if self.attentive { act } else { &other };
        (self.agrees)(act).then(|| Consent { plan: shown.digest(), how: Confirmation::Scripted })
    }
}

pub(super) fn copy(secret: &Sensitive<String>) -> Sensitive<String> {
    Sensitive::new(secret.expose().clone())
}

/// Connects a worker as the node does, with the rig's proof if there are papers.
pub(super) async fn register(
    world: &World,
    api_key: Sensitive<String>,
    name: &str,
    papers: Option<(&RigKey, DelegationCertificate)>,
) -> Result<Connection, ConnectError> {
    let worker_name = WorkerName::new(name).expect("a name");
    let (models, job_types, bridge_agent) =
        (vec!["SmolLM-135M".to_owned()], vec!["text".to_owned()], "aipg-node/0.1.0".to_owned());
    let identity = papers.map(|(rig, delegation)| {
        let proof = RegistrationProof {
            timestamp: world.ours.now().seconds(),
            nonce: keys::random_hex_128().expect("randomness"),
            worker_signer: rig.address(),
            worker_name: worker_name.clone(),
            models: models.clone(),
            job_types: job_types.clone(),
            bridge_agent: bridge_agent.clone(),
        };
        let signature = rig.sign_registration(&proof).expect("signs");
        Identity { proof, signature, delegation }
    });
    let registration = Registration {
        api_key,
        name: worker_name,
        models,
        job_types,
        max_length: 256,
        max_context_length: 2048,
        api_formats: vec![ApiFormat::OpenAiChat],
        modalities: vec!["text".to_owned()],
        bridge_agent,
        identity,
    };
    connect(&world.endpoint(), &registration, Patience::default()).await
}
