//! Money through the window: what the system's own dialog asks, and what comes of each answer.

use std::time::Duration;

use serde_json::{Value, json};

use crate::desktop::{App, ENTER, Page, Start, TAB, keep_screen, strike};

pub(crate) const SERVING: Duration = Duration::from_secs(120);
pub(crate) const CHAIN: Duration = Duration::from_secs(60);
const SOON: Duration = Duration::from_secs(20);
const END: Duration = Duration::from_secs(10);

pub(crate) const BOND: &str = "Bond 1,000 AIPG";
pub(crate) const HELD: &str = "1,000 AIPG is held by the Grid's contract";

#[tokio::test]
async fn a_whole_day_from_the_first_job_to_bonded_and_back_and_the_end() {
    let (app, page) = Start::new().await.driven().await;
    page.wait_for_words("Waiting for jobs", SERVING).await;
    page.press("Send practice job").await;
    page.wait_for_words("Counted", SERVING).await;
    open_full_wallet(&page).await;
    page.press(BOND).await;
    agree(&app, BOND).await;
    page.wait_for_words(HELD, CHAIN).await;
    page.wait_for_words("Done.", CHAIN).await;
    page.keep_screenshot("wallet-bonded").await;

    page.visit("Home").await;
    page.press("Pause").await;
    page.wait_for_text("h1", "Paused by you", SOON).await;
    app.wait_until("no engine is left", END, |app| app.engines().is_empty()).await;
    page.keep_screenshot("home-paused").await;
    page.press("Resume").await;
    page.wait_for_text("h1", "Waiting for jobs", SERVING).await;

    page.visit("Wallet").await;
    page.press("Take back 1,000 AIPG").await;
    agree(&app, "Take the bond back").await;
    page.wait_for_control(BOND, CHAIN).await;
    let words = page.words().await;
    assert!(words.contains("Not bonded"), "the bond is back: {words}");

    page.visit("Settings").await;
    page.press("Quit Grid Node").await;
    page.press("Stop and close").await;
    app.wait_until("the app has ended", END, |app| !app.is_running()).await;
}

#[tokio::test]
async fn where_the_contract_has_a_cooldown_the_bond_comes_back_after_it() {
    let (app, page) = Start::new().await.with(&["--registry", "v2"]).driven().await;
    open_full_wallet(&page).await;
    page.press(BOND).await;
    agree(&app, BOND).await;
    page.wait_for_words(HELD, CHAIN).await;
    page.press("Start unbonding").await;
    agree(&app, "Start unbonding").await;
    page.wait_for_words("Unbonding, ready", CHAIN).await;
    page.keep_screenshot("wallet-unbonding").await;
    page.press("Skip the waiting time").await;
    page.press("Withdraw 1,000 AIPG").await;
    agree(&app, "Withdraw the bond").await;
    page.wait_for_control(BOND, CHAIN).await;
}

#[tokio::test]
async fn the_systems_dialog_tells_all_that_is_signed() {
    let (app, page) = Start::new().await.driven().await;
    open_full_wallet(&page).await;
    let address = page.find_out("return document.querySelector('.address').textContent.trim()").await;
    page.press(BOND).await;
    let question = app.question().await;
    keep_screen("question-bond").expect("a picture");
    let address = address.as_str().expect("an address on the page");
    for told in [
        "Bond 1,000 AIPG?",
        "1. Allow",
        "2. Put 1,000 AIPG",
        address,
        "chain 31337",
        "at most 0.0000",
        " ETH",
    ] {
        assert!(question.words.contains(told), "the question should tell {told:?}: {}", question.words);
    }
    assert_eq!(question.buttons, ["Not now", BOND], "the harmless answer comes first");
}

#[tokio::test]
async fn a_no_in_the_systems_dialog_moves_nothing_and_one_is_asked_once() {
    let (app, page) = Start::new().await.driven().await;
    open_full_wallet(&page).await;
    let before = balances(&page).await;
    assert_eq!(before[2], json!("0\u{a0}AIPG"), "the balances are read, and nothing is bonded: {before}");
    page.press(BOND).await;
    let question = app.question().await;
    // However often the page asks meanwhile, the owner is asked once.
    for _ in 0..5 {
        page.invoke("begin", json!({ "wish": "bond" })).await;
    }
    assert_eq!(app.questions().await, 1, "one question at a time");
    question.press("Not now").await;
    page.wait_for_words("It was not confirmed, so nothing was signed.", SOON).await;
    assert_eq!(app.questions().await, 0, "nothing was kept for later");
    assert_eq!(balances(&page).await, before, "nothing moved, not even a fee");
}

#[tokio::test]
async fn enter_alone_is_a_no_and_the_keyboard_can_say_yes() {
    let (app, page) = Start::new().await.driven().await;
    open_full_wallet(&page).await;
    page.press(BOND).await;
    app.question().await;
    strike(ENTER).expect("a keyboard");
    page.wait_for_words("It was not confirmed, so nothing was signed.", SOON).await;

    page.press(BOND).await;
    app.question().await.wait_for_button(BOND).await;
    strike(TAB).and_then(|()| strike(ENTER)).expect("a keyboard");
    page.wait_for_words(HELD, CHAIN).await;
}

/// Says yes to the question, which must be about this.
pub(crate) async fn agree(app: &App, act: &str) {
    app.question().await.press(act).await;
}

/// Shows the wallet and fills it, so that a bond can be put up.
pub(crate) async fn open_full_wallet(page: &Page) {
    page.wait_for_words("Waiting for jobs", SERVING).await;
    page.visit("Wallet").await;
    page.press("Get practice money").await;
    page.wait_for_control(BOND, CHAIN).await;
}

/// AIPG, ETH and bond, as the page shows them.
async fn balances(page: &Page) -> Value {
    page.find_out("return [...document.querySelectorAll('dl dd')].slice(0, 3).map((is) => is.innerText)")
        .await
}
