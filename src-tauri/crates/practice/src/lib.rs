//! A rehearsal of the Grid on loopback: the coordinator with its books.
//!
//! For people who practise, for developers and for tests: the same frames, checks, words, close codes and den
//! arithmetic as the real coordinator, so that what works here works there.
//!
//! What it deliberately does not do: listen anywhere but on 127.0.0.1, keep anything after its end,
//! know our own client.
//! Text jobs are served in all three formats: `openai-chat`, and unread `openai-responses` and `anthropic`.
//! Pictures and validators come later; their seams are [`Event`], the job queue and the socket's job loop.
//!
//! Accounts are the real ones too: wallet sign-in, user tokens, keys, payout wallets, linking, enrolment
//! ([`Options::enrolment`]), with the same limits and the same dangers, so that a client's guards can be tested.
//! User tokens are kept here and not signed; to a client both are opaque.
//!
//! **Invariants.** A prompt or an answer is in no event and in no row. A job is settled once. No lock is held
//! across an await. Where the specification says that the coordinator refuses, this one refuses in the same words.
//!
//! ```no_run
//! # async fn rehearse() -> Result<(), Box<dyn std::error::Error>> {
//! use std::{sync::Arc, time::Duration};
//! use practice::{ChatCall, Customer, Network, Options};
//!
//! let network = Network::start(Options::new(Arc::new(types::SystemClock), 7)).await?;
//! let account = network.open_account(None);
//! // … a worker connects to `network.api_base()` with a key of the account …
//! let customer = Customer::new(&network.api_base(), account.api_key, Duration::from_secs(30))?;
//! let reply = customer.chat(&ChatCall::ask("SmolLM-135M", "Hello")).await?;
//! println!("{} for {} den", reply.text, network.books().den_total());
//! network.shutdown().await;
//! # Ok(()) }
//! ```

mod access;
mod accounts;
mod api;
mod books;
mod calendar;
pub mod chain;
mod chance;
mod chat;
mod completion;
mod counting;
mod credential;
mod customer;
mod enrolment;
mod error;
mod event;
mod format;
mod generation;
mod hub;
pub mod identity;
mod jobs;
mod limits;
mod network;
mod news;
mod options;
mod plain;
mod profile;
mod python;
mod raw;
mod registration;
mod relay;
mod request;
#[cfg(feature = "rigs")]
pub mod rigs;
mod roster;
pub mod settlement;
mod sign_in;
mod signature;
mod socket;
mod sse;
mod strikes;

pub use accounts::{Account, AccountId, Purpose};
pub use books::{BookRow, Books};
pub use customer::{ChatCall, Customer, CustomerError, GridNote, Reply};
pub use event::{Event, Failure};
pub use network::{Network, StartError};
pub use options::{Options, Timings};
#[cfg(feature = "rigs")]
pub use rigs::Rigs;
pub use sign_in::Proof;
pub use signature::signer_of;
