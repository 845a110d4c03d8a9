//! What may the app and an engine say to each other?
//!
//! Messages on the engine's stdin and stdout: a 4-byte little-endian length, then that many bytes of JSON.
//! Both sides depend on this and on nothing of each other, so an engine can be built without the app and the app
//! without candle. Standard error is for the engine's log only.
//!
//! **Invariants**
//! - The first message each way is `Hello`; different versions part at once.
//! - One model at a time, one job at a time.
//! - Every `Generate` is answered by exactly one of `Finished`, `Refused`, `Failed`, and no `Token` follows it.
//! - A length above [`MAX_FRAME`] is refused before anything is allocated for it.

mod codec;
mod message;

pub use codec::{FrameError, MAX_FRAME, decode, encode, frame_length, read_message, write_message};
pub use message::{
    Finish, FromEngine, Generate, GenerateUsage, LoadFault, ModelFacts, Stage, ToEngine, Turn, TurnToolCall,
};

/// The version both sides must share.
pub const VERSION: u32 = 1;
