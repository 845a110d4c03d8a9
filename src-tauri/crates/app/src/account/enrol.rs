//! Enrolment through the coordinator: a worker gets a key that can do nothing but connect it.
//!
//! Everything is written down before the step that needs it. Killed anywhere, the next enrolment ends the one before:
//! the key is used if the coordinator counts it as the worker's, and forgotten if it does not.

use std::sync::Arc;

use grid::{AccountError, Enrollee, Enrolment, EnrolmentClient, EnrolmentState, ManageError, Session};
use types::{DelegationCertificate, Sensitive, WorkerName};

use super::kept::{KeptEnrolment, save_delegation};
use super::{Account, AccountTrouble, unless_refused};
use crate::money::Confirm;
use crate::wallet::WalletError;

/// What the coordinator files text workers without a managed profile under. Any text will do.
const PROFILE: &str = "text-generic";

impl Account {
    /// Enrols the worker of this name, if the coordinator offers it ([`AccountTrouble::is_not_offered`] otherwise, before
    /// the owner is asked anything). Ends the older keys of this name. The account must pay the wallet in this app, or
    /// nobody yet: enrolment never moves payouts.
    pub async fn enrol(
        &self,
        name: WorkerName,
        confirm: &dyn Confirm,
    ) -> Result<DelegationCertificate, AccountTrouble> {
        let mut session = self.manage()?;
        let client = EnrolmentClient::new(&self.0.settings.endpoint, self.0.settings.patience)?;
        self.end_unfinished(&client).await?;
        let enrollee = self.enrollee(name).await?;
        let (begun, kept) = self.begin(&client, &enrollee).await?;
        let outcome = self.approve(&mut session, &kept, &enrollee, confirm).await;
        let signed = unless_refused(&mut session, outcome)?;
        let certificate = self.wait(&client, &begun, &kept, &enrollee).await?;
        if certificate != signed {
            return Err(ManageError::OtherCertificate.into());
        }
        client.acknowledge(&kept.id, &kept.poll_token).await?;
        self.enrolled(kept, certificate.clone()).await?;
        Ok(certificate)
    }

    /// Makes the worker's key, asks for its enrolment, and writes both down.
    async fn begin(
        &self,
        client: &EnrolmentClient,
        enrollee: &Enrollee,
    ) -> Result<(Enrolment, KeptEnrolment), AccountTrouble> {
        let random = || keys::random_hex_128().map_err(WalletError::from);
        let api_key = Sensitive::new(format!("grid_{}{}", random()?, random()?));
        let poll_token = Sensitive::new(format!("{}{}", random()?, random()?));
        let begun = client.begin(enrollee, PROFILE, &api_key, &poll_token, self.now()).await?;
        let kept =
            KeptEnrolment { id: begun.id.clone(), poll_token, api_key, name: enrollee.worker_name.clone() };
        let kept = self.store(move |secrets| kept.save(secrets).map(|()| kept)).await?;
        Ok((begun, kept))
    }

    /// The wallet's signature, if the owner agrees, and the coordinator's yes to it.
    async fn approve(
        &self,
        session: &mut Option<Session>,
        kept: &KeptEnrolment,
        enrollee: &Enrollee,
        confirm: &dyn Confirm,
    ) -> Result<DelegationCertificate, AccountTrouble> {
        let session = self.session(session, confirm).await?;
        let paid = session.account().await?.payout_wallet;
        if paid.is_some_and(|wallet| wallet != self.wallet()) {
            return Err(AccountTrouble::PayoutElsewhere);
        }
        let delegation = session.prepare_enrolment(&kept.id, enrollee, self.now()).await?;
        let clock = Arc::clone(&self.0.settings.clock);
        let signed = self.kept().sign_enrolment(delegation, clock, confirm).await?;
        session.approve_enrolment(&kept.id, &signed.signature, self.now()).await?;
        Ok(signed)
    }

    /// Ends an enrolment that was interrupted, if there is one. True if its worker has its key now.
    pub async fn resume_enrolment(&self) -> Result<bool, AccountTrouble> {
        let _managing = self.manage()?;
        let client = EnrolmentClient::new(&self.0.settings.endpoint, self.0.settings.patience)?;
        self.end_unfinished(&client).await
    }

    async fn end_unfinished(&self, client: &EnrolmentClient) -> Result<bool, AccountTrouble> {
        let Some(kept) = self.store(KeptEnrolment::load).await? else { return Ok(false) };
        let enrollee = self.enrollee(kept.name.clone()).await?;
        match client.poll(&kept.id, &kept.poll_token, &enrollee).await {
            // Nobody signed it, or it is somebody else's certificate: the key was never ours.
            Ok(EnrolmentState::Waiting) | Err(ManageError::OtherCertificate) => {
                self.store(KeptEnrolment::forget).await?;
                Ok(false)
            }
            Ok(EnrolmentState::Complete(certificate)) => {
                client.acknowledge(&kept.id, &kept.poll_token).await?;
                self.enrolled(kept, certificate).await.map(|()| true)
            }
            Ok(EnrolmentState::Activated(certificate)) => {
                self.enrolled(kept, certificate).await.map(|()| true)
            }
            // Long over. A key that is known is the worker's; it cannot read the account, and that is how one can tell.
            Err(ManageError::Gone) => {
                match self.reader(Sensitive::new(kept.api_key.expose().clone()))?.account().await {
                    Err(AccountError::Forbidden { .. }) | Ok(_) => {
                        self.store(move |secrets| kept.promote(secrets)).await.map(|()| true)
                    }
                    Err(AccountError::Unauthorised) => {
                        self.store(KeptEnrolment::forget).await.map(|()| false)
                    }
                    Err(error) => Err(error.into()),
                }
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn enrollee(&self, worker_name: WorkerName) -> Result<Enrollee, AccountTrouble> {
        let worker_signer = self.kept().rig().await?.address();
        Ok(Enrollee { worker_name, worker_signer, payout_wallet: self.wallet() })
    }

    async fn enrolled(
        &self,
        kept: KeptEnrolment,
        certificate: DelegationCertificate,
    ) -> Result<(), AccountTrouble> {
        self.store(move |secrets| {
            save_delegation(secrets, &certificate)?;
            kept.promote(secrets)
        })
        .await
    }

    /// Polls until the coordinator has the certificate, at its pace and for as long as the enrolment lives.
    async fn wait(
        &self,
        client: &EnrolmentClient,
        begun: &Enrolment,
        kept: &KeptEnrolment,
        enrollee: &Enrollee,
    ) -> Result<DelegationCertificate, AccountTrouble> {
        let left = begun.ends_at.since(self.now());
        let polling = async {
            loop {
                match client.poll(&kept.id, &kept.poll_token, enrollee).await {
                    Ok(EnrolmentState::Complete(found) | EnrolmentState::Activated(found)) => {
                        return Ok(found);
                    }
                    Ok(EnrolmentState::Waiting) => {}
                    Err(error) if error.is_transient() => tracing::info!(%error, "asked again later"),
                    Err(error) => return Err(error.into()),
                }
                tokio::time::sleep(begun.pause).await;
            }
        };
        tokio::time::timeout(left, polling).await.unwrap_or(Err(AccountTrouble::NotInTime))
    }
}
