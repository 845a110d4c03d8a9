//! TLS in front of a plain listener, with certificates of an authority made on the spot.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy, split};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

mod authority;

pub use authority::{Authority, Leaf};

/// Lines open at once. Further ones wait to be accepted.
const MOST_LINES: usize = 64;
/// What is read at once.
const PIECE: usize = 16 * 1024;
/// How long a handshake, and a call to the target, may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long an ending may take.
const SHUTDOWN: Duration = Duration::from_secs(2);

/// What the front saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sightings {
    /// Connections that came.
    pub came: u64,
    /// Handshakes that were completed: the client trusted the certificate.
    pub trusted: u64,
    /// Handshakes that failed or took too long.
    pub refused: u64,
    /// Bytes of the clients that were passed on after the handshake.
    pub heard: u64,
}

/// The front. It ends with this value; [`TlsFront::shutdown`] also waits for that.
#[derive(Debug)]
pub struct TlsFront {
    address: SocketAddr,
    seen: Arc<watch::Sender<Sightings>>,
    closing: CancellationToken,
    tasks: TaskTracker,
}

impl TlsFront {
    /// Speaks TLS with `leaf` on a free port of 127.0.0.1, and plain TCP to `target`.
    pub async fn start(target: SocketAddr, leaf: &Leaf) -> io::Result<Self> {
        let acceptor = TlsAcceptor::from(Arc::new(server_config(leaf)?));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let front = Self {
            address,
            seen: Arc::default(),
            closing: CancellationToken::new(),
            tasks: TaskTracker::new(),
        };
        let accepting = Accepting {
            target,
            acceptor,
            seen: Arc::clone(&front.seen),
            closing: front.closing.clone(),
            tasks: front.tasks.clone(),
        };
        front.tasks.spawn(accepting.run(listener));
        Ok(front)
    }

    /// Where it listens. A client must be told to find the leaf's host name here.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it saw so far.
    pub fn sightings(&self) -> Sightings {
        *self.seen.borrow()
    }

    /// Waits until what it saw passes. The caller sets the deadline.
    pub async fn until(&self, passes: impl Fn(&Sightings) -> bool) {
        // The sender lives as long as this value, so there is no other end to the wait.
        let _ = self.seen.subscribe().wait_for(passes).await;
    }

    /// Ends every line and waits for that, two seconds at most.
    pub async fn shutdown(self) {
        self.closing.cancel();
        self.tasks.close();
        if timeout(SHUTDOWN, self.tasks.wait()).await.is_err() {
            tracing::debug!("a TLS front was still busy when it was stopped");
        }
    }
}

impl Drop for TlsFront {
    fn drop(&mut self) {
        self.closing.cancel();
    }
}

fn server_config(leaf: &Leaf) -> io::Result<ServerConfig> {
    ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|config| config.with_no_client_auth().with_single_cert(leaf.chain(), leaf.key()))
        .map_err(io::Error::other)
}

struct Accepting {
    target: SocketAddr,
    acceptor: TlsAcceptor,
    seen: Arc<watch::Sender<Sightings>>,
    closing: CancellationToken,
    tasks: TaskTracker,
}

impl Accepting {
    async fn run(self, listener: TcpListener) {
        let room = Arc::new(Semaphore::new(MOST_LINES));
        loop {
            let accepted = async {
                let place = Arc::clone(&room).acquire_owned().await.ok()?;
                Some((place, listener.accept().await.ok()?.0))
            };
            let Some(Some((place, client))) = self.closing.run_until_cancelled(accepted).await else {
                return;
            };
            self.seen.send_modify(|seen| seen.came += 1);
            let line = carry(client, self.acceptor.clone(), self.target, Arc::clone(&self.seen));
            let closing = self.closing.clone();
            self.tasks.spawn(async move {
                closing.run_until_cancelled(line).await;
                drop(place);
            });
        }
    }
}

async fn carry(
    client: TcpStream,
    acceptor: TlsAcceptor,
    target: SocketAddr,
    seen: Arc<watch::Sender<Sightings>>,
) {
    let Ok(Ok(client)) = timeout(PATIENCE, acceptor.accept(client)).await else {
        seen.send_modify(|seen| seen.refused += 1);
        return;
    };
    seen.send_modify(|seen| seen.trusted += 1);
    let Ok(Ok(mut server)) = timeout(PATIENCE, TcpStream::connect(target)).await else { return };
    let (mut from_client, mut to_client) = split(client);
    let (mut from_server, mut to_server) = server.split();
    let up = async {
        let mut piece = vec![0; PIECE];
        while let Ok(size @ 1..) = from_client.read(&mut piece).await
            && to_server.write_all(&piece[..size]).await.is_ok()
        {
            seen.send_modify(|seen| seen.heard += size as u64);
        }
        let _ = to_server.shutdown().await;
    };
    let down = async {
        let _ = copy(&mut from_server, &mut to_client).await;
        let _ = to_client.shutdown().await;
    };
    // How a line ends is a matter between the two.
    tokio::join!(up, down);
}
