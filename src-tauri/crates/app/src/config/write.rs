//! Changing the file without losing what a person or a newer version wrote into it.

use std::path::Path;

use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table, value};

use super::read::document;
use super::{
    Config, ConfigError, CoordinatorSetting, DEFAULTS, EngineSetSource, EngineSetting, ScheduleSetting,
};

impl CoordinatorSetting {
    /// Writes this into the file. Comments and all other keys stay.
    pub fn save(&self, file: &Path) -> Result<(), ConfigError> {
        change(file, |document| {
            let section = document.entry("coordinator").or_insert(Item::Table(Table::new()));
            if let Some(section) = section.as_table_like_mut() {
                set(section, "api", Some(&self.api));
                set(section, "socket", self.socket.as_deref());
                set(section, "extra-ca", self.extra_ca.as_deref().and_then(Path::to_str));
            }
        })
    }
}

impl EngineSetting {
    /// Writes these into the file, in the place of all that were there. Comments elsewhere and all other keys stay.
    pub fn save_all(engines: &[Self], file: &Path) -> Result<(), ConfigError> {
        change(file, |document| {
            let blocks: ArrayOfTables = engines.iter().map(Self::block).collect();
            if blocks.is_empty() {
                document.remove("engine");
            } else {
                document.insert("engine", Item::ArrayOfTables(blocks));
            }
        })
    }

    /// This engine as a block of the file.
    pub fn text(&self) -> String {
        let mut document = DocumentMut::new();
        document.insert("engine", Item::ArrayOfTables(ArrayOfTables::from_iter([self.block()])));
        document.to_string()
    }

    fn block(&self) -> Table {
        let mut block = Table::new();
        match &self.source {
            EngineSetSource::Own { model } => {
                block.insert("kind", value("own"));
                block.insert("model", value(&*model.to_string_lossy()));
            }
            EngineSetSource::Server { address, model, context, key_env } => {
                block.insert("kind", value("server"));
                block.insert("address", value(address));
                block.insert("model", value(model));
                if let Some(context) = context {
                    block.insert("context", value(i64::from(*context)));
                }
                set(&mut block, "key-env", key_env.as_deref());
            }
        }
        set(&mut block, "serve-as", self.serve_as.as_ref().map(types::ModelId::as_str));
        block.insert("slots", value(i64::from(self.slots)));
        if !self.schedule.is_empty() {
            let lines: Array = self.schedule.iter().map(ScheduleSetting::line).collect();
            block.insert("schedule", value(lines));
        }
        block
    }
}

impl ScheduleSetting {
    fn line(&self) -> InlineTable {
        let mut line = InlineTable::new();
        for (key, text) in [("days", &self.days), ("start", &self.start), ("end", &self.end)] {
            if !text.is_empty() {
                line.insert(key, text.as_str().into());
            }
        }
        line.insert("slots", i64::from(self.slots).into());
        line
    }
}

fn set(section: &mut dyn toml_edit::TableLike, key: &str, text: Option<&str>) {
    match (text, section.get_mut(key)) {
        // A key that is there keeps the comment above it.
        (Some(text), Some(item)) => *item = value(text),
        (Some(text), None) => drop(section.insert(key, value(text))),
        (None, _) => drop(section.remove(key)),
    }
}

/// A file that is not there begins as the built-in one, with its explanations. A file that cannot be read stays as it is.
fn change(file: &Path, change: impl FnOnce(&mut DocumentMut)) -> Result<(), ConfigError> {
    let broken = |error| ConfigError::File(file.to_owned(), error);
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => DEFAULTS.to_owned(),
        Err(error) => return Err(broken(error)),
    };
    let mut document = document(&text)?;
    change(&mut document);
    let text = document.to_string();
    // What is written must be readable the next time.
    Config::parse(&text)?;
    put(file, &text).map_err(broken)
}

/// Beside it first, then in its place: a crash or a full disk leaves the old file.
fn put(file: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    let folder = file.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let beside = file.with_extension("toml.part");
    let mut part = std::fs::File::create(&beside)?;
    part.write_all(text.as_bytes())?;
    part.sync_all()?;
    std::fs::rename(&beside, file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn engines() -> Vec<EngineSetting> {
        let night =
            ScheduleSetting { days: "sat,sun".into(), start: "22:00".into(), end: String::new(), slots: 2 };
        vec![
            EngineSetting {
                source: EngineSetSource::Own { model: "/a \"b\".gguf".into() },
                serve_as: None,
                slots: 1,
                schedule: Vec::new(),
            },
            EngineSetting {
                source: EngineSetSource::Server {
                    address: "http://127.0.0.1:1".into(),
                    model: "m".into(),
                    context: Some(4096),
                    key_env: Some("KEY".into()),
                },
                serve_as: Some(types::ModelId::new("big")),
                slots: 8,
                schedule: vec![night],
            },
        ]
    }

    #[test]
    fn what_is_written_is_read_again_and_strange_keys_and_comments_stay() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("home").join("grid-node.toml");
        let coordinator = CoordinatorSetting {
            api: "http://127.0.0.1:7010".into(),
            socket: None,
            extra_ca: Some("/ca.pem".into()),
        };
        coordinator.save(&file).expect("makes the file");
        let text = std::fs::read_to_string(&file).expect("reads");
        std::fs::write(&file, format!("# mine\nfuture = 1\n{text}")).expect("writes");
        EngineSetting::save_all(&engines(), &file).expect("writes");
        let config = Config::load(&file).expect("reads");
        assert_eq!((config.coordinator, config.engines), (coordinator, engines()));
        assert_eq!(config.unknown, ["future"]);
        let text = std::fs::read_to_string(&file).expect("reads");
        assert!(text.starts_with("# mine\n") && text.contains("# Where the Grid is."), "{text}");
        EngineSetting::save_all(&[], &file).expect("writes");
        assert_eq!(Config::load(&file).expect("reads").engines, []);
    }

    #[test]
    fn a_block_by_itself_is_a_configuration() {
        for engine in engines() {
            let config = Config::parse(&engine.text()).expect("reads");
            assert_eq!(config.engines, [engine]);
        }
    }

    #[test]
    fn a_file_that_cannot_be_read_is_left_as_it_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("grid-node.toml");
        std::fs::write(&file, "[broken").expect("writes");
        assert!(EngineSetting::save_all(&engines(), &file).is_err());
        assert_eq!(std::fs::read_to_string(&file).expect("reads"), "[broken");
    }
}
