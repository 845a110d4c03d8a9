//! One more wallet for an account, and the account it may already have.

use alloy_primitives::Address;

use super::{AccountId, Accounts};
use crate::hub::{Hub, State};

/// What linking a wallet came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Linked {
    /// It is the account's primary wallet now.
    New,
    /// It was the account's already.
    Already,
    /// It had an account of its own, which is part of this one now.
    Merged(AccountId),
}

/// Why a wallet is not linked, in the coordinator's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LinkError {
    #[error("Unexpected wallet-link message")]
    Message,
    #[error("Invalid or expired nonce. Please retry.")]
    Nonce,
    #[error("Signature verification failed")]
    Malformed,
    #[error("Signature does not match a valid wallet")]
    Signer,
    #[error("finish in-flight jobs before linking these accounts")]
    Busy,
}

impl Accounts {
    /// Links a wallet. It becomes the primary one, and is paid unless another wallet was named for that.
    ///
    /// An account it has is absorbed: its wallets come along, its keys are revoked.
    pub(crate) fn link(&mut self, account: &AccountId, wallet: Address) -> Linked {
        match self.by_wallet(wallet) {
            Some(owner) if owner == *account => Linked::Already,
            Some(source) => {
                let absorbed = self.holders.remove(&source);
                let others = absorbed.iter().flat_map(|holder| holder.wallets().iter().copied());
                self.give(account, others.filter(|other| *other != wallet).collect());
                self.give(account, vec![wallet]);
                self.keys.revoke_all(&source);
                Linked::Merged(source)
            }
            None => {
                self.give(account, vec![wallet]);
                Linked::New
            }
        }
    }

    fn give(&mut self, account: &AccountId, wallets: Vec<Address>) {
        if let Some(holder) = self.holders.get_mut(account) {
            holder.link(wallets);
        }
    }
}

impl Hub {
    /// Links a wallet to an account, and hands over all that the wallet's own account has.
    pub(crate) fn link(&self, account: &AccountId, wallet: Address) -> Result<Linked, LinkError> {
        let now = self.now();
        let mut state = self.state();
        let State { accounts, limits, roster, payouts, sign_ins, .. } = &mut *state;
        let source = accounts.by_wallet(wallet).filter(|source| source != account);
        if source.is_some_and(|source| limits.is_busy(&source, now) || limits.is_busy(account, now)) {
            return Err(LinkError::Busy);
        }
        let linked = accounts.link(account, wallet);
        if let Linked::Merged(source) = &linked {
            roster.hand_over(source, account);
            payouts.hand_over(source, account);
            sign_ins.tokens.end_all(source);
        }
        Ok(linked)
    }
}
