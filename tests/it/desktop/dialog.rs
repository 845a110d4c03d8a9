//! The questions that the app asks in windows of the system, where no page can draw or press anything.

use std::time::Duration;

use super::accessible::Element;
use super::patience::wait_for;

/// Until a question is on the screen, or off it.
const SOON: Duration = Duration::from_secs(15);

const BUTTON: &str = "push button";

/// A question on the screen.
pub(crate) struct Dialog {
    window: Element,
    /// All it says, one label a line.
    pub(crate) words: String,
    /// The names of its buttons, in order.
    pub(crate) buttons: Vec<String>,
}

impl Dialog {
    /// Waits for a question.
    pub(super) async fn wait(accessibility: &str) -> Self {
        let root = Element::root(accessibility).await;
        wait_for("a question of the app", SOON, async || Self::all(&root).await.pop()).await
    }

    /// How many questions are on the screen.
    pub(super) async fn count(accessibility: &str) -> usize {
        Self::all(&Element::root(accessibility).await).await.len()
    }

    /// Presses the button of this name and waits until the question is gone.
    pub(crate) async fn press(self, name: &str) {
        let button = self.button_in_time(name).await;
        assert!(button.press().await, "{name:?} can be pressed");
        let gone = async || (!self.window.is_showing().await).then_some(());
        wait_for("the question is gone", SOON, gone).await;
    }

    /// Waits until the button of this name can be pressed: for a moment after the question appeared a yes cannot.
    pub(crate) async fn wait_for_button(&self, name: &str) {
        self.button_in_time(name).await;
    }

    async fn button_in_time(&self, name: &str) -> Element {
        let button = named(&self.window, name).await;
        let button = button.unwrap_or_else(|| panic!("{name:?} should be one of {:?}", self.buttons));
        let ready = async || button.is_sensitive().await.then_some(());
        wait_for(&format!("{name:?} can be pressed"), SOON, ready).await;
        button
    }

    async fn all(root: &Element) -> Vec<Self> {
        let mut found = Vec::new();
        for program in root.children().await {
            for window in program.children().await {
                if matches!(window.role().await.as_str(), "alert" | "dialog") && window.is_showing().await {
                    found.push(Self::read(window).await);
                }
            }
        }
        // One that is still being built has no buttons yet.
        found.retain(|dialog| !dialog.buttons.is_empty());
        found
    }

    async fn read(window: Element) -> Self {
        let (mut words, mut buttons) = (Vec::new(), Vec::new());
        for element in window.all().await {
            match element.role().await.as_str() {
                "label" => words.push(element.name().await),
                BUTTON => buttons.push(element.name().await),
                _ => {}
            }
        }
        Self { window, words: words.join("\n"), buttons }
    }
}

async fn named(window: &Element, name: &str) -> Option<Element> {
    for element in window.all().await {
        if element.role().await == BUTTON && element.name().await == name {
            return Some(element);
        }
    }
    None
}
