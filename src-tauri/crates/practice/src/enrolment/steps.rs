//! The steps that bring an enrolment forward: prepare, approve, acknowledge.

use alloy_primitives::Address;
use serde_json::{Value, json};
use types::{Delegation, Timestamp};

use super::application::address;
use super::{ACK_AGAIN, Certificate, EnrolmentError, Enrolments, Stage, payload};
use crate::accounts::{AccountId, NewKey, Purpose};
use crate::hub::{Hub, State};
use crate::signature::signer_of;

/// What the owner of an account names.
pub(crate) struct Preparation {
    pub(crate) account: AccountId,
    pub(crate) payout_wallet: String,
    pub(crate) replace: bool,
}

impl Enrolments {
    /// Writes the delegation that the payout wallet is to sign.
    fn prepare(
        &mut self,
        id: &str,
        account: AccountId,
        payout_wallet: Address,
        delegation_id: String,
        now: Timestamp,
    ) -> Result<Value, EnrolmentError> {
        let enrolment = self.get_mut(id, now)?;
        match &enrolment.stage {
            Stage::Pending => {}
            Stage::Prepared { account: owner, .. } if *owner == account => {}
            Stage::Prepared { .. } => return Err(EnrolmentError::OtherAccount),
            Stage::Complete(_) | Stage::Activated(_) => return Err(EnrolmentError::NotPending),
        }
        let issued_at = now.seconds();
        let delegation = Delegation {
            delegation_id,
            payout_wallet,
            worker_signer: enrolment.signer,
            worker_name: enrolment.name.clone(),
            issued_at,
            expires_at: issued_at + enrolment.valid_days * 86_400,
        };
        let answer = json!({"message": delegation.text(), "payload": payload(&delegation)});
        enrolment.stage = Stage::Prepared { account, delegation };
        Ok(answer)
    }

    /// The delegation this account has prepared.
    fn prepared(&self, id: &str, account: &AccountId, now: Timestamp) -> Result<&Delegation, EnrolmentError> {
        match &self.get(id, now)?.stage {
            Stage::Prepared { account: owner, delegation } if owner == account => Ok(delegation),
            Stage::Prepared { .. } => Err(EnrolmentError::OtherAccount),
            Stage::Pending | Stage::Complete(_) | Stage::Activated(_) => Err(EnrolmentError::NotPrepared),
        }
    }
}

impl Hub {
    /// Step 3: the owner names the wallet to pay.
    pub(crate) fn prepare_enrolment(
        &self,
        id: &str,
        preparation: Preparation,
    ) -> Result<Value, EnrolmentError> {
        let Preparation { account, payout_wallet, replace } = preparation;
        let wallet = address(&payout_wallet).ok_or(EnrolmentError::Address("payout wallet"))?;
        let now = self.now();
        let mut state = self.state();
        let State { accounts, enrolments, chance, .. } = &mut *state;
        enrolments.get(id, now)?;
        let current = accounts.payout_wallet(&account);
        if current.is_some_and(|current| current != wallet) && !replace {
            return Err(EnrolmentError::OtherWallet);
        }
        enrolments.prepare(id, account, wallet, chance.nonce(), now)
    }

    /// Step 4: the wallet has signed. It is paid from now on, and the rig's key works for the time being.
    pub(crate) fn approve_enrolment(
        &self,
        id: &str,
        account: &AccountId,
        signature: String,
    ) -> Result<(), EnrolmentError> {
        let now = self.now();
        let mut state = self.state();
        let State { accounts, enrolments, .. } = &mut *state;
        let delegation = enrolments.prepared(id, account, now)?.clone();
        let signer = signer_of(&delegation.text(), &signature).ok_or(EnrolmentError::Malformed)?;
        if signer != delegation.payout_wallet {
            return Err(EnrolmentError::Signer);
        }
        let enrolment = enrolments.get_mut(id, now)?;
        if accounts.keys.has_digest(&enrolment.key) {
            return Err(EnrolmentError::KeyTaken);
        }
        let purpose = Purpose::Worker(enrolment.name.as_str().to_owned());
        let (label, expires) = (Some(purpose.label()), Some(enrolment.expires));
        let key = NewKey { account: account.clone(), purpose, label, expires };
        accounts.keys.enter_digest(enrolment.key.clone(), key, now);
        accounts.set_payout_wallet(account, Some(delegation.payout_wallet));
        enrolment.stage = Stage::Complete(Certificate { delegation, signature });
        Ok(())
    }

    /// Step 6: the rig has everything. Its key works for good, older keys of its name do no more.
    pub(crate) fn acknowledge_enrolment(&self, id: &str, token: &str) -> Result<(), EnrolmentError> {
        let now = self.now();
        let mut state = self.state();
        let State { accounts, enrolments, .. } = &mut *state;
        let enrolment = enrolments.get_mut(id, now)?;
        enrolment.check_token(token)?;
        match &enrolment.stage {
            Stage::Activated(_) => Ok(()),
            Stage::Complete(certificate) => {
                accounts.keys.confirm(&enrolment.key);
                enrolment.stage = Stage::Activated(certificate.clone());
                enrolment.forgotten = now.plus(ACK_AGAIN);
                Ok(())
            }
            Stage::Pending | Stage::Prepared { .. } => Err(EnrolmentError::NotComplete),
        }
    }
}
