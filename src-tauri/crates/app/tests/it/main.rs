//! The node on a practice network: real engine processes, a real socket, a real ledger.

mod account;
mod bad_days;
mod desk;
mod earnings;
mod engine_faults;
mod faults;
mod grounds;
mod journey;
mod money;
mod payouts;
mod rig;
mod slots;
mod stand;
mod talking_server;
mod tap;
mod traffic;
