//! What everybody may read about the work for one wallet, and the client for such pages.

use serde::Deserialize;
use types::{Address, Den};

use super::http::Http;
use super::{AccountError, AccountPatience};
use crate::Endpoint;

/// Reads the coordinator's pages that are for everybody. It has no key and sends none.
#[derive(Debug)]
pub struct PublicClient {
    pub(super) http: Http,
}

/// Jobs and what they earned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// How many.
    pub jobs: u64,
    /// Their work.
    pub den: Den,
}

/// The work for one wallet, of all rigs that had it when they connected. Work only: what of it was paid is not said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WalletEarnings {
    /// Ever.
    pub total: Tally,
    /// In the last 24 hours.
    pub last_day: Tally,
}

impl PublicClient {
    /// A client for the coordinator at this endpoint. Nothing is sent yet.
    pub fn new(endpoint: &Endpoint, patience: AccountPatience) -> Result<Self, AccountError> {
        Ok(Self { http: Http::keyless(endpoint, patience)? })
    }

    /// The work for this wallet.
    pub async fn wallet(&self, wallet: Address) -> Result<WalletEarnings, AccountError> {
        let page = self.http.get(&format!("/v1/wallets/{wallet:#x}/earnings")).await?;
        WalletEarnings::read(&page, wallet)
    }
}

impl WalletEarnings {
    fn read(body: &[u8], wallet: Address) -> Result<Self, AccountError> {
        let wire: Wire =
            serde_json::from_slice(body).map_err(|_| AccountError::wrong("the page of a wallet"))?;
        // The coordinator echoes what it looked up; figures of another wallet would be held against our books.
        if wire.wallet.parse() != Ok(wallet) {
            return Err(AccountError::wrong("wallet"));
        }
        Ok(Self { total: wire.total.read()?, last_day: wire.last_24h.read()? })
    }
}

#[derive(Deserialize)]
struct Wire {
    wallet: String,
    total: WireTally,
    last_24h: WireTally,
}

#[derive(Deserialize)]
struct WireTally {
    jobs: u64,
    den: f64,
}

impl WireTally {
    fn read(&self) -> Result<Tally, AccountError> {
        let den = Den::from_wire(self.den).ok_or_else(|| AccountError::wrong("den"))?;
        Ok(Tally { jobs: self.jobs, den })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_page_must_be_of_the_wallet_that_was_asked_for() {
        let read = |wallet: &str| {
            let tally = json!({"jobs": 71, "den": 14.520000000000001});
            let page = json!({"wallet": wallet, "total": tally, "last_24h": tally, "recent": []});
            WalletEarnings::read(page.to_string().as_bytes(), Address::repeat_byte(0xb2))
        };
        let total = Tally { jobs: 71, den: Den::from_hundredths(1452) };
        assert_eq!(read(&format!("0x{}", "b2".repeat(20))), Ok(WalletEarnings { total, last_day: total }));
        for other in ["", "nonsense", &format!("0x{}", "b3".repeat(20))] {
            assert_eq!(read(other), Err(AccountError::wrong("wallet")), "{other:?}");
        }
    }
}
