//! What a person can operate, found by the name that is written on it or read out.

use std::time::Duration;

use fantoccini::elements::Element;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Page, SOON};
use crate::desktop::patience::wait_for;

const CONTROLS: &str = include_str!("controls.js");
/// The name under which the standard sends elements.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A button, a link, a field.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Control {
    /// What is announced.
    pub(crate) name: String,
    /// `button`, `link`, `radio`, …
    pub(crate) kind: String,
}

impl Page {
    /// All that the Tab key should reach on the page now.
    pub(crate) async fn controls(&self) -> Vec<Control> {
        self.list("all").await
    }

    /// What the keyboard operates now.
    pub(crate) async fn focused(&self) -> Option<Control> {
        self.list("focused").await.pop()
    }

    async fn list(&self, which: &str) -> Vec<Control> {
        let found = self.client.execute(CONTROLS, vec![json!(which)]).await.expect("an answer");
        serde_json::from_value(found).expect("a list")
    }

    /// Waits until something of this name is there.
    pub(crate) async fn wait_for_control(&self, name: &str, at_most: Duration) {
        wait_for(&format!("something named {name:?}"), at_most, async || self.named(name).await).await;
    }

    /// Presses the button, link or choice of this name with the mouse.
    pub(crate) async fn press(&self, name: &str) {
        // The page may draw itself anew between finding and pressing.
        let pressed = async || {
            let found = self.named(name).await?;
            // What is on the screen but under the strip at its top is not scrolled to by the driver.
            let to_the_middle = "arguments[0].scrollIntoView({ block: 'center' })";
            let element = serde_json::to_value(&found).ok()?;
            self.client.execute(to_the_middle, vec![element]).await.ok()?;
            found.click().await.ok()
        };
        wait_for(&format!("{name:?} can be pressed"), SOON, pressed).await;
    }

    /// Types into the field of this name.
    pub(crate) async fn fill(&self, name: &str, text: &str) {
        let typed = async || self.named(name).await?.send_keys(text).await.ok();
        wait_for(&format!("{name:?} can be filled"), SOON, typed).await;
    }

    /// Goes to one of the screens and waits until it is there.
    pub(crate) async fn visit(&self, screen: &str) {
        self.press(screen).await;
        self.wait_for_text("nav [aria-current=page]", screen, SOON).await;
    }

    /// Chooses these colours, as the owner does.
    pub(crate) async fn choose_theme(&self, theme: &str) {
        self.visit("Settings").await;
        self.press(theme).await;
        let chosen = format!("html[data-theme={}]", theme.to_lowercase());
        self.wait_for_some(&chosen, SOON).await;
    }

    async fn named(&self, name: &str) -> Option<Element> {
        let found = self.client.execute(CONTROLS, vec![json!("named"), json!(name)]).await.ok()?;
        let id = found.get(ELEMENT).and_then(Value::as_str)?.to_owned();
        Some(Element::from_element_id(self.client.clone(), id.into()))
    }
}
