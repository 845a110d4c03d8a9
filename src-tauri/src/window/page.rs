//! Which pages the window may show.

use tauri::Url;

/// Whether the page at this address is the embedded one, or in development the one the dev server shows.
pub(super) fn is_ours(url: &Url, dev: bool) -> bool {
    let embedded = url.scheme() == "tauri" && url.host_str() == Some("localhost");
    let embedded_on_windows = url.scheme() == "http" && url.host_str() == Some("tauri.localhost");
    let dev_server =
        dev && url.scheme() == "http" && url.host_str() == Some("localhost") && url.port() == Some(1420);
    embedded || embedded_on_windows || dev_server
}

#[cfg(test)]
mod tests {
    use super::is_ours;

    #[test]
    fn the_window_shows_no_page_but_ours() {
        let check = |url: &str, dev: bool, expected: bool| {
            let url = url.parse().expect("an address");
            assert_eq!(is_ours(&url, dev), expected, "{url}, dev {dev}");
        };
        check("tauri://localhost/", false, true);
        check("tauri://localhost/index.html?a=1", false, true);
        check("http://tauri.localhost/", false, true);
        check("http://localhost:1420/", true, true);
        for stranger in [
            "http://localhost:1420/",
            "https://example.org/",
            "http://tauri.localhost.example.org/",
            "tauri://example.org/",
            "file:///etc/passwd",
            "data:text/html,hello",
            "about:blank",
            "javascript:alert(1)",
        ] {
            check(stranger, false, false);
        }
    }
}
