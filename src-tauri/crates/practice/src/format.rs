//! The ways a customer may speak, which a worker serves or does not.

/// The API a request came in by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum ApiFormat {
    /// `POST /v1/chat/completions`: the network reads what it relays.
    Chat,
    /// An API whose events are relayed unread.
    Raw(RawFormat),
}

/// An API the worker speaks itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum RawFormat {
    /// `POST /v1/responses`.
    Responses,
    /// `POST /v1/messages`.
    Messages,
}

impl ApiFormat {
    /// The name in frames.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Chat => "openai-chat",
            Self::Raw(format) => format.name(),
        }
    }
}

impl RawFormat {
    /// The name in frames.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Responses => "openai-responses",
            Self::Messages => "anthropic",
        }
    }
}
