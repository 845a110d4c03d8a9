//! The owner's recovery phrase: English words that stand for random bytes.
//!
//! The words and the derivation come from `coins-bip39` by way of alloy's mnemonic signer: alloy derives the key with
//! that library anyway, so a second one would only add a second opinion about the same standard. Its generators want
//! an older random-number trait and are not used: the bytes come straight from the operating system.

use alloy::signers::local::MnemonicBuilder;
use alloy::signers::local::coins_bip39::{English, Entropy, Mnemonic, Wordlist};
use types::Sensitive;
use zeroize::{Zeroize, Zeroizing};

use crate::KeyError;

const BITS_PER_WORD: usize = 11;

/// The random bytes behind a phrase: 16 for 12 words, up to 32 for 24.
pub(crate) struct Phrase(Zeroizing<Vec<u8>>);

impl Phrase {
    /// Twelve words' worth of the system's randomness.
    pub(crate) fn generate() -> Result<Self, KeyError> {
        let mut entropy = Zeroizing::new(vec![0; 16]);
        getrandom::fill(&mut entropy).map_err(|_| KeyError::NoRandomness)?;
        Ok(Self(entropy))
    }

    /// The phrase of these bytes. The standard knows five lengths.
    pub(crate) fn from_entropy(entropy: &[u8]) -> Result<Self, KeyError> {
        match entropy.len() {
            16 | 20 | 24 | 28 | 32 => Ok(Self(Zeroizing::new(entropy.to_vec()))),
            _ => Err(KeyError::NotAPhrase),
        }
    }

    /// Reads what an owner typed: blanks, line ends and capitals do not matter, the words, their order and their
    /// checksum do. The library's errors quote the words, so they end here.
    pub(crate) fn parse(typed: &str) -> Result<Self, KeyError> {
        let lower = Zeroizing::new(typed.to_lowercase());
        let words: Vec<&str> = lower.split_whitespace().collect();
        if !matches!(words.len(), 12 | 15 | 18 | 21 | 24) {
            return Err(KeyError::NotAPhrase);
        }
        let phrase = Self::from_entropy(&entropy_of(&words)?)?;
        // The last word carries the checksum, so only the right phrase comes out again.
        let written = phrase.words();
        if written.expose().split(' ').eq(words) { Ok(phrase) } else { Err(KeyError::NotAPhrase) }
    }

    /// The words, one blank between them.
    pub(crate) fn words(&self) -> Sensitive<String> {
        let entropy = Entropy::from_slice(&*self.0).expect("BUG: only the standard's lengths get in here");
        Sensitive::new(Mnemonic::<English>::new_from_entropy(entropy).to_phrase())
    }

    pub(crate) fn entropy(&self) -> &[u8] {
        &self.0
    }

    /// The first Ethereum key of the phrase, m/44'/60'/0'/0/0, without an extra passphrase, as every wallet has it.
    pub(crate) fn first_key(&self) -> Result<Zeroizing<[u8; 32]>, KeyError> {
        let words = self.words();
        let builder = MnemonicBuilder::<English>::default().phrase(words.expose().as_str());
        let signer = builder.build().map_err(|_| KeyError::NotAPhrase)?;
        let mut bytes = signer.to_bytes();
        let key = Zeroizing::new(bytes.0);
        bytes.0.zeroize();
        Ok(key)
    }
}

/// The bits of the words without the checksum.
fn entropy_of(words: &[&str]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let mut entropy = Zeroizing::new(vec![0_u8; words.len() * 4 / 3]);
    for (place, word) in words.iter().enumerate() {
        let index = English::get_index(word).map_err(|_| KeyError::NotAPhrase)?;
        for bit in 0..BITS_PER_WORD {
            let at = place * BITS_PER_WORD + bit;
            let set = index >> (BITS_PER_WORD - 1 - bit) & 1 == 1;
            if let Some(byte) = entropy.get_mut(at / 8).filter(|_| set) {
                *byte |= 0x80 >> (at % 8);
            }
        }
    }
    Ok(entropy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signer::TextSigner;
    use proptest::prelude::*;
    use types::Address;

    const ABANDON: &str =
        "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";

    fn first_address(typed: &str) -> Result<Address, KeyError> {
        let key = Phrase::parse(typed)?.first_key()?;
        Ok(TextSigner::from_secret(&key)?.address())
    }

    #[test]
    fn the_published_phrases_give_the_published_addresses() {
        let check = |typed: &str, address: &str| {
            assert_eq!(first_address(typed).expect("a phrase").to_string(), address, "{typed}");
        };
        check(ABANDON, "0x9858EfFD232B4033E47d90003D41EC34EcaEda94");
        check(
            "test test test test test test test test test test test junk",
            "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
        );
    }

    #[test]
    fn blanks_and_capitals_do_not_matter() {
        let typed = format!("\n  {}\t\r\n", ABANDON.to_uppercase().replace(' ', " \n\t "));
        assert_eq!(first_address(&typed).expect("the same"), first_address(ABANDON).expect("a phrase"));
    }

    #[test]
    fn a_slip_of_the_pen_is_no_phrase() {
        let eleven = ABANDON.trim_end_matches(" about");
        let thirteen = format!("{ABANDON} about");
        let checksum = ABANDON.replace("about", "abandon");
        let misspelt = ABANDON.replace("about", "abuot");
        for typed in ["", eleven, &thirteen, &checksum, &misspelt, "Überall"] {
            assert!(matches!(Phrase::parse(typed), Err(KeyError::NotAPhrase)), "{typed:?}");
        }
    }

    proptest! {
        #[test]
        fn words_and_bytes_are_the_same_thing(
            bytes in proptest::array::uniform32(0_u8..), length in prop::sample::select(vec![16, 20, 24, 28, 32_usize]),
        ) {
            let phrase = Phrase::from_entropy(&bytes[..length]).expect("a standard length");
            let words = phrase.words();
            prop_assert_eq!(words.expose().split(' ').count(), length * 3 / 4);
            let read = Phrase::parse(words.expose()).expect("our own words");
            prop_assert_eq!(read.entropy(), &bytes[..length]);
        }
    }
}
