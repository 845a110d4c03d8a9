//! Whom we trust: the system's roots everywhere, and one more for the worker socket.
//!
//! The socket's host is reached past the content network that serves the API, so its certificate is signed by that
//! network's root for origin servers, which no system trusts. It vouches for the worker socket and for nothing else.

use std::sync::Arc;

use rustls_platform_verifier::Verifier;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{
    CertificateError, ClientConfig, ConfigBuilder, Error as TlsError, RootCertStore, WantsVerifier,
};

/// Cloudflare's root for origin servers (RSA). It expires on 15 August 2029.
const BUNDLED: &str = include_str!("data/cloudflare_origin_root.pem");

/// The most extra roots one setting may hold.
const MOST_ROOTS: usize = 16;

/// Why a text is no root certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RootError {
    /// Nothing between BEGIN CERTIFICATE and END CERTIFICATE.
    #[error("there is no certificate in the PEM text")]
    Missing,
    /// Something there is not.
    #[error("it is not a certificate")]
    Malformed,
    /// A whole bundle was given.
    #[error("it holds more than {MOST_ROOTS} certificates")]
    TooMany,
}

/// The certificates of a PEM text, each one fit to be a root.
pub(crate) fn roots(pem: &str) -> Result<Vec<CertificateDer<'static>>, RootError> {
    let mut roots = Vec::new();
    for root in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        let root = root.map_err(|_| RootError::Malformed)?;
        RootCertStore::empty().add(root.clone()).map_err(|_| RootError::Malformed)?;
        roots.push(root);
        if roots.len() > MOST_ROOTS {
            return Err(RootError::TooMany);
        }
    }
    if roots.is_empty() { Err(RootError::Missing) } else { Ok(roots) }
}

pub(crate) fn bundled_root() -> Vec<CertificateDer<'static>> {
    roots(BUNDLED).expect("BUG: the root that is built in is one, as a test shows")
}

/// For the worker socket: the system's roots and these. Reads the system's store, which can take a moment.
pub(crate) fn for_the_socket(extra: Vec<CertificateDer<'static>>) -> Result<ClientConfig, TlsError> {
    trusting(Verifier::new_with_extra_roots(extra, provider())?)
}

/// For the API: the system's roots. A line without encryption needs none, and works where there are none.
pub(crate) fn for_the_api(base: &str) -> Result<ClientConfig, TlsError> {
    if base.starts_with("https://") {
        return trusting(Verifier::new(provider())?);
    }
    Ok(builder()?.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}

fn trusting(verifier: Verifier) -> Result<ClientConfig, TlsError> {
    // The verifier is the platform's own; what is dangerous about this call is that it could be any.
    let config = builder()?.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
    Ok(config.with_no_client_auth())
}

fn builder() -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, TlsError> {
    ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// What went wrong, in words for the owner.
pub(crate) fn in_words(error: &TlsError) -> &'static str {
    match error {
        TlsError::InvalidCertificate(
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. },
        ) => "its certificate is out of date, or this computer's clock is wrong",
        TlsError::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => "its certificate is for another host",
        // A stranger can give its root the name of one that is trusted; the signature then does not fit.
        TlsError::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature) => {
            "nobody this computer trusts vouches for its certificate"
        }
        TlsError::InvalidCertificate(_) => "its certificate is not valid",
        TlsError::InvalidMessage(_) => "what answers there does not speak TLS",
        // Errors of a library, which grow with its versions.
        _ => "the encryption could not be agreed on",
    }
}

#[cfg(test)]
mod tests {
    use types::Sha256;

    use super::*;

    #[test]
    fn the_bundled_root_is_the_one_the_workers_ship() {
        let [root] = bundled_root().try_into().expect("one certificate");
        let fingerprint = "d3c7e85c91707fc0a12abc5d88266747aa4fa8e7b162f633ffb3c9d989947620";
        assert_eq!(Sha256::of(&root).to_string(), fingerprint);
        let until = b"\x17\x0d290815170000Z";
        assert!(root.windows(until.len()).any(|bytes| bytes == until), "it expires on 15 August 2029");
    }

    #[test]
    fn what_is_no_root_is_said_to_be_none() {
        let wrapped =
            |body: &str| format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n");
        assert_eq!(roots(""), Err(RootError::Missing));
        assert_eq!(
            roots("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"),
            Err(RootError::Missing)
        );
        assert_eq!(roots(&wrapped("AAAA")), Err(RootError::Malformed));
        assert_eq!(roots(&wrapped("!!!!")), Err(RootError::Malformed));
        assert_eq!(roots(&BUNDLED.repeat(17)), Err(RootError::TooMany));
        assert_eq!(roots(&BUNDLED.repeat(2)).expect("two").len(), 2);
    }
}
