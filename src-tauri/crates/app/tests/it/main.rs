//! The node on a practice network: real engine processes, a real socket, a real ledger.

mod bad_days;
mod engine_faults;
mod journey;
mod rig;
