//! The next transaction of what the owner agreed to: a pure machine.
//!
//! `step` takes what just became known and answers what to do next. It reads no clock, no chain and no file; a driver
//! carries its effects out and feeds the answers back. It journals before it signs, stores what is signed before it is
//! sent, has one transaction in flight, sends only identical bytes again, and never repeats what failed on the chain.

mod effect;
mod event;
mod facts;
mod machine;
mod plan;
mod ready;
#[cfg(test)]
mod tests;

pub use effect::{Effect, End, Failure, Unfinished};
pub use event::{Event, Found, Meaning, Sent};
pub use facts::{Facts, Standing};
pub use machine::{Action, Offer, Policy, Record};
pub use plan::{Terms, Wish, plan};
pub use ready::{Obstacle, Readiness, readiness};
