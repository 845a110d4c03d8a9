//! A registered connection: one task owns the socket, everyone else talks to it.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error as WsError, Message};
use types::{Answer, Den, FinishReason, JobId, Piece, Signature, Usage};

use crate::wire::{self, Incoming, JobFrame};

/// The socket under a connection.
pub(crate) type Socket = WebSocketStream<TcpStream>;

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
    /// Close 1012: a newer socket with our name, or a restart of the server.
    Replaced,
    /// Any other way.
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
    /// Exactly what was sent in pieces, or the body of a raw answer.
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

    fn frame(&self) -> String {
        match self {
            Self::Done(done) => wire::done(done),
            Self::Error { job, message, client_error } => wire::error(job, message, *client_error),
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

/// Frames of unknown kinds that are tolerated on one connection.
const MOST_UNKNOWN: u32 = 1000;

pub(crate) fn start(socket: Socket, patience: Patience) -> Connection {
    let (commands_in, commands) = mpsc::channel(256);
    let (events_in, events) = mpsc::channel(64);
    let now = Instant::now();
    let task = Task {
        socket,
        patience,
        events: events_in,
        open: None,
        sent: now,
        ping_due: now + patience.ping_every,
        answer_due: None,
        unknown: 0,
    };
    let task = tokio::spawn(task.run(commands)).abort_handle();
    Connection { commands: commands_in, events, task }
}

struct Task {
    socket: Socket,
    patience: Patience,
    events: mpsc::Sender<Event>,
    /// The job whose frames may be sent.
    open: Option<JobId>,
    /// When the last frame left.
    sent: Instant,
    /// When our next protocol ping is due.
    ping_due: Instant,
    /// When the answer to the last one is overdue.
    answer_due: Option<Instant>,
    unknown: u32,
}

impl Task {
    async fn run(mut self, mut commands: mpsc::Receiver<Command>) {
        let cause = loop {
            let due = self.next_due();
            let done = tokio::select! {
                // What we have to say goes first, so that a close is never overtaken by a flood.
                biased;
                command = commands.recv() => self.command(command).await,
                message = self.socket.next() => self.message(message).await,
                () = sleep_until(due) => self.tick().await,
            };
            if let Err(cause) = done {
                break cause;
            }
        };
        tracing::debug!(?cause, "the connection is over");
        self.say_goodbye(&cause).await;
        // A consumer that reads nothing any more has dropped us already.
        let _ = timeout(self.patience.send, self.events.send(Event::Closed(cause))).await;
    }

    async fn command(&mut self, command: Option<Command>) -> Result<(), CloseCause> {
        match command {
            Some(Command::Piece { job, piece }) => {
                if self.open.as_ref() != Some(&job) {
                    tracing::warn!(%job, "a piece of a job that is not open was held back");
                    return Ok(());
                }
                self.send(wire::piece(&job, &piece)).await
            }
            Some(Command::End(terminal)) => {
                if self.open.as_ref() != Some(terminal.job()) {
                    tracing::warn!(job = %terminal.job(), "a second end of a job was held back");
                    return Ok(());
                }
                self.open = None;
                self.send(terminal.frame()).await
            }
            Some(Command::Close) | None => Err(CloseCause::Ours),
        }
    }

    async fn message(&mut self, message: Option<Result<Message, WsError>>) -> Result<(), CloseCause> {
        match message {
            Some(Ok(Message::Text(text))) => self.frame(&text).await,
            Some(Ok(Message::Ping(_))) => {
                // The library queues the answer while reading; it leaves with a flush.
                within(self.patience.send, self.socket.flush()).await
            }
            Some(Ok(Message::Pong(_))) => {
                self.answer_due = None;
                Ok(())
            }
            Some(Ok(Message::Binary(_) | Message::Frame(_))) => {
                Err(CloseCause::Garbled("a binary frame".into()))
            }
            Some(Ok(Message::Close(frame))) => Err(closed(frame.as_ref())),
            Some(Err(WsError::Capacity(error))) => Err(CloseCause::Garbled(error.to_string())),
            Some(Err(WsError::Protocol(error))) => Err(CloseCause::Dropped(error.to_string())),
            Some(Err(WsError::Utf8(_))) => Err(CloseCause::Garbled("a frame is not UTF-8".into())),
            Some(Err(error)) => Err(CloseCause::Dropped(error.to_string())),
            None => Err(CloseCause::Dropped("the connection was dropped".into())),
        }
    }

    async fn frame(&mut self, text: &str) -> Result<(), CloseCause> {
        match wire::read(text).map_err(CloseCause::Garbled)? {
            Incoming::Ping => self.send(wire::PONG.to_owned()).await,
            Incoming::Job(job) => {
                // A second job while one is open is the job machine's to judge; the first stays the open one.
                if self.open.is_none() {
                    self.open = Some(job.job.clone());
                    self.sent = Instant::now();
                }
                self.tell(Event::Offered(job))
            }
            Incoming::Cancel(job) => self.tell(Event::Cancel(job)),
            Incoming::Ack(job, den) => self.tell(Event::Ack(job, den)),
            Incoming::Error { .. } | Incoming::Ready | Incoming::Unknown => {
                self.unknown += 1;
                tracing::debug!(count = self.unknown, "a frame of an unknown kind");
                if self.unknown > MOST_UNKNOWN {
                    return Err(CloseCause::Garbled("too many frames of unknown kinds".into()));
                }
                Ok(())
            }
        }
    }

    /// Never waits for the consumer: whoever floods us is cut off, and the socket stays readable.
    fn tell(&self, event: Event) -> Result<(), CloseCause> {
        self.events.try_send(event).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => CloseCause::Garbled("too much at once".into()),
            mpsc::error::TrySendError::Closed(_) => CloseCause::Ours,
        })
    }

    fn next_due(&self) -> Instant {
        let ping = self.answer_due.unwrap_or(self.ping_due);
        match &self.open {
            Some(_) => ping.min(self.sent + self.patience.sign_of_life),
            None => ping,
        }
    }

    async fn tick(&mut self) -> Result<(), CloseCause> {
        let now = Instant::now();
        if self.answer_due.is_some_and(|due| due <= now) {
            return Err(CloseCause::Dropped("the Grid does not answer".into()));
        }
        if self.answer_due.is_none() && self.ping_due <= now {
            self.answer_due = Some(now + self.patience.ping_answer);
            self.ping_due = now + self.patience.ping_every;
            self.transmit(Message::Ping(Vec::new().into())).await?;
        }
        // The coordinator looks for a cancel only when a frame of ours arrives.
        if self.open.is_some() && self.sent + self.patience.sign_of_life <= now {
            self.send(wire::PONG.to_owned()).await?;
        }
        Ok(())
    }

    async fn send(&mut self, frame: String) -> Result<(), CloseCause> {
        self.sent = Instant::now();
        self.transmit(Message::text(frame)).await
    }

    async fn transmit(&mut self, message: Message) -> Result<(), CloseCause> {
        within(self.patience.send, self.socket.send(message)).await
    }

    async fn say_goodbye(&mut self, cause: &CloseCause) {
        let goodbye = async {
            if matches!(cause, CloseCause::Ours | CloseCause::Garbled(_)) {
                let _ = self.socket.close(None).await;
            }
            // Reading to the end lets the last frames arrive: dropping a socket with unread bytes resets the line,
            // and a reset can destroy what was just sent. It also lets the library's answer to a close leave.
            while let Some(Ok(_)) = self.socket.next().await {}
        };
        let _ = timeout(Duration::from_secs(1), goodbye).await;
    }
}

async fn within(
    patience: Duration,
    sending: impl Future<Output = Result<(), WsError>>,
) -> Result<(), CloseCause> {
    match timeout(patience, sending).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(CloseCause::Dropped(error.to_string())),
        Err(_) => Err(CloseCause::Dropped("the line is stuck".into())),
    }
}

fn closed(frame: Option<&CloseFrame>) -> CloseCause {
    match frame.map(|frame| u16::from(frame.code)) {
        Some(1012) => CloseCause::Replaced,
        code => CloseCause::Dropped(format!("closed with {}", code.unwrap_or(1005))),
    }
}
