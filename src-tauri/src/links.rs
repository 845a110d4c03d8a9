//! The pages elsewhere that the app may open, in the owner's own browser.

use crate::dto::{Failure, Link};

/// The address behind a name. The page can only name one, never bring an address.
const fn address(link: Link) -> &'static str {
    match link {
        Link::Website => "https://aipowergrid.io/docs/run-a-node",
        Link::Console => "https://console.aipowergrid.io",
    }
}

/// Opens it in the browser, and does not wait for the browser's end.
pub(crate) fn open(link: Link) -> Result<(), Failure> {
    open::that_detached(address(link)).map_err(|error| Failure::because(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_the_grids_own_pages_over_tls() {
        for link in [Link::Website, Link::Console] {
            let url: tauri::Url = address(link).parse().expect("an address");
            assert_eq!(url.scheme(), "https");
            let host = url.host_str().expect("a host");
            assert!(host == "aipowergrid.io" || host.ends_with(".aipowergrid.io"), "{host}");
        }
    }
}
