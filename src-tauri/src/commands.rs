//! What the window may ask: unpack, call, convert.
//!
//! A write returns nothing to show: the change takes a moment, and an answer that overtakes or trails the event
//! about it would show an old state. The window reads the status instead.

use tauri::State;

use crate::dto::{Failure, Status};
use crate::node::Node;

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
