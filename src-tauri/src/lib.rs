//! Show and ask: the window and the tray around the node.
//!
//! Commands unpack, call one function of `app`, and convert. The window is a view: it can be closed, taken out of
//! memory or crash, and nothing else changes.
//!
//! **Invariants:** no business rule lives here; nothing secret and no path crosses to the window; the window has no
//! file, shell or network plugin; what no capability grants is refused, because every command is declared in `build.rs`;
//! money moves only after a yes in a dialog of the system, which the page cannot reach.

#[cfg(test)]
mod access;
mod amounts;
mod commands;
mod confirm;
pub mod dto;
mod files;
mod links;
mod node;
mod options;
mod policy;
mod settings;
mod tray;
mod window;
mod words;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use app::account::AccountDesk;
use app::earnings::BooksDesk;
use tauri::ipc::Invoke;
use tauri::{AppHandle, Emitter as _, Manager as _, RunEvent};
use tokio::sync::watch;

use crate::confirm::{NativeConfirmation, NativePassword};
use crate::node::{Node, Start};
pub use crate::options::Options;
use crate::policy::Reports;
use crate::window::Closing;
use crate::words::Words;

/// The longest that ending the app may take; what has not ended by then is left to its parent's death.
const SHUTDOWN: Duration = Duration::from_secs(8);

/// The window is told of changes at most this often; it then reads the newest state.
const TELL_AGAIN: Duration = Duration::from_millis(500);

// Each says only that something is worth reading again.
const STATUS_CHANGED: &str = "status-changed";
const MONEY_CHANGED: &str = "money-changed";
const SETTINGS_CHANGED: &str = "settings-changed";
const ACCOUNT_CHANGED: &str = "account-changed";
const HISTORY_CHANGED: &str = "history-changed";
const ENGINES_CHANGED: &str = "engines-changed";

/// Opens the window and the tray and serves on the practice network. Ends the process when all of it has ended.
pub fn run(options: Options) -> anyhow::Result<()> {
    let keep = options.closed_window();
    let start = options.start()?;
    tauri::Builder::default()
        // First, so that a second start ends before it has touched anything.
        .plugin(tauri_plugin_single_instance::init(|app, _, _| window::show(app)))
        .plugin(window::place_keeper())
        .invoke_handler(commands())
        .on_window_event(window::on_event)
        .setup(move |app| Ok(set_up(app.handle(), start, keep)?))
        .build(context())
        .context("the window could not be opened")?
        .run(on_event);
    Ok(())
}

/// The configuration, the capabilities and the page, as they were built in.
fn context<R: tauri::Runtime>() -> tauri::Context<R> {
    tauri::generate_context!()
}

/// Everything the page can ask for. What it may ask for is in its capability.
fn commands() -> impl Fn(Invoke<tauri::Wry>) -> bool + Send + Sync + 'static {
    tauri::generate_handler![
        commands::status,
        commands::pause,
        commands::resume,
        commands::send_practice_job,
        commands::wallet,
        commands::earnings,
        commands::look_again,
        commands::begin,
        commands::go_on,
        commands::give_up,
        commands::get_practice_money,
        commands::skip_cooldown,
        commands::account,
        commands::look_at_account,
        commands::manage_account,
        commands::keep_key,
        commands::history,
        commands::jobs,
        commands::payouts,
        commands::rates,
        commands::look_at_rates,
        commands::save_jobs,
        commands::save_payouts,
        commands::engines,
        commands::find_servers,
        commands::look_at_server,
        commands::add_server,
        commands::add_own_model,
        commands::change_engine,
        commands::remove_engine,
        commands::coordinator,
        commands::set_coordinator,
        commands::settings,
        commands::set_theme,
        commands::open_link,
        commands::quit,
        commands::report_blocked,
    ]
}

fn set_up(app: &AppHandle, mut start: Start, keep: Duration) -> anyhow::Result<()> {
    let clock = Arc::clone(&start.clock);
    app.manage(Arc::clone(&start.settings));
    if start.password.is_none() {
        start.ask = Arc::new(NativePassword::new(app.clone(), Words::english()));
    }
    app.manage(Closing::new(keep));
    app.manage(Reports::default());
    app.manage(Arc::new(NativeConfirmation::new(app.clone(), Words::english(), clock)));
    let node = Node::start(start);
    tauri::async_runtime::spawn(tell(app.clone(), node.changes(), STATUS_CHANGED));
    tauri::async_runtime::spawn(tell(app.clone(), node.money(), MONEY_CHANGED));
    tauri::async_runtime::spawn(tell(app.clone(), node.changes(), HISTORY_CHANGED));
    tauri::async_runtime::spawn(tell(app.clone(), node.money(), HISTORY_CHANGED));
    tauri::async_runtime::spawn(tell(app.clone(), node.changes(), ENGINES_CHANGED));
    tauri::async_runtime::spawn(tell(app.clone(), node.engines().search(), ENGINES_CHANGED));
    tauri::async_runtime::spawn(tell_of(app.clone(), node.accounts(), AccountDesk::changes, ACCOUNT_CHANGED));
    tauri::async_runtime::spawn(tell_of(app.clone(), node.all_books(), BooksDesk::changes, HISTORY_CHANGED));
    app.manage(node);
    tray::open(app, Words::english());
    quit_on_signal(app.clone());
    window::open(app)
}

/// Tells whatever window there is; one that is closed reads everything when it opens.
async fn tell<T>(app: AppHandle, mut changes: watch::Receiver<T>, event: &'static str) {
    while changes.changed().await.is_ok() {
        let _ = app.emit(event, ());
        tokio::time::sleep(TELL_AGAIN).await;
    }
}

/// The same for what a desk shows, whichever desk there is.
async fn tell_of<Desk: Clone, View>(
    app: AppHandle,
    mut desks: watch::Receiver<Option<Desk>>,
    changes_of: fn(&Desk) -> watch::Receiver<View>,
    event: &'static str,
) {
    loop {
        let changes = desks.borrow_and_update().as_ref().map(changes_of);
        let _ = app.emit(event, ());
        let other = match changes {
            None => desks.changed().await,
            Some(mut changes) => loop {
                tokio::select! {
                    other = desks.changed() => break other,
                    changed = changes.changed() => {
                        // A desk that is gone tells nothing more; the next one is waited for.
                        if changed.is_err() { break desks.changed().await }
                        let _ = app.emit(event, ());
                        tokio::time::sleep(TELL_AGAIN).await;
                    }
                }
            },
        };
        if other.is_err() {
            return;
        }
    }
}

fn on_event(app: &AppHandle, event: RunEvent) {
    match event {
        // The last window is gone, and the work goes on. A code means that the end was asked for.
        RunEvent::ExitRequested { api, code: None, .. } => api.prevent_exit(),
        // Some systems end an app without asking it first.
        RunEvent::Exit => tauri::async_runtime::block_on(put_away(app)),
        #[cfg(target_os = "macos")]
        RunEvent::Reopen { .. } => window::show(app),
        _ => {}
    }
}

/// Ends the app, in order: the node is put away first, so that no engine and no half-written row is left behind.
pub(crate) fn quit(app: &AppHandle) {
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        put_away(&app).await;
        app.exit(0);
    });
}

async fn put_away(app: &AppHandle) {
    // An app that ends before it was set up has nothing to put away.
    let Some(node) = app.try_state::<Node>() else { return };
    if tokio::time::timeout(SHUTDOWN, node.shutdown()).await.is_err() {
        tracing::warn!("the node did not end in time");
    }
}

/// A signal to end is treated like the wish to quit.
fn quit_on_signal(app: AppHandle) {
    tauri::async_runtime::spawn(async move {
        signal_to_end().await;
        quit(&app);
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
