//! The workers: who owns a name, and which socket serves it now.

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::Address;
use serde_json::Value;
use tokio::sync::mpsc;
use types::Timestamp;

use crate::accounts::AccountId;
use crate::format::ApiFormat;

/// What the network tells a worker's socket from outside its own loop.
#[derive(Debug)]
pub(crate) enum Command {
    /// Close with this code.
    Close(u16),
    /// Drop the connection without a close frame.
    #[cfg(feature = "rigs")]
    Drop,
    /// Send this, whatever it is.
    #[cfg(feature = "rigs")]
    Send(axum::extract::ws::Message),
}

/// Names one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ConnectionId(u64);

#[cfg(test)]
impl ConnectionId {
    pub(crate) const fn numbered(number: u64) -> Self {
        Self(number)
    }
}

/// A worker: its name is owned for good by the account that used it first.
#[derive(Debug)]
pub(crate) struct Worker {
    pub(crate) id: String,
    pub(crate) account: AccountId,
    pub(crate) models: Value,
    pub(crate) job_types: Vec<String>,
    pub(crate) modalities: Vec<String>,
    pub(crate) last_seen: Timestamp,
    online: Option<Online>,
}

#[derive(Debug)]
pub(crate) struct Online {
    pub(crate) connection: ConnectionId,
    /// Whether it works on a job. The next one is then bound to it and waits.
    pub(crate) busy: bool,
    pub(crate) abilities: Abilities,
    commands: mpsc::Sender<Command>,
}

/// What a connection can do and whose receipts count on it.
#[derive(Debug, Clone)]
pub(crate) struct Abilities {
    pub(crate) models: Vec<String>,
    pub(crate) job_types: Vec<String>,
    pub(crate) api_formats: Vec<String>,
    pub(crate) max_context_length: u64,
    /// The account's wallet when the worker connected: the books show this one.
    pub(crate) wallet: Option<Address>,
    /// The delegated key, if the worker proved one; then no other signer counts.
    pub(crate) delegated: Option<Address>,
}

impl Abilities {
    /// Whether text jobs come here at all, to be run or to be refused.
    pub(crate) fn polls_text(&self) -> bool {
        has(&self.job_types, "text")
    }

    /// Whether it advertises this model.
    pub(crate) fn has_model(&self, model: &str) -> bool {
        has(&self.models, model)
    }

    /// Whether text jobs for this model, asked for in this way, are run here.
    pub(crate) fn serves(&self, model: &str, format: ApiFormat) -> bool {
        self.polls_text() && has(&self.api_formats, format.name()) && self.has_model(model)
    }

    /// Whose receipts count.
    pub(crate) fn signers(&self) -> Vec<Address> {
        self.delegated.or(self.wallet).into_iter().collect()
    }
}

fn has(list: &[String], word: &str) -> bool {
    list.iter().any(|item| item == word)
}

/// All workers ever seen, by name.
#[derive(Debug, Default)]
pub(crate) struct Roster {
    workers: BTreeMap<String, Worker>,
    connections: u64,
}

/// What a newcomer brings.
pub(crate) struct Newcomer {
    pub(crate) name: String,
    pub(crate) account: AccountId,
    pub(crate) models: Value,
    pub(crate) modalities: Vec<String>,
    pub(crate) abilities: Abilities,
    pub(crate) commands: mpsc::Sender<Command>,
}

impl Roster {
    pub(crate) fn owner(&self, name: &str) -> Option<&AccountId> {
        self.workers.get(name).map(|worker| &worker.account)
    }

    /// Gives the workers of one account to another.
    pub(crate) fn hand_over(&mut self, from: &AccountId, to: &AccountId) {
        let moved = self.workers.values_mut().filter(|worker| worker.account == *from);
        moved.for_each(|worker| worker.account = to.clone());
    }

    /// Seats a connection under its name. An older one is told to close with 1012.
    pub(crate) fn seat(&mut self, new: Newcomer, fresh_id: String, now: Timestamp) -> (String, ConnectionId) {
        self.connections += 1;
        let connection = ConnectionId(self.connections);
        let worker = self.workers.entry(new.name).or_insert_with(|| Worker {
            id: fresh_id,
            account: new.account,
            models: Value::Null,
            job_types: Vec::new(),
            modalities: Vec::new(),
            last_seen: now,
            online: None,
        });
        worker.models = new.models;
        worker.job_types.clone_from(&new.abilities.job_types);
        worker.modalities = new.modalities;
        worker.last_seen = now;
        let seated = Online { connection, busy: false, abilities: new.abilities, commands: new.commands };
        if let Some(replaced) = worker.online.replace(seated) {
            // A full or closed lane means that socket is ending already.
            let _ = replaced.commands.try_send(Command::Close(1012));
        }
        (worker.id.clone(), connection)
    }

    /// Takes a connection off, unless a newer one has the seat.
    pub(crate) fn leave(&mut self, name: &str, connection: ConnectionId) {
        if let Some(worker) = self.workers.get_mut(name)
            && worker.online.as_ref().is_some_and(|online| online.connection == connection)
        {
            worker.online = None;
        }
    }

    /// Whether a connection works on a job from now on.
    pub(crate) fn set_busy(&mut self, name: &str, connection: ConnectionId, busy: bool) {
        let online = self.workers.get_mut(name).and_then(|worker| worker.online.as_mut());
        if let Some(online) = online.filter(|online| online.connection == connection) {
            online.busy = busy;
        }
    }

    /// Every connection, by its worker's name.
    pub(crate) fn online(&self) -> impl Iterator<Item = (&String, &Online)> {
        self.workers.iter().filter_map(|(name, worker)| Some((name, worker.online.as_ref()?)))
    }

    /// Tells the socket of a worker something; false if it is not online.
    #[cfg(feature = "rigs")]
    pub(crate) fn tell(&self, name: &str, command: Command) -> bool {
        let online = self.workers.get(name).and_then(|worker| worker.online.as_ref());
        online.is_some_and(|online| online.commands.try_send(command).is_ok())
    }

    /// Closes every socket with a code.
    #[cfg(feature = "rigs")]
    pub(crate) fn tell_all(&self, code: u16) {
        for online in self.workers.values().filter_map(|worker| worker.online.as_ref()) {
            // A full or closed lane means that socket is ending already.
            let _ = online.commands.try_send(Command::Close(code));
        }
    }

    pub(crate) fn is_online(&self, name: &str) -> bool {
        self.workers.get(name).is_some_and(|worker| worker.online.is_some())
    }

    /// Every worker, by name.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&String, &Worker)> {
        self.workers.iter()
    }

    /// The models that are asked for in this way, sorted.
    pub(crate) fn models_by(&self, format: ApiFormat) -> BTreeSet<String> {
        let all = self.online().flat_map(|(_, online)| {
            let models = online.abilities.models.iter();
            models.filter(move |model| online.abilities.serves(model, format))
        });
        all.cloned().collect()
    }

    /// The text models online, sorted, with the kinds of input their workers take.
    pub(crate) fn text_models(&self) -> BTreeMap<String, Vec<String>> {
        let mut models: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for worker in self.workers.values() {
            let Some(Online { abilities, .. }) = &worker.online else { continue };
            for model in abilities.models.iter().filter(|model| abilities.serves(model, ApiFormat::Chat)) {
                let kinds = models.entry(model.clone()).or_default();
                kinds.extend(worker.modalities.iter().cloned());
            }
        }
        models.values_mut().for_each(text_first);
        models
    }
}

fn text_first(kinds: &mut Vec<String>) {
    kinds.sort_by_key(|kind| (kind != "text", kind.clone()));
    kinds.dedup();
}
