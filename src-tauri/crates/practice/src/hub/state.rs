//! Everything the coordinator remembers, and the checks a registration needs it for.

use std::collections::BTreeMap;

use alloy_primitives::Address;
use tokio::sync::mpsc;
use types::Timestamp;

use crate::accounts::{AccountId, Accounts, Purpose, Scope};
use crate::books::BookRow;
use crate::chance::Chance;
use crate::enrolment::Enrolments;
use crate::identity::{Claimed, IdentityError, Nonces, verify};
use crate::jobs::Jobs;
use crate::limits::Limits;
use crate::options::Timings;
use crate::registration::{Claim, Refusal, check_columns};
use crate::roster::{Abilities, Command, ConnectionId, Newcomer, Roster};
use crate::settlement::PayoutBook;
use crate::sign_in::SignIns;
use crate::strikes::Strikes;

/// Everything the coordinator remembers.
pub(crate) struct State {
    pub(crate) accounts: Accounts,
    pub(crate) roster: Roster,
    pub(crate) jobs: Jobs,
    pub(super) strikes: Strikes,
    nonces: Nonces,
    pub(crate) switches: Switches,
    pub(crate) sign_ins: SignIns,
    pub(crate) enrolments: Enrolments,
    pub(crate) limits: Limits,
    /// Oldest first.
    pub(crate) rows: Vec<BookRow>,
    pub(crate) payouts: PayoutBook,
    pub(crate) chance: Chance,
}

/// What an operator of the coordinator can set.
#[derive(Debug, Default)]
pub(crate) struct Switches {
    /// Whether every worker has to prove who it is.
    pub(crate) identity_required: bool,
    /// Whether the store of used proofs is down.
    pub(crate) freshness_down: bool,
    /// Whether no request is too many.
    pub(crate) unlimited: bool,
}

/// A registered connection.
#[derive(Debug, Clone)]
pub(crate) struct Seat {
    pub(crate) name: String,
    pub(crate) worker_id: String,
    pub(crate) connection: ConnectionId,
    pub(crate) abilities: Abilities,
}

impl State {
    pub(super) fn new(timings: &Timings, seed: u64) -> Self {
        Self {
            // A source of its own, so that the first account's id does not give the salt away.
            accounts: Accounts::new(Chance::new(!seed).nonce()),
            roster: Roster::default(),
            jobs: Jobs::default(),
            strikes: Strikes::new(timings),
            nonces: Nonces::default(),
            switches: Switches::default(),
            sign_ins: SignIns::default(),
            enrolments: Enrolments::default(),
            limits: Limits::default(),
            rows: Vec::new(),
            payouts: PayoutBook::default(),
            chance: Chance::new(seed),
        }
    }

    /// The strikes that count now, by worker.
    pub(super) fn strikes(&self, now: Timestamp) -> BTreeMap<String, u32> {
        self.strikes.counts(now)
    }

    /// Seats a worker, or refuses it by the checks 5 to 10, in the coordinator's order.
    pub(super) fn admit(
        &mut self,
        claim: Claim,
        commands: mpsc::Sender<Command>,
        now: Timestamp,
    ) -> Result<Seat, Refusal> {
        let key = self.accounts.resolve(claim.api_key.expose(), now);
        let key = key.ok_or_else(|| Refusal::credentials("Invalid API key"))?;
        if !key.purpose.allows(Scope::ConnectWorker) {
            return Err(Refusal::forbidden("API key lacks worker.connect scope"));
        }
        if matches!(&key.purpose, Purpose::Worker(name) if *name != claim.name) {
            return Err(Refusal::forbidden("worker credential targets another rig"));
        }
        if self.strikes.barred(&claim.name, now) {
            return Err(Refusal::forbidden("Worker recently evicted for failed generations; retry shortly."));
        }
        let wallet = self.accounts.payout_wallet(&key.account);
        let delegated = self.verify_identity(&claim, wallet, now)?;
        if self.roster.owner(&claim.name).is_some_and(|owner| *owner != key.account) {
            return Err(Refusal::forbidden("worker name already registered to another account"));
        }
        check_columns(&claim)?;
        Ok(self.seat(claim, key.account, wallet, delegated, commands, now))
    }

    /// The delegated key, if the worker offers a proof and it holds.
    fn verify_identity(
        &mut self,
        claim: &Claim,
        wallet: Option<Address>,
        now: Timestamp,
    ) -> Result<Option<Address>, Refusal> {
        let Some(proof) = &claim.identity else {
            let required = "payout-wallet worker delegation is required";
            return if self.switches.identity_required {
                Err(Refusal::forbidden(required))
            } else {
                Ok(None)
            };
        };
        let claimed = Claimed {
            payout_wallet: wallet,
            worker_name: &claim.name,
            models: &claim.models,
            job_types: &claim.job_types,
            bridge_agent: claim.bridge_agent.as_deref().unwrap_or_default(),
        };
        let refused = |error: IdentityError| Refusal::forbidden(error.to_string());
        let verified = verify(proof, claimed, now.seconds()).map_err(refused)?;
        if self.switches.freshness_down {
            return Err(Refusal::forbidden("worker registration freshness store unavailable"));
        }
        self.nonces.spend(&verified, now).map_err(refused)?;
        Ok(Some(verified.signer))
    }

    fn seat(
        &mut self,
        claim: Claim,
        account: AccountId,
        wallet: Option<Address>,
        delegated: Option<Address>,
        commands: mpsc::Sender<Command>,
        now: Timestamp,
    ) -> Seat {
        let abilities = Abilities {
            models: claim.served(),
            job_types: claim.job_types,
            api_formats: claim.api_formats,
            max_context_length: claim.max_context_length,
            wallet,
            delegated,
        };
        let newcomer = Newcomer {
            name: claim.name.clone(),
            account,
            models: claim.models,
            modalities: claim.modalities,
            abilities: abilities.clone(),
            commands,
        };
        let (worker_id, connection) = self.roster.seat(newcomer, self.chance.uuid(), now);
        Seat { name: claim.name, worker_id, connection, abilities }
    }
}
