//! The page in the window, asked and operated through WebKit's own driver.

mod axe;
mod controls;
mod driver;
mod keyboard;
mod policy;

use std::time::{Duration, Instant};

use fantoccini::{Client, Locator};

pub(crate) use controls::Control;
pub(super) use driver::free_port;

use super::accessible::plain;
use super::patience::{LOOK_AGAIN, wait_for};
use super::picture;

/// Until something that needs no work is on the page.
const SOON: Duration = Duration::from_secs(30);

/// The page of one run of the app.
pub(crate) struct Page {
    client: Client,
}

impl Page {
    /// All words on the page.
    pub(crate) async fn words(&self) -> String {
        let words = self.client.execute("return document.body.innerText", vec![]).await;
        plain(words.ok().as_ref().and_then(|words| words.as_str()).unwrap_or_default())
    }

    /// Waits until these words are on the page.
    pub(crate) async fn wait_for_words(&self, wanted: &str, at_most: Duration) {
        let begun = Instant::now();
        loop {
            let words = self.words().await;
            if words.contains(wanted) {
                return;
            }
            if begun.elapsed() > at_most {
                self.keep_screenshot("failed").await;
                panic!("the page should say {wanted:?} within {at_most:?}, it says {words:?}");
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// Waits until the first such element has this text.
    pub(crate) async fn wait_for_text(&self, css: &str, wanted: &str, at_most: Duration) {
        let begun = Instant::now();
        loop {
            let text = self.text_of(css).await;
            if text == wanted {
                return;
            }
            if begun.elapsed() > at_most {
                self.keep_screenshot("failed").await;
                panic!("{css} should say {wanted:?} within {at_most:?}, it says {text:?}");
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// The text of the first such element; nothing if there is none now.
    pub(crate) async fn text_of(&self, css: &str) -> String {
        match self.client.find(Locator::Css(css)).await {
            Ok(element) => plain(&element.text().await.unwrap_or_default()),
            Err(_) => String::new(),
        }
    }

    /// Waits until an element is there.
    pub(crate) async fn wait_for_some(&self, css: &str, at_most: Duration) {
        let found = async || self.client.find(Locator::Css(css)).await.ok();
        wait_for(css, at_most, found).await;
    }

    /// Waits until no such element is there.
    pub(crate) async fn wait_for_none(&self, css: &str, at_most: Duration) {
        let left = async || self.client.find_all(Locator::Css(css)).await.is_ok_and(|found| found.is_empty());
        wait_for(&format!("no {css}"), at_most, async || left().await.then_some(())).await;
    }

    /// Whether such an element is there, and can be seen.
    pub(crate) async fn shows(&self, css: &str) -> Option<bool> {
        self.client.find(Locator::Css(css)).await.ok()?.is_displayed().await.ok()
    }

    /// Keeps what the page shows, for people to look at.
    pub(crate) async fn keep_screenshot(&self, name: &str) {
        if let Ok(picture) = self.client.screenshot().await {
            std::fs::write(picture::file(name), picture).expect("a picture");
        }
    }
}
