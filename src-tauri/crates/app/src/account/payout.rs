//! Who is paid. Nobody clears it: an account without a wallet is owed what it earns until an operator looks.

use grid::{AccountPage, Session};
use types::{AccountAct, Address, NetworkKind, PayoutAddressError, WorkerName, payout_address};

use super::kept::delegations;
use super::{Account, AccountTrouble, unless_refused};
use crate::money::Confirm;

/// Who is paid now, and what follows from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayoutSet {
    /// Who is paid from the next settlement on, as read again from the account.
    pub wallet: Address,
    /// The workers whose delegations are by another wallet: they register without until they are delegated anew.
    pub void: Vec<WorkerName>,
}

impl Account {
    /// Sets who is paid. What was typed is held against its checksum, and against the addresses that lose money.
    pub async fn set_payout_wallet(
        &self,
        typed: &str,
        confirm: &dyn Confirm,
    ) -> Result<PayoutSet, AccountTrouble> {
        let to = payout_address(typed, &self.0.settings.network)?;
        let everybodys = match self.kept().network_kind() {
            NetworkKind::Base => keys::is_known_to_everybody(to),
            NetworkKind::Practice => false,
        };
        if everybodys {
            return Err(PayoutAddressError::Lost.into());
        }
        let mut kept = self.manage()?;
        let outcome = self.pay_from_now_on(&mut kept, to, confirm).await;
        unless_refused(&mut kept, outcome)?;
        let given = self.store(delegations).await?.into_iter().map(|kept| kept.delegation);
        let void = given.filter(|given| given.payout_wallet != to).map(|given| given.worker_name).collect();
        Ok(PayoutSet { wallet: to, void })
    }

    async fn pay_from_now_on(
        &self,
        kept: &mut Option<Session>,
        to: Address,
        confirm: &dyn Confirm,
    ) -> Result<AccountPage, AccountTrouble> {
        let session = self.session(kept, confirm).await?;
        let from = session.account().await?.payout_wallet;
        self.pay(session, from, to, confirm).await
    }

    /// Asks, writes and reads again.
    pub(super) async fn pay(
        &self,
        session: &Session,
        from: Option<Address>,
        to: Address,
        confirm: &dyn Confirm,
    ) -> Result<AccountPage, AccountTrouble> {
        let act = AccountAct::SetPayoutWallet { from, to, own: to == self.wallet() };
        self.agreed(&act, confirm).await?;
        Ok(session.set_payout_wallet(to, self.now()).await?)
    }
}
