//! Why an account page could not be read.

use serde_json::Value;

use super::text::plain;

/// The longest detail that is kept.
const LONGEST_DETAIL: usize = 300;

/// Why an account page could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// The key holds what no key holds. Nothing was sent.
    #[error("this is no API key")]
    BadKey,
    /// 401: the key is missing, wrong or revoked.
    #[error("the Grid does not know this API key")]
    Unauthorised,
    /// 403: the key is good, but not for this.
    #[error("the API key may not read this: {detail}")]
    Forbidden {
        /// The coordinator's words, cut to a length.
        detail: String,
    },
    /// 429: the next minute will do.
    #[error("the Grid was asked too often")]
    RateLimited,
    /// Any other answer but a page.
    #[error("the Grid refused with {status}: {detail}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The coordinator's words, cut to a length. A redirect has none and is not followed.
        detail: String,
    },
    /// Nobody answers there, or not to the end, or not in time.
    #[error("the Grid cannot be reached: {0}")]
    Unreachable(String),
    /// What came is not the page that was asked for.
    #[error("the Grid's answer makes no sense: {0}")]
    Malformed(String),
    /// More came than such a page holds.
    #[error("the Grid's answer is too large")]
    TooLarge,
}

impl AccountError {
    /// Whether asking again later may help without anybody doing something.
    pub const fn is_transient(&self) -> bool {
        match self {
            Self::RateLimited | Self::Unreachable(_) => true,
            Self::Refused { status, .. } => *status >= 500 || *status == 408,
            Self::BadKey
            | Self::Unauthorised
            | Self::Forbidden { .. }
            | Self::Malformed(_)
            | Self::TooLarge => false,
        }
    }

    /// A member of the page that is not what it should be. The value itself is not quoted.
    pub(super) fn wrong(member: &str) -> Self {
        Self::Malformed(format!("{member} is not as it should be"))
    }

    /// An answer that is no page, in its words.
    pub(super) fn refusal(status: u16, words: String) -> Self {
        match status {
            401 => Self::Unauthorised,
            403 => Self::Forbidden { detail: words },
            429 => Self::RateLimited,
            _ => Self::Refused { status, detail: words },
        }
    }
}

/// The words of a refusal in any of the coordinator's forms, a text, a list of faults, an error object or plain text,
/// without these secrets.
pub(super) fn words(body: &[u8], secrets: &[&str]) -> String {
    let words = match serde_json::from_slice::<Value>(body) {
        Ok(body) => match (&body["detail"], &body["error"]["message"]) {
            (Value::String(words), _) | (_, Value::String(words)) => words.clone(),
            (Value::Array(faults), _) => faults.iter().take(8).map(fault).collect::<Vec<_>>().join("; "),
            _ => String::new(),
        },
        Err(_) => String::from_utf8_lossy(body).into_owned(),
    };
    // A refusal may echo what was sent. Secrets are taken out before the cut, which could leave a part of one.
    let words: String = words.chars().filter(|c| !c.is_control()).collect();
    let without = |words: String, secret: &&str| words.replace(*secret, "…");
    plain(&secrets.iter().filter(|secret| !secret.is_empty()).fold(words, without), LONGEST_DETAIL)
}

/// One fault of a list: where and what. Its `input` is what was sent and is not read.
fn fault(fault: &Value) -> String {
    let places = fault["loc"].as_array().into_iter().flatten();
    let place: Vec<&str> = places.filter_map(Value::as_str).collect();
    format!("{}: {}", place.join("."), fault["msg"].as_str().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "grid_canary-canary-canary-canary-canary";

    #[test]
    fn every_form_of_refusal_is_read() {
        let check = |status: u16, body: &str, expected: AccountError| {
            let refusal = AccountError::refusal(status, words(body.as_bytes(), &[KEY]));
            assert_eq!(refusal, expected, "{status} {body}");
        };
        let refused = |status, detail: &str| AccountError::Refused { status, detail: detail.into() };
        check(401, r#"{"detail":"Invalid API key"}"#, AccountError::Unauthorised);
        check(
            403,
            r#"{"detail":"API key lacks account.read scope"}"#,
            AccountError::Forbidden { detail: "API key lacks account.read scope".into() },
        );
        check(
            429,
            r#"{"error":{"message":"Rate limit exceeded. Please slow down.","type":"rate_limit_error"}}"#,
            AccountError::RateLimited,
        );
        check(
            422,
            r#"{"detail":[{"type":"int_parsing","loc":["query","limit"],"msg":"no integer","input":"canary"}]}"#,
            refused(422, "query.limit: no integer"),
        );
        check(503, r#"{"error":{"message":"soon"}}"#, refused(503, "soon"));
        check(500, "Internal Server Error", refused(500, "Internal Server Error"));
        check(500, "", refused(500, ""));
        check(404, r#"{"detail":{"a":1}}"#, refused(404, ""));
        check(404, "[1]", refused(404, ""));
    }

    #[test]
    fn no_refusal_carries_the_key_or_a_terminals_commands() {
        for body in [
            format!("bad key {KEY}!"),
            format!(r#"{{"detail":"{KEY}\u001b[31m"}}"#),
            format!(r#"{{"detail":[{{"loc":["{KEY}"],"msg":"{KEY}","input":"{KEY}"}}]}}"#),
            format!("{}{KEY}", "x".repeat(LONGEST_DETAIL - 10)),
            KEY.replace("canary-", "canary-\u{7}"),
        ] {
            let refusal = AccountError::refusal(500, words(body.as_bytes(), &["", KEY]));
            let printed = format!("{refusal} {refusal:?}");
            assert!(!printed.contains("canary") && !printed.contains('\u{1b}'), "{printed}");
            assert!(printed.chars().count() < 3 * LONGEST_DETAIL);
        }
    }

    #[test]
    fn only_what_may_pass_by_itself_is_transient() {
        let refused = |status| AccountError::Refused { status, detail: String::new() };
        for passing in
            [refused(500), refused(503), AccountError::RateLimited, AccountError::Unreachable("".into())]
        {
            assert!(passing.is_transient(), "{passing:?}");
        }
        for lasting in [
            refused(404),
            refused(302),
            AccountError::Unauthorised,
            AccountError::TooLarge,
            AccountError::wrong("den"),
        ] {
            assert!(!lasting.is_transient(), "{lasting:?}");
        }
    }
}
