//! Who may work for the wallet, and until when.

use std::sync::Arc;
use std::time::Duration;

use keys::RigKey;
use types::{DelegationCertificate, Timestamp, WorkerName};

use super::kept::{delegations, save_delegation};
use super::{Account, AccountTrouble};
use crate::money::Confirm;

/// As long as a wallet's permission lasts at most.
const LIFE: Duration = Duration::from_secs(90 * 24 * 3600);
/// Enough time to be at home once.
const SOON: Duration = Duration::from_secs(14 * 24 * 3600);

/// How a delegation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reminder {
    /// Nothing to do.
    Fine,
    /// It ends within 14 days.
    ExpiresSoon,
    /// The coordinator refuses it.
    Expired,
}

/// How a delegation that ends then, in Unix seconds, stands now.
pub const fn reminder(expires_at: u64, now: Timestamp) -> Reminder {
    if expires_at <= now.seconds() {
        Reminder::Expired
    } else if expires_at - now.seconds() <= SOON.as_secs() {
        Reminder::ExpiresSoon
    } else {
        Reminder::Fine
    }
}

impl Account {
    /// Lets this computer's rig key work under these names for 90 days, by one yes, and keeps the certificates. Works
    /// without the coordinator.
    pub async fn delegate(
        &self,
        names: Vec<WorkerName>,
        confirm: &dyn Confirm,
    ) -> Result<Vec<DelegationCertificate>, AccountTrouble> {
        let _managing = self.manage()?;
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let clock = Arc::clone(&self.0.settings.clock);
        let (_, certificates) = self.kept().delegate_all(names, LIFE, clock, confirm).await?;
        let kept = certificates.clone();
        self.store(move |secrets| kept.iter().try_for_each(|each| save_delegation(secrets, each))).await?;
        Ok(certificates)
    }

    /// The rig key, and the wallet's permission for it under this name if there is one that holds.
    pub async fn papers(
        &self,
        name: &WorkerName,
    ) -> Result<(RigKey, Option<DelegationCertificate>), AccountTrouble> {
        let rig = self.kept().rig().await?;
        let (signer, wallet, now) = (rig.address(), self.wallet(), self.now());
        let found = self.store(delegations).await?.into_iter().find(|kept| {
            let kept = &kept.delegation;
            kept.worker_name == *name
                && kept.worker_signer == signer
                && kept.payout_wallet == wallet
                && reminder(kept.expires_at, now) != Reminder::Expired
        });
        Ok((rig, found))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_weeks_before_its_end_a_delegation_is_brought_to_mind() {
        const DAY: u64 = 24 * 3600;
        let now = Timestamp::from_millis(1_800_000_000_999);
        let check = |expires_at: u64, expected: Reminder| {
            assert_eq!(reminder(expires_at, now), expected, "{expires_at}");
        };
        check(1_800_000_000 + 90 * DAY, Reminder::Fine);
        check(1_800_000_000 + 14 * DAY + 1, Reminder::Fine);
        check(1_800_000_000 + 14 * DAY, Reminder::ExpiresSoon);
        check(1_800_000_001, Reminder::ExpiresSoon);
        check(1_800_000_000, Reminder::Expired);
        check(0, Reminder::Expired);
        check(u64::MAX, Reminder::Fine);
    }
}
