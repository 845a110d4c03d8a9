//! The sign in the tray, read and clicked over the session bus, and the window that goes away and comes back.

use std::time::{Duration, Instant};

use crate::desktop::{App, Small, Start, take_focus_away, wait_for};

const SERVING: Duration = Duration::from_secs(120);
const SOON: Duration = Duration::from_secs(20);
const END: Duration = Duration::from_secs(10);

#[tokio::test]
async fn the_tray_tells_how_it_goes_and_pauses_resumes_and_quits() {
    let start = Start::new().await;
    let tray = start.tray().await;
    let mut app = start.alone().await;
    let sign = tray.item().await;
    sign.wait_for_entry("Waiting for jobs", SERVING).await;
    sign.wait_for_entry("Paid today", SOON).await;
    assert_eq!(sign.status().await, "Active", "it is to be seen");
    let waiting = sign.picture().await;

    let engines = app.engines();
    assert_eq!(engines.len(), 1, "one engine serves");
    sign.click("Pause").await;
    sign.wait_for_entry("Paused by you", SOON).await;
    app.wait_until("no engine is left", END, |_| !engines[0].is_alive()).await;
    let paused = sign.wait_for_other_picture(&waiting, SOON).await;

    sign.click("Resume").await;
    sign.wait_for_entry("Waiting for jobs", SERVING).await;
    let same = async || (sign.picture().await == waiting).then_some(());
    wait_for("the picture of before", SOON, same).await;
    assert_ne!(paused, waiting, "a look is enough to tell them apart");

    let engines = app.engines();
    assert_eq!(engines.len(), 1, "an engine serves again");
    sign.click("Quit Grid Node").await;
    assert!(app.ended(END).await.success(), "quitting is an orderly end");
    assert!(!engines[0].is_alive(), "the app waits for its engine's end before its own");
}

#[tokio::test]
async fn closing_the_window_keeps_the_work_going() {
    let start = Start::new().await;
    let tray = start.tray().await;
    let app = start.alone().await;
    let sign = tray.item().await;
    sign.wait_for_entry("Waiting for jobs", SERVING).await;
    app.wait_for_window().await;
    let engines = app.engines();
    app.press_close_button();
    app.wait_until("the window is gone", SOON, |app| app.windows() == 0).await;
    sign.wait_for_entry("Waiting for jobs", SOON).await;
    assert!(app.is_running() && engines[0].is_alive(), "the same engine goes on");

    sign.click("Open Grid Node").await;
    app.wait_for_window().await;
    wait_for_page(&app).await;
}

#[tokio::test]
async fn a_closed_window_leaves_the_memory_and_comes_back_at_once() {
    let start = Start::new().await.with(&["--idle-after", "1"]);
    let tray = start.tray().await;
    let app = start.alone().await;
    let sign = tray.item().await;
    sign.wait_for_entry("Waiting for jobs", SERVING).await;
    for _ in 0..2 {
        app.wait_for_window().await;
        wait_for_page(&app).await;
        app.press_close_button();
        app.wait_until("no page is in memory", SOON, |app| app.page_processes().is_empty()).await;
        assert_eq!(app.engines().len(), 1, "the work goes on");

        let begun = Instant::now();
        sign.click("Open Grid Node").await;
        wait_for_page(&app).await;
        let took = begun.elapsed();
        println!("the window was back after {took:?}");
        assert!(took < Duration::from_secs(5), "it takes a second, and a little on a busy machine: {took:?}");
        assert_eq!(app.windows(), 1);
    }
}

#[tokio::test]
async fn a_second_start_shows_the_first_and_ends() {
    let start = Start::new().await;
    let tray = start.tray().await;
    let app = start.alone().await;
    tray.item().await.wait_for_entry("Waiting for jobs", SERVING).await;
    app.wait_for_window().await;
    take_focus_away().expect("the display answers");
    app.wait_until("the window has lost the focus", SOON, |app| !app.has_focus()).await;
    assert!(app.start_again().await.success(), "a second start is no fault");
    app.wait_until("the window has the focus", SOON, App::has_focus).await;

    app.press_close_button();
    app.wait_until("the window is gone", SOON, |app| app.windows() == 0).await;
    assert!(app.start_again().await.success(), "a second start is no fault");
    app.wait_for_window().await;
    assert_eq!(app.engines().len(), 1, "there is one node all the time");
}

#[tokio::test]
async fn without_a_tray_a_closed_window_is_only_made_small() {
    let app = Start::new().await.alone().await;
    app.wait_for_window().await;
    wait_for_page(&app).await;
    is_made_small(&app).await;
}

#[tokio::test]
async fn without_a_session_bus_the_app_works_and_its_window_is_made_small() {
    let (app, page) = Start::without_a_bus().driven().await;
    page.wait_for_words("Waiting for jobs", SERVING).await;
    page.press("Send practice job").await;
    page.wait_for_words("Counted", SERVING).await;
    let buses = app.processes().into_iter().filter(|process| process.name().starts_with("dbus"));
    assert_eq!(buses.count(), 0, "nobody started a bus on the way");
    is_made_small(&app).await;
}

/// Closes the window where nothing could bring it back, and finds that it is still there for the window manager.
async fn is_made_small(app: &App) {
    let small = Small::listen().expect("the display answers");
    app.press_close_button();
    let asked = async || small.was_asked_for().expect("the display answers").then_some(());
    wait_for("the window asks to be made small", SOON, asked).await;
    assert_eq!(app.windows(), 1, "it is not taken away");
    assert!(app.is_running() && app.engines().len() == 1, "the work goes on");
}

/// Waits until the page can be read, as a screen reader reads it.
async fn wait_for_page(app: &App) {
    let read = async || app.words().await.contains("Waiting for jobs").then_some(());
    wait_for("the page in the window", SOON, read).await;
}
