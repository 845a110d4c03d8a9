//! The account pages: what the coordinator says was worked, is owed and is paid.
//!
//! And what manages it: sign-in, keys, the payout wallet, enrolment.

use types::Sensitive;

use crate::Endpoint;

mod enrolment;
mod error;
mod http;
mod jobs;
mod manage;
mod network;
mod page;
mod payouts;
mod session;
mod sign_in;
mod text;
mod wallet;
mod workers;

pub use enrolment::{Enrollee, Enrolment, EnrolmentClient, EnrolmentId, EnrolmentState};
pub use error::AccountError;
pub use http::AccountPatience;
pub use jobs::{AccountJob, AccountJobs};
pub use manage::{ManageError, SignInRefusal};
pub use network::{Health, ModelDemand, ModelOnline, NetworkStatus, Period};
pub use page::{AccountKey, AccountPage};
pub use payouts::{PayoutRow, PayoutStatus, Payouts};
pub use session::{Session, is_api_key};
pub use sign_in::SignInClient;
pub use text::Moment;
pub use wallet::{PublicClient, Tally, WalletEarnings};
pub use workers::{AccountWorker, Workers};

/// Reads an account with one of its API keys.
#[derive(Debug)]
pub struct AccountClient {
    http: http::Http,
}

impl AccountClient {
    /// A client for the account of this key. Nothing is sent yet.
    pub fn new(
        endpoint: &Endpoint,
        api_key: Sensitive<String>,
        patience: AccountPatience,
    ) -> Result<Self, AccountError> {
        Ok(Self { http: http::Http::new(endpoint, api_key, patience)? })
    }

    /// The account: who it is and where it is paid.
    pub async fn account(&self) -> Result<AccountPage, AccountError> {
        AccountPage::read(&self.http.get("/v1/account").await?)
    }

    /// The account's workers with the work the coordinator counts for each.
    pub async fn workers(&self) -> Result<Workers, AccountError> {
        Workers::read(&self.http.get("/v1/account/workers").await?)
    }

    /// What was shared out: the newest rows, 200 at most, and sums over all of them.
    pub async fn payouts(&self) -> Result<Payouts, AccountError> {
        Payouts::read(&self.http.get("/v1/account/payouts").await?)
    }
}
