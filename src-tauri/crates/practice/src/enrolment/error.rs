//! Why an enrolment goes no further.

use axum::http::StatusCode;

/// What is said, in the coordinator's words where they are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum EnrolmentError {
    #[error("Native worker enrollment is not enabled.")]
    Off,
    #[error("worker enrollment was not found or has expired")]
    NotFound,
    #[error("worker name must be trimmed and at most 120 characters")]
    Name,
    #[error("candidate worker credential has an invalid format")]
    Key,
    #[error("poll token commitment must be lowercase SHA-256 hex")]
    Commitment,
    #[error("{0} is not a valid EVM address")]
    Address(&'static str),
    #[error("this account already has a different payout wallet; explicit replacement is required")]
    OtherWallet,
    #[error("worker delegation signature is invalid")]
    Malformed,
    #[error("delegation was not signed by the payout wallet")]
    Signer,
    #[error("invalid worker enrollment poll token")]
    PollToken,
    #[error("worker enrollment is not ready to activate")]
    NotComplete,
    // Of the following the specification names the status and not the words.
    #[error("profile id must be trimmed and at most 128 characters")]
    Profile,
    #[error("worker enrollment can no longer be prepared")]
    NotPending,
    #[error("worker enrollment is not ready to approve")]
    NotPrepared,
    #[error("worker enrollment belongs to another account")]
    OtherAccount,
    #[error("candidate worker credential is already in use")]
    KeyTaken,
}

impl EnrolmentError {
    pub(crate) const fn status(self) -> StatusCode {
        match self {
            Self::Off => StatusCode::SERVICE_UNAVAILABLE,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Name | Self::Key | Self::Commitment | Self::Address(_) | Self::Profile => {
                StatusCode::BAD_REQUEST
            }
            Self::Malformed | Self::Signer | Self::PollToken => StatusCode::UNAUTHORIZED,
            Self::OtherWallet
            | Self::NotComplete
            | Self::NotPending
            | Self::NotPrepared
            | Self::OtherAccount
            | Self::KeyTaken => StatusCode::CONFLICT,
        }
    }
}
