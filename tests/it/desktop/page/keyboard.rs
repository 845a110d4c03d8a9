//! Operating the page without a mouse.

use fantoccini::actions::{InputSource as _, KeyAction, KeyActions};
use fantoccini::key::Key;

use super::{Control, Page};

/// More than any page of ours has; a tour that takes longer goes round in circles.
const MOST: usize = 100;

impl Page {
    /// Goes through the page with the Tab key, from its beginning, and tells what it met.
    pub(crate) async fn tab_tour(&self) -> Vec<Control> {
        self.find_out("document.activeElement?.blur(); getSelection()?.removeAllRanges()").await;
        let mut met: Vec<Control> = Vec::new();
        while met.len() < MOST {
            self.strike(Key::Tab).await;
            match self.focused().await {
                Some(control) if met.first() == Some(&control) => return met,
                Some(control) => met.push(control),
                // After the last element the focus leaves the page.
                None if !met.is_empty() => return met,
                None => {}
            }
        }
        panic!("the Tab key does not come round: {met:?}");
    }

    /// Tabs to the control of this name and strikes a key there.
    pub(crate) async fn tab_to_and_strike(&self, name: &str, key: Key) {
        let mut met = Vec::new();
        while met.len() < MOST {
            self.strike(Key::Tab).await;
            let focused = self.focused().await;
            if focused.as_ref().is_some_and(|control| control.name == name) {
                return self.strike(key).await;
            }
            met.push(focused);
        }
        panic!("the Tab key does not come to {name:?}: {met:?}");
    }

    /// Presses a key and lets it go.
    pub(crate) async fn strike(&self, key: Key) {
        let value = key.into();
        let strike = KeyActions::new("keyboard".to_owned());
        let strike = strike.then(KeyAction::Down { value }).then(KeyAction::Up { value });
        self.client.perform_actions(strike).await.expect("the key can be pressed");
    }
}
