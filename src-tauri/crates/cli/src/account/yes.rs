//! The yes of a person at a terminal, and the words it is asked with.

use app::money::Confirm;
use async_trait::async_trait;
use types::{AccountAct, Confirmation, Consent, Delegation, Plan};

use crate::terminal;

/// Asks at the terminal. Money is not moved from there.
pub(super) struct TypedYes;

#[async_trait]
impl Confirm for TypedYes {
    async fn confirm(&self, _: &Plan) -> Option<Consent> {
        None
    }

    async fn confirm_account(&self, act: &AccountAct) -> Option<Consent> {
        let words = words(act);
        let asked = tokio::task::spawn_blocking(move || terminal::agrees(&words)).await.ok()?;
        let agreed =
            asked.inspect_err(|error| tracing::warn!(%error, "nobody could be asked")).unwrap_or(false);
        agreed.then(|| Consent { plan: act.digest(), how: Confirmation::Terminal })
    }
}

/// The yes of whoever hands a key to the command for keys: that is all it is for.
pub(super) struct HandedOver;

#[async_trait]
impl Confirm for HandedOver {
    async fn confirm(&self, _: &Plan) -> Option<Consent> {
        None
    }

    async fn confirm_account(&self, act: &AccountAct) -> Option<Consent> {
        let is_key = matches!(act, AccountAct::KeepKey { .. });
        is_key.then(|| Consent { plan: act.digest(), how: Confirmation::Terminal })
    }
}

/// What is agreed to, made from the facts that are signed or sent.
fn words(act: &AccountAct) -> String {
    match act {
        AccountAct::SignIn(sign_in) => format!("Sign this message for the Grid?\n\n{}", sign_in.text()),
        AccountAct::Delegate(delegations) => {
            let names: Vec<String> = delegations.iter().map(permission).collect();
            format!(
                "Let this computer's own key sign the work of these workers? It moves no money.\n{}",
                names.join("\n")
            )
        }
        AccountAct::Enrol(delegation) => format!(
            "Enrol this worker at the Grid? It gets a key of its own, older keys of this name end, and the wallet below is \
             the one that is paid.\n{}",
            permission(delegation)
        ),
        AccountAct::SetPayoutWallet { from, to, own } => {
            let from = from.map_or_else(|| "nobody".to_owned(), |from| from.to_string());
            let whose = if *own { "the wallet of this computer" } else { "NOT the wallet of this computer" };
            format!(
                "Pay everything that is settled from now on to\n  {to}\n({whose}) instead of {from}?\nNobody checks that address but you:\n  {to}"
            )
        }
        AccountAct::MakeKey { label } => format!(
            "Make the API key {label} and keep it on this computer? It reads the account, connects workers, and can spend \
             credit for jobs."
        ),
        AccountAct::KeepKey { account, paid } => {
            let paid = paid.map_or_else(|| "nobody".to_owned(), |paid| paid.to_string());
            format!("Work for the account {account} from now on? Paid there is {paid}.")
        }
        AccountAct::RevokeKey { id, label } => {
            format!("End the API key {id} ({}) for good?", label.as_deref().unwrap_or("without a label"))
        }
    }
}

fn permission(delegation: &Delegation) -> String {
    format!(
        "  {} for {}, until {} (Unix seconds)",
        delegation.worker_name, delegation.payout_wallet, delegation.expires_at
    )
}
