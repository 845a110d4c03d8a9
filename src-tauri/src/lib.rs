//! Show and ask: the window around the node.
//!
//! Commands unpack, call one function of `app`, and convert.
//! A page that crashes or sleeps changes nothing; closing the window ends the app until there is a tray.
//!
//! **Invariants:** no business rule lives here; nothing secret and no path crosses to the window; the window has no
//! file, shell or network plugin; what no capability grants is refused, because every command is declared in `build.rs`.

mod commands;
pub mod dto;
mod node;
mod window;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use app::practice::RehearsalOptions;
use tauri::{AppHandle, Emitter as _, Manager as _, RunEvent};
use tokio::sync::watch;
use types::SystemClock;

use crate::node::Node;

/// What the app is started with.
#[derive(Debug, Clone, clap::Parser)]
#[command(name = "grid-node", version, about = "Grid Node: the window")]
pub struct Options {
    /// Serve this model file on the practice network instead of the small one that ships with the app.
    #[arg(long, value_name = "FILE")]
    pub practice_model: Option<PathBuf>,
    /// Keep the practice network's records here instead of in the system's folder for data.
    #[arg(long, value_name = "FOLDER")]
    pub practice_home: Option<PathBuf>,
}

/// The longest that closing the app may take; what has not ended by then is left to its parent's death.
const SHUTDOWN: Duration = Duration::from_secs(8);

/// The window is told of changes at most this often; it then reads the newest state.
const TELL_AGAIN: Duration = Duration::from_millis(500);

/// The event that says: the status is worth reading again.
const STATUS_CHANGED: &str = "status-changed";

/// Opens the window, serves on the practice network, and returns when both have ended.
pub fn run(options: Options) -> anyhow::Result<()> {
    let rehearsal = rehearsal(options)?;
    tauri::Builder::default()
        // First, so that a second start ends before it has touched anything.
        .plugin(tauri_plugin_single_instance::init(|app, _, _| window::show(app)))
        .invoke_handler(tauri::generate_handler![
            commands::status,
            commands::pause,
            commands::resume,
            commands::send_practice_job,
        ])
        .setup(|app| {
            let node = Node::start(rehearsal);
            tauri::async_runtime::spawn(tell_window(app.handle().clone(), node.changes()));
            app.manage(node);
            quit_on_signal(app.handle().clone());
            Ok(window::open(app.handle())?)
        })
        .build(tauri::generate_context!())
        .context("the window could not be opened")?
        .run(on_event);
    Ok(())
}

/// What each try to start the practice network is made with.
fn rehearsal(options: Options) -> anyhow::Result<impl Fn() -> RehearsalOptions + Send + 'static> {
    let program = std::env::current_exe().context("find the app's own folder")?;
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = options.practice_home.or_else(|| app::paths::practice_home(variable));
    let home = home.context("this system names no folder for data; name one with --practice-home")?;
    let model = options.practice_model.unwrap_or_else(|| app::paths::practice_model(&program));
    let engine = app::paths::engine(&program);
    Ok(move || RehearsalOptions::new(home.clone(), engine.clone(), model.clone(), Arc::new(SystemClock)))
}

async fn tell_window(app: AppHandle, mut changes: watch::Receiver<dto::Status>) {
    while changes.changed().await.is_ok() {
        changes.mark_unchanged();
        // A window that is closed hears nothing; it reads the status when it opens.
        let _ = app.emit(STATUS_CHANGED, ());
        tokio::time::sleep(TELL_AGAIN).await;
    }
}

/// The node is put away before the process ends, so that no engine and no half-written row is left behind.
fn on_event(app: &AppHandle, event: RunEvent) {
    // A code means that we have been here and asked for the end ourselves.
    if let RunEvent::ExitRequested { api, code: None, .. } = event {
        api.prevent_exit();
        tauri::async_runtime::spawn(put_away(app.clone()));
    }
}

async fn put_away(app: AppHandle) {
    if tokio::time::timeout(SHUTDOWN, app.state::<Node>().shutdown()).await.is_err() {
        tracing::warn!("the node did not end in time");
    }
    app.exit(0);
}

/// A signal to end is treated like closing the window.
fn quit_on_signal(app: AppHandle) {
    tauri::async_runtime::spawn(async move {
        signal_to_end().await;
        put_away(app).await;
    });
}

#[cfg(unix)]
async fn signal_to_end() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

#[cfg(not(unix))]
async fn signal_to_end() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending().await
    }
}
