//! JSON that is passed on as it was written: what has to be known of it without reading it into memory.

use std::borrow::Cow;

/// Deeper than any real request; what reads it further on may not defend itself.
const DEEPEST: usize = 100;
/// More values than any real request has. Read into memory each of them takes some thirty bytes, but two on the line.
const MOST_VALUES: usize = 500_000;

/// Whether JSON may be read into memory or passed on: neither too deep nor of too many parts, and without half
/// characters. Takes valid JSON.
pub(super) fn is_reasonable(json: &str) -> bool {
    let (mut depth, mut values, mut in_string, mut escaped) = (0_usize, 0_usize, false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'[' | b'{' => {
                (depth, values) = (depth + 1, values + 1);
                if depth > DEEPEST {
                    return false;
                }
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            b',' | b':' => values += 1,
            _ => {}
        }
    }
    values <= MOST_VALUES && half_characters(json).next().is_none()
}

/// The JSON with every half of a surrogate pair replaced. One that stands alone makes the coordinator's handler fail and
/// costs the line.
pub(super) fn mended(json: &str) -> Cow<'_, str> {
    let halves: Vec<usize> = half_characters(json).collect();
    if halves.is_empty() {
        return Cow::Borrowed(json);
    }
    let mut mended = json.to_owned();
    for at in halves {
        mended.replace_range(at..at + 6, "\\ufffd");
    }
    Cow::Owned(mended)
}

/// Where escapes like `\ud83d` stand without their other half.
fn half_characters(json: &str) -> impl Iterator<Item = usize> {
    let mut at = 0;
    std::iter::from_fn(move || {
        while let Some(found) = json[at..].find('\\') {
            let start = at + found;
            match unit(json, start) {
                Some(0xd800..=0xdbff) if matches!(unit(json, start + 6), Some(0xdc00..=0xdfff)) => {
                    at = start + 12
                }
                Some(0xd800..=0xdfff) => {
                    at = start + 6;
                    return Some(start);
                }
                Some(_) => at = start + 6,
                // Any other escape is a backslash and one ASCII character.
                None => at = start + 2,
            }
        }
        None
    })
}

/// The UTF-16 unit that is escaped here, if one is.
fn unit(json: &str, at: usize) -> Option<u16> {
    let digits = json.get(at..at + 6)?.strip_prefix("\\u")?;
    u16::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn depth_and_parts_have_limits() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(is_reasonable(&nested(100)) && !is_reasonable(&nested(101)));
        let list = |parts: usize| format!("[{}1]", "1,".repeat(parts));
        assert!(is_reasonable(&list(400_000)) && !is_reasonable(&list(500_000)));
        let text = format!(r#"{{"a":"{}\"[[[,,,"}}"#, "[,".repeat(1_000_000));
        assert!(is_reasonable(&text), "what is in a text is no structure");
    }

    #[test]
    fn half_a_character_is_found_and_mended() {
        let check = |json: &str, expected: &str| {
            assert_eq!(mended(json), expected);
            assert_eq!(is_reasonable(json), json == expected, "{json}");
        };
        check(r#"["plain \u00e9 \\ud83d \" end"]"#, r#"["plain \u00e9 \\ud83d \" end"]"#);
        check(r#"["\ud83d\ude80"]"#, r#"["\ud83d\ude80"]"#);
        check(r#"["\ud83d"]"#, r#"["\ufffd"]"#);
        check(r#"["\ude80\uD83D"]"#, r#"["\ufffd\ufffd"]"#);
        check(r#"["\ud83d\ud83d\ude80"]"#, r#"["\ufffd\ud83d\ude80"]"#);
        check(r#"["\\\ud83dx"]"#, r#"["\\\ufffdx"]"#);
    }

    proptest! {
        #[test]
        fn whatever_is_mended_can_be_read(units in prop::collection::vec(0xd700_u16..0xe100, 0..20)) {
            let escapes: String = units.iter().map(|unit| format!("\\u{unit:04x}")).collect();
            let json = format!("[\"{escapes}\"]");
            prop_assert!(serde_json::from_str::<Vec<String>>(&mended(&json)).is_ok(), "{}", json);
        }
    }
}
