//! Make the bytes.
//!
//! This crate loads a model file and answers chat requests with it, on candle's CPU kernels. Its executable speaks
//! [`engine_protocol`] on stdin and stdout and is meant to be run as a child process without secrets, because it parses
//! files and text of strangers.
//!
//! It deliberately has no network, no keys, no database and no async runtime, and it writes no files except by
//! [`requantize`].
//!
//! **Invariants**
//! - A file is loaded only after [`preflight`] accepted it, and only by what the preflight found.
//! - Every `Generate` is answered by exactly one terminal message, and no `Token` follows it.
//! - After a `Failed`, no further job is run: the parent must start a new process.
//! - Prompts and answers reach neither the log nor a panic message.
//! - Same file, request and seed give the same answer on the same machine, except that a machine which slows down may
//!   read the prompt in other chunks, and these round differently in the last digits.

mod job;
mod loaded;
pub mod model;
mod pace;
pub mod preflight;
mod requantize;
pub mod sampling;
mod serve;
pub mod text;

pub use job::{JobError, Outcome, Sink, Watch};
pub use loaded::{LoadFailure, Loaded};
pub use requantize::{RequantizeError, requantize};
pub use serve::{End, serve};
