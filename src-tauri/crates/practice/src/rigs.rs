//! Ways to be unkind to a worker's socket and to whoever speaks to a chain, for the tests of our own client.

mod fault_proxy;
mod rpc_proxy;
mod tls_front;
mod traffic;

use axum::extract::ws::Message;

pub use fault_proxy::{Deed, End, Fault, FaultProxy, Way};
pub use rpc_proxy::{Conduct, RpcProxy};
pub use tls_front::{Authority, Leaf, Sightings, TlsFront};
pub use traffic::{Call, Kind, Outcome, Traffic, TrafficReport};

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

    /// Closes every worker's socket with 1012, as a coordinator does that is started again.
    ///
    /// What was in its queue and its books stays, because those are kept elsewhere.
    pub fn restart(&self) {
        self.0.hub.state().roster.tell_all(1012);
    }

    /// Whether every worker has to prove who it is from now on. Those who are connected stay.
    pub fn require_identity(&self, required: bool) {
        self.0.hub.state().switches.identity_required = required;
    }

    /// Whether the coordinator cannot tell if a proof was used before.
    pub fn freshness_store_down(&self, down: bool) {
        self.0.hub.state().switches.freshness_down = down;
    }

    /// These jobs come to nobody before their claim is stale. They are counted from 1, from now on.
    ///
    /// It is what a poller does at the real coordinator whose worker vanished while it was idle.
    pub fn lose_jobs(&self, jobs: &[u64]) {
        self.0.hub.state().jobs.lose(jobs);
    }

    fn tell(&self, worker: &str, command: Command) -> bool {
        self.0.hub.state().roster.tell(worker, command)
    }
}
