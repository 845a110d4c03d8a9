//! From the text to the typed values.

use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, InlineTable, Item, Table, TableLike, Value};
use types::{ModelId, WorkerName};

use super::{
    Config, ConfigError, CoordinatorSetting, DEFAULTS, EngineSetSource, EngineSetting, ScheduleSetting,
};

/// No file that a person writes is larger.
const LARGEST: u64 = 256 * 1024;
/// No machine serves more engines.
const MOST_ENGINES: usize = 32;
/// The most jobs at once on one engine: each is a connection of its own.
pub(super) const MOST_SLOTS: u8 = 64;

type Read<T> = Result<T, ConfigError>;

impl Config {
    /// Reads a file; one that is not there means the built-in values.
    pub fn load(file: &Path) -> Read<Self> {
        let broken = |error| ConfigError::File(file.to_owned(), error);
        let size = match std::fs::metadata(file) {
            Ok(found) => found.len(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(broken(error)),
        };
        if size > LARGEST {
            return Err(broken(std::io::Error::other("it is too large for a configuration")));
        }
        Self::parse(&std::fs::read_to_string(file).map_err(broken)?)
    }

    /// Reads a text. What it leaves out has its built-in value.
    pub fn parse(text: &str) -> Read<Self> {
        let built_in = document(DEFAULTS)?;
        let document = document(text)?;
        let mut known = Known::default();
        let coordinator = coordinator(&document, &built_in, &mut known)?;
        let worker = Section::of(&document, "worker", &mut known)?;
        let name = worker.text("name", &mut known)?.filter(|name| !name.is_empty());
        let name = name.map(|name| WorkerName::new(name).map_err(|error| wrong("worker.name", error)));
        let name = name.transpose()?;
        let engines = engines(&document, &mut known)?;
        Ok(Self { coordinator, name, engines, unknown: known.unknown_in(&document) })
    }
}

pub(super) fn document(text: &str) -> Read<DocumentMut> {
    text.parse().map_err(|error: toml_edit::TomlError| ConfigError::Syntax(error.to_string()))
}

fn coordinator(
    document: &DocumentMut,
    built_in: &DocumentMut,
    known: &mut Known,
) -> Read<CoordinatorSetting> {
    let section = Section::of(document, "coordinator", known)?;
    let usual = Section::of(built_in, "coordinator", known)?;
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    let api =
        given(section.text("api", known)?).map_or_else(|| usual.text("api", known), |api| Ok(Some(api)))?;
    Ok(CoordinatorSetting {
        api: api.ok_or_else(|| wrong("coordinator.api", "an address is needed"))?,
        socket: given(section.text("socket", known)?),
        extra_ca: given(section.text("extra-ca", known)?).map(PathBuf::from),
    })
}

fn engines(document: &DocumentMut, known: &mut Known) -> Read<Vec<EngineSetting>> {
    let Some(item) = document.get("engine") else { return Ok(Vec::new()) };
    let blocks = item.as_array_of_tables().ok_or_else(|| wrong("engine", "write it as [[engine]]"))?;
    if blocks.len() > MOST_ENGINES {
        return Err(wrong("engine", format!("at most {MOST_ENGINES} are served")));
    }
    blocks.iter().enumerate().map(|(at, block)| engine(block, at, known)).collect()
}

fn engine(block: &Table, at: usize, known: &mut Known) -> Read<EngineSetting> {
    let section = Section { path: format!("engine[{at}]"), table: Some(block) };
    let needed = |found: Option<String>, key: &str| {
        found.filter(|text| !text.is_empty()).ok_or_else(|| wrong(section.key(key), "it is needed"))
    };
    let kind = needed(section.text("kind", known)?, "kind")?;
    let model = needed(section.text("model", known)?, "model")?;
    let address = section.text("address", known)?;
    let (context, key_env) = (section.tokens("context", known)?, section.text("key-env", known)?);
    let source = match kind.as_str() {
        "own" => EngineSetSource::Own { model: model.into() },
        "server" => EngineSetSource::Server { address: needed(address, "address")?, model, context, key_env },
        _ => return Err(wrong(section.key("kind"), "it is `own` or `server`")),
    };
    let slots = section.number("slots", known)?.unwrap_or(1);
    if slots == 0 {
        return Err(wrong(
            section.key("slots"),
            "at least 1; a schedule can take all of them away for a while",
        ));
    }
    let serve_as = section.text("serve-as", known)?.filter(|name| !name.is_empty()).map(ModelId::new);
    Ok(EngineSetting { source, serve_as, slots, schedule: schedule(&section, known)? })
}

fn schedule(section: &Section<'_>, known: &mut Known) -> Read<Vec<ScheduleSetting>> {
    let key = section.key("schedule");
    known.0.push(key.clone());
    let Some(item) = section.table.and_then(|table| table.get("schedule")) else { return Ok(Vec::new()) };
    let lines = item.as_array().ok_or_else(|| wrong(&key, "a list of { days, start, end, slots }"))?;
    let line = |(at, line): (usize, &Value)| {
        let table =
            line.as_inline_table().ok_or_else(|| wrong(format!("{key}[{at}]"), "a table in braces"))?;
        one_line(table, format!("{key}[{at}]"), known)
    };
    lines.iter().enumerate().map(line).collect()
}

fn one_line(table: &InlineTable, path: String, known: &mut Known) -> Read<ScheduleSetting> {
    let section = Section { path, table: Some(table) };
    let slots = section.number("slots", known)?.ok_or_else(|| wrong(section.key("slots"), "it is needed"))?;
    Ok(ScheduleSetting {
        days: section.text("days", known)?.unwrap_or_default(),
        start: section.text("start", known)?.unwrap_or_default(),
        end: section.text("end", known)?.unwrap_or_default(),
        slots,
    })
}

/// A table and where it stands, for words about what is in it.
struct Section<'a> {
    path: String,
    table: Option<&'a dyn TableLike>,
}

impl<'a> Section<'a> {
    fn of(document: &'a DocumentMut, name: &str, known: &mut Known) -> Read<Self> {
        known.0.push(name.to_owned());
        let table = match document.get(name) {
            None => None,
            Some(item) => Some(item.as_table_like().ok_or_else(|| wrong(name, "it is a table"))?),
        };
        Ok(Self { path: name.to_owned(), table })
    }

    fn key(&self, key: &str) -> String {
        format!("{}.{key}", self.path)
    }

    fn item(&self, key: &str, known: &mut Known) -> Option<&'a Item> {
        known.0.push(self.key(key));
        self.table?.get(key)
    }

    fn text(&self, key: &str, known: &mut Known) -> Read<Option<String>> {
        let item = self.item(key, known);
        let text =
            item.map(|item| item.as_str().ok_or_else(|| wrong(self.key(key), "it is a text in quotes")));
        Ok(text.transpose()?.map(str::to_owned))
    }

    fn tokens(&self, key: &str, known: &mut Known) -> Read<Option<u32>> {
        let Some(item) = self.item(key, known) else { return Ok(None) };
        let number = item.as_integer().and_then(|number| u32::try_from(number).ok());
        let number = number.filter(|number| (256..=16_777_216).contains(number));
        number.map(Some).ok_or_else(|| wrong(self.key(key), "a number of tokens, at least 256"))
    }

    fn number(&self, key: &str, known: &mut Known) -> Read<Option<u8>> {
        let Some(item) = self.item(key, known) else { return Ok(None) };
        let number = item.as_integer().and_then(|number| u8::try_from(number).ok());
        let number = number.filter(|number| *number <= MOST_SLOTS);
        number.map(Some).ok_or_else(|| wrong(self.key(key), format!("a number from 0 to {MOST_SLOTS}")))
    }
}

/// The keys that were asked for; every other one in the file is one that this version does not know.
#[derive(Default)]
struct Known(Vec<String>);

impl Known {
    fn unknown_in(&self, document: &DocumentMut) -> Vec<String> {
        let mut unknown = Vec::new();
        self.look_into(document.as_table(), "", &mut unknown);
        unknown
    }

    fn look_into(&self, table: &dyn TableLike, path: &str, unknown: &mut Vec<String>) {
        for (key, item) in table.iter() {
            let here = if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
            if let Some(blocks) = item.as_array_of_tables().filter(|_| here == "engine") {
                for (at, block) in blocks.iter().enumerate() {
                    self.look_into(block, &format!("engine[{at}]"), unknown);
                }
            } else if !self.0.contains(&here) {
                unknown.push(here);
            } else if let Some(lines) = item.as_array() {
                for (at, line) in lines.iter().enumerate() {
                    if let Some(line) = line.as_inline_table() {
                        self.look_into(line, &format!("{here}[{at}]"), unknown);
                    }
                }
            } else if let Some(table) = item.as_table_like() {
                self.look_into(table, &here, unknown);
            }
        }
    }
}

pub(super) fn wrong(key: impl Into<String>, words: impl ToString) -> ConfigError {
    ConfigError::Value { key: key.into(), words: words.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_value_is_named_with_what_would_be_right() {
        let check = |text: &str, key: &str| {
            let error = Config::parse(text).expect_err(text).to_string();
            assert!(error.starts_with(key), "{text}: {error}");
        };
        check("coordinator = 7", "coordinator: ");
        check("[coordinator]\napi = 7", "coordinator.api: ");
        check("[worker]\nname = \" a\"", "worker.name: ");
        check("engine = 7", "engine: ");
        check("[[engine]]\nmodel = \"m\"", "engine[0].kind: ");
        check("[[engine]]\nkind = \"magic\"\nmodel = \"m\"", "engine[0].kind: ");
        check("[[engine]]\nkind = \"own\"", "engine[0].model: ");
        check("[[engine]]\nkind = \"server\"\nmodel = \"m\"", "engine[0].address: ");
        check("[[engine]]\nkind = \"own\"\nmodel = \"m\"\nslots = 0", "engine[0].slots: ");
        check("[[engine]]\nkind = \"own\"\nmodel = \"m\"\nslots = 65", "engine[0].slots: ");
        check("[[engine]]\nkind = \"own\"\nmodel = \"m\"\nslots = -1", "engine[0].slots: ");
        check(
            "[[engine]]\nkind = \"server\"\nmodel = \"m\"\naddress = \"a\"\ncontext = 7",
            "engine[0].context: ",
        );
        check("[[engine]]\nkind = \"own\"\nmodel = \"m\"\nschedule = [7]", "engine[0].schedule[0]: ");
        check("[[engine]]\nkind = \"own\"\nmodel = \"m\"\nschedule = [{}]", "engine[0].schedule[0].slots: ");
        assert!(matches!(Config::parse("[coordinator"), Err(ConfigError::Syntax(_))));
    }

    #[test]
    fn a_mistyped_key_of_a_schedule_is_named() {
        let text = "[[engine]]\nkind = \"own\"\nmodel = \"m\"\nschedule = [{ day = \"mon\", slots = 0 }]\n";
        assert_eq!(Config::parse(text).expect("reads").unknown, ["engine[0].schedule[0].day"]);
    }

    #[test]
    fn what_is_left_out_has_its_built_in_value_and_what_is_unknown_is_named() {
        let text =
            "colour = 1\n[worker]\nmood = \"good\"\n[[engine]]\nkind = \"own\"\nmodel = \"m\"\nfan = 3\n";
        let config = Config::parse(text).expect("reads");
        assert_eq!(config.unknown, ["colour", "worker.mood", "engine[0].fan"]);
        assert_eq!(config.coordinator, Config::default().coordinator);
        assert_eq!(config.engines[0].slots, 1);
    }

    #[test]
    fn a_file_that_is_not_there_means_the_built_in_values_and_a_huge_one_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("grid-node.toml");
        assert_eq!(Config::load(&file).expect("reads"), Config::default());
        std::fs::write(&file, "#".repeat(LARGEST as usize + 1)).expect("writes");
        assert!(matches!(Config::load(&file), Err(ConfigError::File(..))));
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".{0,300}") {
            let _ = Config::parse(&text);
        }
    }
}
