//! One line through the proxy, from its two sockets to its end.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::time::{sleep, timeout};

use super::fault::{Fault, Way};
use super::record::{End, Entry};

/// What is read at once.
const PIECE: usize = 16 * 1024;
/// How long the target may take to answer a call, and both sides to take note of an orderly end.
const PATIENCE: Duration = Duration::from_secs(1);

/// Why one direction stopped.
enum Stop {
    /// Its sender has nothing more to say, which its receiver was told.
    Ended,
    /// One of the sockets is broken.
    Broken,
    /// The fault is due.
    Due,
}

/// Carries bytes between a client and the target until they end or the fault has struck.
pub(super) async fn carry(mut client: TcpStream, target: SocketAddr, entry: &Entry) -> End {
    if let Fault::Blackhole { after: 0, .. } = entry.fault {
        entry.ended(End::Struck);
        read_out(&mut client).await;
        return End::Struck;
    }
    let Ok(Ok(mut server)) = timeout(PATIENCE, TcpStream::connect(target)).await else {
        return End::Unreachable;
    };
    for socket in [&client, &server] {
        // Without it a drip would leave in packets, after all.
        let _ = socket.set_nodelay(true);
    }
    match both_ways(&mut client, &mut server, entry).await {
        Stop::Ended | Stop::Broken => return End::Passed,
        Stop::Due => {}
    }
    strike(client, server, entry).await;
    End::Struck
}

/// Ends when both directions have ended, or one of them has to stop the other.
async fn both_ways(client: &mut TcpStream, server: &mut TcpStream, entry: &Entry) -> Stop {
    let (mut from_client, mut to_client) = client.split();
    let (mut from_server, mut to_server) = server.split();
    let up = pump(&mut from_client, &mut to_server, Way::Up, entry);
    let down = pump(&mut from_server, &mut to_client, Way::Down, entry);
    tokio::pin!(up, down);
    let (first, other) = tokio::select! {
        stop = &mut up => (stop, down),
        stop = &mut down => (stop, up),
    };
    match first {
        Stop::Ended => other.await,
        Stop::Broken | Stop::Due => first,
    }
}

async fn pump(from: &mut ReadHalf<'_>, to: &mut WriteHalf<'_>, way: Way, entry: &Entry) -> Stop {
    let mut piece = vec![0; PIECE];
    let mut left = entry.fault.limit(way);
    loop {
        let room = left.map_or(PIECE, |left| PIECE.min(usize::try_from(left).unwrap_or(PIECE)));
        if room == 0 {
            return Stop::Due;
        }
        let size = match from.read(&mut piece[..room]).await {
            Ok(0) => return if to.shutdown().await.is_ok() { Stop::Ended } else { Stop::Broken },
            Ok(size) => size,
            Err(_) => return Stop::Broken,
        };
        if pass_on(&piece[..size], to, way, entry).await.is_err() {
            return Stop::Broken;
        }
        left = left.map(|left| left.saturating_sub(size as u64));
    }
}

async fn pass_on(piece: &[u8], to: &mut WriteHalf<'_>, way: Way, entry: &Entry) -> io::Result<()> {
    match entry.fault {
        Fault::Drip { way: slow, pause } if slow == way => {
            for byte in piece {
                to.write_all(&[*byte]).await?;
                entry.passed(way, 1);
                sleep(pause).await;
            }
            return Ok(());
        }
        Fault::Latency(delay) => sleep(delay).await,
        Fault::None
        | Fault::Cut { .. }
        | Fault::Reset { .. }
        | Fault::Blackhole { .. }
        | Fault::Drip { .. } => {}
    }
    to.write_all(piece).await?;
    entry.passed(way, piece.len());
    Ok(())
}

/// Does to both sockets what the fault says.
async fn strike(mut client: TcpStream, mut server: TcpStream, entry: &Entry) {
    entry.ended(End::Struck);
    match entry.fault {
        Fault::Cut { .. } => {
            let _ = tokio::join!(client.shutdown(), server.shutdown());
            // A socket that is dropped with something unread resets its line, which would be another fault.
            let both = async { tokio::join!(read_out(&mut client), read_out(&mut server)) };
            let _ = timeout(PATIENCE, both).await;
        }
        Fault::Reset { .. } => {
            for socket in [&client, &server] {
                let _ = socket.set_zero_linger();
            }
        }
        Fault::Blackhole { .. } => {
            tokio::join!(read_out(&mut client), read_out(&mut server));
        }
        Fault::None | Fault::Drip { .. } | Fault::Latency(_) => {}
    }
}

/// Takes everything in to the end of its sender.
async fn read_out(socket: &mut TcpStream) {
    let mut piece = vec![0; PIECE];
    while socket.read(&mut piece).await.is_ok_and(|size| size > 0) {}
}
