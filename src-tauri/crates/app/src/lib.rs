//! What can a user do?
//!
//! Wires the rooms into one node: an engine child, a connection to the Grid, keys, a ledger, and the two machines of
//! `worker` that decide. Knows no window and no JSON.
//!
//! **Invariants**
//! - One driver owns the state; everyone else sends it commands and watches its [`Status`].
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
