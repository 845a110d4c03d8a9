//! Where the node is.

use types::{Loopback, LoopbackError};

/// The address of a JSON-RPC node that may be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RpcEndpoint {
    url: String,
}

impl RpcEndpoint {
    /// The node of a practice chain. Only this machine's own addresses pass.
    pub fn practice(url: &str) -> Result<Self, LoopbackError> {
        let address = Loopback::parse(url)?.address();
        Ok(Self { url: format!("http://{address}/") })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}
