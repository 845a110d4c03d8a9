//! The wallet inside the app, unlocked.

use types::{
    Address, Consent, Delegation, DelegationCertificate, NetworkKind, Plan, SignIn, Signature,
    SignedTransaction, Timestamp, Transaction,
};
use zeroize::Zeroizing;

use crate::known::refuse_known;
use crate::payout::{LONGEST_OF_A_WALLET, delegate};
use crate::signer::MoneySigner;
use crate::{KeyError, RigPassphrase};

mod agreed;
mod transaction;

#[cfg(test)]
mod tests;

/// The owner's wallet. It signs what the owner agreed to, for the network it was made for, and nothing else.
///
/// There is no way to sign bytes or texts of the caller's choice, and no way to get the private key out.
#[derive(Debug)]
pub struct Wallet {
    key: MoneySigner,
    kind: NetworkKind,
    rig: RigPassphrase,
}

impl Wallet {
    pub(crate) fn new(secret: &[u8; 32], kind: NetworkKind, rig: RigPassphrase) -> Result<Self, KeyError> {
        let key = MoneySigner::from_secret(secret)?;
        refuse_known(key.address(), kind)?;
        Ok(Self { key, kind, rig })
    }

    /// The address of a key that such a wallet would take.
    pub(crate) fn address_of(secret: &Zeroizing<[u8; 32]>, kind: NetworkKind) -> Result<Address, KeyError> {
        let address = MoneySigner::from_secret(secret)?.address();
        refuse_known(address, kind)?;
        Ok(address)
    }

    /// The address that is paid and that pays.
    pub fn address(&self) -> Address {
        self.key.address()
    }

    /// The network this wallet was made for.
    pub const fn network_kind(&self) -> NetworkKind {
        self.kind
    }

    /// What opens the rig's files. The wallet's file keeps it, so that a lost keyring loses nothing.
    pub const fn rig_passphrase(&self) -> &RigPassphrase {
        &self.rig
    }

    /// Lets a rig key work under one name until a date, for at most 90 days from now, if the owner agreed to exactly
    /// this delegation: the consent names [`Delegation::digest`].
    pub fn sign_delegation(
        &self,
        delegation: Delegation,
        consent: &Consent,
        now: Timestamp,
    ) -> Result<DelegationCertificate, KeyError> {
        agreed::may_delegate(self, std::slice::from_ref(&delegation), consent, now)?;
        delegate(self.key.texts(), delegation, LONGEST_OF_A_WALLET)
    }

    /// Several at once, by one yes to exactly these: the consent names [`Delegation::digest_of_all`].
    pub fn sign_delegations(
        &self,
        delegations: Vec<Delegation>,
        consent: &Consent,
        now: Timestamp,
    ) -> Result<Vec<DelegationCertificate>, KeyError> {
        agreed::may_delegate(self, &delegations, consent, now)?;
        let signed =
            delegations.into_iter().map(|each| delegate(self.key.texts(), each, LONGEST_OF_A_WALLET));
        signed.collect()
    }

    /// Signs the coordinator's sign-in message, if it is for this wallet and this computer, written now, and the owner
    /// agreed to exactly it: the consent names [`SignIn::digest`].
    pub fn sign_in(
        &self,
        sign_in: &SignIn,
        consent: &Consent,
        now: Timestamp,
    ) -> Result<Signature, KeyError> {
        if sign_in.address() != self.address() {
            return Err(KeyError::OtherSigner);
        }
        agreed::may_sign_in(self, sign_in, consent, now)?;
        self.key.texts().sign(&sign_in.text())
    }

    /// Signs one step of a plan that the owner agreed to.
    ///
    /// The call is made here, from the step's intent and the plan's network; the caller chooses nonce and fees only.
    /// Each transaction alone is held against the plan's fee limit: whoever keeps the journal holds their sum against
    /// it, and never has one step signed twice with two nonces.
    pub fn sign(
        &self,
        plan: &Plan,
        consent: &Consent,
        step: usize,
        transaction: &Transaction,
        now: Timestamp,
    ) -> Result<SignedTransaction, KeyError> {
        agreed::may_sign(self, plan, consent, step, transaction, now)?;
        transaction::sign(&self.key, &plan.network, transaction)
    }
}
