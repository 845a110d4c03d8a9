//! Whether people can use the window who cannot see it, or have no mouse.

use std::time::Duration;

use fantoccini::key::Key;

use crate::desktop::{Page, Start};

const SERVING: Duration = Duration::from_secs(120);
const SOON: Duration = Duration::from_secs(20);
const SCREENS: [&str; 3] = ["Home", "Wallet", "Settings"];

#[tokio::test]
async fn nothing_serious_is_found_on_any_screen_in_either_theme() {
    let (_app, page) = Start::new().await.driven().await;
    in_full_use(&page).await;
    for theme in ["Light", "Dark"] {
        page.choose_theme(theme).await;
        for screen in SCREENS {
            page.visit(screen).await;
            keep_both_ends(&page, &format!("{screen}-{theme}").to_lowercase()).await;
            assert_eq!(page.serious_faults().await, [""; 0], "{screen}, {theme}");
        }
    }
}

#[tokio::test]
async fn the_tab_key_reaches_everything_that_can_be_pressed() {
    let (_app, page) = Start::new().await.driven().await;
    in_full_use(&page).await;
    for screen in SCREENS {
        page.visit(screen).await;
        // A button that is busy is about to change its name.
        page.wait_for_none("[aria-disabled=true]", SOON).await;
        let (wanted, met) = (page.controls().await, page.tab_tour().await);
        assert!(wanted.len() > 4, "{screen} has more than its navigation: {wanted:?}");
        let missed: Vec<_> = wanted.iter().filter(|control| !met.contains(control)).collect();
        assert!(missed.is_empty(), "{screen}: {missed:?} should be among {met:?}");
        let unnamed: Vec<_> = met.iter().filter(|control| control.name.is_empty()).collect();
        assert!(unnamed.is_empty(), "{screen}: all should have a name: {met:?}");
    }
}

#[tokio::test]
async fn a_day_with_the_node_needs_no_mouse() {
    let (_app, page) = Start::new().await.driven().await;
    page.wait_for_words("Waiting for jobs", SERVING).await;
    page.tab_to_and_strike("Pause", Key::Enter).await;
    page.wait_for_text("h1", "Paused by you", SOON).await;
    page.tab_to_and_strike("Resume", Key::Space).await;
    page.wait_for_text("h1", "Waiting for jobs", SERVING).await;
    page.tab_to_and_strike("Send practice job", Key::Enter).await;
    page.wait_for_words("Counted", SERVING).await;

    page.tab_to_and_strike("Wallet", Key::Enter).await;
    page.wait_for_text("nav [aria-current=page]", "Wallet", SOON).await;
    page.tab_to_and_strike("Settings", Key::Space).await;
    page.wait_for_text("nav [aria-current=page]", "Settings", SOON).await;
    page.tab_to_and_strike("As the system", Key::Down).await;
    page.wait_for_some("html[data-theme=light]", SOON).await;
    page.strike(Key::Down).await;
    page.wait_for_some("html[data-theme=dark]", SOON).await;
}

/// Keeps pictures of the screen's beginning and of its end.
async fn keep_both_ends(page: &Page, name: &str) {
    page.keep_screenshot(name).await;
    page.find_out("scrollTo(0, document.body.scrollHeight)").await;
    page.keep_screenshot(&format!("{name}-end")).await;
}

/// A job was done and the wallet is full, so that the screens show all that they have.
async fn in_full_use(page: &Page) {
    page.wait_for_words("Waiting for jobs", SERVING).await;
    page.press("Send practice job").await;
    page.wait_for_words("Counted", SERVING).await;
    page.visit("Wallet").await;
    page.press("Get practice money").await;
    page.wait_for_control("Bond 1,000 AIPG", SERVING).await;
    page.visit("Home").await;
}
