//! What the window may ask: unpack, call, convert.
//!
//! A write returns nothing to show: the change takes a moment, and an answer that overtakes or trails the event
//! about it would show an old state. The window reads the state instead.

mod account;
mod earnings;
mod engines;

use std::sync::Arc;

use app::money::Confirm;
use app::money::desk::Subject;
use tauri::{AppHandle, Emitter as _, State};

use crate::confirm::NativeConfirmation;
use crate::dto::{Blocked, Failure, Link, Settings, Status, Theme, Wallet, Wish};
use crate::node::Node;
use crate::policy::Reports;
use crate::{SETTINGS_CHANGED, settings, tray};
pub(crate) use account::*;
pub(crate) use earnings::*;
pub(crate) use engines::*;

/// The state of the node now.
#[tauri::command]
pub(crate) async fn status(node: State<'_, Node>) -> Result<Status, Failure> {
    Ok(node.status())
}

/// Finishes the running job, then takes no more.
#[tauri::command]
pub(crate) async fn pause(node: State<'_, Node>) -> Result<(), Failure> {
    node.pause().await
}

/// Takes jobs again.
#[tauri::command]
pub(crate) async fn resume(node: State<'_, Node>) -> Result<(), Failure> {
    node.resume().await
}

/// Sends one chat through the practice network, as a customer would, and returns the answer.
#[tauri::command]
pub(crate) async fn send_practice_job(node: State<'_, Node>, prompt: String) -> Result<String, Failure> {
    node.send_job(prompt).await
}

/// The wallet, once there is one.
#[tauri::command]
pub(crate) async fn wallet(node: State<'_, Node>) -> Result<Option<Wallet>, Failure> {
    Ok(node.desk().as_ref().map(Wallet::at))
}

/// Reads chain and account anew.
#[tauri::command]
pub(crate) async fn look_again(node: State<'_, Node>) -> Result<(), Failure> {
    node.desk().ok_or_else(Failure::no_wallet)?.look_again();
    Ok(())
}

/// Asks the owner about one of the offers, and carries it out if he agrees.
#[tauri::command]
pub(crate) async fn begin(
    node: State<'_, Node>,
    confirm: State<'_, Arc<NativeConfirmation>>,
    wish: Wish,
) -> Result<(), Failure> {
    let desk = node.desk().ok_or_else(Failure::no_wallet)?;
    // The page names the kind only. The amount is the desk's, and the owner reads it before anything is signed.
    let offers = desk.view().seen.map(|seen| seen.offers).unwrap_or_default();
    let offered = offers.into_iter().find(|offer| Wish::of(Subject::of(&offer.wish)) == Some(wish));
    let wish = offered.ok_or_else(Failure::not_now)?.wish;
    desk.begin(wish, asker(&confirm)).map_err(|_| Failure::not_now())
}

/// Goes on with what was interrupted.
#[tauri::command]
pub(crate) async fn go_on(
    node: State<'_, Node>,
    confirm: State<'_, Arc<NativeConfirmation>>,
) -> Result<(), Failure> {
    let desk = node.desk().ok_or_else(Failure::no_wallet)?;
    desk.go_on(asker(&confirm)).map_err(|_| Failure::not_now())
}

/// Gives up what was interrupted.
#[tauri::command]
pub(crate) async fn give_up(node: State<'_, Node>) -> Result<(), Failure> {
    let desk = node.desk().ok_or_else(Failure::no_wallet)?;
    desk.give_up().map_err(|_| Failure::not_now())
}

/// Fills the practice wallet up.
#[tauri::command]
pub(crate) async fn get_practice_money(node: State<'_, Node>) -> Result<(), Failure> {
    node.play_money().await
}

/// Moves the practice chain's clock to the end of a cooldown.
#[tauri::command]
pub(crate) async fn skip_cooldown(node: State<'_, Node>) -> Result<(), Failure> {
    node.skip_cooldown().await
}

/// What the owner set.
#[tauri::command]
pub(crate) async fn settings(
    app: AppHandle,
    kept: State<'_, Arc<settings::Settings>>,
) -> Result<Settings, Failure> {
    let version = env!("CARGO_PKG_VERSION").to_owned();
    Ok(Settings { theme: kept.theme(), tray: tray::is_shown(&app).await, version })
}

/// Keeps another choice of colours.
#[tauri::command]
pub(crate) async fn set_theme(
    app: AppHandle,
    kept: State<'_, Arc<settings::Settings>>,
    theme: Theme,
) -> Result<(), Failure> {
    let written = kept.set_theme(theme);
    // The choice counts even if it could not be written down.
    let _ = app.emit(SETTINGS_CHANGED, ());
    written.map_err(|error| Failure::because(&error))
}

/// Opens one of the known pages in the browser.
#[tauri::command]
pub(crate) async fn open_link(link: Link) -> Result<(), Failure> {
    crate::links::open(link)
}

/// Ends the app.
#[tauri::command]
pub(crate) async fn quit(app: AppHandle) -> Result<(), Failure> {
    crate::quit(&app);
    Ok(())
}

/// Writes down what the page's policy blocked.
#[tauri::command]
pub(crate) async fn report_blocked(reports: State<'_, Reports>, blocked: Blocked) -> Result<(), Failure> {
    reports.write(&blocked);
    Ok(())
}

fn asker(confirm: &Arc<NativeConfirmation>) -> Arc<dyn Confirm> {
    Arc::<NativeConfirmation>::clone(confirm)
}
