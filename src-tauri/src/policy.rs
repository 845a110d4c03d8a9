//! What the page's policy blocked, in the log: it is a fault of ours or an attack, and nobody would see it otherwise.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::dto::Blocked;

/// A page that went mad must not fill the log.
const MOST: u32 = 100;
const LONGEST: usize = 200;

/// Counts what was written.
#[derive(Debug, Default)]
pub(crate) struct Reports(AtomicU32);

impl Reports {
    /// Writes one down, unless there were too many already; answers whether it did.
    pub(crate) fn write(&self, blocked: &Blocked) -> bool {
        let there_is_room = self.0.fetch_add(1, Ordering::Relaxed) < MOST;
        if there_is_room {
            let (directive, what) = (plain(&blocked.directive), plain(&blocked.what));
            tracing::warn!(directive, what, "the page's policy blocked something");
        }
        there_is_room
    }
}

/// One line of printable text, whatever the page sent.
fn plain(text: &str) -> String {
    text.chars().filter(|sign| sign.is_ascii_graphic() || *sign == ' ').take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_page_sends_becomes_one_plain_line() {
        assert_eq!(plain("script-src\n\u{1b}[31m\u{202e}x"), "script-src[31mx");
        assert_eq!(plain(&"x".repeat(1000)).len(), LONGEST);
    }

    #[test]
    fn a_flood_ends() {
        let reports = Reports::default();
        let blocked = Blocked { directive: "img-src".to_owned(), what: "inline".to_owned() };
        let written = (0..1000).filter(|_| reports.write(&blocked)).count();
        assert_eq!(written, MOST as usize);
    }
}
