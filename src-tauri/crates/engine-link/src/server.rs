//! Engines that already run, here or on the owner's network: any server that speaks OpenAI's chat API.
//!
//! Such a server is an engine like our own child: a model is loaded when the server lists it, is healthy and has
//! really written something; a job is one streamed request; an engine whose server stops answering is gone.

mod address;
mod chat;
mod detect;
mod driver;
mod facts;
mod gate;
mod http;
mod job;
mod links;
mod raw;
mod rename;
mod request;
mod resolve;
mod settings;
mod sse;
mod stream;
mod supervisor;
mod tls;
mod usage;
mod words;

pub use address::{AddressError, ServerAddress};
pub use detect::{Found, FoundModel, KNOWN_PORTS, ServerFault, detect, survey};
pub(crate) use driver::Server;
pub use facts::ServerKind;
pub use settings::{ServerPatience, ServerSettings};
