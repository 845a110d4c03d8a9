//! A server with a certificate that nobody vouches for.

use std::sync::Arc;

use engine_link::{EngineEvent, ServerAddress, ServerFault, survey};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use types::Sensitive;

use crate::fake::{Driven, Fake};

/// Listens with a certificate of its own making; says of every handshake whether it was completed.
async fn unvouched() -> (u16, mpsc::Receiver<bool>) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .expect("a configuration");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let (said, handshakes) = mpsc::channel(16);
    tokio::spawn(async move {
        while let Ok((line, _)) = listener.accept().await {
            let _ = said.send(acceptor.accept(line).await.is_ok()).await;
        }
    });
    (port, handshakes)
}

#[tokio::test]
async fn a_certificate_nobody_vouches_for_gets_neither_key_nor_prompt() {
    let (port, mut handshakes) = unvouched().await;
    let address = ServerAddress::parse(&format!("https://localhost:{port}")).expect("an address");
    let key = Arc::new(Sensitive::new("sk-mine".to_owned()));
    let fault = survey(&address, Some(&key)).await.expect_err("it is not trusted");
    assert!(matches!(&fault, ServerFault::Unreachable(why) if why.contains("certificate")), "{fault}");
    assert_eq!(handshakes.recv().await, Some(false), "the line ended before anything was said");

    let settings = Fake::start(|_| None).await.settings();
    let mut driven = Driven::start(engine_link::ServerSettings { address, ..settings }).await;
    let end = driven.load().await;
    let told = matches!(&end, EngineEvent::LoadFailed { message, .. } if message.contains("certificate"));
    assert!(told, "{end:?}");
    assert_eq!(handshakes.recv().await, Some(false));
}
