//! Customers of every kind, many at a time, the same ones for the same seed.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use tokio::sync::broadcast::error::RecvError;
use types::{JobId, Sensitive};

use crate::accounts::Account;
use crate::customer::{Customer, CustomerError, Reply};
use crate::event::Event;
use crate::network::Network;

mod call;
mod report;

pub use call::{Call, Kind};
pub use report::{Outcome, TrafficReport};

use call::{RawCall, Request};

/// What kinds of calls come, how many at once, and how long each may take.
///
/// One key may ask 30 times a minute and one account 24 times at once, unless the network was told otherwise
/// by `Options::unlimited`; the calls go round the accounts.
#[derive(Debug, Clone)]
pub struct Traffic {
    seed: u64,
    model: String,
    kinds: Vec<Kind>,
    at_once: usize,
    patience: Duration,
}

impl Traffic {
    /// Chat calls of every kind to a model, eight at a time.
    pub fn new(seed: u64, model: impl Into<String>) -> Self {
        Self {
            seed,
            model: model.into(),
            kinds: Kind::CHAT.to_vec(),
            at_once: 8,
            patience: Duration::from_secs(60),
        }
    }

    /// Only these kinds; a kind that is named twice comes twice as often.
    pub fn of(self, kinds: &[Kind]) -> Self {
        Self { kinds: kinds.to_vec(), ..self }
    }

    /// So many at a time.
    pub fn at_once(self, calls: usize) -> Self {
        Self { at_once: calls.max(1), ..self }
    }

    /// So long may each call take.
    pub fn patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// The calls that would be made, in their order.
    pub fn plan(&self, calls: usize) -> Vec<Call> {
        call::plan(self.seed, &self.kinds, calls)
    }

    /// Makes so many calls and says what became of them. It ends, because every call does.
    pub async fn run(
        &self,
        network: &Network,
        customers: &[Account],
        calls: usize,
    ) -> Result<TrafficReport, CustomerError> {
        let customers = self.customers(network, customers)?;
        let calls = self.plan(calls).into_iter().zip(customers.iter().cycle());
        let ended: Vec<(Kind, Outcome)> = stream::iter(calls)
            .map(|(call, customer)| async move { (call.kind, self.make(network, customer, &call).await) })
            .buffer_unordered(self.at_once)
            .collect()
            .await;
        Ok(ended.into_iter().collect())
    }

    fn customers(
        &self,
        network: &Network,
        accounts: &[Account],
    ) -> Result<Vec<Arc<Customer>>, CustomerError> {
        let key = |account: &Account| Sensitive::new(account.api_key.expose().clone());
        let customer = |account| Customer::new(&network.api_base(), key(account), self.patience);
        accounts.iter().map(|account| customer(account).map(Arc::new)).collect()
    }

    async fn make(&self, network: &Network, customer: &Customer, call: &Call) -> Outcome {
        match call.request(&self.model) {
            Request::Chat(chat) if call.kind == Kind::Cancelled => {
                let asking = customer.chat(&chat);
                tokio::select! {
                    reply = asking => told(reply),
                    never = cancel(network, call.seed) => match never {},
                }
            }
            Request::Chat(chat) => told(customer.chat(&chat).await),
            Request::Raw(RawCall { path, body }) => match customer.post(path, &body).await {
                Ok((status, body)) => Outcome::of_raw(status, &body),
                Err(error) => Outcome::unanswered(&error),
            },
        }
    }
}

fn told(reply: Result<Reply, CustomerError>) -> Outcome {
    match reply {
        Ok(reply) => Outcome::of_chat(&reply),
        Err(error) => Outcome::unanswered(&error),
    }
}

/// Cancels the job with this seed after its first token, as an operator does. It waits for ever for the call's end.
async fn cancel(network: &Network, seed: u64) -> std::convert::Infallible {
    let mut events = network.events();
    let mut job: Option<JobId> = None;
    loop {
        match events.recv().await {
            Ok(Event::TokenRelayed { job: running, .. }) if job.is_none() => {
                if network.hub.state().jobs.has_seed(&running, seed) && network.cancel_job(&running) {
                    job = Some(running);
                }
            }
            Ok(_) | Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return std::future::pending().await,
        }
    }
}
