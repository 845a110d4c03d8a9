//! The sign in the tray: how it goes, what was paid today, and the three things one wants without a window.
//!
//! Everything here is in the window too, because some desktops have no tray.

mod face;
mod host;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use app::money::desk::View;
use tauri::image::Image;
use tauri::menu::{Menu, MenuEvent, MenuItem, PredefinedMenuItem};
use tauri::tray::{MouseButton, MouseButtonState, TrayIcon, TrayIconBuilder, TrayIconEvent};
use tauri::{AppHandle, Manager as _, Wry};
use tokio::sync::watch;
use types::{Clock as _, SystemClock};

use crate::dto::Status;
use crate::node::Node;
use crate::window;
use crate::words::Words;
use face::{Deed, Face, Sign};

const STATE: &str = "state";
const FIGURE: &str = "figure";
const DEED: &str = "deed";
const OPEN: &str = "open";
const QUIT: &str = "quit";

/// No sign changes more often: nobody reads that fast, and an idle app should not wake up.
const PAUSE: Duration = Duration::from_secs(1);

/// The sign and the lines of its menu that change.
struct Tray {
    icon: TrayIcon<Wry>,
    state: MenuItem<Wry>,
    figure: MenuItem<Wry>,
    deed: MenuItem<Wry>,
    shown: Mutex<Face>,
}

/// Puts the sign up and keeps it true. Without a tray nothing is missing but the sign.
pub(crate) fn open(app: &AppHandle, words: Words) {
    let node = app.state::<Node>();
    let (status, money) = (node.changes(), node.money());
    let first = Face::of(&status.borrow(), money.borrow().as_ref(), SystemClock.now(), &words);
    // The library that draws it on Linux is looked for at run time, and panics where it is not installed.
    let built = catch_unwind(AssertUnwindSafe(|| build(app, &first, &words)));
    match built {
        Ok(Ok(tray)) => {
            app.manage(tray);
            tauri::async_runtime::spawn(keep(app.clone(), words, status, money));
        }
        Ok(Err(error)) => tracing::warn!(%error, "there is no tray"),
        Err(_) => tracing::warn!("there is no tray: its library is not installed"),
    }
}

/// Whether the owner can see our sign: it was made, and the desktop shows such signs.
pub(crate) async fn is_shown(app: &AppHandle) -> bool {
    app.try_state::<Tray>().is_some() && host::is_there().await
}

fn build(app: &AppHandle, first: &Face, words: &Words) -> tauri::Result<Tray> {
    let line = |id: &str, text: &str, enabled: bool| MenuItem::with_id(app, id, text, enabled, None::<&str>);
    let (state, figure) = (line(STATE, &first.state, false)?, line(FIGURE, &first.figure, false)?);
    let deed = line(DEED, &first.deed_words, first.deed.is_some())?;
    let (open, quit) =
        (line(OPEN, &words.text("tray.open"), true)?, line(QUIT, &words.text("tray.quit"), true)?);
    let (above, below) = (PredefinedMenuItem::separator(app)?, PredefinedMenuItem::separator(app)?);
    let menu = Menu::with_items(app, &[&state, &figure, &above, &deed, &open, &below, &quit])?;
    let icon = TrayIconBuilder::with_id("grid-node")
        .icon(image(first.sign)?)
        .tooltip(first.tooltip())
        .menu(&menu)
        .show_menu_on_left_click(false)
        .on_menu_event(chosen)
        .on_tray_icon_event(|icon, event| {
            // One click opens the window, where the system tells us of clicks at all.
            let TrayIconEvent::Click { button, button_state, .. } = event else { return };
            if (button, button_state) == (MouseButton::Left, MouseButtonState::Up) {
                window::show(icon.app_handle());
            }
        })
        .build(app)?;
    Ok(Tray { icon, state, figure, deed, shown: Mutex::new(first.clone()) })
}

fn chosen(app: &AppHandle, event: MenuEvent) {
    match event.id().as_ref() {
        OPEN => window::show(app),
        QUIT => crate::quit(app),
        DEED => {
            let app = app.clone();
            tauri::async_runtime::spawn(async move { do_deed(&app).await });
        }
        _ => {}
    }
}

/// What the line said when it was pressed.
async fn do_deed(app: &AppHandle) {
    let deed = app.state::<Tray>().shown.lock().unwrap_or_else(PoisonError::into_inner).deed;
    let node = app.state::<Node>();
    let came = match deed {
        Some(Deed::Pause) => node.pause().await,
        Some(Deed::Resume) => node.resume().await,
        None => Ok(()),
    };
    if let Err(error) = came {
        tracing::warn!(detail = error.detail, "what was chosen in the tray did not work");
    }
}

async fn keep(
    app: AppHandle,
    words: Words,
    mut status: watch::Receiver<Status>,
    mut money: watch::Receiver<Option<View>>,
) {
    loop {
        let changed = tokio::select! {
            changed = status.changed() => changed,
            changed = money.changed() => changed,
        };
        if changed.is_err() {
            return;
        }
        let face = Face::of(
            &status.borrow_and_update(),
            money.borrow_and_update().as_ref(),
            SystemClock.now(),
            &words,
        );
        if let Err(error) = app.state::<Tray>().show(&face) {
            tracing::debug!(%error, "the tray cannot be changed");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

impl Tray {
    /// Changes only what differs: each change is a message to the desktop. What could not be changed is tried again with
    /// the next change, and the line that does something comes first.
    fn show(&self, face: &Face) -> tauri::Result<()> {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if (shown.deed, &shown.deed_words) != (face.deed, &face.deed_words) {
            self.deed.set_text(&face.deed_words)?;
            self.deed.set_enabled(face.deed.is_some())?;
            (shown.deed, shown.deed_words) = (face.deed, face.deed_words.clone());
        }
        if (&shown.state, &shown.figure) != (&face.state, &face.figure) {
            self.state.set_text(&face.state)?;
            self.figure.set_text(&face.figure)?;
            self.icon.set_tooltip(Some(face.tooltip()))?;
            (shown.state, shown.figure) = (face.state.clone(), face.figure.clone());
        }
        if shown.sign != face.sign {
            self.icon.set_icon(Some(image(face.sign)?))?;
            shown.sign = face.sign;
        }
        Ok(())
    }
}

fn image(sign: Sign) -> tauri::Result<Image<'static>> {
    Image::from_bytes(match sign {
        Sign::Good => include_bytes!("../../icons/tray/good.png"),
        Sign::Busy => include_bytes!("../../icons/tray/busy.png"),
        Sign::Quiet => include_bytes!("../../icons/tray/quiet.png"),
        Sign::Warning => include_bytes!("../../icons/tray/warning.png"),
        Sign::Bad => include_bytes!("../../icons/tray/bad.png"),
    })
}
