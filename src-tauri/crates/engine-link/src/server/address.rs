//! Where a server is.

use std::fmt;
use std::net::IpAddr;

use reqwest::Url;

/// The address of a server the owner runs or trusts.
///
/// Plain `http` goes to this computer and to the owner's own network, because prompts travel in the clear there and
/// servers at home have no certificates. Everything farther away must be `https`.
/// A name over `http` is judged when it is connected to, by the addresses it then stands for.
#[derive(Clone, PartialEq, Eq)]
pub struct ServerAddress {
    url: Url,
}

/// Why a text is no such address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// No address at all, or one with a query or a fragment.
    #[error("the address must look like http://127.0.0.1:8080 or https://example.org/llm")]
    Malformed,
    /// It holds a user name or a password, which would be shown wherever the address is.
    #[error("the address must not hold a user name or a password; a key has a field of its own")]
    Credentials,
    /// It would send prompts through the internet in the clear.
    #[error("a server outside this computer and its own network must be reached by https")]
    Plain,
}

impl ServerAddress {
    /// Reads what an owner typed. A `/v1` at the end, which most documentation shows, is understood.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let mut url = Url::parse(text.trim()).map_err(|_| AddressError::Malformed)?;
        let plain = match url.scheme() {
            "http" => true,
            "https" => false,
            _ => return Err(AddressError::Malformed),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(AddressError::Credentials);
        }
        if url.host_str().is_none_or(str::is_empty) || url.query().is_some() || url.fragment().is_some() {
            return Err(AddressError::Malformed);
        }
        let path = url.path().trim_end_matches('/');
        let path = path.strip_suffix("/v1").unwrap_or(path).to_owned();
        url.set_path(&path);
        let address = Self { url };
        // What is checked here is what is connected to: the parser has already made short and decimal spellings whole.
        if plain && address.literal().is_some_and(|ip| !is_near(ip)) {
            return Err(AddressError::Plain);
        }
        Ok(address)
    }

    /// A server on this computer.
    pub(crate) fn here(port: u16) -> Self {
        let url = Url::parse(&format!("http://127.0.0.1:{port}")).expect("BUG: a literal address is a URL");
        Self { url }
    }

    /// The address of one of its pages.
    pub(crate) fn page(&self, path: &str) -> Url {
        let mut url = self.url.clone();
        url.set_path(&format!("{}{path}", self.url.path().trim_end_matches('/')));
        url
    }

    /// Whether the connection is unencrypted, so that only near addresses may be connected to.
    pub(crate) fn is_plain(&self) -> bool {
        self.url.scheme() == "http"
    }

    /// Whether it is this computer's own, written out: a name would have to be looked up.
    pub fn is_loopback(&self) -> bool {
        self.literal().is_some_and(|ip| ip.is_loopback()) || self.url.host_str() == Some("localhost")
    }

    fn literal(&self) -> Option<IpAddr> {
        let host = self.url.host_str()?;
        host.trim_start_matches('[').trim_end_matches(']').parse().ok()
    }
}

/// As the owner would write it.
impl fmt::Display for ServerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.url.as_str().trim_end_matches('/'))
    }
}

impl fmt::Debug for ServerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServerAddress({self})")
    }
}

/// Whether an address is this computer or the owner's own network.
///
/// Link-local addresses are not: in rented machines they are the provider's own services.
pub(crate) fn is_near(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_stays_at_home_and_farther_away_is_https() {
        let check = |text: &str, expected: Result<&str, AddressError>| {
            let found = ServerAddress::parse(text).map(|address| address.to_string());
            assert_eq!(found.as_deref(), expected.as_ref().copied(), "{text}");
        };
        for (text, shown) in [
            ("http://127.0.0.1:11434", "http://127.0.0.1:11434"),
            (" http://localhost:8080/v1/ ", "http://localhost:8080"),
            ("http://192.168.1.5:8000/v1", "http://192.168.1.5:8000"),
            ("http://10.0.0.7", "http://10.0.0.7"),
            ("http://[::1]:1234", "http://[::1]:1234"),
            ("http://[fd00::5]:1234", "http://[fd00::5]:1234"),
            ("http://gpu-box.local:8000", "http://gpu-box.local:8000"),
            ("https://llm.example.org/team/v1", "https://llm.example.org/team"),
            ("https://8.8.8.8", "https://8.8.8.8"),
            // The same address in other spellings, made whole before it is judged.
            ("http://127.1:80", "http://127.0.0.1"),
            ("http://2130706433:8080", "http://127.0.0.1:8080"),
        ] {
            check(text, Ok(shown));
        }
        for farther in [
            "http://8.8.8.8:8000",
            "http://0.0.0.0:8000",
            "http://169.254.169.254",
            "http://100.64.0.1:8000",
            "http://[2001:db8::1]:80",
            "http://[::]:80",
            "http://[::ffff:8.8.8.8]:80",
            "http://134744072",
        ] {
            check(farther, Err(AddressError::Plain));
        }
        for credentials in ["http://me:pw@127.0.0.1:1", "https://me@example.org"] {
            check(credentials, Err(AddressError::Credentials));
        }
        for malformed in [
            "",
            "127.0.0.1:8080",
            "ftp://127.0.0.1",
            "file:///etc/passwd",
            "http://",
            "http://a/?q=1",
            "http://a/#x",
        ] {
            check(malformed, Err(AddressError::Malformed));
        }
    }

    #[test]
    fn pages_lie_below_the_path_that_was_typed() {
        let address = ServerAddress::parse("http://127.0.0.1:8080/llm/v1").expect("an address");
        assert_eq!(address.page("/v1/models").as_str(), "http://127.0.0.1:8080/llm/v1/models");
        assert_eq!(ServerAddress::here(1).page("/health").as_str(), "http://127.0.0.1:1/health");
    }
}
