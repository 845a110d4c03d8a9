//! The nonces that were given out. Each is good for 300 seconds and once.

use std::collections::HashMap;
use std::time::Duration;

use types::Timestamp;

use super::Challenge;

/// How many seconds a nonce lives.
pub(crate) const NONCE_LIFE: u64 = 300;
/// So many may be open at once. Rate limits keep an honest network far below.
const MOST: usize = 10_000;

/// What a nonce was given out for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Offer {
    /// To sign in with this text.
    Challenge(Challenge),
    /// Bare, to link a wallet.
    Plain,
}

/// Every open nonce.
#[derive(Default)]
pub(crate) struct Nonces(HashMap<String, (Offer, Timestamp)>);

// An open nonce is a secret between two.
impl std::fmt::Debug for Nonces {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Nonces({})", self.0.len())
    }
}

fn is_open(given: Timestamp, now: Timestamp) -> bool {
    now.since(given) < Duration::from_secs(NONCE_LIFE)
}

impl Nonces {
    /// Remembers a nonce; false if there are too many.
    pub(crate) fn give(&mut self, nonce: String, offer: Offer, now: Timestamp) -> bool {
        self.0.retain(|_, (_, given)| is_open(*given, now));
        let room = self.0.len() < MOST;
        if room {
            self.0.insert(nonce, (offer, now));
        }
        room
    }

    /// What a nonce was given out for, if it is still good.
    pub(crate) fn look(&self, nonce: &str, now: Timestamp) -> Option<&Offer> {
        self.0.get(nonce).filter(|(_, given)| is_open(*given, now)).map(|(offer, _)| offer)
    }

    /// Uses a nonce up; `None` if it was not good any more.
    pub(crate) fn spend(&mut self, nonce: &str, now: Timestamp) -> Option<Offer> {
        self.look(nonce, now)?;
        self.0.remove(nonce).map(|(offer, _)| offer)
    }
}

/// The nonce a text names: the hex digits behind the first `Nonce: `.
pub(crate) fn nonce_in(message: &str) -> Option<&str> {
    message.match_indices("Nonce: ").find_map(|(place, word)| {
        let rest = &message[place + word.len()..];
        let end = rest.find(|letter: char| !letter.is_ascii_hexdigit()).unwrap_or(rest.len());
        (end > 0).then(|| &rest[..end])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_good_for_300_seconds_and_once() {
        let start = Timestamp::from_millis(1_800_000_000_000);
        let after = |seconds| start.plus(Duration::from_secs(seconds));
        let mut nonces = Nonces::default();
        assert!(nonces.give("ab".into(), Offer::Plain, start));
        assert_eq!(nonces.look("ab", after(299)), Some(&Offer::Plain));
        assert_eq!(nonces.look("ab", after(300)), None);
        assert_eq!(nonces.spend("ab", after(299)), Some(Offer::Plain));
        assert_eq!(nonces.spend("ab", start), None);
        assert!((0..MOST).all(|count| nonces.give(count.to_string(), Offer::Plain, start)));
        assert!(!nonces.give("one more".into(), Offer::Plain, after(299)), "there is a bound");
        assert!(nonces.give("one more".into(), Offer::Plain, after(300)));
        assert!(!format!("{nonces:?}").contains("one more"));
    }

    #[test]
    fn the_first_nonce_in_a_text_counts() {
        let check = |text: &str, nonce: Option<&str>| assert_eq!(nonce_in(text), nonce, "{text}");
        check("hello", None);
        check("Nonce: ", None);
        check("Nonce: xyz", None);
        check("Nonce: xyz\nNonce: 0aF\nNonce: 1", Some("0aF"));
        check("Nonce: 12 ", Some("12"));
    }
}
