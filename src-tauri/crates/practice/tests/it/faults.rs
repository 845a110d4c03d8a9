//! The fault proxy breaks lines as its plan says, and says what it did.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use practice::rigs::{Deed, End, Fault, FaultProxy, Way};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use crate::support::{Got, PATIENCE, Wire, network};

/// An hour: nothing that waits for it comes in a test.
const FOR_EVER: Duration = Duration::from_secs(3600);

/// Says back whatever it hears, line by line of TCP.
async fn echo() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((mut line, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut from, mut to) = line.split();
                let _ = tokio::io::copy(&mut from, &mut to).await;
                let _ = to.shutdown().await;
            });
        }
    });
    address
}

async fn proxy(fault: Fault) -> FaultProxy {
    FaultProxy::start(echo().await, move |_| fault).await.expect("a port")
}

async fn client(proxy: &FaultProxy) -> TcpStream {
    TcpStream::connect(proxy.address()).await.expect("connects")
}

async fn until(proxy: &FaultProxy, passes: impl Fn(&[Deed]) -> bool) -> Deed {
    timeout(PATIENCE, proxy.until(passes)).await.expect("it happens in time");
    proxy.deeds()[0]
}

async fn ended(proxy: &FaultProxy) -> Deed {
    until(proxy, |deeds| deeds.first().is_some_and(|deed| deed.end != End::Open)).await
}

/// What comes until the line ends, and how it ends.
async fn read(line: &mut TcpStream) -> (usize, Option<ErrorKind>) {
    let mut piece = [0; 1024];
    let mut count = 0;
    loop {
        match timeout(PATIENCE, line.read(&mut piece)).await.expect("something comes in time") {
            Ok(0) => return (count, None),
            Ok(size) => count += size,
            Err(error) => return (count, Some(error.kind())),
        }
    }
}

#[tokio::test]
async fn a_sound_line_carries_everything_to_its_end() {
    let proxy = proxy(Fault::None).await;
    let mut line = client(&proxy).await;
    line.write_all(&[7; 100_000]).await.expect("writes");
    line.shutdown().await.expect("has said everything");
    assert_eq!(read(&mut line).await, (100_000, None));
    let sound = Deed { connection: 1, fault: Fault::None, up: 100_000, down: 100_000, end: End::Passed };
    assert_eq!(ended(&proxy).await, sound);
}

#[tokio::test]
async fn a_line_is_cut_or_reset_after_so_many_bytes_of_either_way() {
    let check = async |fault, sent: usize, (up, down), end: Option<ErrorKind>| {
        let proxy = proxy(fault).await;
        let mut line = client(&proxy).await;
        // A line that breaks at once may break this as well.
        let _ = line.write_all(&vec![7; sent]).await;
        let (heard, how) = read(&mut line).await;
        assert_eq!(how, end, "{fault:?}");
        let deed = ended(&proxy).await;
        assert_eq!((deed.fault, deed.end), (fault, End::Struck));
        assert_eq!(deed.up, up, "{fault:?}");
        assert!(deed.down <= down && heard as u64 <= deed.down, "{deed:?}, {heard} heard");
    };
    check(Fault::Cut { way: Way::Down, after: 10 }, 30, (30, 10), None).await;
    check(Fault::Cut { way: Way::Up, after: 12 }, 30, (12, 12), None).await;
    check(Fault::Cut { way: Way::Up, after: 0 }, 0, (0, 0), None).await;
    let reset = Some(ErrorKind::ConnectionReset);
    check(Fault::Reset { way: Way::Down, after: 10 }, 30, (30, 10), reset).await;
    check(Fault::Reset { way: Way::Up, after: 0 }, 0, (0, 0), reset).await;
}

#[tokio::test]
async fn a_cut_delivers_what_passed_before_it() {
    let proxy = proxy(Fault::Cut { way: Way::Down, after: 10 }).await;
    let mut line = client(&proxy).await;
    line.write_all(&[7; 30]).await.expect("writes");
    assert_eq!(read(&mut line).await, (10, None));
}

#[tokio::test]
async fn a_black_hole_swallows_and_keeps_the_line_open() {
    for after in [0, 4] {
        let proxy = proxy(Fault::Blackhole { way: Way::Up, after }).await;
        let mut line = client(&proxy).await;
        line.write_all(b"a word or two").await.expect("writes");
        let deed = ended(&proxy).await;
        assert_eq!((deed.up, deed.end), (after, End::Struck));
        // The beginning may have come back before the hole opened; then nothing comes, no end either.
        let mut piece = [0; 64];
        let silence = async { while line.read(&mut piece).await.is_ok_and(|size| size > 0) {} };
        assert!(timeout(Duration::from_millis(100), silence).await.is_err(), "no end is heard");
        line.write_all(b"still takes").await.expect("writes");
        timeout(PATIENCE, proxy.shutdown()).await.expect("a hole does not hold the shutdown up");
    }
}

#[tokio::test]
async fn a_drip_lets_one_byte_through_at_a_time() {
    let proxy = proxy(Fault::Drip { way: Way::Up, pause: FOR_EVER }).await;
    let mut line = client(&proxy).await;
    line.write_all(b"many bytes").await.expect("writes");
    let mut heard = [0; 1];
    timeout(PATIENCE, line.read_exact(&mut heard)).await.expect("in time").expect("the first byte");
    assert_eq!((&heard, proxy.deeds()[0].up), (b"m", 1), "the next byte comes in an hour");
}

#[tokio::test]
async fn latency_delays_both_ways() {
    let delay = Duration::from_millis(60);
    let proxy = proxy(Fault::Latency(delay)).await;
    let mut line = client(&proxy).await;
    let asked = Instant::now();
    line.write_all(b"x").await.expect("writes");
    let mut heard = [0; 1];
    timeout(PATIENCE, line.read_exact(&mut heard)).await.expect("in time").expect("the echo");
    assert!(asked.elapsed() >= 2 * delay, "{:?}", asked.elapsed());
}

#[tokio::test]
async fn each_connection_has_its_own_fault_and_a_shutdown_ends_all() {
    let plan = |connection| Fault::drawn(7, connection);
    let proxy = FaultProxy::start(echo().await, plan).await.expect("a port");
    let mut lines = Vec::new();
    for _ in 0..40 {
        let mut line = client(&proxy).await;
        let _ = line.write_all(&[7; 3000]).await;
        lines.push(line);
    }
    timeout(PATIENCE, proxy.until(|deeds| deeds.len() == 40)).await.expect("all are counted");
    let deeds = proxy.deeds();
    assert!(deeds.iter().all(|deed| deed.fault == plan(deed.connection)), "{deeds:?}");
    let address = proxy.address();
    timeout(PATIENCE, proxy.shutdown()).await.expect("it ends");
    for mut line in lines {
        read(&mut line).await;
    }
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn a_target_that_is_not_there_is_told() {
    let gone = TcpListener::bind("127.0.0.1:0").await.expect("a port").local_addr().expect("an address");
    let proxy = FaultProxy::start(gone, |_| Fault::None).await.expect("a port");
    let mut line = client(&proxy).await;
    assert_eq!(read(&mut line).await.0, 0);
    assert_eq!(ended(&proxy).await.end, End::Unreachable);
}

#[tokio::test]
async fn a_workers_socket_breaks_behind_the_proxy_and_the_next_one_holds() {
    let (network, _) = network().await;
    let account = network.open_account(None);
    let target = network.api_base().trim_start_matches("http://").parse().expect("an address");
    let first_breaks = |connection| match connection {
        1 => Fault::Cut { way: Way::Down, after: 600 },
        _ => Fault::None,
    };
    let proxy = FaultProxy::start(target, first_breaks).await.expect("a port");
    let base = format!("http://{}", proxy.address());
    let mut wire = Wire::worker_at(&base, &account.api_key, "rig").await;
    assert!(network.rigs().send_oversize("rig", 600));
    assert_eq!(wire.next().await, Got::Cut);
    let mut wire = Wire::worker_at(&base, &account.api_key, "rig").await;
    assert!(network.rigs().send_text("rig", "{}"));
    assert_eq!(wire.frame().await, serde_json::json!({}));
}
