//! Everything a slot waits for, as one thing.

use grid::{ConnectError, Connection};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::SlotCommand;
use crate::node::engine_room::{Said, Seat};
use crate::node::waits::{at, joined};

/// One thing that happened.
pub(super) enum Input {
    /// The owner asked for something; `None` when nobody can ask any more.
    Command(Option<SlotCommand>),
    /// The engine room said something; `None` when it is gone.
    Room(Option<Said>),
    /// A connection came about, or did not.
    Connected(Result<Connection, ConnectError>),
    /// The coordinator said something.
    Grid(grid::Event),
    /// A deadline passed.
    Deadline,
}

/// Where inputs come from. What is `None` is not waited for.
pub(super) struct Sources {
    pub(super) commands: mpsc::Receiver<SlotCommand>,
    pub(super) seat: Seat,
    /// The room is gone, and that was said once.
    room_gone: bool,
    pub(super) connecting: Option<JoinHandle<Result<Connection, ConnectError>>>,
    pub(super) connection: Option<Connection>,
}

impl Sources {
    pub(super) const fn new(commands: mpsc::Receiver<SlotCommand>, seat: Seat) -> Self {
        Self { commands, seat, room_gone: false, connecting: None, connection: None }
    }

    /// The next thing that happens, or `Deadline` when that passes first.
    pub(super) async fn next(&mut self, deadline: Option<Instant>) -> Input {
        let input = tokio::select! {
            // The owner first, then deadlines, so that no stream of events can starve them.
            biased;
            command = self.commands.recv() => Input::Command(command),
            () = at(deadline) => Input::Deadline,
            connected = joined(&mut self.connecting) => Input::Connected(connected),
            said = self.seat.next(), if !self.room_gone => Input::Room(said),
            event = heard(&mut self.connection) => Input::Grid(event),
        };
        self.room_gone |= matches!(input, Input::Room(None));
        input
    }

    /// Stops waiting for a connection that is no longer wanted.
    pub(super) fn stop_connecting(&mut self) {
        if let Some(task) = self.connecting.take() {
            task.abort();
        }
    }
}

async fn heard(connection: &mut Option<Connection>) -> grid::Event {
    let Some(open) = connection else { return std::future::pending().await };
    let event = open.next().await;
    event.unwrap_or_else(|| grid::Event::Closed(grid::CloseCause::Dropped("the connection ended".into())))
}
