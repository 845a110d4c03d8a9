//! What was earned, job by job and hour by hour.

use std::path::Path;
use std::sync::Arc;

use app::account::Reminder;
use app::account::desk::DeskView;
use app::earnings::causes::Delegated;
use app::earnings::export::{ExportError, into_file, write_payouts};
use app::earnings::{BooksDesk, Cursor, Known, Span};
use tauri::{AppHandle, State};

use crate::dto::{Earnings, Failure, History, JobPage, PayoutPage, Rates};
use crate::files;
use crate::node::Node;
use crate::words::Words;

/// What was earned, once it was read.
#[tauri::command]
pub(crate) async fn earnings(node: State<'_, Node>) -> Result<Option<Earnings>, Failure> {
    Ok(node.desk().and_then(|desk| Earnings::of(&desk.view())))
}

/// What came of the work so far, once there are books.
#[tauri::command]
pub(crate) async fn history(node: State<'_, Node>) -> Result<Option<History>, Failure> {
    let (Some(books), Some(known)) = (node.books(), known(&node)) else { return Ok(None) };
    let practice = known.status.practice;
    let read = books.history(known).await.map_err(|error| Failure::because(&error))?;
    let outlook = node.desk().and_then(|desk| desk.view().outlook);
    Ok(Some(History::of(&read, books.view().check.as_deref(), outlook.as_ref(), practice)))
}

/// A piece of the jobs, newest first.
#[tauri::command]
pub(crate) async fn jobs(node: State<'_, Node>, before: Option<i64>) -> Result<JobPage, Failure> {
    let Some(books) = node.books() else { return Ok(JobPage::default()) };
    let page = books.record().history(Span::ALWAYS, Cursor::Newest { before }, JobPage::PIECE).await;
    page.map(JobPage::from).map_err(|error| Failure::because(&error))
}

/// A piece of the payouts, newest first.
#[tauri::command]
pub(crate) async fn payouts(node: State<'_, Node>, after: Option<u32>) -> Result<PayoutPage, Failure> {
    Ok(PayoutPage::of(earned(&node).as_deref(), after))
}

/// What work is worth, once the Grid's pages were read.
#[tauri::command]
pub(crate) async fn rates(node: State<'_, Node>) -> Result<Option<Rates>, Failure> {
    let (Some(books), Some(known)) = (node.books(), known(&node)) else { return Ok(None) };
    let read = books.history(known).await.map_err(|error| Failure::because(&error))?;
    Ok(Rates::of(&books.view(), read.could_earn.as_ref()))
}

/// Reads the Grid's pages anew.
#[tauri::command]
pub(crate) async fn look_at_rates(node: State<'_, Node>) -> Result<(), Failure> {
    node.books().ok_or_else(Failure::not_now)?.look_again();
    Ok(())
}

/// Writes all jobs into a file that the owner names.
#[tauri::command]
pub(crate) async fn save_jobs(app: AppHandle, node: State<'_, Node>) -> Result<(), Failure> {
    let books = node.books().ok_or_else(Failure::not_now)?;
    let Some(path) = files::to_write(&app, table(), "grid-node-jobs.csv".to_owned()).await else {
        return Ok(());
    };
    written(move || save_jobs_of(&books, &path)).await
}

/// Writes all payouts into a file that the owner names.
#[tauri::command]
pub(crate) async fn save_payouts(app: AppHandle, node: State<'_, Node>) -> Result<(), Failure> {
    let earnings = earned(&node).ok_or_else(Failure::not_now)?;
    let Some(path) = files::to_write(&app, table(), "grid-node-payouts.csv".to_owned()).await else {
        return Ok(());
    };
    written(move || into_file(&path, |to| write_payouts(&earnings.payouts, to))).await
}

/// The payouts: held against the chain where there is one, else as the Grid states them.
fn earned(node: &Node) -> Option<Arc<app::earnings::Earnings>> {
    match node.desk() {
        Some(desk) => desk.view().earnings.map(|(earnings, _)| earnings),
        None => node.books()?.view().stated,
    }
}

fn save_jobs_of(books: &BooksDesk, path: &Path) -> Result<u64, ExportError> {
    into_file(path, |to| books.record().write_jobs(Span::ALWAYS, to))
}

/// Disks wait, and a page that asks must not.
async fn written(write: impl FnOnce() -> Result<u64, ExportError> + Send + 'static) -> Result<(), Failure> {
    let written = tauri::async_runtime::spawn_blocking(write).await.map_err(|_| Failure::not_saved())?;
    written.map(drop).map_err(|error| {
        tracing::warn!(%error, "a table could not be written");
        Failure::not_saved()
    })
}

fn table() -> files::Question {
    let words = Words::english();
    files::Question {
        title: words.text("file.save.title"),
        yes: words.text("file.save.yes"),
        no: words.text("confirm.no"),
        kind: words.text("file.table"),
        ending: "csv",
    }
}

/// What the books do not know themselves.
fn known(node: &Node) -> Option<Known> {
    let status = node.state()?;
    let account = node.account().map(|desk| desk.view()).and_then(|view: DeskView| view.seen);
    let delegation = account.as_ref().map_or(Delegated::Unknown, |(page, _)| {
        let valid = page.delegations.iter().filter(|line| line.is_by_payout_wallet);
        match valid.map(|line| line.reminder).min() {
            None => Delegated::Missing,
            Some(Reminder::Expired) => Delegated::Ended,
            Some(Reminder::Fine | Reminder::ExpiresSoon) => Delegated::Valid,
        }
    });
    Some(Known {
        status,
        earnings: earned(node),
        payout_wallet: account.map(|(page, _)| page.payout_wallet.is_some()),
        delegation,
    })
}
