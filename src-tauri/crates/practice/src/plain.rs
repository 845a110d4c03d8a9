//! HTTP on this computer.

use std::sync::Arc;

use reqwest::{Client, ClientBuilder, redirect};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// A client without encryption, proxies and redirects.
pub(crate) fn client() -> ClientBuilder {
    Client::builder().no_proxy().redirect(redirect::Policy::none()).tls_backend_preconfigured(no_tls())
}

/// Nobody is trusted, since nothing here is encrypted. It must be said: the HTTP library has no cipher library of its own
/// and would look for one, and for the system's roots, which not every machine has.
fn no_tls() -> ClientConfig {
    let ring = Arc::new(ring::default_provider());
    let config = ClientConfig::builder_with_provider(ring).with_safe_default_protocol_versions();
    let config = config.expect("BUG: ring knows the usual versions of TLS");
    config.with_root_certificates(RootCertStore::empty()).with_no_client_auth()
}
