//! Ways to be unkind to a worker's socket and to whoever speaks to a chain, for the tests of our own client.

mod rpc_proxy;

use axum::extract::ws::Message;

pub use rpc_proxy::{Conduct, RpcProxy};

use crate::network::Network;
use crate::roster::Command;

/// What creates one of the practice chain's contracts, by its name. A constructor's arguments go behind.
pub fn bytecode(contract: &str) -> Vec<u8> {
    crate::chain::artifacts::bytecode(contract)
}

/// The rigs of a network. Each answers whether the worker was online and its lane had room.
#[derive(Debug)]
pub struct Rigs<'a>(&'a Network);

impl Network {
    /// Lends the rigs.
    pub fn rigs(&self) -> Rigs<'_> {
        Rigs(self)
    }
}

impl Rigs<'_> {
    /// Drops the worker's connection without a close frame.
    pub fn drop_socket(&self, worker: &str) -> bool {
        self.tell(worker, Command::Drop)
    }

    /// Closes the worker's socket with a code.
    pub fn close_socket(&self, worker: &str, code: u16) -> bool {
        self.tell(worker, Command::Close(code))
    }

    /// Sends any text, whether it is JSON or not.
    pub fn send_text(&self, worker: &str, text: impl Into<String>) -> bool {
        self.tell(worker, Command::Send(Message::Text(text.into().into())))
    }

    /// Sends a binary frame, which is not part of the protocol.
    pub fn send_binary(&self, worker: &str, bytes: Vec<u8>) -> bool {
        self.tell(worker, Command::Send(Message::Binary(bytes.into())))
    }

    /// Sends a JSON object of about this many bytes.
    pub fn send_oversize(&self, worker: &str, bytes: usize) -> bool {
        self.send_text(worker, format!("{{\"type\":\"filler\",\"x\":\"{}\"}}", "x".repeat(bytes)))
    }

    fn tell(&self, worker: &str, command: Command) -> bool {
        self.0.hub.state().roster.tell(worker, command)
    }
}
