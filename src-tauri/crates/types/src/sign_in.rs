//! The message that signs in at the coordinator, to the byte.
//!
//! The coordinator writes it (EIP-4361) and compares what comes back byte for byte, so it is never rebuilt from wishes:
//! what cannot be read and written again as the same text is nothing that anybody signs.

use alloy_primitives::Address;
use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time};

use crate::{GRID_CHAIN_ID, PlanDigest, Timestamp};

/// The coordinator takes a domain of 255 and a URI of 2,048 characters; the rest of the message is some 300.
const LONGEST: usize = 4096;
const LONGEST_DOMAIN: usize = 255;
const LONGEST_URI: usize = 2048;

/// Where a sign-in says that it happens.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SignInOrigin {
    domain: String,
    uri: String,
}

impl SignInOrigin {
    /// This program on this computer, which serves no page. The coordinator takes loopback origins from desktop apps;
    /// `tauri://localhost` and its like it refuses.
    pub fn this_computer() -> Self {
        Self { domain: "localhost".to_owned(), uri: "http://localhost/".to_owned() }
    }

    /// A page: its host and port in lower case, and its address, which must be there. Otherwise `None`.
    pub fn new(domain: &str, uri: &str) -> Option<Self> {
        let plain = |text: &str, longest| {
            (1..=longest).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
        };
        let (_, there) = authority(uri)?;
        let same =
            there.eq_ignore_ascii_case(domain) && !domain.bytes().any(|byte| byte.is_ascii_uppercase());
        (same && plain(domain, LONGEST_DOMAIN) && plain(uri, LONGEST_URI))
            .then(|| Self { domain: domain.to_owned(), uri: uri.to_owned() })
    }

    /// Host and port.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// The page.
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// Whether this is on this computer, by one of the three names that the coordinator takes for it.
    pub fn is_this_computer(&self) -> bool {
        let web = authority(&self.uri).is_some_and(|(scheme, _)| matches!(scheme, "http" | "https"));
        let host = match self.domain.rsplit_once(':') {
            Some((host, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => host,
            Some(_) | None => self.domain.as_str(),
        };
        web && matches!(host, "localhost" | "127.0.0.1" | "[::1]")
    }
}

/// The scheme and the authority of an address: what is between `://` and the first `/`, `?` or `#`.
fn authority(uri: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = uri.split_once("://")?;
    Some((scheme, rest.split(['/', '?', '#']).next().unwrap_or_default()))
}

/// The coordinator's sign-in message, read. It can only be had by reading one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SignIn {
    origin: SignInOrigin,
    address: Address,
    nonce: String,
    issued_at: u64,
    expires_at: u64,
}

impl SignIn {
    /// Reads a message. `None` unless it is the coordinator's template to the last byte, for its chain, with the address
    /// in the mixed case that we send it in.
    pub fn parse(message: &str) -> Option<Self> {
        if message.len() > LONGEST {
            return None;
        }
        let lines: Vec<&str> = message.split('\n').collect();
        let [greeting, address, "", "Sign in to AI Power Grid.", "", uri, _, _, nonce, issued, expires] =
            lines.as_slice()
        else {
            return None;
        };
        let domain = greeting.strip_suffix(" wants you to sign in with your Ethereum account:")?;
        let nonce = nonce.strip_prefix("Nonce: ")?;
        let hex = nonce.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if nonce.len() != 32 || !hex {
            return None;
        }
        let read = Self {
            origin: SignInOrigin::new(domain, uri.strip_prefix("URI: ")?)?,
            address: address.parse().ok()?,
            nonce: nonce.to_owned(),
            issued_at: seconds(issued.strip_prefix("Issued At: ")?)?,
            expires_at: seconds(expires.strip_prefix("Expiration Time: ")?)?,
        };
        // Version, chain and every spelling are compared here, all at once.
        (read.text() == message).then_some(read)
    }

    /// The text the wallet signs.
    pub fn text(&self) -> String {
        format!(
            "{} wants you to sign in with your Ethereum account:\n{}\n\nSign in to AI Power Grid.\n\nURI: {}\n\
             Version: 1\nChain ID: {GRID_CHAIN_ID}\nNonce: {}\nIssued At: {}\nExpiration Time: {}",
            self.origin.domain,
            self.address,
            self.origin.uri,
            self.nonce,
            iso(self.issued_at),
            iso(self.expires_at),
        )
    }

    /// What a consent to it names.
    pub fn digest(&self) -> PlanDigest {
        PlanDigest::of(&self.text())
    }

    /// Where it says that it happens.
    pub const fn origin(&self) -> &SignInOrigin {
        &self.origin
    }

    /// Who signs in.
    pub const fn address(&self) -> Address {
        self.address
    }

    /// When it was written, by the coordinator's clock.
    pub const fn issued_at(&self) -> Timestamp {
        Timestamp::from_millis(self.issued_at * 1000)
    }

    /// When it is worth nothing any more, by the coordinator's clock.
    pub const fn expires_at(&self) -> Timestamp {
        Timestamp::from_millis(self.expires_at * 1000)
    }
}

/// A moment as the message writes it: whole seconds of UTC, and nothing after the year 9999.
fn iso(seconds: u64) -> String {
    let at = i64::try_from(seconds).ok().and_then(|at| OffsetDateTime::from_unix_timestamp(at).ok());
    let at = at.unwrap_or(OffsetDateTime::UNIX_EPOCH);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        at.year(),
        u8::from(at.month()),
        at.day(),
        at.hour(),
        at.minute(),
        at.second()
    )
}

/// Reads [`iso`] back; other spellings may pass here and do not survive the comparison of the whole text.
fn seconds(text: &str) -> Option<u64> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let numbers = |text: &str, apart| -> Option<[u16; 3]> {
        let parts: Vec<u16> = text.split(apart).map(str::parse).collect::<Result<_, _>>().ok()?;
        parts.try_into().ok()
    };
    let [year, month, day] = numbers(date, '-')?;
    let [hour, minute, second] = numbers(time, ':')?;
    let byte = |number: u16| u8::try_from(number).ok();
    let month = Month::try_from(byte(month)?).ok()?;
    let date = Date::from_calendar_date(i32::from(year), month, byte(day)?).ok()?;
    let time = Time::from_hms(byte(hour)?, byte(minute)?, byte(second)?).ok()?;
    u64::try_from(PrimitiveDateTime::new(date, time).assume_utc().unix_timestamp()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: &str = "localhost:5173 wants you to sign in with your Ethereum account:\n\
        0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A\n\nSign in to AI Power Grid.\n\nURI: http://localhost:5173/login\n\
        Version: 1\nChain ID: 8453\nNonce: f1bcad065cbf14444dc85275a0e9903e\nIssued At: 2026-09-01T12:00:00Z\n\
        Expiration Time: 2026-09-01T12:05:00Z";

    #[test]
    fn the_template_is_read_and_written_again() {
        let sign_in = SignIn::parse(MESSAGE).expect("the template");
        assert_eq!(sign_in.text(), MESSAGE);
        assert_eq!(sign_in.issued_at().seconds(), 1_788_264_000);
        assert_eq!(sign_in.expires_at().since(sign_in.issued_at()).as_secs(), 300);
        assert!(sign_in.origin().is_this_computer());
    }

    #[test]
    fn any_other_byte_is_another_message() {
        for (right, wrong) in [
            ("localhost:5173 wants", "evil.example wants"),
            ("URI: http://localhost:5173/login", "URI: http://localhost:5174/login"),
            ("Chain ID: 8453", "Chain ID: 1"),
            ("Chain ID: 8453", "Chain ID: 08453"),
            ("Version: 1", "Version: 2"),
            ("Version: 1\nChain", "Version: 1\n\nChain"),
            ("Sign in to AI Power Grid.", "Sign in."),
            ("0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A", "0x19e7e376e7c213b7e7e7e46cc70a5dd086daff2a"),
            ("0x19E7", "0x19e7"),
            ("f1bcad06", "F1BCAD06"),
            ("f1bcad06", "f1bcad0"),
            ("12:00:00Z", "12:00:00.000Z"),
            ("12:00:00Z", "12:00:00+00:00"),
            ("12:00:00Z", "+12:00:00Z"),
            ("2026-09-01T12:05", "2026-9-1T12:05"),
            ("2026-09-01T12:05", "2026-02-30T12:05"),
            ("12:05:00Z", "12:05:00Z\n"),
            ("12:05:00Z", "12:05:00Z\nResources:\n- https://example.invalid"),
            ("\n", "\r\n"),
        ] {
            let changed = MESSAGE.replacen(right, wrong, 1);
            assert_ne!(changed, MESSAGE, "{right:?} is in the message");
            assert_eq!(SignIn::parse(&changed), None, "{wrong:?}");
        }
        assert_eq!(SignIn::parse(&format!("{MESSAGE}{}", "x".repeat(LONGEST))), None);
        let link = "Link wallet to AIPG Grid account 00000000-0000-0000-0000-000000000007\n\nNonce: a88ebbcaf67799d952b0373746f74fb7";
        assert_eq!(SignIn::parse(link), None, "a wallet link is no sign-in");
    }

    #[test]
    fn only_three_names_are_this_computer() {
        let check = |domain: &str, uri: &str, expected: Option<bool>| {
            let found = SignInOrigin::new(domain, uri).map(|origin| origin.is_this_computer());
            assert_eq!(found, expected, "{domain} {uri}");
        };
        check("localhost", "http://localhost/", Some(true));
        check("127.0.0.1:7010", "http://127.0.0.1:7010", Some(true));
        check("[::1]:9000", "http://[::1]:9000/", Some(true));
        check("[::1]", "https://[::1]/", Some(true));
        check("tauri.localhost", "http://tauri.localhost/", Some(false));
        check("localhost", "tauri://localhost/", Some(false));
        check("localhost.evil.example", "https://localhost.evil.example/", Some(false));
        check("127.0.0.1.evil.example", "http://127.0.0.1.evil.example", Some(false));
        check("x@localhost", "http://x@localhost/", Some(false));
        check("localhost:x", "http://localhost:x/", Some(false));
        check("localhost", "http://evil.example/", None);
        check("Localhost", "http://Localhost/", None);
        check("", "http:///", None);
        check("localhost", "http://localhost/ x", None);
        assert!(SignInOrigin::this_computer().is_this_computer());
        let made = SignInOrigin::this_computer();
        assert_eq!(SignInOrigin::new(made.domain(), made.uri()), Some(made));
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_reader_fall(line in "\\PC{0,40}", place in 0_usize..11) {
            let mut lines: Vec<&str> = MESSAGE.split('\n').collect();
            lines[place] = &line;
            let read = SignIn::parse(&lines.join("\n"));
            proptest::prop_assert!(read.is_none_or(|read| read.text() == lines.join("\n")));
        }

        #[test]
        fn moments_read_back(at in 0_u64..253_402_300_800) {
            proptest::prop_assert_eq!(seconds(&iso(at)), Some(at));
        }
    }
}
