//! The account: what is known of it, and what the owner wants of it. A key goes in and never comes out.

use std::sync::Arc;

use app::account::desk::Wish;
use tauri::State;
use types::Sensitive;

use super::asker;
use crate::confirm::NativeConfirmation;
use crate::dto::{Account, AccountWish, Failure, Place};
use crate::node::Node;

/// The account; nothing where there cannot be one.
#[tauri::command]
pub(crate) async fn account(node: State<'_, Node>) -> Result<Option<Account>, Failure> {
    let place = node.place();
    Ok(match node.account() {
        Some(desk) => Some(Account::at(&desk, place)),
        None if place == Place::Practice => None,
        None => Some(Account::nobody(place)),
    })
}

/// Reads its page anew.
#[tauri::command]
pub(crate) async fn look_at_account(node: State<'_, Node>) -> Result<(), Failure> {
    node.account().ok_or_else(Failure::no_account)?.look_again();
    Ok(())
}

/// Asks the owner, and carries it out if he agrees.
#[tauri::command]
pub(crate) async fn manage_account(
    node: State<'_, Node>,
    confirm: State<'_, Arc<NativeConfirmation>>,
    wish: AccountWish,
) -> Result<(), Failure> {
    let wish = wish.read().ok_or_else(Failure::not_now)?;
    let desk = node.open_account().await?;
    desk.begin(wish, asker(&confirm)).map_err(|_| Failure::busy())
}

/// Keeps a key that the owner pasted.
#[tauri::command]
pub(crate) async fn keep_key(
    node: State<'_, Node>,
    confirm: State<'_, Arc<NativeConfirmation>>,
    key: String,
) -> Result<(), Failure> {
    let key = Sensitive::new(key);
    let desk = node.open_account().await?;
    desk.begin(Wish::KeepKey(key), asker(&confirm)).map_err(|_| Failure::busy())
}
