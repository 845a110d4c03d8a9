//! The one window.

use tauri::webview::NewWindowResponse;
use tauri::{AppHandle, Manager as _, Url, WebviewWindowBuilder};

/// The window's name in the configuration and in its capability.
pub(crate) const MAIN: &str = "main";

/// Opens the window as configured, unable to go anywhere but to the app's own page.
pub(crate) fn open(app: &AppHandle) -> anyhow::Result<()> {
    let windows = &app.config().app.windows;
    let config = windows.iter().find(|window| window.label == MAIN);
    let config = config.expect("BUG: tauri.conf.json has the window `main`");
    WebviewWindowBuilder::from_config(app, config)?
        .on_navigation(|url| is_our_page(url, tauri::is_dev()))
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .build()?;
    Ok(())
}

/// Brings the window to the front, for example when the app is started a second time.
pub(crate) fn show(app: &AppHandle) {
    if let Some(window) = app.get_webview_window(MAIN) {
        // A window manager may refuse each of these; the app goes on all the same.
        let _ = window.unminimize();
        let _ = window.show();
        let _ = window.set_focus();
    }
}

/// Whether the page at this address is the embedded one, or in development the one the dev server shows.
fn is_our_page(url: &Url, dev: bool) -> bool {
    let embedded = url.scheme() == "tauri" && url.host_str() == Some("localhost");
    let embedded_on_windows = url.scheme() == "http" && url.host_str() == Some("tauri.localhost");
    let dev_server =
        dev && url.scheme() == "http" && url.host_str() == Some("localhost") && url.port() == Some(1420);
    embedded || embedded_on_windows || dev_server
}

#[cfg(test)]
mod tests {
    use super::is_our_page;

    #[test]
    fn the_window_shows_no_page_but_ours() {
        let check = |url: &str, dev: bool, expected: bool| {
            let url = url.parse().expect("an address");
            assert_eq!(is_our_page(&url, dev), expected, "{url}, dev {dev}");
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
