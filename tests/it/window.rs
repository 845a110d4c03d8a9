//! The real window, driven from outside: what a person sees, and what a hostile page could not do.

mod driver;

use std::time::{Duration, Instant};

use fantoccini::Locator;
use serde_json::json;

use driver::{App, text_of};

/// The engine loads a model and is tested first, on a busy machine.
const SERVING: Duration = Duration::from_secs(120);
const ANSWER: Duration = Duration::from_secs(120);

#[tokio::test]
async fn a_practice_job_is_served_and_shown_in_the_window() {
    let app = App::open().await;
    app.wait_for_text("h1", "Waiting for jobs", SERVING).await;
    let banner = text_of(&app.page, "header").await;
    assert!(banner.contains("Nothing here is real money"), "practice says so on screen: {banner}");

    app.click("form button").await;
    app.wait_for_some("p.answer", ANSWER).await;
    app.wait_for_text("tbody tr:first-child td:nth-child(3)", "Counted", ANSWER).await;
    app.keep_screenshot("served").await;
    app.close().await;
}

#[tokio::test]
async fn pausing_ends_the_engine_and_closing_ends_everything_in_time() {
    let app = App::open().await;
    app.wait_for_text("h1", "Waiting for jobs", SERVING).await;
    let engines = app.engines();
    assert_eq!(engines.len(), 1, "one engine serves");
    app.click("section button").await;
    app.wait_for_text("h1", "Paused by you", Duration::from_secs(20)).await;
    app.wait_until("no engine is left", Duration::from_secs(10), |_| !engines[0].is_alive()).await;
    app.click("section button").await;
    app.wait_for_text("h1", "Waiting for jobs", SERVING).await;

    let engines = app.engines();
    assert_eq!(engines.len(), 1, "an engine serves again");
    let begun = Instant::now();
    app.terminate();
    app.wait_until("the app has ended", Duration::from_secs(10), |app| !app.is_running()).await;
    assert!(begun.elapsed() < Duration::from_secs(7), "five seconds and a little for the window");
    assert!(!engines[0].is_alive(), "no engine is left behind");
    app.close().await;
}

#[tokio::test]
async fn the_page_can_do_nothing_that_was_not_granted() {
    let app = App::open().await;
    app.wait_for_some("h1", SERVING).await;
    let granted = app.invoke("status", json!({})).await;
    assert_eq!(
        granted["worked"],
        json!(true),
        "what is granted works, so the others fail for the right reason"
    );
    // Each would work with these arguments if it were granted.
    for (command, arguments) in [
        ("plugin:event|emit", json!({ "event": "status-changed" })),
        ("plugin:window|close", json!({ "label": "main" })),
        (
            "plugin:webview|create_webview_window",
            json!({ "options": { "label": "other", "url": "index.html" } }),
        ),
        ("plugin:app|version", json!({})),
    ] {
        let answer = app.invoke(command, arguments).await;
        let why = answer["why"].as_str().unwrap_or_default();
        assert!(why.contains("not allowed"), "{command} must be refused: {answer}");
    }

    let frame = app
        .page
        .find(Locator::Css("#__tauri_isolation__"))
        .await
        .expect("messages pass a frame of their own");
    assert!(!frame.is_displayed().await.expect("an answer"), "people do not see it");

    let blocked = app.inline_script_is_blocked().await;
    assert_eq!(
        blocked,
        json!("script-src-elem"),
        "the page's policy must block scripts that it did not bring"
    );

    app.try_to_leave("https://example.invalid/").await;
    let heading = app.page.find(Locator::Css("h1")).await;
    assert!(heading.is_ok(), "the window must not leave its page");
    app.close().await;
}

#[tokio::test]
async fn closing_the_window_ends_the_node_and_the_app_in_time() {
    let app = App::open().await;
    app.wait_for_text("h1", "Waiting for jobs", SERVING).await;
    let engines = app.engines();
    assert_eq!(engines.len(), 1, "one engine serves");
    app.press_close_button();
    app.wait_until("the app has ended", Duration::from_secs(7), |app| !app.is_running()).await;
    assert!(!engines[0].is_alive(), "the app waits for its engine's end before its own");
}

#[tokio::test]
async fn an_app_that_is_killed_leaves_no_engine_behind() {
    let app = App::open().await;
    app.wait_for_text("h1", "Waiting for jobs", SERVING).await;
    let engines = app.engines();
    assert_eq!(engines.len(), 1, "one engine serves");
    app.kill();
    app.wait_until("no engine is left", Duration::from_secs(5), |_| !engines[0].is_alive()).await;
}
