//! An address that somebody typed, to be paid at.
//!
//! The coordinator checks no checksum and asks for no proof: what gets past here is paid, mistyped or not.

use alloy_primitives::{Address, address};

use crate::Network;

/// The documented hot wallet that payouts come from. Paying it is paying nobody.
const TREASURY: Address = address!("0x20A82fD11e4A5fC8d4b5A44083C05e4b28dB53B9");
/// Where tokens are sent to be gone.
const BURNT: Address = address!("0x000000000000000000000000000000000000dEaD");

/// Why nobody should be paid there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PayoutAddressError {
    /// Not `0x` and 40 hex digits.
    #[error("an address is 0x and 40 hex digits")]
    NotAnAddress,
    /// Its capitals are a checksum, and it is wrong: a digit is mistyped.
    #[error("this address has a typing mistake: its checksum is wrong")]
    Checksum,
    /// Nobody owns it, or it is one of the Grid's own contracts and wallets.
    #[error("what is paid to this address would be lost")]
    Lost,
}

/// Reads an address that is to be paid. Blanks around it are nobody's mistake.
pub fn payout_address(typed: &str, network: &Network) -> Result<Address, PayoutAddressError> {
    let typed = typed.trim();
    let digits = typed.strip_prefix("0x").ok_or(PayoutAddressError::NotAnAddress)?;
    let address: Address = match digits.len() {
        40 => typed.parse().map_err(|_| PayoutAddressError::NotAnAddress)?,
        _ => return Err(PayoutAddressError::NotAnAddress),
    };
    let one_case = digits == digits.to_lowercase() || digits == digits.to_uppercase();
    if !one_case && address.to_string() != typed {
        return Err(PayoutAddressError::Checksum);
    }
    if loses(network, address) { Err(PayoutAddressError::Lost) } else { Ok(address) }
}

/// Whether nobody could ever have what is paid there.
fn loses(network: &Network, address: Address) -> bool {
    let contracts = |network: &Network| [network.token(), network.grid()];
    [Address::ZERO, BURNT, TREASURY].contains(&address)
        || contracts(network).contains(&address)
        || contracts(&Network::BASE).contains(&address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_or_lost_address_is_not_paid() {
        let own = Network::practice(31337, Address::repeat_byte(7), Address::repeat_byte(8));
        let check = |typed: &str, expected: Result<(), PayoutAddressError>| {
            assert_eq!(payout_address(typed, &own).map(drop), expected, "{typed:?}");
        };
        let good = "0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A";
        check(good, Ok(()));
        check(&format!("  {good}\n"), Ok(()));
        check(&good.to_lowercase(), Ok(()));
        check(&format!("0x{}", good[2..].to_uppercase()), Ok(()));
        check(&good.replace("E3", "e3"), Err(PayoutAddressError::Checksum));
        check(&good.replace("ff2A", "ff2a"), Err(PayoutAddressError::Checksum));
        check(&good[2..], Err(PayoutAddressError::NotAnAddress));
        check(&good.replace("0x", "0X"), Err(PayoutAddressError::NotAnAddress));
        check(&good[..41], Err(PayoutAddressError::NotAnAddress));
        check(&format!("{good}0"), Err(PayoutAddressError::NotAnAddress));
        check(&good.replace('9', "é"), Err(PayoutAddressError::NotAnAddress));
        check("", Err(PayoutAddressError::NotAnAddress));
        let lost = [
            Address::ZERO,
            BURNT,
            TREASURY,
            own.token(),
            own.grid(),
            Network::BASE.token(),
            Network::BASE.grid(),
        ];
        for lost in lost {
            check(&lost.to_string(), Err(PayoutAddressError::Lost));
            check(&format!("{lost:#x}"), Err(PayoutAddressError::Lost));
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_reader_fall(typed in "\\PC{0,50}") {
            let _ = payout_address(&typed, &Network::BASE);
        }
    }
}
