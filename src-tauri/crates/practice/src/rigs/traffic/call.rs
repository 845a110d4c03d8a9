//! One call: what kind it is and what it asks. Pure.

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Value, json};

use crate::customer::ChatCall;

const WORDS: [&str; 8] = ["alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel"];
/// Words of a prompt that no ordinary context holds, and that still is a request the network takes.
const LONG_PROMPT: usize = 30_000;

/// What a call is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// An answer in one piece.
    Whole,
    /// A stream that is read to its end.
    Streamed,
    /// A stream whose job an operator cancels after its first token.
    Cancelled,
    /// A prompt of 30,000 words.
    TooLong,
    /// With texts that end the answer.
    Stopped,
    /// With tools, and one that has to be called.
    Tools,
    /// The Messages API, in one piece.
    Messages,
    /// The Responses API, streamed.
    Responses,
}

impl Kind {
    /// Every kind that a worker of the chat API gets.
    pub const CHAT: [Self; 6] =
        [Self::Whole, Self::Streamed, Self::Cancelled, Self::TooLong, Self::Stopped, Self::Tools];
    /// The kinds for workers of the raw APIs.
    pub const RAW: [Self; 2] = [Self::Messages, Self::Responses];
}

/// One call of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call {
    /// What it is about.
    pub kind: Kind,
    /// Its own seed, by which its job can be told from others. A worker gets it in chat calls.
    pub seed: u64,
    /// Most tokens to generate.
    pub max_tokens: u32,
}

pub(super) enum Request {
    Chat(ChatCall),
    Raw(RawCall),
}

pub(super) struct RawCall {
    pub(super) path: &'static str,
    pub(super) body: Value,
}

/// The calls of a seed, in their order.
pub(super) fn plan(seed: u64, kinds: &[Kind], calls: usize) -> Vec<Call> {
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    let draw = |chance: &mut ChaCha8Rng| {
        let kind = kinds.get(chance.random_range(0..kinds.len().max(1))).copied();
        Call {
            kind: kind.unwrap_or(Kind::Whole),
            seed: chance.random_range(0..1 << 53),
            max_tokens: chance.random_range(4..48),
        }
    };
    (0..calls).map(|_| draw(&mut chance)).collect()
}

impl Call {
    pub(super) fn request(&self, model: &str) -> Request {
        let chat = ChatCall {
            max_tokens: Some(self.max_tokens),
            seed: Some(self.seed),
            ..ChatCall::ask(model, self.prompt(12))
        };
        Request::Chat(match self.kind {
            Kind::Whole => chat,
            Kind::Streamed => chat.streamed(),
            // Long enough to be still running when the cancel comes.
            Kind::Cancelled => ChatCall { max_tokens: Some(4096), ..chat.streamed() },
            Kind::TooLong => {
                let long = ChatCall::ask(model, self.prompt(LONG_PROMPT));
                ChatCall { messages: long.messages, ..chat }
            }
            Kind::Stopped => ChatCall { stop: vec![" the".to_owned(), "\n".to_owned()], ..chat.streamed() },
            Kind::Tools => ChatCall { extra: tools(), ..chat },
            Kind::Messages => return self.messages(model),
            Kind::Responses => return self.responses(model),
        })
    }

    fn messages(&self, model: &str) -> Request {
        let body = json!({"model": model, "max_tokens": self.max_tokens,
            "messages": [{"role": "user", "content": self.prompt(12)}]});
        Request::Raw(RawCall { path: "v1/messages", body })
    }

    fn responses(&self, model: &str) -> Request {
        let body = json!({"model": model, "max_output_tokens": self.max_tokens, "input": self.prompt(12),
            "stream": true});
        Request::Raw(RawCall { path: "v1/responses", body })
    }

    fn prompt(&self, words: usize) -> String {
        let mut chance = ChaCha8Rng::seed_from_u64(self.seed);
        let words: Vec<&str> = (0..words).map(|_| WORDS[chance.random_range(0..WORDS.len())]).collect();
        words.join(" ")
    }
}

fn tools() -> Map<String, Value> {
    let parameters = json!({"type": "object", "properties": {"word": {"type": "string"}}});
    let tool = json!({"type": "function", "function": {"name": "spell", "parameters": parameters}});
    Map::from_iter([("tools".to_owned(), json!([tool])), ("tool_choice".to_owned(), "required".into())])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Call, Kind, Request, plan};

    #[test]
    fn the_same_seed_plans_the_same_calls_of_every_kind() {
        let kinds = [&Kind::CHAT[..], &Kind::RAW].concat();
        let planned = plan(7, &kinds, 200);
        assert_eq!(planned, plan(7, &kinds, 200));
        assert_ne!(planned, plan(8, &kinds, 200));
        assert_eq!(planned[..50], plan(7, &kinds, 50), "a longer plan begins like a shorter one");
        let drawn: BTreeSet<Kind> = planned.iter().map(|call| call.kind).collect();
        assert_eq!(drawn, kinds.into_iter().collect());
        let seeds: BTreeSet<u64> = planned.iter().map(|call| call.seed).collect();
        assert_eq!(seeds.len(), 200, "each job can be told from the others");
    }

    #[test]
    fn a_prompt_that_is_too_long_is_still_taken_by_the_network() {
        let call = Call { kind: Kind::TooLong, seed: 1, max_tokens: 8 };
        let Request::Chat(chat) = call.request("m") else { panic!("a chat call") };
        let length = chat.messages[0].content.chars().count();
        assert!(length <= 200_000, "{length}");
    }
}
