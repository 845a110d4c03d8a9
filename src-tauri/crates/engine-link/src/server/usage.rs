//! What an answer cost, as servers count it.

use serde_json::Value;
use types::Usage;

/// Reads the counts of any of the three APIs; `None` if they are not there or are no sensible numbers.
pub(crate) fn read(usage: &Value) -> Option<Usage> {
    let count = |names: [&str; 2]| names.into_iter().find_map(|name| usage.get(name)).and_then(number);
    Some(Usage {
        prompt_tokens: count(["prompt_tokens", "input_tokens"])?,
        completion_tokens: count(["completion_tokens", "output_tokens"])?,
    })
}

fn number(value: &Value) -> Option<u32> {
    value.as_u64()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counts_of_each_api_are_read_and_impossible_ones_are_not() {
        let check = |text: &str, expected: Option<(u32, u32)>| {
            let usage = read(&serde_json::from_str(text).expect("JSON"));
            assert_eq!(usage.map(|usage| (usage.prompt_tokens, usage.completion_tokens)), expected, "{text}");
        };
        check(r#"{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11}"#, Some((9, 2)));
        check(r#"{"input_tokens":7,"output_tokens":3}"#, Some((7, 3)));
        for impossible in [
            "null",
            "{}",
            "7",
            r#"{"prompt_tokens":9}"#,
            r#"{"prompt_tokens":-1,"completion_tokens":2}"#,
            r#"{"prompt_tokens":1.5,"completion_tokens":2}"#,
            r#"{"prompt_tokens":1,"completion_tokens":99999999999999999999999}"#,
            r#"{"prompt_tokens":1,"completion_tokens":"many"}"#,
        ] {
            check(impossible, None);
        }
    }
}
