//! What a customer is told when a request is not served, word for word.

use std::fmt;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::accounts::{ASSETS, LinkError};
use crate::enrolment::EnrolmentError;
use crate::sign_in::{ChallengeError, SignInError, StepUpError};

/// Why a request is not served.
#[derive(Clone, PartialEq)]
pub(crate) enum ApiError {
    NoKey,
    UnknownKey,
    MissingScope(&'static str),
    UnknownToken,
    TokenLacksScope(&'static str),
    /// An API key where only a fresh user token will do.
    NeedsProof,
    /// A delegated user beside a key that no back end of the Grid's own holds.
    DelegatedUser,
    Retired(&'static str),
    PayoutAddress,
    PayoutAsset,
    PayoutShare,
    NoSuchKey,
    Challenge(ChallengeError),
    SignIn(SignInError),
    StepUp(StepUpError),
    Link(LinkError),
    Enrolment(EnrolmentError),
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

impl From<ChallengeError> for ApiError {
    fn from(error: ChallengeError) -> Self {
        Self::Challenge(error)
    }
}

impl From<SignInError> for ApiError {
    fn from(error: SignInError) -> Self {
        Self::SignIn(error)
    }
}

impl From<StepUpError> for ApiError {
    fn from(error: StepUpError) -> Self {
        Self::StepUp(error)
    }
}

impl From<EnrolmentError> for ApiError {
    fn from(error: EnrolmentError) -> Self {
        Self::Enrolment(error)
    }
}

impl From<LinkError> for ApiError {
    fn from(error: LinkError) -> Self {
        Self::Link(error)
    }
}

impl ApiError {
    /// The status and the body.
    pub(crate) fn parts(self) -> (StatusCode, Value) {
        use StatusCode as Status;
        let detail = |status: StatusCode, words: String| (status, json!({"detail": words}));
        match self {
            Self::NoKey => detail(
                Status::UNAUTHORIZED,
                "Missing API key. Use 'apikey' header or 'Authorization: Bearer' header.".to_owned(),
            ),
            Self::UnknownKey => detail(Status::UNAUTHORIZED, "Invalid API key".to_owned()),
            Self::MissingScope(scope) => detail(Status::FORBIDDEN, format!("API key lacks {scope} scope")),
            Self::UnknownToken => {
                detail(Status::UNAUTHORIZED, "Expired or invalid Grid user token".to_owned())
            }
            Self::TokenLacksScope(scope) => detail(Status::FORBIDDEN, format!("Token lacks {scope} scope")),
            Self::NeedsProof => detail(
                Status::FORBIDDEN,
                "This action needs a fresh Google or wallet proof; an inference or service key cannot manage \
                 the account."
                    .to_owned(),
            ),
            // The specification names the status and not the words.
            Self::DelegatedUser => {
                detail(Status::FORBIDDEN, "User delegation headers need a service key".to_owned())
            }
            Self::Retired(words) => detail(Status::GONE, words.to_owned()),
            Self::PayoutAddress => detail(
                Status::BAD_REQUEST,
                "payout address must be a valid 0x-prefixed 40-hex EVM address".to_owned(),
            ),
            Self::PayoutAsset => {
                let assets = ASSETS.map(str::to_owned);
                detail(Status::BAD_REQUEST, format!("payout asset must be one of {}", python_list(&assets)))
            }
            Self::PayoutShare => {
                detail(Status::BAD_REQUEST, "payout_aipg_bps must be between 0 and 10000".to_owned())
            }
            Self::NoSuchKey => detail(Status::NOT_FOUND, "No such key on this account".to_owned()),
            Self::Challenge(error) => detail(Status::UNPROCESSABLE_ENTITY, error.to_string()),
            Self::SignIn(error) => detail(Status::UNAUTHORIZED, error.to_string()),
            Self::StepUp(error) => detail(Status::FORBIDDEN, error.to_string()),
            Self::Link(error @ LinkError::Busy) => detail(Status::CONFLICT, error.to_string()),
            Self::Link(
                error @ (LinkError::Message | LinkError::Nonce | LinkError::Malformed | LinkError::Signer),
            ) => detail(Status::UNAUTHORIZED, error.to_string()),
            Self::Enrolment(error) => detail(error.status(), error.to_string()),
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
pub(crate) fn python_list(names: &[String]) -> String {
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
