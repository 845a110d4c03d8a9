//! What happens next to this job, and may we take jobs at all?
//!
//! Pure machines. [`job`] takes one job from offer to ack; [`presence`] decides when one slot is on the Grid; [`fitness`]
//! decides whether the engine that slots share may be trusted; [`schedule`] says how many slots the owner wants now.
//! None does IO, reads a clock, or rolls dice: a driver executes the effects and feeds results back as events.
//!
//! **Invariants**
//! - Exactly one terminal message per accepted job, whatever the order of events, and no frame of it afterwards.
//! - A record is written before the thing it records is sent.
//! - Nothing is sent for a job that is no longer ours.
//! - Every engine fault ends in a restart with a self-test, a quarantine, or a stop with words. None in a fast loop.
//!   It counts once, however many slots share the engine, and only a delivered answer or the owner forgives it.
//! - A slot connects only while its engine is fit.

pub mod fitness;
pub mod job;
mod policy;
pub mod presence;
pub mod schedule;
mod strikes;

pub use policy::Policy;
pub use strikes::Strikes;
