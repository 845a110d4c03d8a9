//! The TLS front shows a certificate of our own making and tells who trusted it.

use std::net::SocketAddr;
use std::sync::Arc;

use practice::rigs::{Authority, Leaf, Sightings, TlsFront};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::support::{PATIENCE, network};

const HOST: &str = "ws.grid.test";

/// Asks the network's health page through TLS; the whole answer, or why there is none.
async fn ask(front: SocketAddr, root: &str, host: &str) -> std::io::Result<String> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(root.as_bytes()).expect("a PEM")).expect("a root");
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(host.to_owned()).expect("a name");
    let line = TcpStream::connect(front).await?;
    let mut line = TlsConnector::from(Arc::new(config)).connect(name, line).await?;
    line.write_all(b"GET /health HTTP/1.1\r\nhost: grid\r\nconnection: close\r\n\r\n").await?;
    let mut answer = String::new();
    line.read_to_string(&mut answer).await?;
    Ok(answer)
}

async fn seen(target: SocketAddr, leaf: &Leaf, root: &str, host: &str) -> (bool, Sightings) {
    let front = TlsFront::start(target, leaf).await.expect("a port");
    let answer = timeout(PATIENCE, ask(front.address(), root, host)).await.expect("in time");
    let answered = answer.is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"));
    timeout(PATIENCE, front.until(|seen| seen.refused == 1 || seen.heard > 0)).await.expect("it is over");
    let sightings = front.sightings();
    front.shutdown().await;
    (answered, sightings)
}

#[tokio::test]
async fn only_who_trusts_the_authority_and_asks_for_the_host_in_time_gets_through() {
    let (network, _) = network().await;
    let target: SocketAddr = network.api_base().trim_start_matches("http://").parse().expect("an address");
    let ours = Authority::new().expect("an authority");
    let other = Authority::new().expect("another authority");
    let leaf = ours.leaf(HOST).expect("a leaf");

    let (answered, sightings) = seen(target, &leaf, ours.pem(), HOST).await;
    assert!(answered);
    assert_eq!((sightings.came, sightings.trusted, sightings.refused), (1, 1, 0));
    assert!(sightings.heard > 20, "the request went through: {sightings:?}");

    let refusals = [
        ("another root", leaf, other.pem(), HOST),
        ("another host", ours.leaf("api.grid.test").expect("a leaf"), ours.pem(), HOST),
        ("long ago", ours.expired_leaf(HOST).expect("a leaf"), ours.pem(), HOST),
    ];
    for (what, leaf, root, host) in refusals {
        let (answered, sightings) = seen(target, &leaf, root, host).await;
        assert!(!answered, "{what}");
        assert_eq!(sightings, Sightings { came: 1, trusted: 0, refused: 1, heard: 0 }, "{what}");
    }
}

#[tokio::test]
async fn no_key_is_printed() {
    let authority = Authority::new().expect("an authority");
    let leaf = authority.leaf("127.0.0.1").expect("a leaf for an address");
    assert_eq!(format!("{authority:?} {leaf:?}"), "Authority Leaf");
}
