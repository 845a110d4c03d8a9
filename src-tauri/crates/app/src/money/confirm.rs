//! Asking the owner.

use async_trait::async_trait;
use types::{AccountAct, Confirmation, Consent, Network, NetworkKind, Plan};

/// Shows the owner what is to be signed and brings back the answer. The window draws it with the system's own dialog.
#[async_trait]
pub trait Confirm: Send + Sync {
    /// The owner's yes to exactly this plan, or `None`.
    async fn confirm(&self, plan: &Plan) -> Option<Consent>;

    /// The owner's yes to exactly this, or `None`. It moves no money, and can decide who gets it.
    async fn confirm_account(&self, act: &AccountAct) -> Option<Consent>;
}

/// Says yes to everything, for rehearsals without a person.
#[derive(Debug)]
pub struct ScriptedConfirmation(());

/// A script may not say yes to real money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a scripted confirmation exists on practice networks only")]
pub struct NotPractice;

impl ScriptedConfirmation {
    /// Only for a practice network. The keys refuse it for any other, should this check ever be lost.
    pub const fn on(network: &Network) -> Result<Self, NotPractice> {
        match network.kind() {
            NetworkKind::Practice => Ok(Self(())),
            NetworkKind::Base => Err(NotPractice),
        }
    }
}

#[async_trait]
impl Confirm for ScriptedConfirmation {
    async fn confirm(&self, plan: &Plan) -> Option<Consent> {
        Some(Consent { plan: plan.digest(), how: Confirmation::Scripted })
    }

    async fn confirm_account(&self, act: &AccountAct) -> Option<Consent> {
        Some(Consent { plan: act.digest(), how: Confirmation::Scripted })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_real_network_refuses_a_scripted_confirmation() {
        assert!(ScriptedConfirmation::on(&Network::BASE).is_err());
    }
}
