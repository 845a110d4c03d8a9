//! A practice network from its start to its end.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use alloy_primitives::Address;
use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;
use tokio::sync::broadcast;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval, timeout};
use types::{JobId, Sensitive};

use crate::accounts::{Account, AccountId, Purpose};
use crate::api::router;
use crate::books::Books;
use crate::event::Event;
use crate::hub::Hub;
use crate::options::Options;
use crate::settlement::count_tokens;
use crate::sign_in::Proof;

/// How long a shutdown takes at most.
const SHUTDOWN: Duration = Duration::from_secs(2);

/// Why a practice network did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// No port on loopback could be opened.
    #[error("the practice network could not open a port on this computer")]
    Bind(#[source] std::io::Error),
}

/// A running practice network. Dropping it ends it, [`Network::shutdown`] also waits for the end.
pub struct Network {
    pub(crate) hub: Arc<Hub>,
    address: SocketAddr,
    server: Option<JoinHandle<()>>,
}

impl Network {
    /// Starts a network on a free port of 127.0.0.1, and nowhere else.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(StartError::Bind)?;
        let address = listener.local_addr().map_err(StartError::Bind)?;
        let hub = Arc::new(Hub::new(options));
        hub.tasks.spawn(sweep(Arc::clone(&hub)));
        // The tokenizer's table loads now, so that the first settlement does not wait for it.
        tokio::task::spawn_blocking(|| count_tokens("warm"));
        let server = tokio::spawn(serve(listener, Arc::clone(&hub)));
        Ok(Self { hub, address, server: Some(server) })
    }

    /// The base address of the API, for workers and customers alike.
    pub fn api_base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Opens an account, with a wallet that signs in to it and is paid if there is one, and issues its first key.
    ///
    /// A wallet that signs in to another account already is only paid.
    pub fn open_account(&self, payout_wallet: Option<Address>) -> Account {
        self.hub.open_account(payout_wallet)
    }

    /// Issues another key; `None` if there is no such account.
    pub fn issue_key(&self, account: &AccountId, purpose: Purpose) -> Option<Sensitive<String>> {
        self.hub.issue_key(account, purpose)
    }

    /// Signs the account's owner in, as if this proof had been given now; `None` if there is no such account.
    pub fn issue_user_token(&self, account: &AccountId, proof: Proof) -> Option<Sensitive<String>> {
        self.hub.issue_token(account, proof)
    }

    /// Changes where an account is paid; false if there is no such account. Without a wallet named here, the one
    /// that signs in is paid.
    ///
    /// Connected workers keep the old wallet.
    pub fn set_payout_wallet(&self, account: &AccountId, wallet: Option<Address>) -> bool {
        self.hub.state().accounts.set_payout_wallet(account, wallet)
    }

    /// The next nonces, delegation ids and enrolment ids, for recordings with fixed ones.
    #[cfg(feature = "rigs")]
    pub fn plan_ids(&self, ids: impl IntoIterator<Item = String>) {
        self.hub.state().chance.plan(ids);
    }

    /// Cancels a job by hand; false if it is not open.
    ///
    /// The worker is told in reaction to one of its own frames, so a silent worker is not told.
    pub fn cancel_job(&self, job: &JobId) -> bool {
        self.hub.cancel(job)
    }

    /// The books now.
    pub fn books(&self) -> Books {
        self.hub.books()
    }

    /// Everything that happens from now on.
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.hub.events()
    }

    /// Ends the network: sockets close with 1012, customers are let go. Takes two seconds at most.
    pub async fn shutdown(mut self) {
        self.hub.closing.cancel();
        self.hub.tasks.close();
        let Some(mut server) = self.server.take() else { return };
        let quiet = async {
            let _ = (&mut server).await;
            self.hub.tasks.wait().await;
        };
        if timeout(SHUTDOWN, quiet).await.is_err() {
            tracing::debug!("the practice network was still busy when it was stopped");
            server.abort();
        }
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.hub.closing.cancel();
    }
}

impl std::fmt::Debug for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Network({})", self.address)
    }
}

async fn serve(listener: TcpListener, hub: Arc<Hub>) {
    let closing = hub.closing.clone();
    // Token frames are small; waiting to fill packets would look like a slow network.
    let listener = listener.tap_io(|socket| {
        let _ = socket.set_nodelay(true);
    });
    let served = axum::serve(listener, router(hub)).with_graceful_shutdown(closing.cancelled_owned()).await;
    if let Err(error) = served {
        tracing::warn!(%error, "the practice network stopped listening");
    }
}

/// Looks after jobs that run too long, until the network ends.
async fn sweep(hub: Arc<Hub>) {
    let mut ticks = interval(hub.timings.sweep);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = hub.closing.cancelled() => return,
            _ = ticks.tick() => hub.sweep(),
        }
    }
}
