//! Is an engine there, and what did it say?
//!
//! An engine is our own executable, which this starts, speaks the engine protocol with, watches and ends; or a server
//! that already runs, here or on the owner's network. Both are one [`Engine`] with the same events.
//! Knows the protocol, the child process and HTTP; knows no candle, no coordinator and no schedule.
//!
//! **Invariants**
//! - The child gets no secret: three pipes, and of the environment only what loaders of GPU libraries need.
//! - Every wait has a deadline: a child that says nothing for [`Patience::silence`], or whose steps stand still for
//!   [`Patience::stall`] while it is busy, is killed.
//! - The last event of every engine is [`EngineEvent::Gone`].
//! - Dropping the [`Engine`] kills the child; a child whose app dies sees the end of its stdin and ends itself.
//! - A server is spoken to only where the owner said: no redirect is followed, no proxy is used, and in the clear only
//!   this computer and the owner's own network are connected to. Nothing is fetched because a request names it.
//! - A server is an engine only after it has really written something, and no longer when it fails a look at it.

mod child;
mod convert;
mod engine;
mod event;
mod server;
mod watchdog;

pub use child::{Launch, LaunchError};
pub use engine::{Engine, EngineSource};
pub use engine_protocol::{LoadFault, ModelFacts, Stage};
pub use event::EngineEvent;
pub use server::{
    AddressError, Found, FoundModel, KNOWN_PORTS, ServerAddress, ServerFault, ServerKind, ServerPatience,
    ServerSettings, detect, survey,
};
pub use watchdog::Patience;
