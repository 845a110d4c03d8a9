//! What the owner can set, and what the app says of itself.

use serde::{Deserialize, Serialize};

/// The first page of settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    /// Light, dark, or as the system.
    pub theme: Theme,
    /// Whether the system shows our sign in its tray; without one a closed window is only made small.
    pub tray: bool,
    /// This version.
    pub version: String,
}

/// Which colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum Theme {
    /// As the system has it.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// The pages elsewhere that the app can open in the browser. There is no way to name another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum Link {
    /// What the Grid is.
    Website,
    /// The account's page of the Grid.
    Console,
}

/// What the page's own policy blocked. Each is a fault of ours or an attack, so it is written into the log.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Blocked {
    /// The rule that blocked it.
    pub directive: String,
    /// What was blocked: a word or an address without its query.
    pub what: String,
}
