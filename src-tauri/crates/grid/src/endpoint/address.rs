//! One address: what it is made of, and the rules by which the socket's follows from the API's.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio_rustls::rustls::pki_types::DnsName;

use super::EndpointError;

/// Where the coordinator serves the worker socket.
const ROUTE: &str = "/v1/workers/ws";

/// How it is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    Https,
    Http,
    Wss,
    Ws,
}

impl Scheme {
    const ALL: [(Self, &str); 4] =
        [(Self::Https, "https://"), (Self::Http, "http://"), (Self::Wss, "wss://"), (Self::Ws, "ws://")];

    pub(super) const fn is_encrypted(self) -> bool {
        matches!(self, Self::Https | Self::Wss)
    }
}

/// A host as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Host {
    /// To be looked up, but for `localhost`.
    Name(String),
    /// A literal address.
    Literal(IpAddr),
}

impl Host {
    fn parse(host: &str) -> Option<Self> {
        if let Some(inner) = host.strip_prefix('[') {
            let literal: Ipv6Addr = inner.strip_suffix(']')?.parse().ok()?;
            return Some(Self::Literal(literal.into()));
        }
        if let Ok(literal) = host.parse::<Ipv4Addr>() {
            return Some(Self::Literal(literal.into()));
        }
        let is_plain = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'));
        // Short and decimal spellings of addresses are names here, and no certificate is for them.
        (is_plain && DnsName::try_from(host).is_ok()).then(|| Self::Name(host.to_owned()))
    }

    /// This computer's own address, if the host is that. A name would have to be looked up, and the answer could be
    /// anything: only literal addresses and the one name whose meaning is fixed.
    pub(crate) fn loopback(&self) -> Option<IpAddr> {
        match self {
            Self::Name(name) => (name == "localhost").then_some(Ipv4Addr::LOCALHOST.into()),
            Self::Literal(literal) => literal.is_loopback().then_some(*literal),
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Literal(IpAddr::V4(literal)) => write!(f, "{literal}"),
            Self::Literal(IpAddr::V6(literal)) => write!(f, "[{literal}]"),
        }
    }
}

/// An address without anything that could be a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) scheme: Scheme,
    pub(super) host: Host,
    port: Option<u16>,
    /// Empty, or with a slash before each part.
    path: String,
}

impl Address {
    /// Reads `scheme://host[:port][/path]`, blanks around it aside. Nothing is decoded or mended.
    pub(super) fn parse(text: &str) -> Result<Self, EndpointError> {
        let text = text.trim();
        let found =
            Scheme::ALL.into_iter().find_map(|(scheme, word)| Some((scheme, text.strip_prefix(word)?)));
        let (scheme, rest) = found.ok_or(EndpointError::Malformed)?;
        if rest.contains(['?', '#']) {
            return Err(EndpointError::Query);
        }
        if rest.contains('@') {
            return Err(EndpointError::Userinfo);
        }
        let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
        let path = path.trim_end_matches('/');
        let (host, port) = split_port(authority)?;
        if !path.split('/').skip(1).all(is_plain_part) {
            return Err(EndpointError::Malformed);
        }
        let host = Host::parse(host).ok_or(EndpointError::Malformed)?;
        Ok(Self { scheme, host, port, path: path.to_owned() })
    }

    pub(super) const fn plain(address: SocketAddr) -> Self {
        let (host, port) = (Host::Literal(address.ip()), Some(address.port()));
        Self { scheme: Scheme::Http, host, port, path: String::new() }
    }

    /// Without one `/api` at the end: older settings have it, and the coordinator serves nothing there.
    pub(super) fn without_api_path(mut self) -> Self {
        if let Some(path) = self.path.strip_suffix("/api") {
            self.path = path.to_owned();
        }
        self
    }

    /// The host beside the API's that no content network stands before: such a network resets long-lived sockets.
    pub(super) fn at_the_streaming_host(&self) -> Self {
        let host = match &self.host {
            Host::Name(name) => match name.strip_prefix("api.") {
                Some(rest) => Host::Name(format!("ws.{rest}")),
                None => self.host.clone(),
            },
            Host::Literal(_) => self.host.clone(),
        };
        Self { host, ..self.clone() }
    }

    /// The key crosses this line: it is encrypted, or it does not leave this computer.
    pub(super) fn must_be_safe(&self) -> Result<(), EndpointError> {
        if self.scheme.is_encrypted() || self.host.loopback().is_some() {
            Ok(())
        } else {
            Err(EndpointError::Plaintext)
        }
    }

    pub(super) const fn port(&self) -> u16 {
        match (self.port, self.scheme.is_encrypted()) {
            (Some(port), _) => port,
            (None, true) => 443,
            (None, false) => 80,
        }
    }

    /// The base for requests. An unencrypted one names this computer by its address, so that nothing looks it up.
    pub(super) fn base(&self) -> String {
        let host = match (self.scheme.is_encrypted(), self.host.loopback()) {
            (false, Some(literal)) => Host::Literal(literal),
            (true, _) | (false, None) => self.host.clone(),
        };
        let scheme = if self.scheme.is_encrypted() { "https" } else { "http" };
        self.written(scheme, &host)
    }

    pub(super) fn worker_socket(&self) -> String {
        let scheme = if self.scheme.is_encrypted() { "wss" } else { "ws" };
        self.written(scheme, &self.host) + ROUTE
    }

    fn written(&self, scheme: &str, host: &Host) -> String {
        let port = self.port.map(|port| format!(":{port}")).unwrap_or_default();
        format!("{scheme}://{host}{port}{}", self.path)
    }
}

fn split_port(authority: &str) -> Result<(&str, Option<u16>), EndpointError> {
    // The colons of a literal IPv6 address are inside its brackets.
    let after_brackets = authority.rfind(']').map_or(0, |at| at + 1);
    let Some(colon) = authority[after_brackets..].find(':') else { return Ok((authority, None)) };
    let (host, port) = authority.split_at(after_brackets + colon);
    let digits = &port[1..];
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(EndpointError::Malformed);
    }
    match digits.parse() {
        Ok(0) | Err(_) => Err(EndpointError::Malformed),
        Ok(port) => Ok((host, Some(port))),
    }
}

fn is_plain_part(part: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    !part.is_empty() && part.bytes().all(is_plain) && !part.bytes().all(|byte| byte == b'.')
}
