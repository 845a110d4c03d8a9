//! Where the coordinator is.

use std::net::SocketAddr;

use types::{Loopback, LoopbackError};

/// The address of a coordinator that may be connected to: its worker socket and its account pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    address: SocketAddr,
    url: String,
}

impl Endpoint {
    /// The worker socket of a practice network at this base. Only this machine's own addresses pass.
    pub fn practice(api_base: &str) -> Result<Self, LoopbackError> {
        let address = Loopback::parse(api_base)?.address();
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
    fn the_socket_is_where_the_api_is() {
        let endpoint = Endpoint::practice("http://[::1]:7010/").expect("this computer");
        assert_eq!(endpoint.url(), "ws://[::1]:7010/v1/workers/ws");
        assert_eq!(Endpoint::practice("http://192.168.1.5:7010"), Err(LoopbackError::NotLoopback));
    }
}
