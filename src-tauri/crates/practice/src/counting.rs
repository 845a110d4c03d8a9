//! Counting tokens off the async threads, whatever the text.

use std::sync::Arc;

use crate::settlement::count_tokens;

/// The tokens of a text. A long one takes a while, and so does the table's first use.
///
/// The tokenizer's pattern gives up with a panic on a million blanks in a row.
/// Then every four characters are a token, as at the coordinator when it has no tokenizer.
pub(crate) async fn tokens(text: &str) -> u64 {
    let text: Arc<str> = text.into();
    let counted = Arc::clone(&text);
    let count = tokio::task::spawn_blocking(move || count_tokens(&counted)).await;
    count.unwrap_or_else(|_| by_length(&text))
}

fn by_length(text: &str) -> u64 {
    text.chars().count() as u64 / 4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_text_the_tokenizer_cannot_read_is_counted_by_its_length() {
        assert_eq!(tokens("Hello, world").await, count_tokens("Hello, world"));
        let blanks = format!("{}x", " ".repeat(1_200_000));
        assert_eq!(tokens(&blanks).await, 300_000);
    }
}
