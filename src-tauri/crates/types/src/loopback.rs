//! An address on this computer.

use std::net::{Ipv4Addr, SocketAddr};

/// The address of a server on this computer. The practice network and its chain are nowhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loopback(SocketAddr);

/// Why a text is no such address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LoopbackError {
    /// Not `http://host:port`.
    #[error("the address must look like http://127.0.0.1:7010")]
    Malformed,
    /// Practice is on this machine only.
    #[error("practice is on this computer only; another address is never connected to")]
    NotLoopback,
}

impl Loopback {
    /// Reads `http://127.0.0.1:7010`. Only this machine's own addresses pass, written out.
    pub fn parse(url: &str) -> Result<Self, LoopbackError> {
        let rest = url.strip_prefix("http://").ok_or(LoopbackError::Malformed)?;
        let host_and_port = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = host_and_port.rsplit_once(':').ok_or(LoopbackError::Malformed)?;
        let port: u16 = port.parse().map_err(|_| LoopbackError::Malformed)?;
        // A name would have to be looked up, and the answer could be anything: only literal addresses and the one
        // name whose meaning is fixed. Short and decimal spellings of addresses are no literals here.
        let address = match host {
            "" => return Err(LoopbackError::Malformed),
            "localhost" => SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
            _ => host_and_port.parse().map_err(|_| LoopbackError::NotLoopback)?,
        };
        if address.ip().is_loopback() { Ok(Self(address)) } else { Err(LoopbackError::NotLoopback) }
    }

    /// The address.
    pub const fn address(&self) -> SocketAddr {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn practice_reaches_this_machine_and_nothing_else() {
        let check = |url: &str, expected: Result<&str, LoopbackError>| {
            let found = Loopback::parse(url).map(|loopback| loopback.address().to_string());
            assert_eq!(found.as_deref(), expected.as_ref().copied(), "{url}");
        };
        check("http://127.0.0.1:8545", Ok("127.0.0.1:8545"));
        check("http://localhost:8545/", Ok("127.0.0.1:8545"));
        check("http://[::1]:8545", Ok("[::1]:8545"));
        for elsewhere in [
            "http://mainnet.base.org:80",
            "http://192.168.1.5:8545",
            "http://0.0.0.0:8545",
            "http://127.0.0.1.example.org:8545",
            "http://localhost.:8545",
            "http://user@127.0.0.1:8545",
            "http://2130706433:8545",
            "http://127.1:8545",
        ] {
            check(elsewhere, Err(LoopbackError::NotLoopback));
        }
        for malformed in [
            "https://127.0.0.1:1",
            "ws://127.0.0.1:1",
            "127.0.0.1:8545",
            "http://127.0.0.1",
            "http://127.0.0.1:1/x",
            "http://:1",
            "",
        ] {
            check(malformed, Err(LoopbackError::Malformed));
        }
    }
}
