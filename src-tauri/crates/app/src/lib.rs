//! What can a user do?
//!
//! Wires the rooms into one node: engines, a connection to the Grid for each slot, keys, a ledger, and the machines of
//! `worker` that decide. Knows no window and no JSON.
//!
//! **Invariants**
//! - Each slot and each engine has one owner of its state; everyone else sends commands and watches the [`Status`].
//! - A record is on disk before the thing it records is sent; if it cannot be, no job is taken.
//! - Engine gone, connection gone, disk full, garbage: each ends in a [`Status`] with words, never in a panic or a hang.
//! - In practice nothing but this machine is reached, and keys live for one run.

pub mod account;
mod blocking;
pub mod config;
pub mod earnings;
pub mod engines;
mod home;
pub mod live;
pub mod money;
mod node;
pub mod paths;
pub mod practice;
mod status;
pub mod wallet;

pub use home::{Home, HomeError};
pub use ledger::Limits;
pub use node::{
    EngineKind, EngineSettings, Node, NodeIdentity, NodeSettings, Patience, StartError, machine_name,
    slot_names,
};
pub use status::{JobLine, Phase, SlotStatus, Status};
pub use worker::Policy;
