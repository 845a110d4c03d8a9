//! Who an account is.

use serde::Deserialize;
use types::{Address, KeyId};

use super::AccountError;
use super::text::{Moment, address, name, plain};

const LONGEST_NAME: usize = 120;
/// `worker:` and the longest name of one.
const LONGEST_LABEL: usize = 127;

/// An account, as far as this version uses it.
///
/// The page also states a wish for a payout asset. The live rail pays AIPG whatever it says, so it is not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountPage {
    /// The account's id.
    pub account_id: String,
    /// What the coordinator calls it, for showing.
    pub username: String,
    /// The wallet it signs in with.
    pub wallet: Option<Address>,
    /// Where it is paid: by its explicit wish, else to the sign-in wallet.
    pub payout_wallet: Option<Address>,
    /// Its keys, revoked ones too.
    pub keys: Vec<AccountKey>,
}

/// A key as it is listed: never the key itself, and not what it may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountKey {
    /// Its id; `None` if it is none that a key can safely be revoked by.
    pub id: Option<KeyId>,
    /// What its owner called it; `worker:` and a name for a worker's own.
    pub label: Option<String>,
    /// When it was made.
    pub created: Option<Moment>,
    /// When it was used last.
    pub last_used: Option<Moment>,
    /// Whether it opens nothing any more.
    pub revoked: bool,
}

impl AccountKey {
    fn read(wire: WireKey) -> Self {
        Self {
            id: KeyId::parse(&wire.id),
            label: wire.label.map(|label| plain(&label, LONGEST_LABEL)),
            created: wire.created.as_deref().map(Moment::read),
            last_used: wire.last_used.as_deref().map(Moment::read),
            revoked: wire.revoked,
        }
    }
}

impl AccountPage {
    pub(super) fn read(body: &[u8]) -> Result<Self, AccountError> {
        let wire: Wire =
            serde_json::from_slice(body).map_err(|_| AccountError::wrong("the account's page"))?;
        let wallet = |text: Option<String>, member: &str| {
            address(text.as_deref().unwrap_or_default()).ok_or_else(|| AccountError::wrong(member))
        };
        Ok(Self {
            account_id: name(&wire.account_id, LONGEST_NAME)
                .ok_or_else(|| AccountError::wrong("account_id"))?,
            username: plain(&wire.username.unwrap_or_default(), LONGEST_NAME),
            wallet: wallet(wire.wallet, "wallet")?,
            payout_wallet: wallet(wire.payout_wallet, "payout_wallet")?,
            keys: wire.keys.into_iter().map(AccountKey::read).collect(),
        })
    }
}

#[derive(Deserialize)]
struct Wire {
    account_id: String,
    username: Option<String>,
    wallet: Option<String>,
    payout_wallet: Option<String>,
    #[serde(default)]
    keys: Vec<WireKey>,
}

#[derive(Deserialize)]
struct WireKey {
    id: String,
    label: Option<String>,
    created: Option<String>,
    last_used: Option<String>,
    revoked: bool,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_account_may_have_no_wallet_but_no_half_of_one() {
        let read = |wallet: &str| {
            let body = json!({"account_id": "a", "username": "0x19e7…\u{1b}ff2a", "wallet": null,
                "payout_wallet": wallet, "keys": [], "payout": {"asset": "USDC"}});
            AccountPage::read(body.to_string().as_bytes())
        };
        let page = read("").expect("a page");
        assert_eq!((page.payout_wallet, page.username.as_str()), (None, "0x19e7…ff2a"));
        let wallet = Address::repeat_byte(0xb2);
        assert_eq!(read(&format!("{wallet:#x}")).map(|page| page.payout_wallet), Ok(Some(wallet)));
        assert_eq!(read("0xb2"), Err(AccountError::wrong("payout_wallet")));
    }

    #[test]
    fn a_key_with_an_odd_id_is_listed_and_cannot_be_revoked() {
        let key = |id: &str| {
            json!({"id": id, "label": null, "created": "2026-11-22T11:05:45.695515+00:00",
            "last_used": null, "revoked": false})
        };
        let body = json!({"account_id": "a", "keys": [key("006b2f29ea5d"), key("%")]});
        let page = AccountPage::read(body.to_string().as_bytes()).expect("a page");
        let ids: Vec<_> = page.keys.iter().map(|key| key.id.as_ref().map(KeyId::as_str)).collect();
        assert_eq!(ids, [Some("006b2f29ea5d"), None]);
        assert!(page.keys[0].created.as_ref().is_some_and(|created| created.at.is_some()));
        let body = json!({"account_id": "a", "keys": [{"id": "006b2f29ea5d"}]});
        assert!(AccountPage::read(body.to_string().as_bytes()).is_err(), "revoked or not must be said");
    }
}
