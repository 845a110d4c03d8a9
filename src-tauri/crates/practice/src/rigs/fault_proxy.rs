//! A proxy on loopback whose lines break: in front of a coordinator, a store or a chain.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

mod fault;
mod line;
mod record;

pub use fault::{Fault, Way};
pub use record::{Deed, End};

use line::carry;
use record::{Entry, Record};

/// Lines open at once. Further ones wait to be accepted.
const MOST_LINES: usize = 256;
/// How long an ending may take.
const SHUTDOWN: Duration = Duration::from_secs(2);

/// The proxy. It ends with this value, at once and without a word to either side;
/// [`FaultProxy::shutdown`] also waits for that.
#[derive(Debug)]
pub struct FaultProxy {
    address: SocketAddr,
    record: Arc<Record>,
    closing: CancellationToken,
    tasks: TaskTracker,
}

impl FaultProxy {
    /// Starts a proxy in front of `target` on a free port of 127.0.0.1.
    ///
    /// The plan says what happens to each connection; they are counted from 1.
    /// [`Fault::drawn`] is a plan by chance.
    pub async fn start(
        target: SocketAddr,
        plan: impl Fn(u64) -> Fault + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (record, closing, tasks) = (Arc::default(), CancellationToken::new(), TaskTracker::new());
        let proxy = Self { address, record, closing, tasks };
        let accepting = Accepting {
            target,
            record: Arc::clone(&proxy.record),
            closing: proxy.closing.clone(),
            tasks: proxy.tasks.clone(),
        };
        proxy.tasks.spawn(accepting.run(listener, plan));
        Ok(proxy)
    }

    /// Where the client under test is sent.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What became of the connections, in their order. Only the last thousand are remembered.
    pub fn deeds(&self) -> Vec<Deed> {
        self.record.deeds()
    }

    /// Waits until the deeds pass. The caller sets the deadline.
    pub async fn until(&self, passes: impl Fn(&[Deed]) -> bool) {
        let mut changes = self.record.changes();
        while !passes(&self.deeds()) {
            if changes.changed().await.is_err() {
                return;
            }
        }
    }

    /// Ends every line and waits for that, two seconds at most.
    pub async fn shutdown(self) {
        self.closing.cancel();
        self.tasks.close();
        if timeout(SHUTDOWN, self.tasks.wait()).await.is_err() {
            tracing::debug!("a fault proxy was still busy when it was stopped");
        }
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.closing.cancel();
    }
}

struct Accepting {
    target: SocketAddr,
    record: Arc<Record>,
    closing: CancellationToken,
    tasks: TaskTracker,
}

impl Accepting {
    async fn run(self, listener: TcpListener, plan: impl Fn(u64) -> Fault) {
        let room = Arc::new(Semaphore::new(MOST_LINES));
        for number in 1.. {
            let accepted = async {
                let place = Arc::clone(&room).acquire_owned().await.ok()?;
                Some((place, listener.accept().await.ok()?.0))
            };
            let Some(Some((place, client))) = self.closing.run_until_cancelled(accepted).await else {
                return;
            };
            let entry = self.record.open(number, plan(number));
            let carried = serve(client, self.target, entry, self.closing.clone());
            self.tasks.spawn(async move {
                carried.await;
                drop(place);
            });
        }
    }
}

async fn serve(client: TcpStream, target: SocketAddr, entry: Entry, closing: CancellationToken) {
    let end = closing.run_until_cancelled(carry(client, target, &entry)).await;
    entry.ended(end.unwrap_or(End::Stopped));
}
