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

mod blocking;
pub mod earnings;
mod home;
pub mod money;
mod node;
pub mod paths;
pub mod practice;
mod status;
pub mod wallet;

pub use home::{Home, HomeError};
pub use node::{ModelFile, Node, NodeIdentity, NodeSettings, Patience, StartError};
pub use status::{JobLine, Phase, Status};
