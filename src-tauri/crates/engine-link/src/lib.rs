//! Is an engine there, and what did it say?
//!
//! Starts the engine executable, speaks the engine protocol with it, watches that it lives, and ends it.
//! Knows the protocol and the child process; knows no candle and no job.
//!
//! **Invariants**
//! - The child gets no secret: three pipes, and of the environment only what loaders of GPU libraries need.
//! - Every wait has a deadline: a child that says nothing for [`Patience::silence`], or whose steps stand still for
//!   [`Patience::stall`] while it is busy, is killed.
//! - The last event of every engine is [`EngineEvent::Gone`].
//! - Dropping the [`Engine`] kills the child; a child whose app dies sees the end of its stdin and ends itself.

mod child;
mod convert;
mod event;
mod watchdog;

pub use child::{Engine, Launch, LaunchError};
pub use engine_protocol::{LoadFault, ModelFacts, Stage};
pub use event::EngineEvent;
pub use watchdog::Patience;
