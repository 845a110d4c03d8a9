//! One server as an engine: the handle.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use types::{ApiFormat, Ask, JobId, Refusal};

use super::ServerSettings;
use super::http::Http;
use super::job::Job;
use super::supervisor::{Formats, Order, Supervisor};
use crate::{EngineEvent, LaunchError};

/// Orders that wait for the next turn of the loop, which never waits for anything else.
const ORDERS: usize = 64;
/// Tasks end at their next await.
const UNSTOPPABLE: Duration = Duration::from_secs(2);

/// A server that serves as an engine. Dropping it hangs up on all its jobs; the server goes on.
#[derive(Debug)]
pub(crate) struct Server {
    orders: mpsc::Sender<Order>,
    stop: Option<oneshot::Sender<()>>,
    ended: Option<oneshot::Receiver<()>>,
    formats: Formats,
    name: String,
}

impl Server {
    pub(crate) fn start(
        settings: &ServerSettings,
    ) -> Result<(Self, mpsc::Receiver<EngineEvent>), LaunchError> {
        let http = Http::new(&settings.address, settings.key.as_ref(), settings.patience)
            .map_err(|fault| LaunchError::Server(fault.to_string()))?;
        let (orders, orders_out) = mpsc::channel(ORDERS);
        let (events_in, events) = mpsc::channel(256);
        let (stop, stopped) = oneshot::channel();
        let (ended_in, ended) = oneshot::channel();
        let formats = Formats::default();
        let supervisor = Supervisor::new(settings.clone(), http, events_in, Arc::clone(&formats));
        tokio::spawn(supervisor.watch(orders_out, stopped, ended_in));
        let name = settings.address.to_string();
        Ok((Self { orders, stop: Some(stop), ended: Some(ended), formats, name }, events))
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn formats(&self) -> Vec<ApiFormat> {
        self.formats.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn load(&self, most: Option<u32>) {
        self.say(Order::Load { most });
    }

    pub(crate) fn generate(&self, job: &JobId, ask: Ask, longest: Duration) -> Result<(), Refusal> {
        if !self.formats().contains(&ask.format()) {
            return Err(Refusal(format!("this model does not serve {}", ask.format().as_str())));
        }
        self.say(Order::Generate(Box::new(Job { id: job.clone(), ask, longest })));
        Ok(())
    }

    pub(crate) fn cancel(&self, job: &JobId) {
        self.say(Order::Cancel(job.clone()));
    }

    /// Hangs up on everything. When this returns, no request of ours is open.
    pub(crate) async fn stop(mut self) {
        drop(self.stop.take());
        let Some(ended) = self.ended.take() else { return };
        if timeout(UNSTOPPABLE, ended).await.is_err() {
            tracing::error!(server = %self.name, "the connection to the server cannot be ended");
        }
    }

    /// Never waits: when the other side has ended, that is reported by `Gone`.
    fn say(&self, order: Order) {
        if let Err(error) = self.orders.try_send(order) {
            tracing::warn!(%error, "the server's driver does not listen");
        }
    }
}
