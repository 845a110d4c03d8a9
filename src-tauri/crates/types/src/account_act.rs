//! What manages an account, as its owner is asked about it.

use alloy_primitives::Address;

use crate::{Delegation, PlanDigest, SignIn};

/// A key's id as the account page lists it: 12 lower-case hex digits.
///
/// The coordinator revokes by the beginning of an id and knows wildcards in it, so anything shorter or other would
/// revoke more than one key. Nothing else can be in here.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId(String);

impl KeyId {
    /// Reads an id; anything but 12 lower-case hex digits is `None`.
    pub fn parse(text: &str) -> Option<Self> {
        let hex = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        (text.len() == 12 && hex).then(|| Self(text.to_owned()))
    }

    /// The id as listed.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for KeyId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// One thing that manages the account. None moves money; each can decide who gets it, or who may work for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountAct {
    /// Proves to the coordinator who we are. For ten minutes the account can then be managed.
    SignIn(SignIn),
    /// Lets this computer's own key sign the work of these workers.
    Delegate(Vec<Delegation>),
    /// The same through the coordinator, which gives the worker a key of its own, ends the older ones of this name, and
    /// writes the wallet down as the one that is paid.
    Enrol(Delegation),
    /// Who is paid from the next settlement on.
    SetPayoutWallet {
        /// Who is paid now.
        from: Option<Address>,
        /// Who shall be.
        to: Address,
        /// Whether that is the wallet in this app.
        own: bool,
    },
    /// Makes a key that can read the account, connect workers and spend credit for jobs.
    MakeKey {
        /// What the account page will call it.
        label: String,
    },
    /// Works with a key that was made elsewhere: from then on the work of this computer is that account's.
    KeepKey {
        /// What the account calls itself. A stranger may have written it.
        account: String,
        /// Who is paid there.
        paid: Option<Address>,
    },
    /// Ends a key for good.
    RevokeKey {
        /// Which.
        id: KeyId,
        /// What the account page calls it.
        label: Option<String>,
    },
}

const HEADING: &str = "grid-node account act 1";

impl AccountAct {
    /// What a consent names. What is signed has the digest that the keys ask for.
    pub fn digest(&self) -> PlanDigest {
        let act = match self {
            Self::SignIn(sign_in) => return sign_in.digest(),
            Self::Delegate(delegations) => return Delegation::digest_of_all(delegations),
            Self::Enrol(delegation) => return delegation.digest(),
            Self::SetPayoutWallet { from, to, own } => {
                let from = from.map_or("none".to_owned(), |from| from.to_string());
                format!("payout-wallet {from} {to} {own}")
            }
            Self::MakeKey { label } => format!("make-key {label}"),
            Self::KeepKey { account, paid } => {
                let paid = paid.map_or("none".to_owned(), |paid| paid.to_string());
                format!("keep-key {paid} {account}")
            }
            Self::RevokeKey { id, label } => format!("revoke-key {id} {label:?}"),
        };
        PlanDigest::of(&format!("{HEADING}\n{act}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_twelve_hex_digits_name_a_key() {
        assert_eq!(KeyId::parse("006b2f29ea5d").map(|id| id.to_string()), Some("006b2f29ea5d".to_owned()));
        for bad in
            ["", "%", "_", "006b2f29ea5", "006b2f29ea5d0", "006B2F29EA5D", "006b2f29ea5%", "zzzzzzzzzzzz"]
        {
            assert_eq!(KeyId::parse(bad), None, "{bad:?} could revoke every key");
        }
    }

    #[test]
    fn every_act_has_a_digest_of_its_own() {
        let id = |text| KeyId::parse(text).expect("an id");
        let acts = [
            AccountAct::MakeKey { label: "a".into() },
            AccountAct::MakeKey { label: "b".into() },
            AccountAct::KeepKey { account: "b".into(), paid: None },
            AccountAct::KeepKey { account: "b".into(), paid: Some(Address::ZERO) },
            AccountAct::RevokeKey { id: id("006b2f29ea5d"), label: None },
            AccountAct::RevokeKey { id: id("006b2f29ea5e"), label: None },
            AccountAct::SetPayoutWallet { from: None, to: Address::ZERO, own: true },
            AccountAct::SetPayoutWallet { from: None, to: Address::repeat_byte(1), own: true },
            AccountAct::SetPayoutWallet { from: Some(Address::ZERO), to: Address::ZERO, own: true },
        ];
        for (place, act) in acts.iter().enumerate() {
            for other in &acts[place + 1..] {
                assert_ne!(act.digest(), other.digest(), "{act:?} {other:?}");
            }
        }
    }
}
