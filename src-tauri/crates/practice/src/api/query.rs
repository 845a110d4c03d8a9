//! The `limit` of a list, refused in the words of the coordinator's framework.

use std::collections::HashMap;

use axum::extract::Query;
use serde_json::{Value, json};

use crate::error::ApiError;

/// What follows the question mark. Of a repeated name the last one counts.
pub(super) type Asked = Query<HashMap<String, String>>;

/// How many rows are wanted.
pub(super) fn limit(asked: &Asked, usual: usize, most: usize) -> Result<usize, ApiError> {
    let Some(given) = asked.get("limit") else { return Ok(usual) };
    let refused = |kind: &str, words: String, context: Option<Value>| {
        let mut fault = json!({"type": kind, "loc": ["query", "limit"], "msg": words, "input": given});
        if let Some(context) = context {
            fault["ctx"] = context;
        }
        Err(ApiError::Shape(vec![fault]))
    };
    match given.trim().parse::<i64>().map(|limit| (limit, usize::try_from(limit))) {
        Err(_) => {
            let words = "Input should be a valid integer, unable to parse string as an integer";
            refused("int_parsing", words.to_owned(), None)
        }
        Ok((..1, _)) => {
            let words = "Input should be greater than or equal to 1".to_owned();
            refused("greater_than_equal", words, Some(json!({"ge": 1})))
        }
        Ok((_, Ok(limit))) if limit <= most => Ok(limit),
        Ok(_) => {
            let words = format!("Input should be less than or equal to {most}");
            refused("less_than_equal", words, Some(json!({"le": most})))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_a_whole_number_in_its_bounds() {
        let check = |given: Option<&str>, expected: Result<usize, &str>| {
            let asked = given.map(|given| ("limit".to_owned(), given.to_owned()));
            let limit = limit(&Query(asked.into_iter().collect()), 50, 100);
            let kind = limit.map_err(|error| match error {
                ApiError::Shape(faults) => faults[0]["type"].as_str().unwrap_or_default().to_owned(),
                other => format!("{other:?}"),
            });
            assert_eq!(
                kind.as_ref().map_err(String::as_str),
                expected.as_ref().map_err(|kind| *kind),
                "{given:?}"
            );
        };
        check(None, Ok(50));
        check(Some("1"), Ok(1));
        check(Some(" 100 "), Ok(100));
        for (given, kind) in [
            ("0", "greater_than_equal"),
            ("-9223372036854775808", "greater_than_equal"),
            ("101", "less_than_equal"),
            ("9223372036854775807", "less_than_equal"),
            ("", "int_parsing"),
            ("many", "int_parsing"),
            ("1.5", "int_parsing"),
        ] {
            check(Some(given), Err(kind));
        }
    }
}
