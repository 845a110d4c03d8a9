//! Where the coordinator is: its API, and the worker socket that belongs to it.

mod address;

use std::fmt;

use tokio_rustls::rustls::pki_types::CertificateDer;
use types::{Loopback, LoopbackError};

use crate::tls::{self, RootError};
pub(crate) use address::Host;
use address::{Address, Scheme};

/// The address of the Grid itself.
const THE_GRID: &str = "https://api.aipowergrid.io";

/// The owner's settings of where the coordinator is.
#[derive(Clone, PartialEq, Eq)]
pub struct CoordinatorAddress {
    /// The base of the API.
    pub api_base: String,
    /// Where the worker socket is, if it is not where the API's own rule puts it.
    pub streaming: Option<String>,
    /// A root certificate in PEM, for the worker socket only. It takes the place of the one that is built in.
    pub extra_root: Option<String>,
}

impl Default for CoordinatorAddress {
    fn default() -> Self {
        Self { api_base: THE_GRID.to_owned(), streaming: None, extra_root: None }
    }
}

/// Addresses are typed by people and may hold what should not have been typed.
impl fmt::Debug for CoordinatorAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { api_base, streaming, extra_root } = self;
        f.debug_struct("CoordinatorAddress")
            .field("is_the_grid", &(api_base == THE_GRID))
            .field("streaming", &streaming.is_some())
            .field("extra_root", &extra_root.is_some())
            .finish()
    }
}

/// Why an address is none that may be connected to. The words never repeat the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// Not `https://host[:port][/path]`.
    #[error("the Grid's address must look like https://api.aipowergrid.io")]
    Malformed,
    /// A name or password before the host.
    #[error("the Grid's address must not hold a name or a password")]
    Userinfo,
    /// A query or a fragment.
    #[error("the Grid's address must not hold a ? or a #")]
    Query,
    /// The API key is in the first frame and in every request.
    #[error("an address without encryption is for this computer only; use https")]
    Plaintext,
    /// The certificate that should be trusted besides the system's.
    #[error("the extra certificate cannot be used: {0}")]
    Root(#[from] RootError),
}

/// The address of a coordinator that may be connected to: its worker socket and its account pages.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    api_base: String,
    is_loopback: bool,
    socket: Address,
    /// Trusted for the worker socket besides the system's roots.
    extra_roots: Vec<CertificateDer<'static>>,
}

impl Endpoint {
    /// The coordinator of these settings. Nothing is looked up and nothing is connected to yet.
    pub fn coordinator(address: &CoordinatorAddress) -> Result<Self, EndpointError> {
        let api = Address::parse(&address.api_base)?;
        if !matches!(api.scheme, Scheme::Https | Scheme::Http) {
            return Err(EndpointError::Malformed);
        }
        let api = api.without_api_path();
        let socket = match &address.streaming {
            Some(streaming) => Address::parse(streaming)?.without_api_path(),
            None => api.at_the_streaming_host(),
        };
        for address in [&api, &socket] {
            address.must_be_safe()?;
        }
        let extra_roots = match &address.extra_root {
            Some(pem) => tls::roots(pem)?,
            None => tls::bundled_root(),
        };
        Ok(Self {
            api_base: api.base(),
            is_loopback: api.host.loopback().is_some() && socket.host.loopback().is_some(),
            socket,
            extra_roots,
        })
    }

    /// The worker socket of a practice network at this base. Only this machine's own addresses pass.
    pub fn practice(api_base: &str) -> Result<Self, LoopbackError> {
        let socket = Address::plain(Loopback::parse(api_base)?.address());
        Ok(Self { api_base: socket.base(), is_loopback: true, socket, extra_roots: Vec::new() })
    }

    /// The base of the API's addresses, without a slash at its end.
    pub fn api_base(&self) -> &str {
        &self.api_base
    }

    /// True when both the API and the worker socket are on this computer.
    pub const fn is_loopback(&self) -> bool {
        self.is_loopback
    }

    pub(crate) const fn host(&self) -> &Host {
        &self.socket.host
    }

    pub(crate) const fn port(&self) -> u16 {
        self.socket.port()
    }

    /// The address of the worker socket.
    pub(crate) fn url(&self) -> String {
        self.socket.worker_socket()
    }

    /// The roots to trust besides the system's, or `None` where the line is not encrypted.
    pub(crate) fn extra_roots(&self) -> Option<&[CertificateDer<'static>]> {
        self.socket.scheme.is_encrypted().then_some(&self.extra_roots)
    }
}

/// Neither address can hold a secret: what could is refused.
impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("api", &self.api_base)
            .field("socket", &self.url())
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.api_base)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(api_base: &str, streaming: Option<&str>) -> CoordinatorAddress {
        CoordinatorAddress {
            streaming: streaming.map(str::to_owned),
            api_base: api_base.into(),
            extra_root: None,
        }
    }

    #[test]
    fn practice_is_where_it_says() {
        let endpoint = Endpoint::practice("http://[::1]:7010/").expect("this computer");
        assert_eq!(endpoint.url(), "ws://[::1]:7010/v1/workers/ws");
        assert_eq!(endpoint.api_base(), "http://[::1]:7010");
        assert!(endpoint.is_loopback());
        assert_eq!(Endpoint::practice("http://192.168.1.5:7010"), Err(LoopbackError::NotLoopback));
    }

    #[test]
    fn the_socket_follows_from_the_base() {
        let check = |base: &str, streaming: Option<&str>, api: &str, socket: &str| {
            let endpoint = Endpoint::coordinator(&address(base, streaming)).expect(base);
            assert_eq!((endpoint.api_base(), endpoint.url().as_str()), (api, socket), "{base} {streaming:?}");
        };
        // The table of the protocol notes.
        let grid = "https://api.aipowergrid.io";
        check(grid, None, grid, "wss://ws.aipowergrid.io/v1/workers/ws");
        let (base, own) = ("https://api.example.org:8443/api/", "https://api.example.org:8443");
        check(base, None, own, "wss://ws.example.org:8443/v1/workers/ws");
        let (base, own) = ("http://127.0.0.1:7010", "http://127.0.0.1:7010");
        check(base, None, own, "ws://127.0.0.1:7010/v1/workers/ws");
        let base = "https://grid.example.org";
        check(base, None, base, "wss://grid.example.org/v1/workers/ws");
        // Only the first label, and only when it is exactly that.
        check(
            "https://api.api.example.org",
            None,
            "https://api.api.example.org",
            "wss://ws.api.example.org/v1/workers/ws",
        );
        check(
            "https://my.api.example.org",
            None,
            "https://my.api.example.org",
            "wss://my.api.example.org/v1/workers/ws",
        );
        check(
            "https://API.example.org",
            None,
            "https://API.example.org",
            "wss://API.example.org/v1/workers/ws",
        );
        check(
            "https://apis.example.org",
            None,
            "https://apis.example.org",
            "wss://apis.example.org/v1/workers/ws",
        );
        // Slashes and one `/api` at the end go; the rest of a path stays.
        check("https://h.example//", None, "https://h.example", "wss://h.example/v1/workers/ws");
        check(
            "https://h.example/api/api",
            None,
            "https://h.example/api",
            "wss://h.example/api/v1/workers/ws",
        );
        check(
            "https://h.example/grid/api/",
            None,
            "https://h.example/grid",
            "wss://h.example/grid/v1/workers/ws",
        );
        check("https://h.example/apis", None, "https://h.example/apis", "wss://h.example/apis/v1/workers/ws");
        // An override is not mapped, and may be written as a socket's address.
        check(grid, Some("https://api.example.org/"), grid, "wss://api.example.org/v1/workers/ws");
        check(grid, Some("wss://live.example.org/api"), grid, "wss://live.example.org/v1/workers/ws");
        check(grid, Some("ws://[::1]:9"), grid, "ws://[::1]:9/v1/workers/ws");
        // The one name whose meaning is fixed is not looked up either.
        check("http://localhost:7010", None, "http://127.0.0.1:7010", "ws://localhost:7010/v1/workers/ws");
        check(" https://h.example\n", None, "https://h.example", "wss://h.example/v1/workers/ws");
    }

    #[test]
    fn what_is_no_safe_address_is_refused_in_words() {
        let check = |base: &str, expected: EndpointError| {
            assert_eq!(Endpoint::coordinator(&address(base, None)), Err(expected), "{base}");
        };
        for malformed in [
            "",
            "api.aipowergrid.io",
            "HTTPS://api.aipowergrid.io",
            "wss://ws.aipowergrid.io",
            "ftp://h.example",
            "https://",
            "https:///v1",
            "https://h.example:0",
            "https://h.example:65536",
            "https://h.example:+1",
            "https://h.example:",
            "https://h.example\\evil.example",
            "https://h .example",
            "https://h.example/a//b",
            "https://h.example/..",
            "https://h.example/%2e%2e",
            "https://gr\u{131}d.example",
            "https://.example",
            "https://[::1",
            "https://[127.0.0.1]",
            "https://h.example\u{0}",
            "http://2130706433",
            "http://127.1",
            "https://127.1",
        ] {
            check(malformed, EndpointError::Malformed);
        }
        for plain in [
            "http://api.aipowergrid.io",
            "http://192.168.1.5:7010",
            "http://127.0.0.1.example.org",
            "http://localhost.example.org",
            "http://0.0.0.0:1",
            "http://[::ffff:127.0.0.1]:1",
        ] {
            check(plain, EndpointError::Plaintext);
        }
        check("https://owner:password@h.example", EndpointError::Userinfo);
        check("https://h.example?key=1", EndpointError::Query);
        check("https://h.example/#x", EndpointError::Query);
        let beside = Endpoint::coordinator(&address(THE_GRID, Some("ws://h.example")));
        assert_eq!(beside, Err(EndpointError::Plaintext), "the first frame holds the key");
    }

    #[test]
    fn nothing_that_was_typed_by_mistake_is_repeated() {
        let typed = address("https://owner:canary@h.example", Some("https://h.example?key=canary"));
        let refused = Endpoint::coordinator(&typed).expect_err("holds a password");
        assert!(!format!("{typed:?} {refused} {refused:?}").contains("canary"));
    }

    #[test]
    fn both_parts_must_be_here_to_be_on_this_computer() {
        let is_loopback = |base: &str, streaming: Option<&str>| {
            Endpoint::coordinator(&address(base, streaming)).expect(base).is_loopback()
        };
        assert!(is_loopback("http://localhost:1", None));
        assert!(is_loopback("https://127.0.0.1:1", Some("wss://[::1]:2")));
        assert!(!is_loopback("http://127.0.0.1:1", Some("wss://h.example")));
        assert!(!is_loopback(THE_GRID, Some("ws://127.0.0.1:1")));
    }

    #[test]
    fn an_extra_certificate_takes_the_place_of_the_bundled_one_only() {
        let with = |extra: Option<&str>| {
            let address = CoordinatorAddress { extra_root: extra.map(str::to_owned), ..Default::default() };
            Endpoint::coordinator(&address).map(|endpoint| endpoint.extra_roots().map(<[_]>::to_vec))
        };
        let bundled = with(None).expect("the Grid").expect("an encrypted line");
        assert_eq!(bundled, tls::bundled_root());
        assert_eq!(with(Some("no certificate")), Err(EndpointError::Root(RootError::Missing)));
        let plain = Endpoint::coordinator(&address("http://127.0.0.1:1", None)).expect("this computer");
        assert_eq!(plain.extra_roots(), None, "a plain line trusts nobody");
    }
}
