//! The rehearsal: a whole network on this computer, with play money and real jobs.

mod once;
mod rehearsal;

pub use once::{JobKind, JobReport, Report, once};
pub use rehearsal::{Rehearsal, RehearsalOptions, SendError};
