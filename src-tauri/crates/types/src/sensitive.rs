//! Values that must not be printed.

use std::fmt;

use zeroize::Zeroize;

/// A secret: prints as a placeholder, cannot be cloned, and is overwritten when dropped.
///
/// API keys, phrases, passwords and signed URLs travel in this. Prompts and outputs are kept out of logs by never
/// being handed to them.
pub struct Sensitive<T: Zeroize>(T);

impl<T: Zeroize> Sensitive<T> {
    /// Takes the secret in.
    pub const fn new(secret: T) -> Self {
        Self(secret)
    }

    /// Lends the secret; the name is long so that each use is seen in review.
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> Drop for Sensitive<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize> fmt::Debug for Sensitive<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sensitive(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::Sensitive;

    #[test]
    fn debug_shows_nothing_of_it() {
        let key = Sensitive::new(String::from("grid_secret"));
        assert!(!format!("{key:?}").contains("secret"));
        assert_eq!(key.expose(), "grid_secret");
    }
}
