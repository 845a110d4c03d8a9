//! A registered connection: one task owns the socket, everyone else talks to it.

mod task;
#[cfg(test)]
mod tests;

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use types::{Answer, Den, FinishReason, JobId, Piece, Signature, Usage};

use crate::Refusal;
use crate::line::Socket;
use crate::wire::JobFrame;
use task::Task;

/// How long we wait for what. Tests pass shorter ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// For the TCP connection and the upgrade.
    pub connect: Duration,
    /// For the answer to the first frame.
    pub register: Duration,
    /// For one frame to leave.
    pub send: Duration,
    /// Between two protocol pings of ours.
    pub ping_every: Duration,
    /// For the answer to one.
    pub ping_answer: Duration,
    /// A silent stretch of a job after which a pong leaves.
    pub sign_of_life: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            register: Duration::from_secs(30),
            send: Duration::from_secs(10),
            ping_every: Duration::from_secs(30),
            ping_answer: Duration::from_secs(10),
            sign_of_life: Duration::from_secs(1),
        }
    }
}

/// What the coordinator said on a registered connection.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Take this job.
    Offered(Box<JobFrame>),
    /// The customer does not want this one any more.
    Cancel(JobId),
    /// This one earned that; `None` when the amount was unreadable.
    Ack(JobId, Option<Den>),
    /// The connection is over; nothing follows.
    Closed(CloseCause),
}

/// How a connection ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CloseCause {
    /// We closed it.
    Ours,
    /// Close 1012: a newer socket with our name, or a restart of the server. Only a repetition tells which.
    Replaced,
    /// Close 1000 or 1001: it just ended.
    Normal,
    /// Close 1009 or 1011: our frame was too large, or we did not answer the socket's own pings.
    OurFault(String),
    /// Close 4001 or 4003: it does not want us any more, for reasons as at a registration.
    Refused(Refusal),
    /// Any other way: an eviction looks like this, and so does a network that fails.
    Dropped(String),
    /// We closed it, because what came is not the protocol.
    Garbled(String),
}

/// The one last frame of a job.
#[derive(Debug, Clone, PartialEq)]
pub enum Terminal {
    /// An answer.
    Done(Done),
    /// No answer.
    Error {
        /// The job.
        job: JobId,
        /// The words, which can reach the customer.
        message: String,
        /// True when it would fail on any worker.
        client_error: bool,
    },
}

/// An answer's last frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Done {
    /// The job.
    pub job: JobId,
    /// Exactly what was sent in pieces, or the body of a raw answer, a JSON object.
    pub answer: Answer,
    /// Why it ended.
    pub reason: FinishReason,
    /// What it cost. Without it the coordinator counts the pieces.
    pub usage: Option<Usage>,
    /// The part that a cancel left.
    pub cancelled: bool,
    /// The rig key's signature over the receipt text.
    pub receipt: Option<Signature>,
}

impl Terminal {
    const fn job(&self) -> &JobId {
        match self {
            Self::Done(done) => &done.job,
            Self::Error { job, .. } => job,
        }
    }
}

enum Command {
    Piece { job: JobId, piece: Piece },
    End(Terminal),
    Close,
}

/// A registered connection. Dropping it closes the socket.
#[derive(Debug)]
pub struct Connection {
    commands: mpsc::Sender<Command>,
    events: mpsc::Receiver<Event>,
    task: AbortHandle,
}

impl Connection {
    /// The next thing the coordinator said; `Closed` once, then `None`. A line that was stuck has no last word.
    pub async fn next(&mut self) -> Option<Event> {
        self.events.recv().await
    }

    /// Sends a piece of the open job's answer.
    pub fn piece(&mut self, job: JobId, piece: Piece) {
        self.tell(Command::Piece { job, piece });
    }

    /// Sends the open job's last frame.
    pub fn end(&mut self, terminal: Terminal) {
        self.tell(Command::End(terminal));
    }

    /// Closes the socket after what was sent before has left; `Closed` follows.
    pub fn close(&mut self) {
        self.tell(Command::Close);
    }

    /// Never waits: a line that cannot take hundreds of frames is given up, and `Closed` says so.
    fn tell(&mut self, command: Command) {
        if let Err(mpsc::error::TrySendError::Full(_)) = self.commands.try_send(command) {
            tracing::warn!("the line is stuck");
            self.task.abort();
        }
    }
}

pub(crate) fn start(socket: Socket, patience: Patience) -> Connection {
    let (commands_in, commands) = mpsc::channel(256);
    let (events_in, events) = mpsc::channel(64);
    let task = Task::new(socket, patience, events_in);
    let task = tokio::spawn(task.run(commands)).abort_handle();
    Connection { commands: commands_in, events, task }
}
