//! Looking after what is signed, without signing anything: how far has it come, and does it have to be sent again?

use chain::action::{Found, Meaning};
use ledger::{TransactionRow, TransactionState};
use types::{Plan, Stage};

use super::whereabouts::found;
use super::{Books, MoneyError, MoneySettings};

/// Brings the journal up to date about one signed transaction. What is in no block is sent again as it was.
pub(super) async fn look_after(
    settings: &MoneySettings,
    books: &Books,
    plan: &Plan,
    row: &TransactionRow,
) -> Result<(), MoneyError> {
    let (Some(signed), id) = (row.signed(), row.id) else { return Ok(()) };
    let ask = || found(&settings.chain, plan, &row.transaction, signed.hash);
    let mut now = ask().await?;
    if now == (Found::Nowhere { nonce_used: true }) {
        // Asked once more before it is believed: two nodes behind one address may each have told half.
        tokio::time::sleep(settings.policy.poll).await;
        now = ask().await?;
    }
    let was_mined = matches!(row.state, TransactionState::Mined { .. });
    if was_mined && !matches!(now, Found::Mined { meaning: Meaning::AsMeant | Meaning::Other, .. }) {
        tracing::warn!(hash = %signed.hash, "a reorganisation took a transaction back");
        books.with(move |journal| journal.undone(id)).await?;
    }
    match now {
        Found::Mined { block, stage, meaning: Meaning::AsMeant | Meaning::Other } => {
            books.with(move |journal| journal.mined(id, block, stage)).await?;
        }
        Found::Mined { stage: Stage::Seen, meaning: Meaning::Reverted, .. } | Found::Pending => {}
        Found::Mined { meaning: Meaning::Reverted, .. } => {
            books.with(move |journal| journal.reverted(id)).await?;
        }
        Found::Nowhere { nonce_used: true } => {
            books.with(move |journal| journal.void(id)).await?;
        }
        Found::Nowhere { nonce_used: false } => {
            settings.chain.broadcast(&signed.raw).await?;
        }
    }
    Ok(())
}
