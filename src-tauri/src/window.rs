//! The one window: opened, closed without ending anything, and taken out of memory while nobody looks.

mod page;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tauri::webview::NewWindowResponse;
use tauri::{AppHandle, Manager as _, WebviewWindowBuilder, Window, WindowEvent};
use tauri_plugin_window_state::StateFlags;
use tokio::sync::{Mutex, Notify};

use crate::tray;
use page::is_ours;

/// The window's name in the configuration and in its capability.
pub(crate) const MAIN: &str = "main";

/// How a closed window is kept.
pub(crate) struct Closing {
    /// How long its page stays in memory, so that it is back at once.
    keep: Duration,
    /// Counts how often it was shown: who waits to take it away must not take a newer one.
    shown: AtomicU64,
    /// Held while it is shown or taken away, which must not meet.
    turn: Mutex<()>,
    /// Told when it is really gone.
    gone: Notify,
}

/// A window that was told to go has gone by then, or never will.
const GOING: Duration = Duration::from_secs(5);

impl Closing {
    pub(crate) fn new(keep: Duration) -> Self {
        Self { keep, shown: AtomicU64::new(0), turn: Mutex::default(), gone: Notify::new() }
    }
}

/// Shows the window, as it was or anew. Not on the thread that asks: on Windows a window cannot be made while an event is
/// being handled.
pub(crate) fn show(app: &AppHandle) {
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        // A second start may be faster than our own.
        let Some(closing) = app.try_state::<Closing>() else { return };
        let _turn = closing.turn.lock().await;
        closing.shown.fetch_add(1, Ordering::Relaxed);
        show_now(&app);
    });
}

fn show_now(app: &AppHandle) {
    let Some(window) = app.get_webview_window(MAIN) else {
        if let Err(error) = open(app) {
            tracing::error!(%error, "the window cannot be opened");
        }
        return;
    };
    // A window manager may refuse each of these; the app goes on all the same.
    let _ = window.show();
    let _ = window.unminimize();
    let _ = window.set_focus();
}

/// Keeps where the window is and how large, not whether it is shown: it was hidden when it was last taken away.
pub(crate) fn place_keeper<R: tauri::Runtime>() -> tauri::plugin::TauriPlugin<R> {
    let kept = StateFlags::POSITION | StateFlags::SIZE | StateFlags::MAXIMIZED;
    tauri_plugin_window_state::Builder::default().with_state_flags(kept).build()
}

/// Opens the window as configured, unable to go anywhere but to the app's own page.
pub(crate) fn open(app: &AppHandle) -> anyhow::Result<()> {
    let windows = &app.config().app.windows;
    let config = windows.iter().find(|window| window.label == MAIN);
    let config = config.expect("BUG: tauri.conf.json has the window `main`");
    WebviewWindowBuilder::from_config(app, config)?
        .on_navigation(|url| is_ours(url, tauri::is_dev()))
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .build()?;
    Ok(())
}

/// Its close button puts the window away and ends nothing: the work goes on.
pub(crate) fn on_event(window: &Window, event: &WindowEvent) {
    match event {
        WindowEvent::CloseRequested { api, .. } => {
            api.prevent_close();
            tauri::async_runtime::spawn(put_away(window.app_handle().clone()));
        }
        WindowEvent::Destroyed => window.state::<Closing>().gone.notify_one(),
        _ => {}
    }
}

/// Hidden where the tray can bring it back, else only made small; and out of memory when nobody wanted it for a while.
async fn put_away(app: AppHandle) {
    let Some(window) = app.get_webview_window(MAIN) else { return };
    let closing = app.state::<Closing>();
    let times = closing.shown.load(Ordering::Relaxed);
    let wanted_again = || closing.shown.load(Ordering::Relaxed) != times;
    if !tray::is_shown(&app).await {
        let _ = window.minimize();
        return;
    }
    {
        let _turn = closing.turn.lock().await;
        if wanted_again() {
            return;
        }
        let _ = window.hide();
    }
    tokio::time::sleep(closing.keep).await;
    let _turn = closing.turn.lock().await;
    if !wanted_again() && window.destroy().is_ok() {
        // An earlier one that went late may have left its word.
        let gone = async {
            while app.get_webview_window(MAIN).is_some() {
                closing.gone.notified().await;
            }
        };
        let _ = tokio::time::timeout(GOING, gone).await;
    }
}
