//! The seal of Web3 Secret Storage, version 3: a slow key derivation, AES-128-CTR, and a Keccak-256 check.

use aes::cipher::{KeyIvInit, StreamCipher};
use alloy::primitives::keccak256;
use pbkdf2::pbkdf2_hmac;
use serde::{Deserialize, Serialize};
use types::Sensitive;
use zeroize::Zeroizing;

use crate::{KeyError, KeyFileError};

/// How much work a guess at the password costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Strength {
    log_n: u8,
}

impl Strength {
    /// scrypt with N = 2^17, r = 8: 128 MiB and most of a second for each guess.
    pub const STANDARD: Self = Self { log_n: 17 };

    /// For a passphrase of 256 random bits: nobody guesses it, so nothing need be slow.
    pub(crate) const RANDOM_PASSPHRASE: Self = Self { log_n: 10 };

    /// A weaker seal, N = 2^`log_n` between 2 and the standard. Rehearsals and tests open wallets often, and play
    /// money needs no protection: a folder for real keys refuses it.
    pub const fn practice_only(log_n: u8) -> Self {
        match log_n {
            0 => Self { log_n: 1 },
            1..=17 => Self { log_n },
            18.. => Self::STANDARD,
        }
    }
}

/// Caps on what a file may ask of us before its password is even checked. geth's own files use N = 2^18, r = 8, p = 1,
/// and older ones of other wallets N = 2^12, p = 6 or 262,144 rounds.
const MOST_N: u64 = 1 << 20;
const MOST_R: u32 = 16;
const MOST_P: u32 = 16;
const MOST_MEMORY: u64 = 1 << 30;
/// N times r times p: eight times the work of a geth file.
const MOST_WORK: u64 = 1 << 24;
const MOST_ROUNDS: u32 = 10_000_000;
/// Hex digits of salts and sealed bytes; the small store of API keys is the largest.
const LONGEST_HEX: usize = 1 << 20;

/// Some bytes under a password.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Sealed {
    cipher: String,
    cipherparams: CipherParams,
    ciphertext: String,
    #[serde(flatten)]
    kdf: Kdf,
    mac: String,
}

#[derive(Clone, Serialize, Deserialize)]
struct CipherParams {
    iv: String,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "kdf", content = "kdfparams", rename_all = "lowercase")]
enum Kdf {
    Scrypt { dklen: u32, n: u64, p: u32, r: u32, salt: String },
    Pbkdf2 { c: u32, dklen: u32, prf: String, salt: String },
}

/// Why something sealed does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SealError {
    WrongPassword,
    TooCostly,
    Damaged(&'static str),
}

impl From<SealError> for KeyFileError {
    fn from(error: SealError) -> Self {
        match error {
            SealError::WrongPassword => Self::WrongPassword,
            SealError::TooCostly => Self::TooCostly,
            SealError::Damaged(what) => Self::Damaged(what),
        }
    }
}

impl Sealed {
    pub(crate) fn new(
        plain: &[u8],
        password: &Sensitive<String>,
        strength: Strength,
    ) -> Result<Self, KeyError> {
        let (mut salt, mut iv) = ([0; 32], [0; 16]);
        getrandom::fill(&mut salt).map_err(|_| KeyError::NoRandomness)?;
        getrandom::fill(&mut iv).map_err(|_| KeyError::NoRandomness)?;
        let kdf = Kdf::Scrypt { dklen: 32, n: 1 << strength.log_n, p: 1, r: 8, salt: hex::encode(salt) };
        let derived = kdf.derive(password).expect("BUG: our own parameters are within our own caps");
        // Ciphertext from here on; the plain bytes are overwritten in place.
        let mut bytes = plain.to_vec();
        apply(&derived, &iv, &mut bytes);
        Ok(Self {
            cipher: CIPHER.to_owned(),
            cipherparams: CipherParams { iv: hex::encode(iv) },
            mac: hex::encode(mac(&derived, &bytes)),
            ciphertext: hex::encode(bytes),
            kdf,
        })
    }

    pub(crate) fn open(&self, password: &Sensitive<String>) -> Result<Zeroizing<Vec<u8>>, SealError> {
        if self.cipher != CIPHER {
            return Err(SealError::Damaged("it uses a cipher that is not the standard's"));
        }
        let mut bytes = Zeroizing::new(unhex(&self.ciphertext)?);
        let iv: [u8; 16] = unhex(&self.cipherparams.iv)?.try_into().map_err(|_| NOT_AS_LONG)?;
        let expected = unhex(&self.mac)?;
        let derived = self.kdf.derive(password)?;
        if mac(&derived, &bytes).as_slice() != expected {
            return Err(SealError::WrongPassword);
        }
        apply(&derived, &iv, &mut bytes);
        Ok(bytes)
    }
}

const CIPHER: &str = "aes-128-ctr";
const NOT_AS_LONG: SealError = SealError::Damaged("a field of it is not as long as it must be");

impl Kdf {
    /// Holds the file's numbers against the caps, then does the slow part.
    fn derive(&self, password: &Sensitive<String>) -> Result<Zeroizing<[u8; 32]>, SealError> {
        let mut derived = Zeroizing::new([0; 32]);
        let password = password.expose().as_bytes();
        match self {
            Self::Scrypt { dklen, n, p, r, salt } => {
                let params = scrypt_params(*dklen, *n, *r, *p)?;
                scrypt::scrypt(password, &unhex(salt)?, &params, &mut *derived).map_err(|_| NOT_AS_LONG)?;
            }
            Self::Pbkdf2 { c, dklen, prf, salt } => {
                check_rounds(*dklen, *c, prf)?;
                pbkdf2_hmac::<pbkdf2::sha2::Sha256>(password, &unhex(salt)?, *c, &mut *derived);
            }
        }
        Ok(derived)
    }
}

fn scrypt_params(dklen: u32, n: u64, r: u32, p: u32) -> Result<scrypt::Params, SealError> {
    if dklen != 32 || !n.is_power_of_two() || n < 2 || r == 0 || p == 0 {
        return Err(SealError::Damaged("its numbers are not the standard's"));
    }
    // Small enough factors first, so that the products cannot overflow.
    let factors = n <= MOST_N && r <= MOST_R && p <= MOST_P;
    if !factors || 128 * n * u64::from(r) > MOST_MEMORY || n * u64::from(r) * u64::from(p) > MOST_WORK {
        return Err(SealError::TooCostly);
    }
    let log_n = n.trailing_zeros() as u8;
    scrypt::Params::new(log_n, r, p).map_err(|_| SealError::Damaged("its numbers do not go together"))
}

fn check_rounds(dklen: u32, rounds: u32, prf: &str) -> Result<(), SealError> {
    if dklen != 32 || rounds == 0 || prf != "hmac-sha256" {
        return Err(SealError::Damaged("its numbers are not the standard's"));
    }
    if rounds > MOST_ROUNDS { Err(SealError::TooCostly) } else { Ok(()) }
}

fn apply(derived: &[u8; 32], iv: &[u8; 16], bytes: &mut [u8]) {
    let (key, _) = derived.split_at(16);
    let mut cipher = ctr::Ctr128BE::<aes::Aes128>::new(key.into(), iv.into());
    cipher.apply_keystream(bytes);
}

fn mac(derived: &[u8; 32], ciphertext: &[u8]) -> [u8; 32] {
    let (_, check) = derived.split_at(16);
    let mut bytes = Zeroizing::new(Vec::with_capacity(check.len() + ciphertext.len()));
    bytes.extend_from_slice(check);
    bytes.extend_from_slice(ciphertext);
    keccak256(&*bytes).0
}

/// Some wallets write `0x` in front, which the standard does not.
fn unhex(text: &str) -> Result<Vec<u8>, SealError> {
    if text.len() > LONGEST_HEX {
        return Err(NOT_AS_LONG);
    }
    hex::decode(text.strip_prefix("0x").unwrap_or(text))
        .map_err(|_| SealError::Damaged("a field of it is not hex"))
}
