//! From which pages a wallet may sign in.

use axum::http::Uri;

/// The coordinator's own pages.
const PAGES: [&str; 4] = ["console.aipowergrid.io", "aipg.art", "aipg.chat", "aipg.music"];
/// This computer. Any port will do, and plain HTTP too.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// Whether the page at `uri` is on `domain`, and `domain` is one of ours or this computer.
///
/// `domain` is in lower case. Unlike the real coordinator, which copies a line break of `uri` into the text that
/// gets signed, this one refuses what is no URI.
pub(super) fn allowed(domain: &str, uri: &str) -> bool {
    let Ok(uri) = uri.parse::<Uri>() else { return false };
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else { return false };
    if authority.as_str().to_lowercase() != domain || domain.contains('@') {
        return false;
    }
    let host = authority.host().to_lowercase();
    let here = LOOPBACK.contains(&host.as_str());
    match scheme {
        "https" => here || PAGES.contains(&domain),
        "http" => here,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::allowed;

    #[test]
    fn a_page_is_ours_or_on_this_computer() {
        let check = |domain: &str, uri: &str, expected: bool| {
            assert_eq!(allowed(domain, uri), expected, "{domain} {uri}");
        };
        for (domain, uri) in [
            ("aipg.art", "https://aipg.art"),
            ("localhost:80", "http://localhost:80/"),
            ("[::1]:9000", "http://[::1]:9000/x"),
            ("127.0.0.1:1", "HTTPS://127.0.0.1:1/?a#b"),
        ] {
            check(domain, uri, true);
        }
        for (domain, uri) in [
            ("localhost.evil.example", "http://localhost.evil.example/"),
            ("a@localhost", "http://a@localhost/"),
            ("localhost", "http://localhost@evil.example/"),
            ("localhost", "http://localhost/\nNonce: 00"),
            ("localhost", "http://localhost/ x"),
            ("localhost", "//localhost/"),
            ("localhost", "/x"),
            ("aipg.art:443", "https://aipg.art:443/"),
            ("aipg.art", "http://aipg.art/"),
            ("0.0.0.0", "http://0.0.0.0/"),
            ("127.0.0.2", "http://127.0.0.2/"),
        ] {
            check(domain, uri, false);
        }
    }
}
