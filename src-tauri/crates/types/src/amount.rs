//! Money as whole base units. No float touches it, with one exception that the Grid itself makes.

use std::fmt;

use alloy_primitives::U256;

/// Both AIPG and ETH have 18 decimals.
const DECIMALS: usize = 18;

/// Why a text is no amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// Signs, blanks, exponents, letters or nothing at all.
    #[error("write an amount as digits, with a point before the fraction: 1000 or 12.5")]
    NotANumber,
    /// A comma could mean thousands or a fraction, so it means nothing here.
    #[error(
        "write an amount without commas or blanks: a comma means different things in different countries"
    )]
    Separator,
    /// There is no smaller unit than 10^-18.
    #[error("an amount has at most 18 digits after the point")]
    TooFine,
    /// More than any account can hold.
    #[error("this amount is larger than any account can hold")]
    TooLarge,
}

macro_rules! amount {
    ($(#[$doc:meta])* $name:ident, $symbol:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(U256);

        impl $name {
            /// Nothing.
            pub const ZERO: Self = Self(U256::ZERO);

            /// An amount in base units.
            pub const fn from_base(units: U256) -> Self {
                Self(units)
            }

            /// Whole coins.
            pub fn whole(coins: u64) -> Self {
                Self(U256::from(coins) * U256::from(10).pow(U256::from(DECIMALS)))
            }

            /// This amount in base units.
            pub const fn base(self) -> U256 {
                self.0
            }

            /// True for nothing.
            pub fn is_zero(self) -> bool {
                self.0.is_zero()
            }

            /// The sum; `None` beyond 256 bits.
            pub fn checked_add(self, other: Self) -> Option<Self> {
                self.0.checked_add(other.0).map(Self)
            }

            /// The difference; `None` below zero.
            pub fn checked_sub(self, other: Self) -> Option<Self> {
                self.0.checked_sub(other.0).map(Self)
            }

            /// The sum, at most the largest amount there is.
            pub fn saturating_add(self, other: Self) -> Self {
                Self(self.0.saturating_add(other.0))
            }

            /// The difference, at least nothing.
            pub fn saturating_sub(self, other: Self) -> Self {
                Self(self.0.saturating_sub(other.0))
            }

            /// Reads what a person typed: `1000`, `12.5`. Everything that could be misread is refused.
            pub fn parse(text: &str) -> Result<Self, AmountError> {
                parse(text).map(Self)
            }
        }

        /// All digits that matter and no more: `1000`, `12.5`, `0.000000000000000001`.
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&print(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!("{} ", $symbol), print(self.0))
            }
        }

        impl std::iter::Sum for $name {
            fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
                all.fold(Self::ZERO, Self::saturating_add)
            }
        }
    };
}

amount! {
    /// An amount of AIPG, in units of 10^-18.
    Aipg, "AIPG"
}

amount! {
    /// An amount of ETH, in wei. Pays the network's fees.
    Wei, "ETH"
}

impl Aipg {
    /// What the Grid sends for a payout its books state as this decimal number.
    ///
    /// The Grid multiplies in double arithmetic, so 156.2475 becomes 156247500000000016384 base units. The chain shows
    /// that figure, and exact arithmetic would call it a fraud. `None` for a negative, endless or absurd number.
    pub fn from_payout(aipg: f64) -> Option<Self> {
        const ABSURD: f64 = 1e12;
        if !(0.0..=ABSURD).contains(&aipg) {
            return None;
        }
        // Above 2^53 a double is whole already; below, the Grid rounds half to even.
        let units = (aipg * 1e18).round_ties_even();
        Some(Self(U256::from(units as u128)))
    }
}

fn parse(text: &str) -> Result<U256, AmountError> {
    if text.contains([',', '\'', '_', ' ', '\u{a0}', '\u{202f}']) {
        return Err(AmountError::Separator);
    }
    let (whole, fraction) = match text.split_once('.') {
        Some((_, "")) => return Err(AmountError::NotANumber),
        Some(parts) => parts,
        None => (text, ""),
    };
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return Err(AmountError::NotANumber);
    }
    if fraction.len() > DECIMALS {
        return Err(AmountError::TooFine);
    }
    let units = format!("{whole}{fraction:0<DECIMALS$}");
    // Leading zeros say nothing, and a long row of them must not count as a large number.
    let units = units.trim_start_matches('0');
    U256::from_str_radix(if units.is_empty() { "0" } else { units }, 10).map_err(|_| AmountError::TooLarge)
}

fn print(units: U256) -> String {
    let digits = format!("{units:0>width$}", width = DECIMALS + 1);
    let (whole, fraction) = digits.split_at(digits.len() - DECIMALS);
    match fraction.trim_end_matches('0') {
        "" => whole.to_owned(),
        fraction => format!("{whole}.{fraction}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_be_misread_is_refused() {
        let check = |text: &str, expected| assert_eq!(Aipg::parse(text), expected, "{text:?}");
        check("1000", Ok(Aipg::whole(1000)));
        check("0012.50", Ok(Aipg::from_base(U256::from(12_500_000_000_000_000_000_u128))));
        check("0.000000000000000001", Ok(Aipg::from_base(U256::from(1))));
        for ambiguous in ["1,000", "1 000", "1'000", "1_000", "1\u{a0}000", "1,5"] {
            check(ambiguous, Err(AmountError::Separator));
        }
        for nonsense in ["", ".", "1.", ".5", "+1", "-1", "1e3", "0x10", "1.2.3", "١", "1 AIPG "] {
            assert!(Aipg::parse(nonsense).is_err(), "{nonsense:?} is no amount");
        }
        check("1.0000000000000000001", Err(AmountError::TooFine));
        check(&"9".repeat(80), Err(AmountError::TooLarge));
        check(&format!("{}1", "0".repeat(200)), Ok(Aipg::whole(1)));
    }

    #[test]
    fn a_payout_is_the_double_the_grid_computes() {
        let check = |aipg: f64, units: u128| {
            assert_eq!(Aipg::from_payout(aipg), Some(Aipg::from_base(U256::from(units))), "{aipg}");
        };
        check(156.2475, 156_247_500_000_000_016_384);
        check(52.0825, 52_082_500_000_000_000_000);
        check(0.0, 0);
        for bad in [-0.1, f64::NAN, f64::INFINITY, 1e13] {
            assert_eq!(Aipg::from_payout(bad), None, "{bad} is no payout");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_reads_back(limbs in proptest::array::uniform4(0_u64..)) {
            let amount = Wei::from_base(U256::from_limbs(limbs));
            proptest::prop_assert_eq!(Wei::parse(&amount.to_string()), Ok(amount));
        }
    }
}
