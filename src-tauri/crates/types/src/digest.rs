//! A SHA-256 digest.

use std::fmt;

use sha2::Digest as _;

/// SHA-256 of some bytes. Written and read as 64 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sha256([u8; 32]);

impl Sha256 {
    /// Hashes these bytes.
    pub fn of(bytes: impl AsRef<[u8]>) -> Self {
        Self(sha2::Sha256::digest(bytes).into())
    }

    /// Wraps a digest computed elsewhere, for example while streaming a file.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads 64 lower-case hex digits; anything else, upper case too, is `None`.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 64 || text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return None;
        }
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).ok()?;
        Some(Self(bytes))
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sha256({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::Sha256;

    #[test]
    fn only_lower_case_hex_is_a_digest() {
        let good = Sha256::of("").to_string();
        assert_eq!(Sha256::parse(&good).map(|d| d.to_string()), Some(good.clone()));
        for bad in [good.to_uppercase(), format!("0x{good}"), good[1..].to_owned(), "zz".repeat(32)] {
            assert_eq!(Sha256::parse(&bad), None, "{bad} must not pass as a digest");
        }
    }
}
