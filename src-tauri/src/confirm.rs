//! The owner's yes, asked for by the system and not by the page: what is shown here is what is signed.
//!
//! The page cannot press these buttons, cover them, or change a word in them. The words are made from the plan itself.

mod dialog;
mod password;
mod question;

use std::sync::Arc;
use std::time::Duration;

use app::money::Confirm;
use async_trait::async_trait;
use tauri::AppHandle;
use types::{AccountAct, Clock, Confirmation, Consent, Plan, PlanDigest};

use crate::words::Words;
pub(crate) use password::NativePassword;
use question::Question;

/// Asks in a dialog of the system.
pub(crate) struct NativeConfirmation {
    app: AppHandle,
    words: Words,
    clock: Arc<dyn Clock>,
}

/// How long an act of account is asked for. It moves no money.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

impl NativeConfirmation {
    pub(crate) fn new(app: AppHandle, words: Words, clock: Arc<dyn Clock>) -> Self {
        Self { app, words, clock }
    }

    /// Whether the owner agrees that the node works there from now on; `None` is the practice network.
    pub(crate) async fn agrees_to_move(&self, address: Option<&str>) -> bool {
        dialog::ask(&self.app, Question::about_place(address, &self.words), PATIENCE).await
    }

    /// Whether the owner agrees that this server makes answers under this name.
    pub(crate) async fn agrees_to_serve(&self, facts: &[(&str, &str)]) -> bool {
        dialog::ask(&self.app, Question::of("engine.serve", facts, &self.words), PATIENCE).await
    }

    /// Whether the owner agrees that another computer is asked whether it serves models.
    pub(crate) async fn agrees_to_look(&self, address: &str) -> bool {
        let question = Question::of("engine.look", &[("address", address)], &self.words);
        dialog::ask(&self.app, question, PATIENCE).await
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

    async fn confirm_account(&self, act: &AccountAct) -> Option<Consent> {
        let patience = match act {
            // The coordinator's message lives for five minutes, and a yes after that would be worth nothing.
            AccountAct::SignIn(message) => message.expires_at().since(self.clock.now()).min(PATIENCE),
            AccountAct::Delegate(_)
            | AccountAct::Enrol(_)
            | AccountAct::SetPayoutWallet { .. }
            | AccountAct::MakeKey { .. }
            | AccountAct::KeepKey { .. }
            | AccountAct::RevokeKey { .. } => PATIENCE,
        };
        self.ask(Question::about_account(act, &self.words), patience, act.digest()).await
    }
}
