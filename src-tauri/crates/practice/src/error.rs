//! What a customer is told when a request is not served, word for word.

use std::fmt;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// Why a request is not served.
#[derive(Clone, PartialEq)]
pub(crate) enum ApiError {
    NoKey,
    UnknownKey,
    MissingScope(&'static str),
    /// The body does not have the right shape; each fault says where.
    Shape(Vec<Value>),
    /// So many characters.
    TooLarge(usize),
    NoWorkers,
    UnknownModel {
        wanted: String,
        online: Vec<String>,
    },
    ModelNotFound(String),
    TooManyAtOnce(u32),
    TooFast,
    /// The worker's own words.
    ClientError(String),
    Upstream(String),
    NotFound,
    ShuttingDown,
}

// Faults echo the request, and a worker's words may: neither may be printed.
impl fmt::Debug for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiError({})", self.clone().parts().0)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, body) = self.parts();
        (status, Json(body)).into_response()
    }
}

impl ApiError {
    fn parts(self) -> (StatusCode, Value) {
        use StatusCode as Status;
        let detail = |status: StatusCode, words: String| (status, json!({"detail": words}));
        match self {
            Self::NoKey => detail(
                Status::UNAUTHORIZED,
                "Missing API key. Use 'apikey' header or 'Authorization: Bearer' header.".to_owned(),
            ),
            Self::UnknownKey => detail(Status::UNAUTHORIZED, "Invalid API key".to_owned()),
            Self::MissingScope(scope) => detail(Status::FORBIDDEN, format!("API key lacks {scope} scope")),
            Self::Shape(faults) => (Status::UNPROCESSABLE_ENTITY, json!({"detail": faults})),
            Self::TooLarge(size) => {
                detail(Status::PAYLOAD_TOO_LARGE, format!("request too large ({size} chars; max 200000)"))
            }
            Self::NoWorkers => detail(
                Status::SERVICE_UNAVAILABLE,
                "No compatible text workers are currently online.".to_owned(),
            ),
            Self::UnknownModel { wanted, online } => detail(
                Status::NOT_FOUND,
                format!("Model '{wanted}' is not available. Online models: {}", python_list(&online)),
            ),
            Self::ModelNotFound(wanted) => detail(Status::NOT_FOUND, format!("Model '{wanted}' not found")),
            Self::TooManyAtOnce(limit) => detail(
                Status::TOO_MANY_REQUESTS,
                format!("Too many concurrent requests (limit {limit}). Retry shortly."),
            ),
            Self::TooFast => (
                Status::TOO_MANY_REQUESTS,
                json!({"error": {"message": "Rate limit exceeded. Please slow down.", "type": "rate_limit_error"}}),
            ),
            Self::ClientError(words) => detail(Status::BAD_REQUEST, words),
            Self::Upstream(words) => detail(Status::BAD_GATEWAY, words),
            Self::NotFound => detail(Status::NOT_FOUND, "Not Found".to_owned()),
            Self::ShuttingDown => detail(Status::SERVICE_UNAVAILABLE, "Shutting down".to_owned()),
        }
    }
}

/// A list as Python prints it, which is how the coordinator names the online models.
fn python_list(names: &[String]) -> String {
    let quoted = names.iter().map(|name| {
        let quote = if name.contains('\'') && !name.contains('"') { '"' } else { '\'' };
        let name = name.replace('\\', "\\\\");
        let name = if quote == '\'' { name.replace('\'', "\\'") } else { name };
        format!("{quote}{name}{quote}")
    });
    format!("[{}]", quoted.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_request_is_printed() {
        let canary = || "canary".to_owned();
        for error in [
            ApiError::Shape(vec![json!({"input": "canary"})]),
            ApiError::ClientError(canary()),
            ApiError::Upstream(canary()),
        ] {
            assert!(!format!("{error:?}").contains("canary"), "{error:?}");
        }
    }
}
