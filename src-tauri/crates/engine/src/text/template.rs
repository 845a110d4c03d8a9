//! The model file's own chat template.

use std::collections::BTreeMap;
use std::io;

use engine_protocol::{Turn, TurnToolCall};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, Error, ErrorKind, Value};
use minijinja_contrib::pycompat::unknown_method_callback;

use super::Vocabulary;

const NAME: &str = "chat";
/// Steps a rendering may take, and 64 bytes of memory for each: templates are a stranger's programs.
const FUEL: u64 = 4_000_000;
/// Twice the largest message: a value that shares its parts is small in memory and endless as JSON.
const MAX_JSON_BYTES: usize = 16 * 1024 * 1024;
const MAX_REASON_CHARS: usize = 200;

/// Why a conversation could not be rendered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// The template itself is broken.
    #[error("the model's chat template cannot be read")]
    Broken,
    /// The template says it does not take such a conversation.
    #[error("the model does not take this conversation: {0}")]
    Rejected(String),
    /// The template stumbled over this conversation.
    #[error("the model's chat template cannot render this conversation")]
    Failed,
}

/// A compiled template.
pub struct Template {
    environment: Option<Environment<'static>>,
}

impl Template {
    /// Compiles a file's template.
    ///
    /// Without one, a conversation is its turns' texts, line by line: a base model continues a text.
    pub fn new(source: Option<&str>) -> Result<Self, TemplateError> {
        let Some(source) = source else { return Ok(Self { environment: None }) };
        let mut environment = environment();
        environment.add_template_owned(NAME, source.to_owned()).map_err(|_| TemplateError::Broken)?;
        Ok(Self { environment: Some(environment) })
    }

    /// The conversation as one text, ready for the model's answer.
    pub fn render(&self, turns: &[Turn], vocabulary: &Vocabulary) -> Result<String, TemplateError> {
        let Some(environment) = &self.environment else {
            return Ok(turns.iter().map(|turn| turn.content.as_str()).collect::<Vec<_>>().join("\n"));
        };
        let context = map([
            ("messages", turns.iter().map(turn_value).collect::<Vec<_>>().into()),
            ("add_generation_prompt", true.into()),
            ("bos_token", vocabulary.begin_text().into()),
            ("eos_token", vocabulary.end_text().into()),
        ]);
        let template = environment.get_template(NAME).map_err(|_| TemplateError::Broken)?;
        template.render(context).map_err(|error| reason(&error))
    }
}

/// What the templates of the field expect around them.
fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    environment.set_syntax(syntax.expect("BUG: the default delimiters are valid"));
    environment.set_unknown_method_callback(unknown_method_callback);
    environment.set_fuel(Some(FUEL));
    environment.add_function("raise_exception", raise_exception);
    environment.add_filter("tojson", to_json);
    environment
}

fn raise_exception(message: String) -> Result<Value, Error> {
    Err(Error::new(ErrorKind::InvalidOperation, message).with_source(Raised))
}

/// Marks errors that the template raised on purpose.
#[derive(Debug, thiserror::Error)]
#[error("raised by the template")]
struct Raised;

/// The built-in filter escapes for HTML, which models were not trained on.
///
/// The template engine counts the bytes of the result, but only after they were made.
fn to_json(value: Value) -> Result<Value, Error> {
    let mut json = Bounded(Vec::new());
    serde_json::to_writer(&mut json, &value).map_err(|_| no_json())?;
    String::from_utf8(json.0).map(Value::from_safe_string).map_err(|_| no_json())
}

fn no_json() -> Error {
    Error::new(ErrorKind::BadSerialization, "the value has no JSON form of a sensible size")
}

/// Takes up to [`MAX_JSON_BYTES`].
struct Bounded(Vec<u8>);

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() > MAX_JSON_BYTES - self.0.len() {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn reason(error: &Error) -> TemplateError {
    match std::error::Error::source(error).is_some_and(|source| source.is::<Raised>()) {
        true => TemplateError::Rejected(
            error.detail().unwrap_or_default().chars().take(MAX_REASON_CHARS).collect(),
        ),
        false => TemplateError::Failed,
    }
}

fn map<const N: usize>(entries: [(&'static str, Value); N]) -> Value {
    BTreeMap::from(entries).into()
}

fn turn_value(turn: &Turn) -> Value {
    let mut entries: BTreeMap<&'static str, Value> =
        BTreeMap::from([("role", turn.role.as_str().into()), ("content", turn.content.as_str().into())]);
    if !turn.tool_calls.is_empty() {
        entries.insert("tool_calls", turn.tool_calls.iter().map(call_value).collect::<Vec<_>>().into());
    }
    if let Some(id) = &turn.tool_call_id {
        entries.insert("tool_call_id", id.as_str().into());
    }
    if let Some(name) = &turn.name {
        entries.insert("name", name.as_str().into());
    }
    entries.into()
}

/// Templates turn arguments into JSON themselves, so they get the parsed form where there is one. Parsing undoes
/// escapes, which is why the shield parses too.
fn call_value(call: &TurnToolCall) -> Value {
    let arguments = serde_json::from_str::<serde_json::Value>(&call.arguments)
        .map_or_else(|_| call.arguments.as_str().into(), |json| Serde(json).into());
    let function = map([("name", call.name.as_str().into()), ("arguments", arguments)]);
    map([("id", call.id.as_str().into()), ("type", "function".into()), ("function", function)])
}
