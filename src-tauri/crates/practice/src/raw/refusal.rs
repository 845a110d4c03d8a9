//! What a raw request is refused with: each API has an envelope of its own.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::error::{ApiError, python_list};
use crate::format::RawFormat;

/// Why a raw request is not served: a status and a body.
pub(crate) struct RawRefusal(StatusCode, Value);

impl IntoResponse for RawRefusal {
    fn into_response(self) -> Response {
        (self.0, Json(self.1)).into_response()
    }
}

/// What both APIs have in common with the others is said as they say it.
impl From<ApiError> for RawRefusal {
    fn from(error: ApiError) -> Self {
        let (status, body) = error.parts();
        Self(status, body)
    }
}

impl RawRefusal {
    /// The Messages API names a kind beside the words.
    fn said(format: RawFormat, status: StatusCode, kind: &str, words: String) -> Self {
        Self(
            status,
            match format {
                RawFormat::Messages => json!({"detail": {"type": kind, "message": words}}),
                RawFormat::Responses => json!({"detail": words}),
            },
        )
    }

    fn plain(status: StatusCode, words: impl Into<String>) -> Self {
        Self(status, json!({"detail": words.into()}))
    }

    pub(super) fn key(format: RawFormat, error: ApiError) -> Self {
        let (status, body) = error.parts();
        match body["detail"].as_str() {
            Some(words) => Self::said(format, status, "authentication_error", words.to_owned()),
            None => Self(status, body),
        }
    }

    pub(super) fn too_deep(most: usize) -> Self {
        Self::plain(StatusCode::BAD_REQUEST, format!("request nesting too deep (max {most})"))
    }

    pub(super) fn no_model(format: RawFormat) -> Self {
        let words = "'model' is required.".to_owned();
        Self::said(format, StatusCode::BAD_REQUEST, "invalid_request_error", words)
    }

    pub(super) fn no_workers(format: RawFormat) -> Self {
        let api = match format {
            RawFormat::Messages => "Anthropic Messages",
            RawFormat::Responses => "OpenAI Responses",
        };
        let words = format!("No workers serving the {api} API are online.");
        Self::said(format, StatusCode::SERVICE_UNAVAILABLE, "overloaded_error", words)
    }

    pub(super) fn unknown_model(format: RawFormat, wanted: &str, online: &[String]) -> Self {
        let api = match format {
            RawFormat::Messages => "Anthropic Messages API",
            RawFormat::Responses => "Responses API",
        };
        let words =
            format!("Model '{wanted}' is not available via the {api}. Online: {}", python_list(online));
        Self::said(format, StatusCode::NOT_FOUND, "not_found_error", words)
    }

    pub(super) fn budget(format: RawFormat, words: String) -> Self {
        Self::said(format, StatusCode::UNPROCESSABLE_ENTITY, "invalid_request_error", words)
    }

    /// The worker says that the request is bad: its words go through in both APIs alike.
    pub(super) fn client_error(words: String) -> Self {
        Self::plain(StatusCode::BAD_REQUEST, words)
    }

    pub(super) fn upstream(words: String) -> Self {
        Self::plain(StatusCode::BAD_GATEWAY, words)
    }

    pub(super) fn silence() -> Self {
        Self::plain(StatusCode::GATEWAY_TIMEOUT, "No response from worker")
    }

    pub(super) fn shutting_down() -> Self {
        ApiError::ShuttingDown.into()
    }
}
