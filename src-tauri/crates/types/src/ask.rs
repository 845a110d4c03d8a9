//! What a text job asks for, and what an answer is made of.

use crate::{ChatRequest, Private, Refusal};

/// The API a customer spoke. The coordinator never translates between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ApiFormat {
    /// Chat completions.
    OpenAiChat,
    /// Responses.
    OpenAiResponses,
    /// Messages.
    Anthropic,
}

impl ApiFormat {
    /// Every format the coordinator knows.
    pub const ALL: [Self; 3] = [Self::OpenAiChat, Self::OpenAiResponses, Self::Anthropic];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OpenAiChat => "openai-chat",
            Self::OpenAiResponses => "openai-responses",
            Self::Anthropic => "anthropic",
        }
    }

    /// Reads [`ApiFormat::as_str`] back.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.as_str() == word)
    }
}

/// What a text job asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    /// A chat.
    Chat {
        /// What our own engine makes of it, or the words with which it refuses it.
        read: Result<ChatRequest, Refusal>,
        /// The customer's own JSON, for servers that understand more than our engine.
        body: Private,
    },
    /// A request in another API, relayed as it is.
    Raw {
        /// Which API.
        format: ApiFormat,
        /// The customer's own JSON.
        body: Private,
        /// Whether the answer goes out event by event.
        stream: bool,
    },
}

impl Ask {
    /// A chat of our own making, as a self-test is.
    pub fn chat(request: ChatRequest) -> Self {
        let body = Private::from(crate::chat::plain_body(&request));
        Self::Chat { read: Ok(request), body }
    }

    /// Which API it came by.
    pub const fn format(&self) -> ApiFormat {
        match self {
            Self::Chat { .. } => ApiFormat::OpenAiChat,
            Self::Raw { format, .. } => *format,
        }
    }
}

/// A piece of an answer on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Text: whole Unicode scalars.
    Text(Private),
    /// What the model thought on the way to the text.
    Reasoning(Private),
    /// Fragments of tool calls: the JSON list of a chat delta's `tool_calls`.
    ToolCalls(Private),
    /// A refusal that the model itself put into words.
    Refusal(Private),
    /// One server-sent event of a raw job, to be relayed byte for byte.
    Event {
        /// The event's name, where it has one.
        name: Option<String>,
        /// Its data.
        data: Private,
    },
}

/// A whole answer, as its last frame repeats it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Exactly what was sent in pieces.
    Chat {
        /// The text. The receipt is over this and nothing else.
        text: Private,
        /// The reasoning.
        reasoning: Private,
    },
    /// The answer to a raw job.
    Raw {
        /// The body, unless it went out event by event.
        body: Option<Private>,
    },
}

impl Answer {
    /// What a receipt is over: the text of a chat. Nothing, where there is nothing to sign.
    pub fn text(&self) -> &str {
        match self {
            Self::Chat { text, .. } => text,
            Self::Raw { .. } => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Message, Sampling};

    #[test]
    fn formats_have_the_words_of_the_wire() {
        for format in ApiFormat::ALL {
            assert_eq!(ApiFormat::parse(format.as_str()), Some(format));
        }
        assert_eq!(ApiFormat::parse("OpenAI-chat"), None);
    }

    #[test]
    fn a_chat_of_our_own_is_written_as_a_customer_would() {
        let request = ChatRequest {
            messages: vec![Message::text("user", "say \"hi\"\n")],
            max_tokens: 8,
            stop: Vec::new(),
            sampling: Sampling { temperature: 0.0, ..Sampling::default() },
        };
        let Ask::Chat { body, .. } = Ask::chat(request) else { unreachable!() };
        let expected = "{\"max_tokens\":8,\"messages\":[{\"content\":\"say \\\"hi\\\"\\n\",\"role\":\"user\"}],\
                        \"temperature\":0}";
        assert_eq!(&*body, expected);
    }
}
