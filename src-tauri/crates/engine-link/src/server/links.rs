//! Requests that would make the server fetch something.
//!
//! A picture may lie in the request itself. An address would be fetched by the owner's server, inside the owner's
//! network, at the wish of a stranger.

use serde_json::{Map, Value};
use types::Refusal;

/// Keys under which the APIs take an address, whatever the part says its type is.
const LINKS: [&str; 5] = ["image_url", "video_url", "audio_url", "file_url", "server_url"];

/// Refuses a request that names an address, anywhere in these parts of it.
pub(crate) fn refuse(part: &Value) -> Result<(), Refusal> {
    match part {
        Value::Array(parts) => parts.iter().try_for_each(refuse),
        Value::Object(fields) => object(fields),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}

fn object(fields: &Map<String, Value>) -> Result<(), Refusal> {
    let is = |kind: &str| fields.get("type").and_then(Value::as_str) == Some(kind);
    for (name, value) in fields {
        let link = match value {
            Value::String(link) if LINKS.contains(&name.as_str()) => Some(link),
            Value::String(link) if name == "url" && !is("url_citation") => Some(link),
            Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => None,
            // What a tool is given is for the tool, not for the server.
            Value::Object(_) | Value::Array(_) if name == "input" && is("tool_use") => None,
            Value::Object(_) | Value::Array(_) => {
                refuse(value)?;
                None
            }
        };
        if link.is_some_and(|link| !link.trim_start().to_ascii_lowercase().starts_with("data:")) {
            return Err(Refusal("pictures and files must be part of the request, as data: addresses".into()));
        }
    }
    Ok(())
}

/// Whether any of these parts is a picture.
pub(crate) fn holds_a_picture(part: &Value) -> bool {
    match part {
        Value::Array(parts) => parts.iter().any(holds_a_picture),
        Value::Object(fields) => {
            let kind = fields.get("type").and_then(Value::as_str).unwrap_or_default();
            let is_one =
                matches!(kind, "image" | "image_url" | "input_image") || fields.contains_key("image_url");
            is_one || (kind != "tool_use" && fields.values().any(holds_a_picture))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_in_the_request_passes_and_what_would_be_fetched_does_not() {
        let check = |passes: bool, part: &str| {
            let part: Value = serde_json::from_str(part).expect("JSON");
            assert_eq!(refuse(&part).is_ok(), passes, "{part}");
        };
        for inside in [
            r#"[{"role":"user","content":"see http://example.org"}]"#,
            r#"[{"content":[{"type":"text","text":"http://a"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AA"}}]}]"#,
            r#"[{"content":[{"type":"input_image","image_url":"DATA:image/png;base64,AA"}]}]"#,
            r#"[{"content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AA"}}]}]"#,
            r#"[{"content":[{"type":"tool_use","name":"open","input":{"url":"http://example.org"}}]}]"#,
            r#"[{"tool_calls":[{"function":{"name":"open","arguments":"{\"url\":\"http://a\"}"}}]}]"#,
            r#"[{"function":{"name":"open","parameters":{"properties":{"url":{"type":"string"},"image_url":{"type":"string"}}}}}]"#,
        ] {
            check(true, inside);
        }
        for outside in [
            r#"[{"content":[{"type":"image_url","image_url":{"url":"http://169.254.169.254/latest"}}]}]"#,
            r#"[{"content":[{"image_url":"https://example.org/a.png"}]}]"#,
            r#"[{"content":[{"type":"image_url","image_url":{"url":"file:///etc/passwd"}}]}]"#,
            r#"[{"content":[{"type":"image_url","image_url":{"url":" /etc/passwd"}}]}]"#,
            r#"[{"content":[{"type":"image","source":{"type":"url","url":"https://a"}}]}]"#,
            r#"[{"content":[{"type":"tool_result","content":[{"type":"image","source":{"type":"url","url":"https://a"}}]}]}]"#,
            r#"[{"content":[{"type":"input_file","file_url":"https://a"}]}]"#,
            r#"[{"type":"mcp","server_url":"http://10.0.0.1"}]"#,
        ] {
            check(false, outside);
        }
    }

    #[test]
    fn pictures_are_seen_in_the_parts_of_every_api() {
        let check = |expected: bool, part: &str| {
            let part: Value = serde_json::from_str(part).expect("JSON");
            assert_eq!(holds_a_picture(&part), expected, "{part}");
        };
        check(true, r#"[{"content":[{"type":"image_url","image_url":{"url":"data:a"}}]}]"#);
        check(true, r#"[{"content":[{"image_url":"data:a"}]}]"#);
        check(true, r#"[{"content":[{"type":"input_image","image_url":"data:a"}]}]"#);
        check(true, r#"[{"content":[{"type":"tool_result","content":[{"type":"image","source":{}}]}]}]"#);
        check(false, r#"[{"content":[{"type":"text","text":"image_url"}]}]"#);
        check(false, r#"[{"content":[{"type":"tool_use","input":{"type":"image"}}]}]"#);
        check(false, "\"hi\"");
    }
}
