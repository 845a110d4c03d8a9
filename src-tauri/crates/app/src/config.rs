//! What can be set, in one file that people may write by hand.
//!
//! The tolerant text becomes a typed [`Config`] once. A file holds only what differs from the built-in values, which
//! stand with their explanations in `config/default.toml`; what this version does not know is kept when it writes.
//! Nothing secret is in it.

mod read;
mod write;

use std::path::PathBuf;

use types::{ModelId, WorkerName};

/// The built-in values, with an explanation of each: what a new file begins as.
pub const DEFAULTS: &str = include_str!("config/default.toml");

/// The file's name in a home.
pub const FILE: &str = "grid-node.toml";

/// What was set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Where the Grid is.
    pub coordinator: CoordinatorSetting,
    /// This machine's name there, if one was chosen.
    pub name: Option<WorkerName>,
    /// What serves, in the file's order.
    pub engines: Vec<EngineSetting>,
    /// Keys that this version does not know.
    pub unknown: Vec<String>,
}

/// Where the Grid is, as written; whoever connects checks it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoordinatorSetting {
    /// The base of its API.
    pub api: String,
    /// The address for workers, where it does not follow from the base.
    pub socket: Option<String>,
    /// The certificate that the workers' address is signed with, instead of the built-in one.
    pub extra_ca: Option<PathBuf>,
}

/// One engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineSetting {
    /// What kind, and where.
    pub source: EngineSetSource,
    /// The model's name on the Grid, where it is not the source's own.
    pub serve_as: Option<ModelId>,
    /// How many jobs at once.
    pub slots: u8,
    /// Hours with other numbers of slots, the first that fits counts.
    pub schedule: Vec<ScheduleSetting>,
}

/// What makes the answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EngineSetSource {
    /// Our own engine.
    Own {
        /// The model file.
        model: PathBuf,
    },
    /// A server that runs already.
    Server {
        /// Its base address.
        address: String,
        /// The model's name there.
        model: String,
        /// How many tokens it holds, for servers that do not say.
        context: Option<u32>,
        /// The environment variable with its key, for servers that want one. The key itself is in no file of ours.
        key_env: Option<String>,
    },
}

impl EngineSetSource {
    /// Where it is, as shown to its owner: an address, or a file's name without its folder.
    pub fn place(&self) -> String {
        match self {
            Self::Own { model } => model.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            Self::Server { address, .. } => address.clone(),
        }
    }

    /// The model's own name.
    pub fn model(&self) -> String {
        match self {
            Self::Own { model } => model.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
            Self::Server { model, .. } => model.clone(),
        }
    }
}

impl EngineSetting {
    /// The model's name on the Grid.
    pub fn name(&self) -> String {
        self.serve_as.as_ref().map_or_else(|| self.source.model(), ToString::to_string)
    }
}

/// Hours with another number of slots, as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleSetting {
    /// `mon-fri`, `sat,sun`, or empty for every day.
    pub days: String,
    /// `08:00`, or empty.
    pub start: String,
    /// `18:00`, or empty.
    pub end: String,
    /// How many jobs at once; 0 is off the Grid.
    pub slots: u8,
}

/// Why a file is no configuration. Nothing of it was taken.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It cannot be read or written.
    #[error("the configuration {0} cannot be used")]
    File(PathBuf, #[source] std::io::Error),
    /// It is not TOML. The message shows the line.
    #[error("the configuration is not well-formed:\n{0}")]
    Syntax(String),
    /// A key holds what it cannot hold.
    #[error("{key}: {words}")]
    Value {
        /// Which.
        key: String,
        /// What would be right.
        words: String,
    },
}

impl Default for Config {
    fn default() -> Self {
        Self::parse(DEFAULTS).expect("BUG: the built-in configuration is well-formed (see the test below)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_values_are_a_configuration() {
        let config = Config::default();
        assert_eq!(config.coordinator.api, "https://api.aipowergrid.io");
        assert_eq!((config.engines.len(), config.name, config.unknown.len()), (0, None, 0));
    }

    #[test]
    fn what_stands_commented_out_is_right_too() {
        // Everything that looks like a setting behind a `# `, as a person would take the mark away.
        let live = |line: &str| {
            let bare = line.strip_prefix("# ").unwrap_or(line);
            let setting =
                bare.starts_with("[[") || bare.split_once(" = ").is_some_and(|(key, _)| is_key(key));
            if setting { bare.to_owned() } else { line.to_owned() }
        };
        let is_doubled = |line: &&str| !line.starts_with("# # ");
        let text: Vec<String> = DEFAULTS.lines().filter(is_doubled).map(live).collect();
        let config = Config::parse(&text.join("\n")).expect("reads");
        assert_eq!((config.engines.len(), config.unknown), (2, Vec::<String>::new()));
        assert_eq!(config.engines[1].schedule[0].days, "mon-fri");
        assert!(config.coordinator.socket.is_some() && config.coordinator.extra_ca.is_some());
    }

    fn is_key(text: &str) -> bool {
        text.chars().all(|character| character.is_ascii_lowercase() || character == '-')
    }
}
