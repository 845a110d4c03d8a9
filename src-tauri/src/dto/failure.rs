//! Why a request was refused.

use serde::Serialize;

/// Why a request was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Failure {
    /// The name of the reason, if the screen has words for it.
    pub code: Option<String>,
    /// What happened, in words.
    pub detail: String,
}

impl Failure {
    /// Every name there are words for.
    #[cfg(test)]
    pub(crate) const NAMES: [&str; 9] = [
        "busy",
        "ended",
        "not-serving",
        "no-wallet",
        "not-now",
        "no-account",
        "no-engine",
        "bad-address",
        "not-saved",
    ];

    /// What has no name of its own. The details are for the curious.
    pub(crate) fn because(error: &dyn std::error::Error) -> Self {
        Self { code: None, detail: error.to_string() }
    }

    /// There is no room for one more.
    pub(crate) fn busy() -> Self {
        Self::named("busy")
    }

    pub(crate) fn ended() -> Self {
        Self::named("ended")
    }

    pub(crate) fn not_serving() -> Self {
        Self::named("not-serving")
    }

    pub(crate) fn no_wallet() -> Self {
        Self::named("no-wallet")
    }

    /// Something else is under way, or there is nothing of the kind.
    pub(crate) fn not_now() -> Self {
        Self::named("not-now")
    }

    pub(crate) fn no_account() -> Self {
        Self::named("no-account")
    }

    pub(crate) fn no_engine() -> Self {
        Self::named("no-engine")
    }

    /// It is no address, or not one that may be connected to.
    pub(crate) fn bad_address() -> Self {
        Self::named("bad-address")
    }

    /// A file could not be written; nothing of it is left.
    pub(crate) fn not_saved() -> Self {
        Self::named("not-saved")
    }

    fn named(code: &str) -> Self {
        Self { code: Some(code.to_owned()), detail: code.to_owned() }
    }
}
