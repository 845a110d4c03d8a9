//! From token bytes to whole characters.

/// Holds back the bytes of a character that is not complete yet.
#[derive(Debug, Default)]
pub struct Detokenizer {
    held: Vec<u8>,
}

impl Detokenizer {
    /// Adds a token's bytes and returns the characters now complete, possibly none.
    ///
    /// Bytes that can never become a character are replaced by U+FFFD. A character still incomplete when the answer
    /// ends is dropped with the detokenizer: half a character is no text.
    pub fn push(&mut self, bytes: &[u8]) -> String {
        self.held.extend_from_slice(bytes);
        let mut text = String::new();
        loop {
            let error = match std::str::from_utf8(&self.held) {
                Ok(rest) => {
                    text.push_str(rest);
                    self.held.clear();
                    return text;
                }
                Err(error) => error,
            };
            let valid: Vec<u8> = self.held.drain(..error.valid_up_to()).collect();
            text.push_str(&String::from_utf8_lossy(&valid));
            let Some(invalid) = error.error_len() else { return text };
            self.held.drain(..invalid);
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pieces: &[&[u8]], expected: &[&str]) {
        let mut detokenizer = Detokenizer::default();
        let texts: Vec<String> = pieces.iter().map(|piece| detokenizer.push(piece)).collect();
        assert_eq!(texts, expected);
    }

    #[test]
    fn only_whole_characters_come_out() {
        check(&[b"a", b"b"], &["a", "b"]);
        check(&[b"\xF0\x9F", b"\x98", b"\x80!"], &["", "", "😀!"]);
        check(&[b"x\xE4", b"\xB8\xAD"], &["x", "中"]);
    }

    #[test]
    fn hopeless_bytes_become_replacement_characters_at_once() {
        check(&[b"a\xFFb"], &["a\u{FFFD}b"]);
        check(&[b"\xE4\xB8", b"a"], &["", "\u{FFFD}a"]);
    }

    proptest::proptest! {
        #[test]
        fn any_cut_of_a_text_gives_the_text(text: String, step in 1usize..5) {
            let mut detokenizer = Detokenizer::default();
            let joined: String = text.as_bytes().chunks(step).map(|piece| detokenizer.push(piece)).collect();
            assert_eq!(joined, text);
        }
    }
}
