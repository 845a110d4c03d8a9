//! Whom the client believes to be the Grid: servers with certificates of an authority made on the spot.

use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use grid::{
    AccountClient, AccountError, AccountPatience, ConnectError, CoordinatorAddress, Endpoint, Patience,
    connect,
};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::Message;
use types::Sensitive;

use crate::registration;

/// An authority that nobody trusts unless told to.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new([]).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let pem = params.self_signed(&key).expect("a root").pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    fn acceptor(&self, params: &CertificateParams) -> TlsAcceptor {
        let key = KeyPair::generate().expect("a key");
        let leaf = params.signed_by(&key, &self.issuer).expect("a certificate");
        let key = PrivatePkcs8KeyDer::from(key.serialize_der()).into();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let config = config.with_safe_default_protocol_versions().expect("the usual versions");
        let config = config.with_no_client_auth().with_single_cert(vec![leaf.der().clone()], key);
        TlsAcceptor::from(Arc::new(config.expect("a key that fits")))
    }
}

fn leaf(host: &str) -> CertificateParams {
    CertificateParams::new([host.to_owned()]).expect("a name")
}

/// How far a client came.
#[derive(Debug, PartialEq)]
enum Came {
    /// It did not trust the certificate.
    Nowhere,
    /// It trusted it, and then spoke something else.
    Inside,
    /// It sent a first frame.
    First(Value),
}

/// Takes one connection.
async fn serve(acceptor: TlsAcceptor) -> (u16, JoinHandle<Came>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let server = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("a connection");
        let Ok(line) = acceptor.accept(stream).await else { return Came::Nowhere };
        let Ok(mut socket) = accept_async(line).await else { return Came::Inside };
        let Some(Ok(Message::Text(first))) = socket.next().await else { return Came::Inside };
        let ready = json!({"type": "ready", "worker_id": "w"}).to_string();
        socket.send(Message::text(ready)).await.expect("sends");
        Came::First(serde_json::from_str(&first).expect("JSON"))
    });
    (port, server)
}

fn endpoint(host: &str, port: u16, extra_root: Option<&str>) -> Endpoint {
    let address = CoordinatorAddress {
        api_base: format!("https://{host}:{port}"),
        streaming: None,
        extra_root: extra_root.map(str::to_owned),
    };
    Endpoint::coordinator(&address).expect("an address")
}

/// Connects to a server with this certificate, and says how the socket fared and whether the server saw the key.
async fn attempt(
    authority: &Authority,
    params: &CertificateParams,
    extra_root: Option<&str>,
) -> (Result<(), ConnectError>, Came) {
    let (port, server) = serve(authority.acceptor(params)).await;
    let outcome =
        connect(&endpoint("localhost", port, extra_root), &registration("m"), Patience::default()).await;
    let outcome = outcome.map(drop);
    (outcome, server.await.expect("the server served"))
}

#[tokio::test]
async fn the_extra_root_vouches_for_the_worker_socket() {
    let authority = Authority::new();
    let (outcome, first) = attempt(&authority, &leaf("localhost"), Some(&authority.pem)).await;
    outcome.expect("registered");
    assert!(matches!(first, Came::First(frame) if frame["apikey"] == "grid_REDACTED"));
}

#[tokio::test]
async fn a_literal_address_can_have_a_certificate_too() {
    let authority = Authority::new();
    let (port, server) = serve(authority.acceptor(&leaf("127.0.0.1"))).await;
    let endpoint = endpoint("127.0.0.1", port, Some(&authority.pem));
    connect(&endpoint, &registration("m"), Patience::default()).await.expect("registered");
    assert!(matches!(server.await.expect("the server served"), Came::First(_)));
}

#[tokio::test]
async fn whoever_cannot_show_to_be_the_grid_gets_no_key() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let mut expired = leaf("localhost");
    (expired.not_before, expired.not_after) = (date_time_ymd(2000, 1, 1), date_time_ymd(2001, 1, 1));
    let mut early = leaf("localhost");
    (early.not_before, early.not_after) = (date_time_ymd(2090, 1, 1), date_time_ymd(2091, 1, 1));
    let trusted = Some(authority.pem.as_str());
    for (params, root, words) in [
        (leaf("localhost"), None, "nobody this computer trusts"),
        (leaf("localhost"), Some(stranger.pem.as_str()), "nobody this computer trusts"),
        (leaf("grid.example"), trusted, "for another host"),
        (expired, trusted, "out of date"),
        (early, trusted, "out of date"),
    ] {
        let (outcome, first) = attempt(&authority, &params, root).await;
        let refused = outcome.expect_err(words);
        assert!(matches!(refused, ConnectError::Insecure(_)), "{refused:?}");
        assert!(refused.to_string().contains(words), "{refused}");
        assert_eq!(first, Came::Nowhere, "nothing was said before the certificate was judged");
    }
}

#[tokio::test]
async fn a_server_without_encryption_gets_no_key() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.expect("writes");
        let mut heard = Vec::new();
        // The client hangs up when it has understood what this is.
        let _ = stream.read_to_end(&mut heard).await;
        String::from_utf8_lossy(&heard).into_owned()
    });
    let refused = connect(&endpoint("localhost", port, None), &registration("m"), Patience::default()).await;
    let refused = refused.expect_err("it speaks no TLS");
    assert!(matches!(refused, ConnectError::Insecure(_)), "{refused:?}");
    assert!(!server.await.expect("the server served").contains("grid_"), "no key left");
}

#[tokio::test]
async fn the_extra_root_vouches_for_nothing_but_the_socket() {
    let authority = Authority::new();
    let (port, server) = serve(authority.acceptor(&leaf("localhost"))).await;
    let endpoint = endpoint("localhost", port, Some(&authority.pem));
    let key = Sensitive::new("grid_canary".to_owned());
    let client = AccountClient::new(&endpoint, key, AccountPatience::default()).expect("a client");
    let refused = client.account().await.expect_err("no root of the system");
    assert!(matches!(refused, AccountError::Unreachable(_)), "{refused:?}");
    assert_eq!(server.await.expect("the server served"), Came::Nowhere);
}
