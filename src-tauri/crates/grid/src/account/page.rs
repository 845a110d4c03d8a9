//! Who an account is.

use serde::Deserialize;
use types::Address;

use super::AccountError;
use super::text::{address, name, plain};

const LONGEST_NAME: usize = 120;

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
        })
    }
}

#[derive(Deserialize)]
struct Wire {
    account_id: String,
    username: Option<String>,
    wallet: Option<String>,
    payout_wallet: Option<String>,
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
}
