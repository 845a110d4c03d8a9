//! The practice grounds: a home with a chain and a wallet, on which nodes come and go.
//!
//! Money does not wait for the node: with a broken engine the bond can still be taken back. And the node does not wait
//! for money: without a chain there are jobs all the same.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use grid::AccountPatience;
use types::{Aipg, Clock, Wei, WorkerName};

use super::payday;
use super::purse::{Purse, PurseError, PurseOptions};
use super::rehearsal::{DELEGATION, Papers, Rehearsal, RehearsalOptions};
use crate::account::{Account, AccountSettings};
use crate::earnings::BooksDesk;
use crate::money::{Desk, ScriptedConfirmation};
use crate::{Home, StartError};

/// A locked home, with money if there is a chain.
pub struct Grounds {
    home: Home,
    clock: Arc<dyn Clock>,
    money: Option<(Purse, Desk)>,
    failed: bool,
}

impl Grounds {
    /// Takes the home and opens the purse. A purse that does not open is written into the log: jobs need none.
    pub async fn open(
        home: &Path,
        purse: Option<PurseOptions>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, StartError> {
        let home = Home::lock(home)?;
        let wanted = purse.is_some();
        let money = match purse {
            Some(options) => match Purse::open(&home, options, Arc::clone(&clock)).await {
                Ok(purse) => {
                    let desk = Desk::open(purse.money().clone());
                    Some((purse, desk))
                }
                Err(error) => {
                    tracing::warn!(%error, "there is no practice money");
                    None
                }
            },
            None => None,
        };
        let failed = wanted && money.is_none();
        Ok(Self { home, clock, money, failed })
    }

    /// Where the owner sees and moves the play money; `None` without a chain.
    pub fn desk(&self) -> Option<&Desk> {
        self.money.as_ref().map(|(_, desk)| desk)
    }

    /// Whether there should be money and there is none; the log says why.
    pub const fn money_failed(&self) -> bool {
        self.failed
    }

    /// Starts the network and a node that works for this wallet, or without one for a wallet of this run.
    pub async fn rehearse(&self, options: RehearsalOptions) -> Result<Rehearsal, StartError> {
        let names = options.names()?;
        let Some((purse, desk)) = &self.money else {
            return Rehearsal::in_home(self.home.clone(), options, names).await;
        };
        match papers(purse, &names).await {
            Ok(papers) => {
                let rehearsal = Rehearsal::begin(self.home.clone(), options, names, papers).await?;
                desk.use_account(rehearsal.account()?);
                Ok(rehearsal)
            }
            Err(error) => {
                tracing::warn!(%error, "the wallet gives the rig key no permission; jobs earn nothing for it");
                Rehearsal::in_home(self.home.clone(), options, names).await
            }
        }
    }

    /// The account that a node on these grounds works for, with a key of its own kept for it. `None` without a wallet.
    pub async fn account(&self, rehearsal: &Rehearsal) -> Option<Account> {
        let (purse, _) = self.money.as_ref()?;
        let account = Account::new(AccountSettings {
            home: self.home.clone(),
            wallet: purse.wallet().clone(),
            endpoint: rehearsal.endpoint().clone(),
            network: *purse.money().network(),
            clock: Arc::clone(&self.clock),
            patience: AccountPatience::default(),
        });
        let yes = ScriptedConfirmation::on(purse.money().network()).ok()?;
        // Each practice network is a new one, which knows no key of the one before.
        let kept = account.paste_key(&rehearsal.another_key(), &yes).await;
        kept.inspect_err(|error| tracing::warn!(%error, "the practice account cannot be read")).ok()?;
        Some(account)
    }

    /// The books of what a node on these grounds works.
    pub async fn books(&self, rehearsal: &Rehearsal) -> Option<BooksDesk> {
        let books = BooksDesk::beside(&self.home, "", rehearsal.endpoint(), &self.clock, None).await?;
        match rehearsal.account() {
            Ok(account) => books.use_account(account),
            Err(error) => tracing::warn!(%error, "the practice books cannot be compared"),
        }
        Some(books)
    }

    /// Settles and pays what the node works, hour by hour. Never ends.
    pub async fn paydays(&self, rehearsal: &Rehearsal, hour: Duration) {
        match &self.money {
            Some((purse, desk)) => payday::keep(rehearsal, purse, desk, &*self.clock, hour).await,
            None => std::future::pending().await,
        }
    }

    /// Play money: the least bond and something to spare, and ETH for the fees.
    pub async fn play_money(&self) -> Result<(), PurseError> {
        let Some((purse, desk)) = &self.money else { return Ok(()) };
        let minimum = purse.money().look().await?.min_bond.unwrap_or_default();
        purse.fill_up(minimum.saturating_add(Aipg::whole(SPARE_AIPG)), Wei::whole(1)).await?;
        desk.look_again();
        Ok(())
    }

    /// Moves the chain's clock to the end of a cooldown, for whoever practises and does not want to wait a week.
    pub async fn skip_cooldown(&self) -> Result<(), PurseError> {
        let Some((purse, desk)) = &self.money else { return Ok(()) };
        let seen = purse.money().look().await?;
        if let Some(chain::BondState::Cooldown { until, .. }) = seen.bond {
            let left = until.saturating_sub(seen.block.timestamp);
            purse.chain().advance(Duration::from_secs(left.saturating_add(1))).await?;
            desk.look_again();
        }
        Ok(())
    }

    /// Ends the chain, if it is ours. A plan under way is in the journal.
    pub async fn close(self) {
        if let Some((purse, desk)) = self.money {
            desk.close().await;
            purse.shutdown().await;
        }
    }
}

/// A permission for every name. They are all for the one rig key of the home.
async fn papers(purse: &Purse, names: &[WorkerName]) -> Result<Papers, PurseError> {
    let (first, later) = names.split_first().ok_or_else(|| PurseError::NotDone("there is no slot".into()))?;
    let (rig, certificate) = purse.delegate(first.clone(), DELEGATION).await?;
    let mut certificates = vec![certificate];
    for name in later {
        certificates.push(purse.delegate(name.clone(), DELEGATION).await?.1);
    }
    Ok((rig, certificates))
}

/// What a beginner has besides the bond.
const SPARE_AIPG: u64 = 50;
