//! The owner's yes, asked for by the system and not by the page: what is shown here is what is signed.
//!
//! The page cannot press these buttons, cover them, or change a word in them. The words are made from the plan itself.

mod dialog;
mod question;

use std::sync::Arc;
use std::time::Duration;

use app::money::Confirm;
use async_trait::async_trait;
use tauri::AppHandle;
use types::{Clock, Confirmation, Consent, Delegation, Plan, PlanDigest};

use crate::words::Words;
use question::Question;

/// Asks in a dialog of the system.
pub(crate) struct NativeConfirmation {
    app: AppHandle,
    words: Words,
    clock: Arc<dyn Clock>,
}

/// How long the permission for a rig key is asked for. It moves no money and holds for months.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

impl NativeConfirmation {
    pub(crate) fn new(app: AppHandle, words: Words, clock: Arc<dyn Clock>) -> Self {
        Self { app, words, clock }
    }

    async fn ask(&self, question: Question, patience: Duration, digest: PlanDigest) -> Option<Consent> {
        let agreed = dialog::ask(&self.app, question, patience).await;
        agreed.then_some(Consent { plan: digest, how: Confirmation::Native })
    }
}

#[async_trait]
impl Confirm for NativeConfirmation {
    async fn confirm(&self, plan: &Plan) -> Option<Consent> {
        // A yes after the plan's end would be worth nothing, so it is not waited for any longer.
        let left = plan.expires_at.since(self.clock.now());
        self.ask(Question::about(plan, &self.words), left, plan.digest()).await
    }

    async fn confirm_delegation(&self, delegation: &Delegation) -> Option<Consent> {
        self.ask(Question::about_rig(delegation, &self.words), PATIENCE, delegation.digest()).await
    }
}
