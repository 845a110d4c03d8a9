//! What was done and what came of it: jobs, days, payouts, and whether two books agree.

mod from;

use serde::Serialize;

use super::Cause;

/// What came of the work so far, at a glance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct History {
    /// The last thirty days, the oldest first, those without work as well.
    pub days: Vec<Day>,
    /// The next payout, if anything is known of it.
    pub payday: Option<Payday>,
    /// Whether our books and the Grid's agree; nothing until they were compared.
    pub books: Option<Books>,
    /// What can keep earnings away, the gravest first.
    pub why: Vec<Cause>,
}

/// A piece of the list of jobs, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct JobPage {
    /// The jobs.
    pub jobs: Vec<JobRecord>,
    /// What to ask for to get the next piece; nothing if this was the last.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub next: Option<i64>,
}

/// One attempt at a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct JobRecord {
    /// Its number in our records.
    #[cfg_attr(test, ts(type = "number"))]
    pub attempt: i64,
    /// As the Grid named it.
    pub id: String,
    /// Under which name it was worked.
    pub worker_name: String,
    /// The model it was for.
    pub model: String,
    /// The name of its state.
    pub state: String,
    /// When it was taken on, in milliseconds since 1970.
    #[cfg_attr(test, ts(type = "number"))]
    pub accepted_at: u64,
    /// When it ended.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub finished_at: Option<u64>,
    /// Tokens read.
    pub prompt_tokens: Option<u32>,
    /// Tokens written.
    pub completion_tokens: Option<u32>,
    /// Tokens a second over the whole job, as a decimal.
    pub tokens_per_second: Option<String>,
    /// Work units the Grid counted, as an exact decimal.
    pub work_units: Option<String>,
    /// Whether this computer's own key signed for it.
    pub signed: bool,
}

/// One day of this computer's calendar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Day {
    /// When it began, in milliseconds since 1970.
    #[cfg_attr(test, ts(type = "number"))]
    pub begins: u64,
    /// Work units counted on it, as an exact decimal.
    pub work_units: String,
    /// Jobs answered on it.
    #[cfg_attr(test, ts(type = "number"))]
    pub jobs: u64,
}

/// A piece of the list of payouts, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct PayoutPage {
    /// The payouts.
    pub payouts: Vec<PayoutRecord>,
    /// What to ask for to get the next piece; nothing if this was the last.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub next: Option<u32>,
}

/// One payout as the Grid states it, held against the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct PayoutRecord {
    /// The Grid's name for it.
    pub period: String,
    /// When the hour it is for began, in milliseconds since 1970, if it is for an hour.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub hour: Option<u64>,
    /// AIPG, as an exact decimal.
    pub aipg: String,
    /// Work units it is for; nothing where the records do not say.
    pub work_units: Option<String>,
    /// How it stands.
    pub standing: Standing,
    /// Its transaction's name on the chain.
    pub transaction: Option<String>,
    /// The wallet it went to.
    pub address: Option<String>,
}

/// How a payout stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Found on the chain, to the last digit.
    Paid,
    /// Said to be sent; the chain does not show it yet.
    SaidToBePaid,
    /// On its way to the chain.
    Sending,
    /// It went wrong and is tried again every hour.
    Retrying,
    /// Nobody was named to be paid; an operator has to run it.
    Owed,
    /// A person has to look at it.
    UnderReview,
    /// The check of the address stopped it.
    Held,
    /// A word this version does not know.
    Unknown,
}

/// The next payout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Payday {
    /// When the hour began that is paid next, in milliseconds since 1970; nothing where hours are other ones.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub hour: Option<u64>,
    /// When that is expected.
    #[cfg_attr(test, ts(type = "number"))]
    pub expected: u64,
    /// Hours with work that should have a payout by now and have none, the newest first.
    pub open_hours: Vec<OpenHour>,
}

/// An hour with work and without a payout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct OpenHour {
    /// When it began, in milliseconds since 1970.
    #[cfg_attr(test, ts(type = "number"))]
    pub hour: u64,
    /// Work units counted in it.
    pub work_units: String,
    /// Whether its share may have been below the least amount that the Grid pays.
    pub too_small: TooSmall,
}

/// Whether a share may have been too small to be paid. What is, is gone for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum TooSmall {
    /// By every recent payout it was enough.
    No,
    /// Nobody can tell.
    Possible,
    /// By no recent payout it was enough.
    Likely,
}

/// Whether our books and the Grid's agree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Books {
    /// When they were compared, in milliseconds since 1970.
    #[cfg_attr(test, ts(type = "number"))]
    pub at: u64,
    /// Each worker of this computer, and the wallet that is paid.
    pub lines: Vec<BookLine>,
}

/// One sum of the Grid's held against ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct BookLine {
    /// The worker's name; nothing for the wallet that is paid.
    pub worker_name: Option<String>,
    /// Since when both count, in milliseconds since 1970; nothing while the count has not begun.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub since: Option<u64>,
    /// Work units by our records.
    pub ours: String,
    /// Work units by the Grid's page.
    pub theirs: String,
    /// How they compare.
    pub verdict: BooksVerdict,
}

/// How two books compare.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum BooksVerdict {
    /// They say the same.
    Agree,
    /// The Grid counts more than we do.
    TheyKnowMore {
        /// Work units.
        by: String,
    },
    /// The Grid counts less than we do.
    WeKnowMore {
        /// Work units.
        by: String,
    },
    /// The Grid's sum went back, so the count begins anew.
    BegunAnew,
    /// The count begins at the next moment at which nothing is under way.
    NotBegun,
}
