//! What did the coordinator say, and what do we answer?
//!
//! Owns the worker's WebSocket: registers, answers pings, turns frames into events and answers into frames.
//! Owns the calls to the account pages, too: what was worked, what is owed, what is paid.
//! Knows no engine, no key and no record: proofs and receipts come in signed.
//!
//! **Invariants**
//! - Nothing of a job is sent before its offer or after its terminal frame: the coordinator does not check ids, so a
//!   late frame would become a part of the next job's answer.
//! - Every JSON ping is answered with exactly one pong, and nothing else is sent while idle.
//! - In a silent stretch of a job a pong leaves every second, because the coordinator looks for a cancel only then.
//! - Every wait has a deadline, every queue a bound; a flood or a frame that is no protocol ends the connection.
//! - Of an account page at most a megabyte is read, no redirect is followed, and neither a body nor a key is in an error.
//! - On the practice network no address but this machine's own is ever connected to, and without encryption none anywhere.
//! - The one root besides the system's is trusted for the worker socket only.

mod account;
mod chat;
mod connect;
mod endpoint;
mod line;
mod refusal;
mod registration;
mod socket;
mod tls;
mod wire;

pub use account::{
    AccountClient, AccountError, AccountJob, AccountJobs, AccountKey, AccountPage, AccountPatience,
    AccountWorker, Enrollee, Enrolment, EnrolmentClient, EnrolmentId, EnrolmentState, Health, ManageError,
    ModelDemand, ModelOnline, Moment, NetworkStatus, PayoutRow, PayoutStatus, Payouts, Period, PublicClient,
    Session, SignInClient, SignInRefusal, Tally, WalletEarnings, Workers, is_api_key,
};
pub use connect::{ConnectError, connect};
pub use endpoint::{CoordinatorAddress, Endpoint, EndpointError};
pub use refusal::{Advice, Reason, Refusal};
pub use registration::{Identity, Registration, RegistrationError};
pub use socket::{CloseCause, Connection, Done, Event, Patience, Terminal};
pub use tls::RootError;
pub use wire::{JobFrame, Offered};
