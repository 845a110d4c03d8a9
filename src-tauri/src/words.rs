//! The words of what the shell itself shows: the tray, and the questions that are asked outside the page.
//!
//! They are in the page's own message file, so that a language is translated in one place.

use std::collections::BTreeMap;

/// A language's words by name.
#[derive(Debug)]
pub(crate) struct Words(BTreeMap<String, String>);

impl Words {
    /// The words in English, which are in the program.
    pub(crate) fn english() -> Self {
        const FILE: &str = include_str!("../../ui/src/messages/en.json");
        Self(serde_json::from_str(FILE).expect("BUG: the message file has one text for each name"))
    }

    /// The text of this name. A name without a text is shown as it is, which a test finds.
    pub(crate) fn text(&self, name: &str) -> String {
        self.0.get(name).cloned().unwrap_or_else(|| name.to_owned())
    }

    /// The text of this name with each `{placeholder}` filled. The values are not searched for further placeholders.
    pub(crate) fn with(&self, name: &str, values: &[(&str, &str)]) -> String {
        let text = self.text(name);
        let mut filled = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            filled.push_str(before);
            let Some((placeholder, after)) = after.split_once('}') else {
                filled.push('{');
                rest = after;
                continue;
            };
            let value = values.iter().find(|(name, _)| *name == placeholder);
            filled.push_str(
                &value.map_or_else(|| format!("{{{placeholder}}}"), |(_, value)| (*value).to_owned()),
            );
            rest = after;
        }
        filled.push_str(rest);
        filled
    }

    #[cfg(test)]
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Words {
        Words([("a".to_owned(), text.to_owned())].into())
    }

    #[test]
    fn placeholders_are_filled_and_a_missing_one_shows() {
        let check = |text: &str, expected: &str| {
            assert_eq!(words(text).with("a", &[("n", "7"), ("x", "{n}")]), expected);
        };
        check("{n} of {n}", "7 of 7");
        check("{x}", "{n}");
        check("{other}", "{other}");
        check("an open {brace", "an open {brace");
    }

    #[test]
    fn a_name_without_words_is_shown_as_it_is() {
        assert_eq!(words("b").text("missing"), "missing");
        assert!(Words::english().has("app.name"));
    }
}
