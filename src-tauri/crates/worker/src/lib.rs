//! What happens next to this job, and may we take jobs at all?
//!
//! Two pure machines. [`job`] takes one job from offer to ack; [`presence`] decides when the node is on the Grid.
//! Neither does IO, reads a clock, or rolls dice: a driver executes the effects and feeds results back as events.
//!
//! **Invariants**
//! - Exactly one terminal message per accepted job, whatever the order of events, and no frame of it afterwards.
//! - A record is written before the thing it records is sent.
//! - Nothing is sent for a job that is no longer ours.
//! - Every engine fault ends in a restart with a self-test, a quarantine, or a stop with words. None in a fast loop.

pub mod job;
pub mod presence;
