//! What the page may ask for: the app's real capability, asked through Tauri's mock runtime.
//!
//! The window's own test asks through the page as well, but there the isolation script refuses unknown names first;
//! here nothing stands before the access list.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use tauri::ipc::{CallbackFn, InvokeBody};
use tauri::test::{INVOKE_KEY, MockRuntime, get_ipc_response, mock_builder};
use tauri::webview::InvokeRequest;
use tauri::{App, WebviewWindow, WebviewWindowBuilder};

/// Names that got as far as a handler.
type Reached = Arc<Mutex<Vec<String>>>;

/// An app with the real configuration and capabilities, whose every command answers.
fn app() -> (App<MockRuntime>, Reached) {
    let reached = Reached::default();
    let seen = Arc::clone(&reached);
    let answer_all = move |invoke: tauri::ipc::Invoke<MockRuntime>| {
        seen.lock().expect("not poisoned").push(invoke.message.command().to_owned());
        invoke.resolver.resolve(());
        true
    };
    let app = mock_builder().invoke_handler(answer_all).build(super::context()).expect("builds");
    (app, reached)
}

fn window(app: &App<MockRuntime>, label: &str) -> WebviewWindow<MockRuntime> {
    WebviewWindowBuilder::new(app, label, tauri::WebviewUrl::default()).build().expect("a window")
}

fn ask(window: &WebviewWindow<MockRuntime>, command: &str, from: &str) -> Result<(), String> {
    let request = InvokeRequest {
        cmd: command.to_owned(),
        callback: CallbackFn(0),
        error: CallbackFn(1),
        url: from.parse().expect("an address"),
        body: InvokeBody::default(),
        headers: tauri::http::HeaderMap::default(),
        invoke_key: INVOKE_KEY.to_owned(),
    };
    get_ipc_response(window, request).map(drop).map_err(|why| why.to_string())
}

const OUR_PAGE: &str = if cfg!(windows) { "http://tauri.localhost" } else { "tauri://localhost" };

/// What the build declares; the other lists must say the same.
fn declared() -> BTreeSet<String> {
    names(include_str!("../build.rs"), "const COMMANDS: &[&str] = &[", "];", '"')
}

/// The names between two marks, as they stand in quotes or after a path.
fn names(text: &str, from: &str, to: &str, before: char) -> BTreeSet<String> {
    let list = text.split_once(from).expect("the list begins").1.split_once(to).expect("the list ends").0;
    let found =
        list.split(before).map(|part| part.chars().take_while(|sign| sign.is_alphanumeric() || *sign == '_'));
    found.map(String::from_iter).filter(|name| !name.is_empty() && name != "commands").collect()
}

#[test]
fn every_declared_command_is_granted_to_the_window_and_handled() {
    let (app, reached) = app();
    let main = window(&app, "main");
    let declared = declared();
    assert!(declared.len() > 10, "the list must be found: {declared:?}");
    for command in &declared {
        ask(&main, command, OUR_PAGE).unwrap_or_else(|why| panic!("{command} must be granted: {why}"));
    }
    let reached: BTreeSet<_> = reached.lock().expect("not poisoned").drain(..).collect();
    assert_eq!(reached, declared);
    let handled = names(include_str!("lib.rs"), "tauri::generate_handler![", "]", ':');
    assert_eq!(handled, declared, "a command without a handler, or one that was not declared");
}

#[test]
fn the_isolation_script_lets_the_same_commands_pass() {
    let script = include_str!("../../ui/isolation/index.js");
    let passed = names(script, "KNOWN = new Set([", "])", '\'');
    let ours: BTreeSet<_> = passed.into_iter().filter(|name| name != "plugin").collect();
    assert_eq!(ours, declared());
    for event in [
        crate::STATUS_CHANGED,
        crate::MONEY_CHANGED,
        crate::SETTINGS_CHANGED,
        crate::ACCOUNT_CHANGED,
        crate::HISTORY_CHANGED,
        crate::ENGINES_CHANGED,
    ] {
        assert!(script.contains(&format!("'{event}'")), "the page must hear {event}");
    }
}

#[test]
fn a_command_that_is_registered_and_not_granted_is_refused() {
    let (app, reached) = app();
    let main = window(&app, "main");
    for command in [
        "plugin:app|version",
        "plugin:event|emit",
        "plugin:window|close",
        "plugin:webview|create_webview_window",
        "plugin:tray|new",
        "plugin:menu|new",
        "plugin:path|resolve_directory",
    ] {
        let why = ask(&main, command, OUR_PAGE).expect_err("it is granted to nobody");
        assert!(why.contains("not allowed"), "{command}: {why}");
    }
    assert!(reached.lock().expect("not poisoned").is_empty());
}

#[test]
fn another_window_and_another_page_may_ask_for_nothing_at_all() {
    let (app, reached) = app();
    let (main, other) = (window(&app, "main"), window(&app, "other"));
    for command in declared() {
        let why = ask(&other, &command, OUR_PAGE).expect_err("the capability is for one window");
        assert!(why.contains("not allowed"), "{command}: {why}");
        let why = ask(&main, &command, "https://example.org").expect_err("not for pages from elsewhere");
        assert!(why.contains("not allowed"), "{command}: {why}");
    }
    assert!(reached.lock().expect("not poisoned").is_empty());
}
