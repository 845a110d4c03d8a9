//! Who an account belongs to and where it is paid.

use alloy_primitives::Address;

/// The assets an account may wish to be paid in. The live rail pays the last one, whatever the wish.
pub(crate) const ASSETS: [&str; 4] = ["USDC", "USDS", "ETH", "AIPG"];

/// What an account wishes to be paid in. It is stored and honoured by nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Preference {
    pub(crate) asset: &'static str,
    pub(crate) aipg_bps: i64,
}

impl Default for Preference {
    fn default() -> Self {
        Self { asset: ASSETS[0], aipg_bps: 0 }
    }
}

/// The owner of one account.
#[derive(Debug, Clone)]
pub(crate) struct Holder {
    username: Option<String>,
    /// In the order they were linked: the last one is the primary one.
    wallets: Vec<Address>,
    /// Explicit; without one the primary wallet is paid.
    pub(super) payout_wallet: Option<Address>,
    pub(super) preference: Preference,
}

impl Holder {
    pub(super) fn new(wallet: Option<Address>, username: Option<String>) -> Self {
        let wallets = wallet.into_iter().collect();
        Self { username, wallets, payout_wallet: None, preference: Preference::default() }
    }

    pub(super) fn paid_to(wallet: Address) -> Self {
        Self { payout_wallet: Some(wallet), ..Self::new(None, None) }
    }

    /// The wallets that sign in to the account, the primary one last.
    pub(crate) fn wallets(&self) -> &[Address] {
        &self.wallets
    }

    pub(crate) fn wallet(&self) -> Option<Address> {
        self.wallets.last().copied()
    }

    pub(crate) fn payout_wallet(&self) -> Option<Address> {
        self.payout_wallet.or_else(|| self.wallet())
    }

    /// Whether work in the books for this wallet is listed as the account's.
    pub(crate) fn knows(&self, wallet: Address) -> bool {
        self.payout_wallet == Some(wallet) || self.wallets.contains(&wallet)
    }

    pub(crate) const fn preference(&self) -> Preference {
        self.preference
    }

    pub(crate) fn username(&self) -> String {
        let shown = self.username.clone().or_else(|| self.wallets.first().copied().map(short));
        shown.unwrap_or_else(|| "practice".to_owned())
    }

    /// Makes these wallets the newest ones.
    pub(super) fn link(&mut self, wallets: impl IntoIterator<Item = Address>) {
        self.wallets.extend(wallets);
    }
}

/// An address as the API shows it.
pub(crate) fn lower(wallet: Option<Address>) -> String {
    wallet.map(|wallet| format!("{wallet:#x}")).unwrap_or_default()
}

fn short(wallet: Address) -> String {
    let digits = hex::encode(wallet);
    format!("0x{}…{}", &digits[..4], &digits[36..])
}
