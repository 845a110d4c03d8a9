//! What a wallet may be asked to do, and the exact call each is.

use alloy_primitives::{Address, Bytes, U256};

use crate::{Aipg, Network, Wei};

/// One thing a wallet may be asked to do with money. There is no intent for arbitrary bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Intent {
    /// Let the Grid's diamond take exactly this much AIPG; zero takes the permission back.
    Approve {
        /// The new allowance.
        amount: Aipg,
    },
    /// Put up a bond.
    Register {
        /// The bond.
        amount: Aipg,
    },
    /// Registry V1: take the bond back at once. Registry V2: start the cooldown.
    Unbond,
    /// Registry V2: stay bonded after all.
    CancelUnbond,
    /// Registry V2: take the bond back after the cooldown.
    WithdrawBond,
    /// Send AIPG away.
    SendAipg {
        /// Whom to.
        to: Address,
        /// How much.
        amount: Aipg,
    },
    /// Send ETH away.
    SendEth {
        /// Whom to.
        to: Address,
        /// How much.
        amount: Wei,
    },
}

/// A call as it goes into a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Whom it calls.
    pub to: Address,
    /// ETH that goes along.
    pub value: Wei,
    /// The function and its arguments.
    pub data: Bytes,
}

/// The functions our intents call. Guarded against the contracts' own definitions by the vectors in `chain.json`.
mod selector {
    pub(super) const APPROVE: [u8; 4] = [0x09, 0x5e, 0xa7, 0xb3];
    pub(super) const TRANSFER: [u8; 4] = [0xa9, 0x05, 0x9c, 0xbb];
    pub(super) const REGISTER_WORKER: [u8; 4] = [0x86, 0x79, 0x6f, 0x13];
    pub(super) const UNBOND: [u8; 4] = [0x5d, 0xf6, 0xa6, 0xbc];
    pub(super) const CANCEL_UNBOND: [u8; 4] = [0xfe, 0x40, 0xc4, 0xbf];
    pub(super) const WITHDRAW_BOND: [u8; 4] = [0x66, 0xeb, 0x9c, 0xec];
}

impl Intent {
    /// The exact call this is on a network. All arguments are static words, so no encoder library is needed here.
    pub fn call(&self, network: &Network) -> Call {
        let grid = |selector, words: &[U256]| call(network.grid(), selector, words);
        let token = |selector, words: &[U256]| call(network.token(), selector, words);
        match *self {
            Self::Approve { amount } => token(selector::APPROVE, &[word(network.grid()), amount.base()]),
            Self::Register { amount } => grid(selector::REGISTER_WORKER, &[amount.base()]),
            Self::Unbond => grid(selector::UNBOND, &[]),
            Self::CancelUnbond => grid(selector::CANCEL_UNBOND, &[]),
            Self::WithdrawBond => grid(selector::WITHDRAW_BOND, &[]),
            Self::SendAipg { to, amount } => token(selector::TRANSFER, &[word(to), amount.base()]),
            Self::SendEth { to, amount } => Call { to, value: amount, data: Bytes::new() },
        }
    }

    /// The same words in plans, journals and logs.
    pub fn text(&self) -> String {
        match self {
            Self::Approve { amount } => format!("approve {amount}"),
            Self::Register { amount } => format!("register {amount}"),
            Self::Unbond => "unbond".to_owned(),
            Self::CancelUnbond => "cancel-unbond".to_owned(),
            Self::WithdrawBond => "withdraw-bond".to_owned(),
            Self::SendAipg { to, amount } => format!("send-aipg {amount} to {to}"),
            Self::SendEth { to, amount } => format!("send-eth {amount} to {to}"),
        }
    }

    /// Reads [`Intent::text`] back; anything else, another spelling too, is `None`.
    pub fn parse(text: &str) -> Option<Self> {
        let words: Vec<&str> = text.split(' ').collect();
        let aipg = |text: &str| Aipg::parse(text).ok();
        let intent = match *words.as_slice() {
            ["approve", amount] => Self::Approve { amount: aipg(amount)? },
            ["register", amount] => Self::Register { amount: aipg(amount)? },
            ["unbond"] => Self::Unbond,
            ["cancel-unbond"] => Self::CancelUnbond,
            ["withdraw-bond"] => Self::WithdrawBond,
            ["send-aipg", amount, "to", to] => Self::SendAipg { to: to.parse().ok()?, amount: aipg(amount)? },
            ["send-eth", amount, "to", to] => {
                Self::SendEth { to: to.parse().ok()?, amount: Wei::parse(amount).ok()? }
            }
            _ => return None,
        };
        (intent.text() == text).then_some(intent)
    }
}

fn word(address: Address) -> U256 {
    U256::from_be_slice(address.as_slice())
}

fn call(to: Address, selector: [u8; 4], words: &[U256]) -> Call {
    let mut data = selector.to_vec();
    for word in words {
        data.extend_from_slice(&word.to_be_bytes::<32>());
    }
    Call { to, value: Wei::ZERO, data: data.into() }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(crate) fn any_intent() -> impl Strategy<Value = Intent> {
        let amount = proptest::array::uniform4(0_u64..).prop_map(U256::from_limbs);
        let to = proptest::array::uniform20(0_u8..).prop_map(Address::from);
        (0..7_u8, amount, to).prop_map(|(kind, units, to)| {
            let amount = Aipg::from_base(units);
            match kind {
                0 => Intent::Approve { amount },
                1 => Intent::Register { amount },
                2 => Intent::Unbond,
                3 => Intent::CancelUnbond,
                4 => Intent::WithdrawBond,
                5 => Intent::SendAipg { to, amount },
                _ => Intent::SendEth { to, amount: Wei::from_base(units) },
            }
        })
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(intent in any_intent()) {
            prop_assert_eq!(Intent::parse(&intent.text()), Some(intent));
        }

        #[test]
        fn money_goes_to_the_contracts_or_to_the_named_address(intent in any_intent()) {
            let call = intent.call(&Network::BASE);
            match intent {
                Intent::Approve { .. } | Intent::SendAipg { .. } => prop_assert_eq!(call.to, Network::BASE.token()),
                Intent::SendEth { to, amount } => {
                    prop_assert_eq!((call.to, call.value), (to, amount));
                }
                _ => prop_assert_eq!(call.to, Network::BASE.grid()),
            }
            prop_assert!(matches!(intent, Intent::SendEth { .. }) || call.value.is_zero(), "no ETH goes along");
        }
    }

    #[test]
    fn another_spelling_is_no_intent() {
        for bad in ["approve 01", "approve 1.0", "Unbond", "unbond ", "register", "send-aipg 1 to 0x00", ""] {
            assert_eq!(Intent::parse(bad), None, "{bad:?}");
        }
    }
}
