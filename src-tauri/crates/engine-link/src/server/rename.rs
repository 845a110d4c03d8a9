//! The answer as the Grid calls its model. What a server calls it is the owner's: llama.cpp may write a file's path.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

type Fields<'a> = BTreeMap<String, &'a RawValue>;

/// Where the APIs put the answer whose model is named, beside the top.
const INSIDE: [&str; 2] = ["message", "response"];

/// The same JSON with this name, which is JSON too, wherever an API names the model. All other bytes stay.
pub(crate) fn model(json: &str, name: &RawValue) -> String {
    let mut renamed = json.to_owned();
    let mut spots = spots(json);
    // From the back, so that the spots before stay where they are.
    spots.sort_by_key(|spot| std::cmp::Reverse(spot.0));
    for (begin, end) in spots {
        renamed.replace_range(begin..end, name.get());
    }
    renamed
}

/// From where to where the names are.
fn spots(json: &str) -> Vec<(usize, usize)> {
    let top = fields(json);
    let inner = INSIDE.iter().filter_map(|name| top.get(*name)).map(|inside| fields(inside.get()));
    let named = inner.chain([top.clone()]).filter_map(|fields| fields.get("model").copied());
    let named = named.map(RawValue::get).filter(|model| model.starts_with('"'));
    named
        .map(|model| {
            // A raw value borrows from the text it was read from.
            let begin = model.as_ptr().addr() - json.as_ptr().addr();
            (begin, begin + model.len())
        })
        .collect()
}

/// None, where it is no object.
fn fields(json: &str) -> Fields<'_> {
    serde_json::from_str(json).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_of_the_model_is_the_grids_and_all_other_bytes_stay() {
        let name = serde_json::value::to_raw_value("grid/x").expect("JSON");
        let check = |json: &str, expected: &str| assert_eq!(model(json, &name), expected);
        check(r#"{ "model" : "/home/eve/m.gguf" ,"n":1.0}"#, r#"{ "model" : "grid/x" ,"n":1.0}"#);
        check(
            r#"{"type":"message_start","message":{"é":0,"model":"m"}}"#,
            r#"{"type":"message_start","message":{"é":0,"model":"grid/x"}}"#,
        );
        check(
            r#"{"response":{"model":"a long name"},"message":{"model":"b"},"model":"c"}"#,
            r#"{"response":{"model":"grid/x"},"message":{"model":"grid/x"},"model":"grid/x"}"#,
        );
        for kept in [
            r#"{"model":null,"message":"model","delta":{"text":"{\"model\":\"m\"}"}}"#,
            r#"{"input":{"model":"a tool's argument"}}"#,
            "[7]",
        ] {
            check(kept, kept);
        }
    }
}
