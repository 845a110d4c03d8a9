//! Where the coordinator is.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use tokio_tungstenite::tungstenite::http::Uri;

/// The address of a worker socket that may be connected to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    address: SocketAddr,
    url: String,
}

/// Why a text is no such address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// Not `http://host:port`.
    #[error("the address of the Grid must look like http://127.0.0.1:7010")]
    Malformed,
    /// The practice network is on this machine only.
    #[error("the practice network is on this computer only; another address is never connected to")]
    NotLoopback,
}

impl Endpoint {
    /// The worker socket of a practice network at this base. Only this machine's own addresses pass.
    pub fn practice(api_base: &str) -> Result<Self, EndpointError> {
        let uri: Uri = api_base.trim_end_matches('/').parse().map_err(|_| EndpointError::Malformed)?;
        let (Some("http"), Some(host), Some(port)) = (uri.scheme_str(), uri.host(), uri.port_u16()) else {
            return Err(EndpointError::Malformed);
        };
        if uri.path() != "/" && !uri.path().is_empty() {
            return Err(EndpointError::Malformed);
        }
        // A name would have to be looked up, and the answer could be anything: only literal addresses and the one
        // name whose meaning is fixed.
        let ip = match host {
            "localhost" => IpAddr::V4(Ipv4Addr::LOCALHOST),
            literal => {
                literal.trim_matches(['[', ']']).parse::<IpAddr>().map_err(|_| EndpointError::NotLoopback)?
            }
        };
        if !ip.is_loopback() {
            return Err(EndpointError::NotLoopback);
        }
        let address = SocketAddr::new(ip, port);
        Ok(Self { address, url: format!("ws://{address}/v1/workers/ws") })
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn practice_reaches_this_machine_and_nothing_else() {
        let check = |base: &str, expected: Result<&str, EndpointError>| {
            let url = Endpoint::practice(base).map(|endpoint| endpoint.url);
            assert_eq!(url.as_deref(), expected.as_ref().copied(), "{base}");
        };
        check("http://127.0.0.1:7010", Ok("ws://127.0.0.1:7010/v1/workers/ws"));
        check("http://localhost:7010/", Ok("ws://127.0.0.1:7010/v1/workers/ws"));
        check("http://[::1]:7010", Ok("ws://[::1]:7010/v1/workers/ws"));
        for elsewhere in [
            "http://api.aipowergrid.io:80",
            "http://192.168.1.5:7010",
            "http://0.0.0.0:7010",
            "http://127.0.0.1.example.org:7010",
            "http://localhost.:7010",
            "http://2130706433:7010",
        ] {
            check(elsewhere, Err(EndpointError::NotLoopback));
        }
        for malformed in [
            "https://127.0.0.1:1",
            "127.0.0.1:7010",
            "http://127.0.0.1",
            "ws://127.0.0.1:1",
            "",
            "http://127.0.0.1:1/x",
        ] {
            check(malformed, Err(EndpointError::Malformed));
        }
        check("http://user@127.0.0.1:7010", Ok("ws://127.0.0.1:7010/v1/workers/ws"));
    }
}
