//! Randomness from the operating system.

use crate::KeyError;

/// 32 lower-case hex digits that nobody can guess: the form of nonces and delegation ids.
pub fn random_hex_128() -> Result<String, KeyError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| KeyError::NoRandomness)?;
    Ok(hex::encode(bytes))
}
