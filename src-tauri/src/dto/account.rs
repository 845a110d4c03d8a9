//! The account at the coordinator: who we are there, who is paid, and what may act for us. No key is ever in here.

mod from;

use serde::{Deserialize, Serialize};

use super::Place;

/// The account as the screen shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Account {
    /// Where.
    pub place: Place,
    /// What this computer may do there now.
    pub access: Access,
    /// The wallet in this app, if there is one: it signs in, and it can be paid.
    pub own_wallet: Option<String>,
    /// What the account's page said last; nothing until it was read.
    pub page: Option<AccountPage>,
    /// Why there is nothing newer.
    pub trouble: Option<AccountTrouble>,
    /// Whether the coordinator gives workers keys of their own; nothing until it was asked.
    pub enrolment: Option<bool>,
    /// What lets this computer's own key sign the work of a worker, one for each name.
    pub permissions: Vec<Permission>,
    /// What is being done, or what was done last.
    pub task: Option<AccountTask>,
}

/// What this computer may do at the coordinator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// Nothing: no key is kept and nobody signed in.
    None,
    /// A key is kept. It reads the account and connects workers; managing wants a signature.
    Key,
    /// The wallet has just signed in; for ten minutes it need not sign again.
    Managing,
}

/// What the account's page says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct AccountPage {
    /// When it was read, in milliseconds since 1970.
    #[cfg_attr(test, ts(type = "number"))]
    pub at: u64,
    /// The account's name. A stranger may have written it.
    pub username: String,
    /// The wallet that signs in, in the mixed case that carries a checksum.
    pub wallet: Option<String>,
    /// Who is paid, in the same form. Nothing: nobody is.
    pub payout_wallet: Option<String>,
    /// Its keys, the newest first.
    pub keys: Vec<ApiKey>,
    /// Its workers.
    pub workers: Vec<AccountWorker>,
}

/// A key of the account, by what its page tells. The key itself is nowhere in here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct ApiKey {
    /// Its id; nothing where the page names none that one may end a key by.
    pub id: Option<String>,
    /// What its maker called it.
    pub label: Option<String>,
    /// When it was made, in milliseconds since 1970, if that was said in a form we read.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub created: Option<u64>,
    /// When it was last used.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub last_used: Option<u64>,
    /// What it is to this computer.
    pub role: KeyRole,
}

/// What a key is to this computer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum KeyRole {
    /// This computer works with it.
    InUse,
    /// It may be the one that was pasted here; the page does not say.
    MayBeInUse,
    /// This computer made it and has another one now.
    LeftOver,
    /// Somebody else works with it.
    Other,
    /// It was ended.
    Revoked,
}

/// A worker of the account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct AccountWorker {
    /// Its name on the Grid.
    pub name: String,
    /// Whether the Grid sees it now.
    pub online: bool,
    /// Whether it is one of this computer's.
    pub ours: bool,
    /// What it serves.
    pub models: Vec<String>,
    /// Work units counted for it ever, as an exact decimal.
    pub work_units: String,
    /// Jobs counted for it ever.
    #[cfg_attr(test, ts(type = "number"))]
    pub jobs: u64,
}

/// What lets this computer's own key sign the work of one worker name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Permission {
    /// For which worker.
    pub worker_name: String,
    /// Whether it is by the wallet that is paid; one by another wallet is refused.
    pub holds: bool,
    /// Until when, in milliseconds since 1970.
    #[cfg_attr(test, ts(type = "number"))]
    pub until: u64,
}

/// Why the account is not known better than before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum AccountTrouble {
    /// The coordinator does not answer.
    Unreachable,
    /// It no longer takes the key.
    KeyRefused,
    /// What it said makes no sense.
    Garbled,
    /// The wallet or its keys could not be opened.
    Locked,
}

/// What an owner may want of the account.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum AccountWish {
    /// Sign in with the wallet in this app, and get a key if there is none.
    SignIn,
    /// Get another key for this computer.
    MakeKey,
    /// Get a key that can connect one worker and nothing else.
    Enrol,
    /// Be paid to this address from the next settlement on.
    PayTo {
        /// As it was typed; it is checked and then shown in full by the system's own dialog.
        address: String,
    },
    /// End a key for good.
    Revoke {
        /// Its id.
        id: String,
    },
    /// Let this computer's own key sign the work of its workers for another while.
    Permit,
}

/// What an owner wanted, without its particulars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum AccountAct {
    /// Sign in.
    SignIn,
    /// Get another key.
    MakeKey,
    /// Keep a key that was pasted.
    KeepKey,
    /// Get a worker's own key.
    Enrol,
    /// Be paid elsewhere.
    PayTo,
    /// End a key.
    Revoke,
    /// Let this computer sign.
    Permit,
}

/// What is being done with the account, or was done last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct AccountTask {
    /// What.
    pub act: AccountAct,
    /// How it ended; nothing while it is under way.
    pub outcome: Option<AccountOutcome>,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum AccountOutcome {
    /// Done, and read back.
    Done,
    /// The owner did not say yes.
    Declined,
    /// Something else is under way.
    Busy,
    /// The coordinator did not answer; nobody knows whether it was done.
    Unreachable,
    /// The coordinator said no.
    Refused,
    /// It does not know the key, or the proof was too old.
    KeyRefused,
    /// It has this switched off.
    NotOffered,
    /// Its answer makes no sense, or is not what was asked for. Nothing was signed for it.
    Garbled,
    /// It said yes, and the account's page does not show it.
    NotSeen,
    /// It is no address.
    NotAnAddress,
    /// A digit of the address is mistyped.
    Mistyped,
    /// What is paid to this address would be lost.
    LostAddress,
    /// It is no key.
    NotAKey,
    /// The key is for a worker or a validator only.
    NarrowKey,
    /// The account has no such key.
    NoSuchKey,
    /// It is the key that this computer works with, or may be.
    KeyInUse,
    /// The account pays another wallet than the one in this app.
    PaidElsewhere,
    /// Nothing is served, so there is no worker to do it for.
    NoWorker,
    /// The coordinator took too long.
    NotInTime,
    /// There is no key of the account here.
    NoKey,
    /// The wallet or the store of keys could not be opened or written.
    NoKeys,
    /// A fault of this program.
    Broken,
}
