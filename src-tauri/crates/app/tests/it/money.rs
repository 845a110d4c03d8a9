//! Plans carried out on a chain that changes, forgets and is shared with others.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use app::Home;
use app::money::{Carried, Confirm, Money, MoneyError, ScriptedConfirmation};
use app::practice::{ChainSource, Purse, PurseOptions};
use async_trait::async_trait;
use chain::action::{End, Obstacle, Wish};
use practice::chain::{ChainOptions, PracticeChain, Rpc};
use serde_json::{Value, json};
use tokio::time::timeout;
use types::{
    AccountAct, Address, Aipg, Confirmation, Consent, Intent, Plan, RegistryVersion, Sensitive, SystemClock,
    Wei,
};

/// The program that runs the chain: named by `ANVIL`, else where the chores put it.
pub(crate) fn anvil() -> PathBuf {
    let own = || {
        let name = format!("anvil{}", std::env::consts::EXE_SUFFIX);
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../target/anvil").join(name)
    };
    let path = std::env::var_os("ANVIL").map_or_else(own, PathBuf::from);
    assert!(path.is_file(), "no anvil at {}: `cargo xtask setup` installs it", path.display());
    path
}

/// A chain of the test's own, and a wallet with play money on it.
pub(crate) struct Ground {
    pub(crate) chain: Arc<PracticeChain>,
    pub(crate) purse: Arc<Purse>,
    rpc: Rpc,
    folder: tempfile::TempDir,
}

pub(crate) fn bond() -> Wish {
    Wish::Bond { amount: Aipg::whole(1000) }
}

pub(crate) fn yes(money: &Money) -> ScriptedConfirmation {
    ScriptedConfirmation::on(money.network()).expect("a practice network")
}

impl Ground {
    pub(crate) async fn new(block_time: Option<Duration>) -> Self {
        let options =
            ChainOptions { block_time, ..ChainOptions::new(anvil(), RegistryVersion::V1, &SystemClock) };
        let chain = Arc::new(PracticeChain::start(&options).await.expect("starts"));
        let folder = tempfile::tempdir().expect("a folder");
        let home = Home::lock(folder.path()).expect("free");
        let source = ChainSource::Attach { rpc: chain.rpc().to_owned() };
        let password = Some(Sensitive::new("correct horse battery staple".to_owned()));
        let purse = Purse::open(&home, PurseOptions::new(source, password), Arc::new(SystemClock))
            .await
            .expect("opens");
        purse.fill_up(Aipg::whole(1050), Wei::whole(1)).await.expect("play money");
        let rpc = Rpc::new(chain.rpc(), Duration::from_secs(10)).expect("a client");
        Self { chain, purse: Arc::new(purse), rpc, folder }
    }

    /// Blocks come by themselves.
    pub(crate) async fn lively() -> Self {
        Self::new(Some(Duration::from_secs(1))).await
    }

    /// Blocks come when the test says so.
    pub(crate) async fn by_hand() -> Self {
        let ground = Self::new(None).await;
        ground.call("evm_setAutomine", json!([false])).await;
        ground
    }

    async fn call(&self, method: &str, params: Value) -> Value {
        self.rpc.call(method, params).await.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    fn wallet(&self) -> Address {
        self.purse.money().address()
    }

    async fn fulfil(&self, wish: Wish) -> Result<Carried, MoneyError> {
        let money = self.purse.money();
        money.fulfil(wish, &yes(money)).await
    }

    /// The same while the test does something to the chain.
    fn fulfilling(&self, wish: Wish) -> tokio::task::JoinHandle<Result<Carried, MoneyError>> {
        let purse = Arc::clone(&self.purse);
        tokio::spawn(async move { purse.money().fulfil(wish, &yes(purse.money())).await })
    }

    /// Waits until the wallet has a transaction in the pool, and gives its hash.
    async fn waiting(&self) -> String {
        let known = self.wallet().to_checksum(None);
        let found = async {
            loop {
                let pool = self.call("txpool_content", json!([])).await;
                let pending = pool["pending"].as_object().into_iter().flatten();
                let mut ours = pending.filter(|(from, _)| from.eq_ignore_ascii_case(&known));
                let transaction =
                    ours.next().and_then(|(_, by_nonce)| by_nonce.as_object()?.values().next().cloned());
                if let Some(hash) =
                    transaction.and_then(|transaction| transaction["hash"].as_str().map(str::to_owned))
                {
                    return hash;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(Duration::from_secs(20), found).await.expect("it is sent")
    }

    pub(crate) async fn is_bonded(&self) -> bool {
        self.chain.bond_of(self.wallet()).await.expect("reads") == Aipg::whole(1000)
    }
}

fn done(carried: Result<Carried, MoneyError>) -> Carried {
    let carried = carried.expect("it was begun");
    assert_eq!(carried.end, End::Done, "{carried:?}");
    carried
}

async fn ends(task: tokio::task::JoinHandle<Result<Carried, MoneyError>>) -> Carried {
    timeout(Duration::from_secs(30), task).await.expect("it ends").expect("no panic").expect("it was begun")
}

/// Mines blocks until it is through: nothing else does on a chain by hand.
async fn mined(ground: &Ground, task: tokio::task::JoinHandle<Result<Carried, MoneyError>>) -> Carried {
    let mining = async {
        loop {
            ground.chain.mine(1).await.expect("mines");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::select! {
        carried = ends(task) => carried,
        () = mining => unreachable!("it mines for ever"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_clicks_at_once_put_up_one_bond() {
    let ground = Ground::lively().await;
    let clicks: Vec<_> = (0..50).map(|_| ground.fulfilling(bond())).collect();
    let mut through = 0;
    for click in clicks {
        match timeout(Duration::from_secs(30), click).await.expect("it ends").expect("no panic") {
            Ok(carried) => {
                assert_eq!(carried.end, End::Done);
                through += 1;
            }
            Err(MoneyError::Busy) => {}
            Err(MoneyError::Obstacle(Obstacle::AlreadyBonded)) => {}
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(through, 1);
    assert!(ground.is_bonded().await);
    let sent = ground.call("eth_getTransactionCount", json!([ground.wallet(), "latest"])).await;
    assert_eq!(sent, "0x2", "an approval and a registration");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_transaction_is_sent_again_as_it_was() {
    let ground = Ground::by_hand().await;
    let click = ground.fulfilling(bond());
    let first = ground.waiting().await;
    ground.call("anvil_dropTransaction", json!([first])).await;
    assert_eq!(ground.waiting().await, first, "the same bytes");
    let carried = mined(&ground, click).await;
    assert_eq!(carried.end, End::Done, "{carried:?}");
    assert_eq!(carried.transactions.len(), 2, "nothing was signed twice");
    assert!(ground.is_bonded().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reorganisation_after_the_bond_is_survived() {
    let ground = Ground::new(None).await;
    let click = ground.fulfilling(bond());
    // Mined at once, but no block follows: seen, and not yet safe.
    timeout(Duration::from_secs(20), async {
        while !ground.is_bonded().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .expect("it is seen");
    assert!(!click.is_finished(), "seen is not enough");
    ground.call("evm_setAutomine", json!([false])).await;
    ground.call("anvil_reorg", json!([1, []])).await;
    assert!(!ground.is_bonded().await, "the block is gone");
    let carried = mined(&ground, click).await;
    assert_eq!(carried.end, End::Done, "{carried:?}");
    assert_eq!(carried.transactions.len(), 2, "nothing was signed twice");
    assert!(ground.is_bonded().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_transaction_in_our_place_ends_the_plan_and_a_new_yes_gets_a_new_one() {
    let ground = Ground::by_hand().await;
    let click = ground.fulfilling(bond());
    let ours = ground.waiting().await;
    // The same wallet, used elsewhere: the same place in the row.
    ground.call("anvil_dropTransaction", json!([ours])).await;
    let wallet = ground.wallet();
    ground.call("anvil_impersonateAccount", json!([wallet])).await;
    let foreign = json!([{ "from": wallet, "to": wallet, "value": "0x1", "nonce": "0x0",
        "maxFeePerGas": "0x2540be400", "maxPriorityFeePerGas": "0x77359400", "gas": "0x5208" }]);
    ground.call("eth_sendTransaction", foreign).await;
    let carried = mined(&ground, click).await;
    assert_eq!(carried.end, End::Stopped(Obstacle::Overtaken), "{carried:?}");
    assert_eq!(carried.transactions[0].state, ledger::TransactionState::Void);
    assert!(!ground.is_bonded().await);
    let again = ground.fulfilling(bond());
    assert_eq!(mined(&ground, again).await.end, End::Done);
    assert!(ground.is_bonded().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_that_is_undone_between_approval_and_registration_costs_nothing() {
    let ground = Ground::by_hand().await;
    let click = ground.fulfilling(bond());
    let approval = ground.waiting().await;
    ground.chain.mine(1).await.expect("mines");
    // The registration is on its way when the approval's block goes, and both come back.
    let registration = ground.waiting().await;
    assert_ne!(registration, approval);
    ground.call("anvil_reorg", json!([1, []])).await;
    let carried = mined(&ground, click).await;
    assert_eq!(carried.end, End::Done, "{carried:?}");
    assert_eq!(carried.transactions.len(), 2, "nothing was signed twice");
    assert!(ground.is_bonded().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bond_is_followed_until_it_is_final_and_sent_again_if_its_block_goes() {
    let ground = Ground::by_hand().await;
    let money = ground.purse.money();
    let click = ground.fulfilling(bond());
    mined(&ground, click).await;
    ground.chain.mine(3).await.expect("mines");
    assert_eq!(money.follow().await.expect("reads"), 0, "both are final now");
    assert_eq!(money.follow().await.expect("reads"), 0, "and not asked for again");

    let unbond = ground.fulfilling(Wish::Unbond);
    ground.waiting().await;
    // Two blocks: the one with it, and the one that makes it safe. Then both go.
    ground.chain.mine(2).await.expect("mines");
    let carried = ends(unbond).await;
    assert_eq!(carried.end, End::Done);
    ground.call("anvil_reorg", json!([2, []])).await;
    assert!(ground.is_bonded().await, "it was undone after all");
    assert_eq!(money.follow().await.expect("reads"), 1);
    ground.chain.mine(4).await.expect("mines");
    assert_eq!(money.follow().await.expect("reads"), 0, "the same bytes were mined again");
    assert!(!ground.is_bonded().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_when_it_is_mined_again_is_not_called_done() {
    let ground = Ground::by_hand().await;
    let money = ground.purse.money();
    let click = ground.fulfilling(bond());
    mined(&ground, click).await;
    let unbond = ground.fulfilling(Wish::Unbond);
    ground.waiting().await;
    ground.chain.mine(2).await.expect("mines");
    let carried = ends(unbond).await;
    assert_eq!(carried.end, End::Done);
    ground.call("anvil_reorg", json!([2, []])).await;
    // Paused in the next block, before the same bytes come again.
    let mining = async {
        loop {
            ground.chain.mine(1).await.expect("mines");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::select! {
        paused = ground.chain.pause_grid(true) => paused.expect("pauses"),
        () = mining => unreachable!("it mines for ever"),
    }
    money.follow().await.expect("reads");
    ground.chain.mine(4).await.expect("mines");
    money.follow().await.expect("reads");
    assert_eq!(money.follow().await.expect("reads"), 0, "it failed for good: nothing is left to follow");
    assert!(ground.is_bonded().await, "and the bond is still up");
    let rows = money.transactions(&carried.plan).await.expect("reads");
    assert!(matches!(rows[0].state, ledger::TransactionState::Reverted(_)), "the journal says so: {rows:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_says_no_to_the_rest_of_a_plan_can_give_it_up_when_nothing_is_on_its_way() {
    let ground = Ground::by_hand().await;
    let money = ground.purse.money();
    let click = ground.fulfilling(bond());
    ground.waiting().await;
    click.abort();
    let _ = click.await;
    ground.chain.mine(3).await.expect("mines");
    let declined = money.resume(&Answer(|_| None)).await;
    assert!(matches!(declined, Err(MoneyError::Declined)), "{declined:?}");
    let given_up = money.give_up().await.expect("the approval is in a block").expect("there was a plan");
    assert_eq!(given_up.end, End::Stopped(Obstacle::NotSigned));
    assert_eq!(
        money.look().await.expect("reads").allowance,
        Aipg::whole(1000),
        "shown, and can be taken back"
    );
    let revoke = ground.fulfilling(Wish::Revoke);
    assert_eq!(mined(&ground, revoke).await.end, End::Done);
    assert_eq!(ground.chain.allowance_of(ground.wallet()).await.expect("reads"), Aipg::ZERO);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_plan_is_gone_on_with_after_another_yes_or_given_up() {
    let ground = Ground::by_hand().await;
    let money = ground.purse.money();
    let click = ground.fulfilling(bond());
    let approval = ground.waiting().await;
    assert!(matches!(money.resume(&yes(money)).await, Err(MoneyError::Busy)), "one at a time");
    assert!(matches!(money.give_up().await, Err(MoneyError::Busy)));
    click.abort();
    let _ = click.await;
    assert!(
        matches!(money.give_up().await, Err(MoneyError::OnItsWay)),
        "what is signed cannot be taken back"
    );
    assert!(matches!(ground.fulfil(bond()).await, Err(MoneyError::Journal(ledger::LedgerError::PlanOpen))));
    let declined = money.resume(&Answer(|_| None)).await;
    assert!(matches!(declined, Err(MoneyError::Declined)), "the yes of before is not the yes of now");
    let resumed = {
        let purse = Arc::clone(&ground.purse);
        tokio::spawn(async move {
            let carried = purse.money().resume(&yes(purse.money())).await?;
            Ok(carried.expect("there is a plan"))
        })
    };
    assert_eq!(ground.waiting().await, approval, "the same bytes");
    let carried = mined(&ground, resumed).await;
    assert_eq!((carried.end, carried.transactions.len()), (End::Done, 2));
    assert!(money.give_up().await.expect("reads").is_none(), "nothing is left to give up");
}

/// Does something to the chain while the owner reads the plan, and then says yes.
struct Meanwhile<F>(F);

#[async_trait]
impl<F: Fn() -> futures_util::future::BoxFuture<'static, ()> + Send + Sync> Confirm for Meanwhile<F> {
    async fn confirm(&self, plan: &Plan) -> Option<Consent> {
        (self.0)().await;
        Some(Consent { plan: plan.digest(), how: Confirmation::Scripted })
    }

    async fn confirm_account(&self, _: &AccountAct) -> Option<Consent> {
        None
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contract_that_changes_while_the_plan_is_read_gets_nothing() {
    let ground = Ground::lively().await;
    let chain = Arc::clone(&ground.chain);
    let upgrade = Meanwhile(move || {
        let chain = Arc::clone(&chain);
        Box::pin(async move { chain.switch_registry(RegistryVersion::V2).await.expect("upgrades") }) as _
    });
    let carried = ground.purse.money().fulfil(bond(), &upgrade).await.expect("it was begun");
    assert_eq!(carried.end, End::Stopped(Obstacle::ContractChanged));
    assert_eq!(carried.transactions, [], "nothing was signed");
    assert_eq!(ground.chain.allowance_of(ground.wallet()).await.expect("reads"), Aipg::ZERO);
    let carried = done(ground.fulfil(bond()).await);
    assert_eq!(carried.plan.registry, Some(RegistryVersion::V2), "a new plan is for the new contract");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_yes_that_cannot_be_written_down_signs_nothing_and_can_be_said_again() {
    let ground = Ground::lively().await;
    // As a full disk would: reads go on, writes do not.
    let disk = rusqlite::Connection::open(ground.folder.path().join("ledger.sqlite")).expect("opens");
    disk.execute_batch("BEGIN IMMEDIATE").expect("takes the lock");
    let refused = ground.fulfil(bond()).await;
    assert!(matches!(&refused, Err(MoneyError::Journal(error)) if error.is_transient()), "{refused:?}");
    let sent = ground.call("eth_getTransactionCount", json!([ground.wallet(), "pending"])).await;
    assert_eq!(sent, "0x0", "what cannot be recorded is not begun");
    disk.execute_batch("ROLLBACK").expect("lets go");
    done(ground.fulfil(bond()).await);
    assert!(ground.is_bonded().await);
}

/// Says no, or yes to something else.
struct Answer(fn(&Plan) -> Option<Consent>);

#[async_trait]
impl Confirm for Answer {
    async fn confirm(&self, plan: &Plan) -> Option<Consent> {
        (self.0)(plan)
    }

    async fn confirm_account(&self, _: &AccountAct) -> Option<Consent> {
        None
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_yes_to_this_very_plan_nothing_is_begun() {
    let ground = Ground::lively().await;
    let other = |plan: &Plan| {
        let other = Plan { fee_limit: Wei::whole(1), ..plan.clone() };
        Some(Consent { plan: other.digest(), how: Confirmation::Native })
    };
    for answer in [Answer(|_| None), Answer(other)] {
        let result = ground.purse.money().fulfil(bond(), &answer).await;
        assert!(matches!(result, Err(MoneyError::Declined)), "{result:?}");
    }
    let sent = ground.call("eth_getTransactionCount", json!([ground.wallet(), "pending"])).await;
    assert_eq!(sent, "0x0");
    assert!(
        ground.purse.money().resume(&yes(ground.purse.money())).await.expect("reads").is_none(),
        "no plan was written"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_permission_that_is_there_is_used_and_what_is_left_of_it_can_be_taken_back() {
    let ground = Ground::lively().await;
    let wallet = ground.wallet();
    let approve = Intent::Approve { amount: Aipg::whole(1500) }.call(&ground.chain.network());
    ground.call("anvil_impersonateAccount", json!([wallet])).await;
    let sent = json!([{ "from": wallet, "to": approve.to, "data": approve.data }]);
    ground.call("eth_sendTransaction", sent).await;
    let carried = done(ground.fulfil(bond()).await);
    assert_eq!(carried.plan.steps, [Intent::Register { amount: Aipg::whole(1000) }], "no second approval");
    let seen = ground.purse.money().look().await.expect("reads");
    assert_eq!(seen.allowance, Aipg::whole(500), "what is left is shown");
    done(ground.fulfil(Wish::Revoke).await);
    assert_eq!(ground.chain.allowance_of(wallet).await.expect("reads"), Aipg::ZERO);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_contract_is_said_before_anything_is_asked() {
    let ground = Ground::lively().await;
    let check = async |wish, expected: Obstacle| {
        let result = ground.fulfil(wish).await;
        assert!(matches!(&result, Err(MoneyError::Obstacle(found)) if *found == expected), "{result:?}");
    };
    ground.chain.pause_grid(true).await.expect("pauses");
    check(bond(), Obstacle::GridPaused).await;
    ground.chain.pause_grid(false).await.expect("goes on");
    ground.chain.pause_token(true).await.expect("pauses");
    check(bond(), Obstacle::TokenPaused).await;
    ground.chain.pause_token(false).await.expect("goes on");
    ground.chain.flag_as_slashed(ground.wallet()).await.expect("marks");
    check(bond(), Obstacle::Barred).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bond_put_up_before_an_upgrade_is_left_by_the_new_way() {
    let ground = Ground::lively().await;
    done(ground.fulfil(bond()).await);
    ground.chain.switch_registry(RegistryVersion::V2).await.expect("upgrades");
    done(ground.fulfil(Wish::Unbond).await);
    let early = ground.fulfil(Wish::WithdrawBond).await;
    assert!(matches!(early, Err(MoneyError::Obstacle(Obstacle::CoolingDown { .. }))), "{early:?}");
    done(ground.fulfil(Wish::CancelUnbond).await);
    assert!(ground.is_bonded().await);
    done(ground.fulfil(Wish::Unbond).await);
    ground.chain.advance(Duration::from_secs(7 * 24 * 3600 + 2)).await.expect("time passes");
    done(ground.fulfil(Wish::WithdrawBond).await);
    assert_eq!(
        ground.chain.aipg_of(ground.wallet()).await.expect("reads"),
        Aipg::whole(1050),
        "all of it is back"
    );
}
