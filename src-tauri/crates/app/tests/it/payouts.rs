//! Paid is what the chain shows to have come to us for good, whatever the account page says.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use app::Home;
use app::earnings::Earnings;
use app::practice::{ChainSource, Purse, PurseOptions};
use grid::{AccountClient, AccountPatience, Endpoint};
use practice::chain::Rpc;
use practice::rigs::{Conduct, RpcProxy};
use practice::settlement::{PayoutRow, PayoutStatus};
use practice::{Account, Network, Options};
use serde_json::{Value, json};
use types::{Address, Aipg, B256, Clock as _, Den, Intent, Sensitive, SystemClock};

use crate::money::Ground;

/// An account page that says what the test wants, and a chain that shows what is so. A block comes with each transaction.
struct Page {
    ground: Ground,
    purse: Arc<Purse>,
    network: Network,
    account: Account,
}

const STATED: f64 = 156.2475;
const RECEIPT: &str = "eth_getTransactionReceipt";

fn stated() -> Aipg {
    Aipg::from_payout(STATED).expect("an amount")
}

fn times(count: usize) -> Aipg {
    std::iter::repeat_n(stated(), count).sum()
}

impl Page {
    async fn new() -> Self {
        let ground = Ground::new(None).await;
        let purse = Arc::clone(&ground.purse);
        Self::of(ground, purse).await
    }

    async fn of(ground: Ground, purse: Arc<Purse>) -> Self {
        let network = Network::start(Options::new(Arc::new(SystemClock), 7)).await.expect("starts");
        let account = network.open_account(Some(purse.money().address()));
        Self { ground, purse, network, account }
    }

    /// The same account an hour later: the rows are stated anew.
    async fn later(self) -> Self {
        Self::of(self.ground, self.purse).await
    }

    fn us(&self) -> Address {
        self.purse.money().address()
    }

    async fn transfer(&self, amount: Aipg) -> B256 {
        self.ground.chain.pay(self.us(), amount).await.expect("pays")
    }

    /// Enough blocks that everything before them is safe.
    async fn sure(&self) {
        self.ground.chain.mine(3).await.expect("mines");
    }

    async fn call(&self, method: &str, params: Value) -> Value {
        let rpc = Rpc::new(self.ground.chain.rpc(), Duration::from_secs(10)).expect("a client");
        rpc.call(method, params).await.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// Our wallet does something, without a plan, and it is in a block.
    async fn we(&self, intent: Intent) -> B256 {
        let call = intent.call(&self.ground.chain.network());
        self.call("anvil_impersonateAccount", json!([self.us()])).await;
        let sent = json!([{ "from": self.us(), "to": call.to, "data": call.data }]);
        let hash = self.call("eth_sendTransaction", sent).await;
        let mined = async {
            while self.call(RECEIPT, json!([hash])).await.is_null() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), mined).await.expect("it is mined");
        hash.as_str().and_then(|hash| hash.parse().ok()).expect("a hash")
    }

    fn states(&self, period: &str, status: PayoutStatus, hash: Option<B256>, to: Option<Address>) {
        let now = SystemClock.now();
        self.network.put_payout_row(PayoutRow {
            period: period.to_owned(),
            account: self.account.id.clone(),
            den: Den::from_hundredths(100),
            aipg: STATED,
            status,
            tx_hash: hash.map(|hash| format!("{hash:x}").trim_start_matches("0x").to_owned()),
            address: to,
            created: now,
            paid: Some(now),
        });
    }

    fn says_sent(&self, period: &str, hash: B256) {
        self.states(period, PayoutStatus::Sent, Some(hash), Some(self.us()));
    }

    async fn earnings(&self) -> Earnings {
        let endpoint = Endpoint::practice(&self.network.api_base()).expect("loopback");
        let key = self.network.issue_key(&self.account.id, practice::Purpose::Inference).expect("a key");
        let account = AccountClient::new(&endpoint, key, AccountPatience::default()).expect("a client");
        self.purse.earnings(&account).await.expect("reads")
    }

    /// What the Grid says to be paid is not believed.
    async fn nothing_is_paid(&self, said: Aipg) {
        self.sure().await;
        let earnings = self.earnings().await;
        assert_eq!((earnings.paid, earnings.said_to_be_paid), (Aipg::ZERO, said), "{earnings:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_exact_transfer_counts_as_paid() {
    let page = Page::new().await;
    let real = page.transfer(stated()).await;
    let rounded = page.transfer(Aipg::parse("156.2475").expect("an amount")).await;
    page.sure().await;
    page.says_sent("real", real);
    page.says_sent("rounded", rounded);
    page.states("invented", PayoutStatus::Confirmed, Some(B256::repeat_byte(7)), Some(page.us()));
    page.states("another's", PayoutStatus::Sent, Some(real), Some(Address::repeat_byte(9)));
    page.states("without a wallet", PayoutStatus::Sent, Some(real), None);
    let earnings = page.earnings().await;
    assert_eq!(earnings.paid, stated(), "{earnings:?}");
    let proven = earnings.payouts.iter().filter(|row| row.proven_block.is_some());
    assert_eq!(proven.map(|row| row.period.as_str()).collect::<Vec<_>>(), ["real"]);
    assert_eq!(earnings.said_to_be_paid, times(4), "said, and not shown by the chain");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_is_settled_and_not_sent_is_owed() {
    let page = Page::new().await;
    for (period, status) in [
        ("accrued", PayoutStatus::Accrued),
        ("pending", PayoutStatus::Pending),
        ("failed", PayoutStatus::Failed),
        ("looked at", PayoutStatus::ManualReview),
        ("held", PayoutStatus::ReviewSanctions),
        ("unknown", PayoutStatus::Other("cancelled".to_owned())),
    ] {
        page.states(period, status, None, None);
    }
    let earnings = page.earnings().await;
    assert_eq!((earnings.paid, earnings.said_to_be_paid), (Aipg::ZERO, Aipg::ZERO), "{earnings:?}");
    assert_eq!((earnings.owed, earnings.other), (times(5), stated()), "{earnings:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_strangers_paid_each_other_is_not_ours() {
    let page = Page::new().await;
    let stranger = Address::repeat_byte(9);
    let real = page.ground.chain.pay(stranger, stated()).await.expect("pays");
    page.states("theirs", PayoutStatus::Sent, Some(real), Some(stranger));
    page.nothing_is_paid(stated()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_we_moved_ourselves_is_no_payout() {
    let page = Page::new().await;
    page.ground.chain.set_min_bond(stated()).await.expect("sets");
    page.we(Intent::Approve { amount: stated() }).await;
    page.we(Intent::Register { amount: stated() }).await;
    assert_eq!(page.ground.chain.bond_of(page.us()).await.expect("reads"), stated(), "bonded");
    let before = page.ground.chain.aipg_of(page.us()).await.expect("reads");
    let unbond = page.we(Intent::Unbond).await;
    let after = page.ground.chain.aipg_of(page.us()).await.expect("reads");
    assert_eq!(after.checked_sub(before), Some(stated()), "the bond came back to the last unit");
    page.says_sent("our own bond", unbond);
    page.says_sent("from us to us", page.we(Intent::SendAipg { to: page.us(), amount: stated() }).await);
    page.nothing_is_paid(times(2)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_transfer_pays_one_row() {
    let page = Page::new().await;
    let hash = page.transfer(stated()).await;
    page.sure().await;
    page.says_sent("first", hash);
    page.says_sent("second", hash);
    assert_eq!(page.earnings().await.paid, stated());
    assert_eq!(page.earnings().await.paid, stated(), "also when it is looked at again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_is_sent_later_becomes_paid_later() {
    let page = Page::new().await;
    page.states("hour", PayoutStatus::Pending, None, Some(page.us()));
    let earnings = page.earnings().await;
    assert_eq!((earnings.paid, earnings.owed), (Aipg::ZERO, stated()), "{earnings:?}");
    let page = page.later().await;
    page.says_sent("hour", page.transfer(stated()).await);
    page.sure().await;
    let earnings = page.earnings().await;
    assert_eq!((earnings.paid, earnings.owed), (stated(), Aipg::ZERO), "{earnings:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_counts_when_its_block_is_safe_and_not_before() {
    let page = Page::new().await;
    page.says_sent("hour", page.transfer(stated()).await);
    let earnings = page.earnings().await;
    assert_eq!((earnings.paid, earnings.said_to_be_paid), (Aipg::ZERO, stated()), "only seen");
    page.sure().await;
    let earnings = page.earnings().await;
    assert_eq!((earnings.paid, earnings.said_to_be_paid), (stated(), Aipg::ZERO), "looked at again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_that_a_reorganisation_took_back_was_never_paid() {
    let page = Page::new().await;
    let undone = page.transfer(stated()).await;
    page.says_sent("hour", undone);
    assert_eq!(page.earnings().await.paid, Aipg::ZERO);
    page.call("evm_setAutomine", json!([false])).await;
    page.call("anvil_reorg", json!([1, []])).await;
    page.call("anvil_dropTransaction", json!([undone])).await;
    page.nothing_is_paid(stated()).await;
    page.call("evm_setAutomine", json!([true])).await;
    let page = page.later().await;
    page.says_sent("hour", page.transfer(stated()).await);
    page.sure().await;
    let earnings = page.earnings().await;
    assert_eq!((earnings.paid, earnings.payouts.len()), (stated(), 1), "sent again: the same row, paid once");
}

#[tokio::test(flavor = "multi_thread")]
async fn merged_accounts_have_two_rows_for_one_period_and_both_count() {
    let page = Page::new().await;
    let hashes = [page.transfer(stated()).await, page.transfer(stated()).await];
    page.sure().await;
    page.says_sent("hour", hashes[0]);
    page.states("hour", PayoutStatus::Pending, None, Some(page.us()));
    let earnings = page.earnings().await;
    assert_eq!((earnings.paid, earnings.owed), (stated(), stated()), "{earnings:?}");
    // Rows of one moment have no lasting order: now the second is stated first.
    let page = page.later().await;
    page.says_sent("hour", hashes[1]);
    page.says_sent("hour", hashes[0]);
    for _ in 0..2 {
        let earnings = page.earnings().await;
        assert_eq!((earnings.paid, earnings.payouts.len()), (times(2), 2), "{earnings:?}");
    }
}

/// The purse of this home on the chain that listens there.
async fn purse(home: &Path, rpc: &str) -> Arc<Purse> {
    let home = Home::lock(home).expect("free");
    let password = Some(Sensitive::new("correct horse battery staple".to_owned()));
    let options = PurseOptions::new(ChainSource::Attach { rpc: rpc.to_owned() }, password);
    Arc::new(Purse::open(&home, options, Arc::new(SystemClock)).await.expect("opens"))
}

/// Three payouts that were really made, and what is asked of the chain to prove them.
struct Three {
    page: Page,
    proxy: RpcProxy,
    _home: tempfile::TempDir,
}

impl Three {
    async fn new() -> Self {
        let ground = Ground::new(None).await;
        let proxy = RpcProxy::start(ground.chain.rpc()).await.expect("a proxy");
        let home = tempfile::tempdir().expect("a folder");
        let page = Page::of(ground, purse(home.path(), proxy.url()).await).await;
        for period in ["first", "second", "third"] {
            page.says_sent(period, page.transfer(stated()).await);
        }
        page.sure().await;
        Self { page, proxy, _home: home }
    }

    /// Looks while the second receipt that is asked for gets this answer; tells how many were asked for.
    async fn with_second(&self, conduct: Conduct) -> (Earnings, usize) {
        let before = self.proxy.count(RECEIPT);
        self.proxy.nth(RECEIPT, before + 2, conduct);
        (self.page.earnings().await, self.proxy.count(RECEIPT) - before)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_cannot_be_asked_is_left_alone_until_next_time() {
    for status in [429, 503] {
        let three = Three::new().await;
        let (earnings, asked) = three.with_second(Conduct::Status(status)).await;
        assert_eq!(asked, 2, "the third is not asked for after HTTP {status}");
        assert_eq!((earnings.paid, earnings.said_to_be_paid), (stated(), times(2)), "the first is kept");
        assert_eq!(three.page.earnings().await.paid, times(3), "next time they are all found");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_payout_that_cannot_be_looked_up_does_not_hide_the_others() {
    let three = Three::new().await;
    let (earnings, asked) = three.with_second(Conduct::Error(-32000, "no such thing")).await;
    assert_eq!((earnings.paid, asked), (times(2), 3), "{earnings:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_home_on_a_new_chain_has_not_been_paid_yet() {
    let home = tempfile::tempdir().expect("a folder");
    let on_new_chain = async || {
        let ground = Ground::new(None).await;
        let purse = purse(home.path(), ground.chain.rpc()).await;
        Page::of(ground, purse).await
    };
    let page = on_new_chain().await;
    let (us, hash) = (page.us(), page.transfer(stated()).await);
    page.says_sent("hour", hash);
    page.sure().await;
    assert_eq!(page.earnings().await.paid, stated());
    drop(page);
    let page = on_new_chain().await;
    assert_eq!(page.us(), us, "the same wallet");
    assert_eq!(page.earnings().await, Earnings::default(), "and none of the old chain's rows");
    page.says_sent("hour", hash);
    page.nothing_is_paid(stated()).await;
}
