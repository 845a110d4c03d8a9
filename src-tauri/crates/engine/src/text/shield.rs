//! Keeps a message from speaking with the template's voice.
//!
//! A rendered template is one text in which `<|im_end|>` means "this turn is over". If a message contains that text, it
//! must stay a text: otherwise any customer could write the system's turns. So before rendering, each control token
//! spelled in a message gets a mark after its first character, a private-use character found in no message. It no
//! longer matches; the mark is taken out again from the plain parts of the rendered text before they become tokens.
//!
//! The arguments of a tool call are JSON, in which `\u003c` is `<`: they are parsed first, then the texts inside are
//! shielded.
//!
//! *Caveat*: a template that cuts messages apart and glues the pieces anew could form a control token from them.

use std::borrow::Cow;

use engine_protocol::{Turn, TurnToolCall};
use serde_json::Value;

use super::Vocabulary;

/// One request's mark.
pub struct Shield<'a> {
    vocabulary: &'a Vocabulary,
    mark: char,
}

impl<'a> Shield<'a> {
    /// A mark that appears in none of the turns; `None` if they contain every candidate.
    pub fn new(vocabulary: &'a Vocabulary, turns: &[Turn]) -> Option<Self> {
        let texts: Vec<Cow<'_, str>> = turns.iter().flat_map(texts).collect();
        let unused = |mark: &char| !texts.iter().any(|text| text.contains(*mark));
        ('\u{F0000}'..='\u{F00FF}').find(unused).map(|mark| Self { vocabulary, mark })
    }

    /// The turn with every control token in it broken.
    pub fn shield_turn(&self, turn: &Turn) -> Turn {
        Turn {
            role: self.shield(&turn.role),
            content: self.shield(&turn.content),
            tool_calls: turn.tool_calls.iter().map(|call| self.shield_call(call)).collect(),
            tool_call_id: turn.tool_call_id.as_deref().map(|id| self.shield(id)),
            name: turn.name.as_deref().map(|name| self.shield(name)),
        }
    }

    /// The text as it was.
    pub fn unshield(&self, text: &str) -> String {
        text.replace(self.mark, "")
    }

    fn shield_call(&self, call: &TurnToolCall) -> TurnToolCall {
        TurnToolCall {
            id: self.shield(&call.id),
            name: self.shield(&call.name),
            arguments: self.shield_arguments(&call.arguments),
        }
    }

    /// The template parses arguments, so what counts are the texts after parsing.
    fn shield_arguments(&self, arguments: &str) -> String {
        serde_json::from_str(arguments)
            .map_or_else(|_| self.shield(arguments), |json| self.shield_json(json).to_string())
    }

    fn shield_json(&self, json: Value) -> Value {
        match json {
            Value::String(text) => self.shield(&text).into(),
            Value::Array(items) => items.into_iter().map(|item| self.shield_json(item)).collect(),
            Value::Object(entries) => {
                entries.into_iter().map(|(key, value)| (self.shield(&key), self.shield_json(value))).collect()
            }
            plain @ (Value::Null | Value::Bool(_) | Value::Number(_)) => plain,
        }
    }

    fn shield(&self, text: &str) -> String {
        let mut shielded = String::with_capacity(text.len());
        for (at, character) in text.char_indices() {
            shielded.push(character);
            if self.vocabulary.is_control_at(&text[at..]) {
                shielded.push(self.mark);
            }
        }
        shielded
    }
}

fn texts(turn: &Turn) -> impl Iterator<Item = Cow<'_, str>> {
    let names = turn.tool_calls.iter().flat_map(|call| [call.id.as_str(), &call.name]);
    let arguments = turn.tool_calls.iter().map(|call| without_escapes(&call.arguments));
    [turn.role.as_str(), &turn.content]
        .into_iter()
        .chain(turn.tool_call_id.as_deref())
        .chain(turn.name.as_deref())
        .chain(names)
        .map(Cow::Borrowed)
        .chain(arguments)
}

/// Arguments with each letter as itself, as far as JSON allows; a mark spelled by an escape is found in this.
fn without_escapes(arguments: &str) -> Cow<'_, str> {
    serde_json::from_str::<Value>(arguments)
        .map_or(Cow::Borrowed(arguments), |json| Cow::Owned(json.to_string()))
}
