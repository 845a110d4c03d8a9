//! What was earned. Three figures that are never added up.

use app::money::desk::View;
use serde::Serialize;
use types::Timestamp;

/// What the Grid paid, owes, and has not settled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Earnings {
    /// Paid since midnight of this computer's day, found on the chain.
    pub paid_today: String,
    /// Paid ever, found on the chain.
    pub paid: String,
    /// Settled by the Grid and not sent yet.
    pub owed: String,
    /// Said to be sent, and the chain does not show it yet.
    pub on_its_way: String,
    /// Where the Grid uses a word that this version does not know; nobody can say whether it is owed.
    pub other: String,
    /// What the work since the last payout may come to; nothing where there is no basis for it.
    pub not_settled: Option<Estimate>,
    /// Work units not settled yet; nothing where that is not known.
    pub work_not_settled: Option<String>,
    /// When the Grid pays next, in milliseconds since 1970, if that is known.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub next_payout: Option<u64>,
    /// When this was read, in milliseconds since 1970.
    #[cfg_attr(test, ts(type = "number"))]
    pub at: u64,
}

/// A range with its basis. Never added to money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Estimate {
    /// The least.
    pub low: String,
    /// The most.
    pub high: String,
    /// The name of what it is reckoned from.
    pub basis: String,
}

impl Earnings {
    /// What the desk knows of earnings; nothing until they were read.
    pub(crate) fn of(view: &View) -> Option<Self> {
        let (earned, at) = view.earnings.as_ref()?;
        let outlook = view.outlook.as_ref();
        let estimate = outlook.and_then(|outlook| outlook.estimate.as_ref());
        Some(Self {
            paid_today: earned.paid_today.to_string(),
            paid: earned.paid.to_string(),
            owed: earned.owed.to_string(),
            on_its_way: earned.said_to_be_paid.to_string(),
            other: earned.other.to_string(),
            not_settled: estimate.map(|estimate| Estimate {
                low: estimate.low.to_string(),
                high: estimate.high.to_string(),
                basis: estimate.basis.to_owned(),
            }),
            work_not_settled: outlook.map(|outlook| outlook.work.to_string()),
            next_payout: outlook.and_then(|outlook| outlook.next_payout).map(Timestamp::millis),
            at: at.millis(),
        })
    }
}
