//! Keys that everybody knows.

use types::{Address, NetworkKind};

use alloy::primitives::address;

use crate::KeyError;

/// The first ten accounts of "test test … junk", which every development chain starts with, and the first of
/// "abandon … about". Robots empty them within seconds.
const EVERYBODYS: [Address; 11] = [
    address!("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"),
    address!("0x70997970C51812dc3A010C7d01b50e0d17dc79C8"),
    address!("0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"),
    address!("0x90F79bf6EB2c4f870365E785982E1f101E93b906"),
    address!("0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65"),
    address!("0x9965507D1a55bcC2695C58ba16FB37d819B0A4dc"),
    address!("0x976EA74026E726554dB657fA54763abd0C3a0aa9"),
    address!("0x14dC79964da2C08b23698B3D3cc7Ca32193d9955"),
    address!("0x23618e81E3f5cdF7f54C3d65f7FBc0aBf5B21E8f"),
    address!("0xa0Ee7A142d267C1f36714E4a8F75612F20a79720"),
    address!("0x9858EfFD232B4033E47d90003D41EC34EcaEda94"),
];

/// Whether everybody has this address's key, so that robots empty it within seconds.
pub fn is_known_to_everybody(address: Address) -> bool {
    EVERYBODYS.contains(&address)
}

/// Such a key is for practice only.
pub(crate) fn refuse_known(address: Address, kind: NetworkKind) -> Result<(), KeyError> {
    match kind {
        NetworkKind::Base if is_known_to_everybody(address) => Err(KeyError::KnownToEverybody),
        NetworkKind::Base | NetworkKind::Practice => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::signers::local::MnemonicBuilder;
    use alloy::signers::local::coins_bip39::English;

    #[test]
    fn the_list_is_the_first_ten_accounts_of_the_junk_phrase() {
        let phrase = "test test test test test test test test test test test junk";
        for (index, address) in EVERYBODYS.iter().take(10).enumerate() {
            let builder = MnemonicBuilder::<English>::default().phrase(phrase);
            let signer = builder.index(index as u32).expect("an index").build().expect("a key");
            assert_eq!(signer.address(), *address, "account {index}");
        }
    }

    #[test]
    fn only_practice_takes_a_key_that_everybody_knows() {
        for address in EVERYBODYS {
            assert!(matches!(refuse_known(address, NetworkKind::Base), Err(KeyError::KnownToEverybody)));
            assert!(refuse_known(address, NetworkKind::Practice).is_ok());
        }
        assert!(refuse_known(Address::repeat_byte(7), NetworkKind::Base).is_ok());
    }
}
