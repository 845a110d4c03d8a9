//! The rehearsal: a whole network on this computer, with play money and real jobs.

mod grounds;
mod once;
mod payday;
mod purse;
mod rehearsal;

/// What the practice network shares out an hour.
const HOURLY_BUDGET: f64 = 208.33;

pub use grounds::Grounds;
pub use once::{
    Balances, BondReport, JobKind, JobReport, MoneyReport, PayoutReport, Report, SentOut, WithMoney,
    bond_only, once,
};
pub use purse::{ChainSource, Purse, PurseError, PurseOptions};
pub use rehearsal::{Rehearsal, RehearsalOptions, SendError};
