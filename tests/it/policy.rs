//! What a hostile page, a hostile job and a hostile website could not do.

use std::time::Duration;

use serde_json::json;

use crate::desktop::{App, Start, wait_for};

const SERVING: Duration = Duration::from_secs(120);
const SOON: Duration = Duration::from_secs(20);
/// What the app writes into its log for each thing that the page's policy blocked.
const BLOCKED: &str = "the page's policy blocked";

#[tokio::test]
async fn the_page_can_do_nothing_that_was_not_granted() {
    let (_app, page) = Start::new().await.driven().await;
    page.wait_for_some("h1", SERVING).await;
    let granted = page.invoke("status", json!({})).await;
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
        let answer = page.invoke(command, arguments).await;
        let why = answer["why"].as_str().unwrap_or_default();
        assert!(why.contains("not allowed"), "{command} must be refused: {answer}");
    }

    let frame = page.shows("#__tauri_isolation__").await;
    assert_eq!(frame, Some(false), "messages pass a frame of their own that people do not see");

    page.try_to_leave("https://example.invalid/").await;
    assert_eq!(page.shows("h1").await, Some(true), "the window must not leave its page");
}

#[tokio::test]
async fn nothing_is_blocked_on_a_whole_tour_and_a_foreign_script_is() {
    let (app, page) = Start::new().await.driven().await;
    page.wait_for_words("Waiting for jobs", SERVING).await;
    page.press("Send practice job").await;
    page.wait_for_words("Counted", SERVING).await;
    for theme in ["Dark", "Light"] {
        page.choose_theme(theme).await;
        for screen in ["Home", "Wallet", "Settings"] {
            page.visit(screen).await;
        }
    }
    assert_eq!(blocked(&app), [""; 0], "the page itself must keep its own policy");

    let rule = page.inline_script_is_blocked().await;
    assert_eq!(rule, json!("script-src-elem"), "scripts that the page did not bring are blocked");
    wait_for("the log tells of it", SOON, async || (!blocked(&app).is_empty()).then_some(())).await;
}

#[tokio::test]
async fn a_jobs_output_is_text_and_nothing_else() {
    const HOSTILE: &str = "<script>window.wasRun = 1</script><img src=x onerror='window.wasRun = 2'> \
        <b>bold</b> {@html 7} \u{202e}txet denrut\u{202c} \u{2067}end";
    let (app, page) = Start::new().await.with_an_engine_that_says(HOSTILE).driven().await;
    page.wait_for_words("Waiting for jobs", SERVING).await;
    page.press("Send practice job").await;
    page.wait_for_words("<b>bold</b> {@html 7}", SOON).await;
    page.keep_screenshot("hostile-answer").await;

    let words = page.text_of(".answer").await;
    let unseen = |sign: char| matches!(sign, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    assert!(!words.contains(unseen), "what turns text around is not in it: {words:?}");
    assert!(words.contains("‹U+202E›txet denrut‹U+202C›"), "it is shown for what it is: {words:?}");
    let made =
        page.find_out("return [document.querySelectorAll('.answer *').length, window.wasRun ?? null]").await;
    assert_eq!(made, json!([0, null]), "no element was made of it and no script ran");
    assert_eq!(blocked(&app), [""; 0], "it did not even come to the page's policy");
}

fn blocked(app: &App) -> Vec<String> {
    app.log().lines().filter(|line| line.contains(BLOCKED)).map(str::to_owned).collect()
}
