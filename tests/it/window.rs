//! The real window, driven from outside: what a person sees and does, and how the app ends.

use std::time::{Duration, Instant};

use crate::desktop::Start;

/// The engine loads a model and is tested first, on a busy machine.
const SERVING: Duration = Duration::from_secs(120);
const ANSWER: Duration = Duration::from_secs(120);
/// The app may take five seconds to put its node away, and a little for the window.
const END: Duration = Duration::from_secs(10);

#[tokio::test]
async fn a_practice_job_is_served_and_shown_in_the_window() {
    let (_app, page) = Start::new().await.driven().await;
    page.wait_for_text("h1", "Waiting for jobs", SERVING).await;
    let words = page.words().await;
    assert!(words.contains("Nothing here is real money"), "practice says so on screen: {words}");

    page.press("Send practice job").await;
    page.wait_for_some("p.answer", ANSWER).await;
    page.wait_for_text("tbody tr:first-child td:nth-child(3)", "Counted", ANSWER).await;
}

#[tokio::test]
async fn pausing_ends_the_engine_and_a_signal_ends_everything_in_time() {
    let (app, page) = Start::new().await.driven().await;
    page.wait_for_text("h1", "Waiting for jobs", SERVING).await;
    let engines = app.engines();
    assert_eq!(engines.len(), 1, "one engine serves");
    page.press("Pause").await;
    page.wait_for_text("h1", "Paused by you", Duration::from_secs(20)).await;
    app.wait_until("no engine is left", END, |_| !engines[0].is_alive()).await;
    page.press("Resume").await;
    page.wait_for_text("h1", "Waiting for jobs", SERVING).await;

    let engines = app.engines();
    assert_eq!(engines.len(), 1, "an engine serves again");
    let begun = Instant::now();
    app.terminate();
    app.wait_until("the app has ended", END, |app| !app.is_running()).await;
    assert!(begun.elapsed() < Duration::from_secs(7), "five seconds and a little for the window");
    assert!(!engines[0].is_alive(), "no engine is left behind");
}

#[tokio::test]
async fn quitting_in_the_window_takes_a_second_yes_and_ends_everything() {
    let (app, page) = Start::new().await.driven().await;
    page.wait_for_text("h1", "Waiting for jobs", SERVING).await;
    page.visit("Settings").await;
    page.press("Quit Grid Node").await;
    page.press("Keep working").await;
    page.press("Quit Grid Node").await;
    let before = app.processes();
    page.press("Stop and close").await;
    app.wait_until("the app has ended", END, |app| !app.is_running()).await;
    let left = ["grid-node-engine", "anvil", "WebKitWebProcess"];
    let left = |process: &&crate::desktop::Process| left.contains(&process.name().as_str());
    app.wait_until("nothing it started is left", END, |_| before.iter().find(left).is_none()).await;
}

#[tokio::test]
async fn an_app_that_is_killed_leaves_no_engine_behind() {
    let (app, page) = Start::new().await.driven().await;
    page.wait_for_text("h1", "Waiting for jobs", SERVING).await;
    let engines = app.engines();
    assert_eq!(engines.len(), 1, "one engine serves");
    app.kill();
    app.wait_until("no engine is left", Duration::from_secs(5), |_| !engines[0].is_alive()).await;
}
