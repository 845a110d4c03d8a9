//! The account's desk, as the screen shows it.

use app::account::desk::{Act, DeskView, Outcome, Task, Wish};
use app::account::{AccountDesk, AccountView, KeyLine};
use types::{KeyId, Timestamp, WorkerName};

use super::{
    Access, Account, AccountAct, AccountOutcome, AccountPage, AccountTask, AccountTrouble, AccountWish,
    AccountWorker, ApiKey, KeyRole, Permission, Place,
};

impl Account {
    /// The desk now, at this coordinator.
    pub(crate) fn at(desk: &AccountDesk, place: Place) -> Self {
        let view = desk.view();
        let access = match view.has_key {
            _ if desk.account().may_manage() => Access::Managing,
            Some(true) => Access::Key,
            Some(false) | None => Access::None,
        };
        Self {
            place,
            access,
            own_wallet: Some(desk.account().wallet().to_string()),
            page: view.seen.as_ref().map(|(page, at)| AccountPage::of(page, *at, desk.names())),
            trouble: view.trouble.map(AccountTrouble::from),
            enrolment: view.enrolment,
            permissions: permissions(&view),
            task: view.task.map(AccountTask::from),
        }
    }
}

impl Account {
    /// Before there is a wallet that could own one.
    pub(crate) const fn nobody(place: Place) -> Self {
        Self {
            place,
            access: Access::None,
            own_wallet: None,
            page: None,
            trouble: None,
            enrolment: None,
            permissions: Vec::new(),
            task: None,
        }
    }
}

fn permissions(view: &DeskView) -> Vec<Permission> {
    let kept = view.seen.iter().flat_map(|(page, _)| &page.delegations);
    kept.map(|line| Permission {
        worker_name: line.worker_name.to_string(),
        holds: line.is_by_payout_wallet,
        until: line.expires_at.saturating_mul(1000),
    })
    .collect()
}

impl AccountPage {
    fn of(page: &AccountView, at: Timestamp, names: &[WorkerName]) -> Self {
        let workers = page.workers.workers.iter().map(|worker| AccountWorker {
            name: worker.name.clone(),
            online: worker.online,
            ours: names.iter().any(|name| name.as_str() == worker.name),
            models: worker.models.clone(),
            work_units: worker.den.to_string(),
            jobs: worker.jobs,
        });
        Self {
            at: at.millis(),
            username: page.username.clone(),
            wallet: page.wallet.map(|wallet| wallet.to_string()),
            payout_wallet: page.payout_wallet.map(|wallet| wallet.to_string()),
            keys: page.keys.iter().map(ApiKey::from).collect(),
            workers: workers.collect(),
        }
    }
}

impl From<&KeyLine> for ApiKey {
    fn from(line: &KeyLine) -> Self {
        Self {
            id: line.key.id.as_ref().map(KeyId::to_string),
            label: line.key.label.clone(),
            created: line.key.created.as_ref().and_then(|moment| moment.at).map(Timestamp::millis),
            last_used: line.key.last_used.as_ref().and_then(|moment| moment.at).map(Timestamp::millis),
            role: line.role.map_or(KeyRole::Revoked, KeyRole::from),
        }
    }
}

impl From<app::account::KeyRole> for KeyRole {
    fn from(role: app::account::KeyRole) -> Self {
        match role {
            app::account::KeyRole::InUse => Self::InUse,
            app::account::KeyRole::MayBeInUse => Self::MayBeInUse,
            app::account::KeyRole::LeftOver => Self::LeftOver,
            app::account::KeyRole::Other => Self::Other,
        }
    }
}

impl From<Task> for AccountTask {
    fn from(task: Task) -> Self {
        let act = match task.act {
            Act::SignIn => AccountAct::SignIn,
            Act::MakeKey => AccountAct::MakeKey,
            Act::KeepKey => AccountAct::KeepKey,
            Act::Enrol => AccountAct::Enrol,
            Act::PayTo => AccountAct::PayTo,
            Act::Revoke => AccountAct::Revoke,
            Act::Permit => AccountAct::Permit,
        };
        Self { act, outcome: task.outcome.map(AccountOutcome::from) }
    }
}

/// Why a look failed, told apart only where the owner can do something else about it.
impl From<Outcome> for AccountTrouble {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Unreachable | Outcome::Refused | Outcome::NotInTime | Outcome::Busy => Self::Unreachable,
            Outcome::KeyRefused | Outcome::NarrowKey | Outcome::NotAKey => Self::KeyRefused,
            Outcome::NoKeys | Outcome::Declined => Self::Locked,
            Outcome::Done
            | Outcome::NotOffered
            | Outcome::Garbled
            | Outcome::NotSeen
            | Outcome::NotAnAddress
            | Outcome::Mistyped
            | Outcome::LostAddress
            | Outcome::NoSuchKey
            | Outcome::KeyInUse
            | Outcome::PaidElsewhere
            | Outcome::NoWorker
            | Outcome::NoKey
            | Outcome::Broken => Self::Garbled,
        }
    }
}

impl From<Outcome> for AccountOutcome {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Done => Self::Done,
            Outcome::Declined => Self::Declined,
            Outcome::Busy => Self::Busy,
            Outcome::Unreachable => Self::Unreachable,
            Outcome::Refused => Self::Refused,
            Outcome::KeyRefused => Self::KeyRefused,
            Outcome::NotOffered => Self::NotOffered,
            Outcome::Garbled => Self::Garbled,
            Outcome::NotSeen => Self::NotSeen,
            Outcome::NotAnAddress => Self::NotAnAddress,
            Outcome::Mistyped => Self::Mistyped,
            Outcome::LostAddress => Self::LostAddress,
            Outcome::NotAKey => Self::NotAKey,
            Outcome::NarrowKey => Self::NarrowKey,
            Outcome::NoSuchKey => Self::NoSuchKey,
            Outcome::KeyInUse => Self::KeyInUse,
            Outcome::PaidElsewhere => Self::PaidElsewhere,
            Outcome::NotInTime => Self::NotInTime,
            Outcome::NoWorker => Self::NoWorker,
            Outcome::NoKey => Self::NoKey,
            Outcome::NoKeys => Self::NoKeys,
            Outcome::Broken => Self::Broken,
        }
    }
}

impl AccountWish {
    /// The same for the desk; nothing if it names a key by what is no id.
    pub(crate) fn read(self) -> Option<Wish> {
        Some(match self {
            Self::SignIn => Wish::SignIn,
            Self::MakeKey => Wish::MakeKey,
            Self::Enrol => Wish::Enrol,
            Self::PayTo { address } => Wish::PayTo(address),
            Self::Revoke { id } => Wish::Revoke(KeyId::parse(&id)?),
            Self::Permit => Wish::Permit,
        })
    }
}
