//! The node on a practice network: real engine processes, a real socket, a real ledger.

mod bad_days;
mod desk;
mod engine_faults;
mod grounds;
mod journey;
mod money;
mod payouts;
mod rig;
