//! The chain room against a real anvil and against nodes that misbehave.

mod anvil;
mod bad_nodes;
mod broadcasts;
mod history;
mod looks;
mod node;
mod transactions;
