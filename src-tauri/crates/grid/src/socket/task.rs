//! The one task that owns a registered socket: the only writer, and always reading.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error as WsError, Message};
use types::JobId;

use super::{CloseCause, Command, Event, Patience};
use crate::Refusal;
use crate::line::Socket;
use crate::wire::{self, Incoming, Outgoing};

/// Frames of unknown kinds that are tolerated in a minute. The protocol may grow; nobody may flood.
const MOST_UNKNOWN: u32 = 1000;
const MINUTE: Duration = Duration::from_secs(60);

/// Jobs that may come while one is open. The coordinator sends none, though it keeps two ready.
const MOST_WAITING: u32 = 2;

pub(super) struct Task {
    socket: Socket,
    patience: Patience,
    events: mpsc::Sender<Event>,
    /// The job whose frames may be sent.
    open: Option<JobId>,
    /// Jobs that came since it was opened.
    waiting: u32,
    /// The last error frame's words. A close may follow that says only its number.
    complaint: String,
    /// When the last frame left.
    sent: Instant,
    /// When our next protocol ping is due.
    ping_due: Instant,
    /// When the answer to the last one is overdue.
    answer_due: Option<Instant>,
    /// Frames without a meaning here, counted since then.
    unknown: (u32, Instant),
}

impl Task {
    pub(super) fn new(socket: Socket, patience: Patience, events: mpsc::Sender<Event>) -> Self {
        let now = Instant::now();
        Self {
            socket,
            patience,
            events,
            open: None,
            waiting: 0,
            complaint: String::new(),
            sent: now,
            ping_due: now + patience.ping_every,
            answer_due: None,
            unknown: (0, now),
        }
    }

    pub(super) async fn run(mut self, mut commands: mpsc::Receiver<Command>) {
        let cause = loop {
            let due = self.next_due();
            let done = tokio::select! {
                // In no fixed order: neither a fast answer nor a flood from outside may starve the other three.
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
                match wire::piece(&job, &piece) {
                    Outgoing::Frame(frame) => self.send(frame).await,
                    Outgoing::Nothing => Ok(()),
                    Outgoing::Unfit(why) => {
                        // Without this piece the answer is no answer.
                        tracing::warn!(%job, why, "the answer cannot be sent");
                        self.open = None;
                        self.send(wire::error(&job, why, false)).await
                    }
                }
            }
            Some(Command::End(terminal)) => {
                if self.open.as_ref() != Some(terminal.job()) {
                    tracing::warn!(job = %terminal.job(), "a second end of a job was held back");
                    return Ok(());
                }
                self.open = None;
                self.send(wire::terminal(&terminal)).await
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
            Some(Ok(Message::Close(frame))) => Err(self.closed(frame.as_ref())),
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
                    (self.open, self.waiting) = (Some(job.job.clone()), 0);
                    self.sent = Instant::now();
                } else {
                    self.waiting += 1;
                    if self.waiting > MOST_WAITING {
                        return Err(CloseCause::Garbled("jobs come while one is open".into()));
                    }
                }
                self.tell(Event::Offered(job))
            }
            Incoming::Cancel(job) => self.tell(Event::Cancel(job)),
            Incoming::Ack(job, den) => self.tell(Event::Ack(job, den)),
            Incoming::Error { message } => {
                let complaint = Refusal::read(&message, None).message;
                tracing::warn!(complaint, "the Grid complains");
                self.complaint = complaint;
                self.unknown()
            }
            Incoming::Ready | Incoming::Unknown => self.unknown(),
        }
    }

    fn unknown(&mut self) -> Result<(), CloseCause> {
        if self.unknown.1.elapsed() > MINUTE {
            self.unknown = (0, Instant::now());
        }
        self.unknown.0 += 1;
        tracing::debug!(count = self.unknown.0, "a frame without a meaning here");
        if self.unknown.0 > MOST_UNKNOWN {
            return Err(CloseCause::Garbled("too many frames of unknown kinds".into()));
        }
        Ok(())
    }

    fn closed(&self, frame: Option<&CloseFrame>) -> CloseCause {
        match frame.map(|frame| u16::from(frame.code)) {
            Some(1012) => CloseCause::Replaced,
            Some(1000 | 1001) => CloseCause::Normal,
            Some(1009) => CloseCause::OurFault("a frame of ours was too large".into()),
            Some(1011) => CloseCause::OurFault("our pings were not answered in time".into()),
            Some(code @ (4001 | 4003)) => CloseCause::Refused(Refusal::read(&self.complaint, Some(code))),
            code => CloseCause::Dropped(format!("closed with {}", code.unwrap_or(1005))),
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
