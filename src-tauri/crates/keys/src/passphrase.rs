//! The passphrase of the rig's files, which nobody types.

use types::Sensitive;

use crate::KeyError;

const BYTES: usize = 32;

/// 32 random bytes as hex: opens the rig key and the small store of API keys.
///
/// The wallet's file keeps it, sealed under the owner's password. The system's keyring may keep it too, so that nobody
/// need type; where there is no wallet, the keyring alone has it.
#[derive(Debug)]
pub struct RigPassphrase(Sensitive<String>);

impl RigPassphrase {
    /// A new one from the system's randomness.
    pub fn generate() -> Result<Self, KeyError> {
        let mut bytes = zeroize::Zeroizing::new([0; BYTES]);
        getrandom::fill(&mut *bytes).map_err(|_| KeyError::NoRandomness)?;
        Ok(Self::from_bytes(&bytes))
    }

    /// Reads what a keyring kept; `None` if it is anything else.
    pub fn from_text(text: Sensitive<String>) -> Option<Self> {
        let hex_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        (text.expose().len() == BYTES * 2 && text.expose().bytes().all(hex_digit)).then_some(Self(text))
    }

    /// The form in which a keyring keeps it.
    pub const fn text(&self) -> &Sensitive<String> {
        &self.0
    }

    pub(crate) fn from_bytes(bytes: &[u8; BYTES]) -> Self {
        Self(Sensitive::new(hex::encode(bytes)))
    }

    pub(crate) fn bytes(&self) -> zeroize::Zeroizing<[u8; BYTES]> {
        let mut bytes = zeroize::Zeroizing::new([0; BYTES]);
        hex::decode_to_slice(self.0.expose(), &mut *bytes).expect("BUG: only 64 hex digits get in here");
        bytes
    }

    pub(crate) fn copy(&self) -> Self {
        Self::from_bytes(&self.bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_we_made_is_a_passphrase() {
        let made = RigPassphrase::generate().expect("randomness");
        let read = RigPassphrase::from_text(Sensitive::new(made.text().expose().clone())).expect("our own");
        assert_eq!(read.bytes(), made.bytes());
        for other in ["", "hunter22", &"g".repeat(64), &"A".repeat(64), &"a".repeat(65), &"é".repeat(32)] {
            assert!(RigPassphrase::from_text(Sensitive::new(other.to_owned())).is_none(), "{other:?}");
        }
    }
}
