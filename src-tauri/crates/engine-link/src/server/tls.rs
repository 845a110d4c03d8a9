//! Whom a server that is not on this computer has to convince: the system's own roots, and nobody besides.

use std::sync::Arc;

use rustls_platform_verifier::Verifier;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::{ClientConfig, Error as TlsError, RootCertStore};

/// The rules for one client. Where nothing is encrypted nobody is trusted, and no roots of the system are looked for: not
/// every machine has some.
pub(super) fn config(is_plain: bool) -> Result<ClientConfig, TlsError> {
    let ring = Arc::new(ring::default_provider());
    let config =
        ClientConfig::builder_with_provider(Arc::clone(&ring)).with_safe_default_protocol_versions()?;
    if is_plain {
        return Ok(config.with_root_certificates(RootCertStore::empty()).with_no_client_auth());
    }
    // The verifier is the platform's own; what is dangerous about this call is that it could be any.
    let verifier = Arc::new(Verifier::new(ring)?);
    Ok(config.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
}
