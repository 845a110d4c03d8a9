//! Text that belongs to somebody else.

use std::fmt;
use std::ops::Deref;

/// A piece of a prompt or an answer: readable where it is needed, and only its length where it is printed.
///
/// Whatever derives `Debug` may hold it; logs cannot leak it by accident.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Private(String);

impl Private {
    /// The text itself.
    pub fn into_string(self) -> String {
        self.0
    }

    /// More of it.
    pub fn push_str(&mut self, more: &str) {
        self.0.push_str(more);
    }
}

impl Deref for Private {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl From<String> for Private {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Private {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for Private {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::Private;

    #[test]
    fn debug_shows_its_length_and_nothing_of_it() {
        assert_eq!(format!("{:?}", Private::from("my diary")), "8 bytes");
    }
}
