//! Ending an answer at a stop text, also when it arrives in pieces.

/// What a piece of the answer led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// This much can be sent; possibly nothing.
    Text(String),
    /// A stop text came. This much before it can be sent, and nothing after.
    Stop(String),
}

/// Holds back text that could still become a stop text.
#[derive(Debug)]
pub struct StopFilter {
    stops: Vec<String>,
    held: String,
}

impl StopFilter {
    /// Empty stop texts are ignored: they would end every answer before it begins.
    pub fn new(stops: &[String]) -> Self {
        Self { stops: stops.iter().filter(|stop| !stop.is_empty()).cloned().collect(), held: String::new() }
    }

    /// Adds text in the order it was generated.
    pub fn push(&mut self, text: &str) -> Found {
        self.held.push_str(text);
        if let Some(start) = self.stops.iter().filter_map(|stop| self.held.find(stop.as_str())).min() {
            self.held.truncate(start);
            return Found::Stop(std::mem::take(&mut self.held));
        }
        let kept = self.held.split_off(self.held.len() - self.pending());
        Found::Text(std::mem::replace(&mut self.held, kept))
    }

    /// The text held back, when the answer ends for another reason.
    pub fn finish(self) -> String {
        self.held
    }

    /// The length of the longest end of the held text that begins a stop text.
    fn pending(&self) -> usize {
        let begins = |stop: &String| {
            let longest = self.held.len().min(stop.len() - 1);
            let fits = |&length: &usize| {
                let start = self.held.len() - length;
                stop.is_char_boundary(length) && self.held.as_bytes()[start..] == stop.as_bytes()[..length]
            };
            (1..=longest).rev().find(fits).unwrap_or(0)
        };
        self.stops.iter().map(begins).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(stops: &[&str], pieces: &[&str]) -> (String, bool) {
        let stops: Vec<String> = stops.iter().map(|&stop| stop.to_owned()).collect();
        let mut filter = StopFilter::new(&stops);
        let mut sent = String::new();
        for piece in pieces {
            match filter.push(piece) {
                Found::Text(text) => sent.push_str(&text),
                Found::Stop(text) => return (sent + &text, true),
            }
        }
        sent += &filter.finish();
        (sent, false)
    }

    fn check(stops: &[&str], pieces: &[&str], sent: &str, stopped: bool) {
        assert_eq!(run(stops, pieces), (sent.to_owned(), stopped), "stops {stops:?} in {pieces:?}");
    }

    #[test]
    fn a_stop_text_ends_the_answer_and_is_not_in_it() {
        check(&["STOP"], &["one STOP two"], "one ", true);
        check(&["STOP"], &["one S", "TO", "P two"], "one ", true);
        check(&["b", "abc"], &["abc"], "", true);
        check(&["中"], &["x中y"], "x", true);
        check(&["\n\n"], &["a\n", "\nb"], "a", true);
    }

    #[test]
    fn what_only_looked_like_a_stop_text_is_sent() {
        check(&["STOP"], &["one STO", "RY"], "one STORY", false);
        check(&["STOP"], &["one STO"], "one STO", false);
        check(&["aab"], &["aa", "aab"], "aa", true);
        check(&["é!"], &["é", "?"], "é?", false);
        check(&[""], &["text"], "text", false);
    }

    #[test]
    fn nothing_is_held_longer_than_needed() {
        let mut filter = StopFilter::new(&["xyz".into()]);
        assert_eq!(filter.push("abx"), Found::Text("ab".into()));
        assert_eq!(filter.push("a"), Found::Text("xa".into()));
    }

    proptest::proptest! {
        #[test]
        fn any_cut_gives_what_one_piece_gives(
            text in "[ab中]{0,24}",
            stops in proptest::collection::vec("[ab中]{1,3}", 0..3),
            step in 1usize..4,
        ) {
            let stops: Vec<&str> = stops.iter().map(String::as_str).collect();
            let letters: Vec<String> = text.chars().collect::<Vec<_>>().chunks(step).map(|part| part.iter().collect()).collect();
            let pieces: Vec<&str> = letters.iter().map(String::as_str).collect();
            let (sent, stopped) = run(&stops, &pieces);
            let first_end = stops.iter().filter_map(|stop| text.find(stop).map(|at| at + stop.len())).min();
            assert_eq!(stopped, first_end.is_some());
            if !stopped {
                assert_eq!(sent, text);
            }
            assert!(text.starts_with(&sent));
            assert!(stops.iter().all(|stop| !sent.contains(stop)), "a stop text was sent");
        }
    }
}
