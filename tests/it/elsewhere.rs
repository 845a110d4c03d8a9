//! The node on another coordinator: one setting, one question of the system, one key.
//!
//! The coordinator is a practice network that this test runs; to the app it is any other.

use std::sync::Arc;
use std::time::Duration;

use practice::settlement::{PayoutRail, RailError};
use practice::{ChatCall, Customer, Network, Options, Purpose};
use types::{Address, Aipg, B256, SystemClock};

use crate::bond::SERVING;
use crate::desktop::{App, Page, Start};

const SOON: Duration = Duration::from_secs(20);
const MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/models/kjv-tiny.Q8_0.gguf");

/// A wallet and a model are set up in the home of a real node, and the app practises.
async fn started() -> (App, Page) {
    let start = Start::new().await.with_a_kept_wallet();
    let (app, page) = start.driven().await;
    let home = app.home().join(".local/share/grid-node/live");
    std::fs::create_dir_all(&home).expect("a folder");
    let engine = format!("[[engine]]\nkind = \"own\"\nmodel = \"{MODEL}\"\nserve-as = \"kjv\"\n");
    std::fs::write(home.join("grid-node.toml"), engine).expect("writes");
    page.wait_for_words("Waiting for jobs", SERVING).await;
    (app, page)
}

async fn ask_to_move(page: &Page, address: &str) {
    page.visit("Settings").await;
    page.press("Another coordinator").await;
    page.fill("Address", address).await;
    page.press("Work there").await;
}

/// The account names no wallet, so its share is owed and nothing is sent.
struct NobodyIsPaid;

impl PayoutRail for NobodyIsPaid {
    async fn pay(&self, to: Address, _: Aipg) -> Result<B256, RailError> {
        Err(RailError::NotSent(format!("nobody named {to}")))
    }
}

#[tokio::test]
async fn the_owner_points_the_app_at_another_coordinator_and_it_serves_there() {
    let network = Network::start(Options::new(Arc::new(SystemClock), 11)).await.expect("starts");
    let account = network.open_account(None);
    let (app, page) = started().await;
    let base = network.api_base();

    ask_to_move(&page, &base).await;
    let question = app.question().await;
    assert!(question.words.contains(&base), "the address is told: {}", question.words);
    question.press("Work there").await;
    page.wait_for_words(&format!("Your node works for {base}"), SERVING).await;
    page.visit("Home").await;
    page.wait_for_words("No key for the Grid yet", SERVING).await;
    page.keep_screenshot("home-elsewhere-no-key").await;

    page.visit("Account").await;
    page.press("Paste a key instead").await;
    page.fill("Key", account.api_key.expose()).await;
    page.press("Keep this key").await;
    let question = app.question().await;
    assert!(question.words.contains("Work for this account?"), "{}", question.words);
    question.press("Work for it").await;
    page.wait_for_words("Signed in", SERVING).await;
    page.visit("Home").await;
    page.wait_for_words("Waiting for jobs", SERVING).await;
    page.keep_screenshot("home-elsewhere").await;

    let key = network.issue_key(&account.id, Purpose::Inference).expect("the account is there");
    let customer = Customer::new(&base, key, SERVING).expect("a customer");
    let call = ChatCall { max_tokens: Some(8), ..ChatCall::ask("kjv", "In the beginning") };
    let reply = customer.chat(&call.streamed()).await.expect("a reply");
    assert!(reply.error.is_none() && !reply.text.is_empty(), "{reply:?}");
    page.wait_for_words("Counted", SERVING).await;
    page.visit("Account").await;
    page.wait_for_words("Signed in", SOON).await;
    page.keep_screenshot("account-elsewhere").await;
    network.settle(208.33, &NobodyIsPaid).await.expect("settles");
    page.visit("Earnings").await;
    page.press("Read again").await;
    page.wait_for_words("Owed", SOON).await;
    for screen in ["Earnings", "Wallet", "Settings"] {
        page.visit(screen).await;
        page.keep_screenshot(&format!("{}-elsewhere", screen.to_lowercase())).await;
    }
    let words = page.words().await;
    assert!(!words.contains(account.api_key.expose().as_str()), "the key is shown nowhere");

    page.press("Practice network").await;
    page.press("Work there").await;
    app.question().await.press("Practise").await;
    page.wait_for_words("Practice network. Nothing here is real money.", SERVING).await;
    page.visit("Home").await;
    page.wait_for_control("Send practice job", SERVING).await;
}

#[tokio::test]
async fn a_no_leaves_the_node_where_it_works_and_a_bad_address_is_not_asked_about() {
    let (app, page) = started().await;
    ask_to_move(&page, "http://127.0.0.1:1").await;
    app.question().await.press("Not now").await;
    page.visit("Home").await;
    page.wait_for_words("Waiting for jobs", SOON).await;
    ask_to_move(&page, "http://grid.example.org").await;
    page.wait_for_words("Without https", SOON).await;
    assert_eq!(app.questions().await, 0, "nothing is asked about an address that cannot be");
}
