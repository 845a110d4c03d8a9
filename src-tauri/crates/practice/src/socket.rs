//! One worker's socket: registration, idle pings, jobs one after the other.
//!
//! While idle, the coordinator takes at most one frame after each of its pings; what else comes waits and is
//! read as part of the next job. This loop keeps that order on purpose.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use serde::Serialize;
use serde_json::{Map, Value, json};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::tungstenite;
use types::JobId;

use crate::event::Event;
use crate::hub::{Hub, Seat};
use crate::jobs::Job;
use crate::registration::{self, Refusal};
use crate::roster::Command;

mod chat;
mod heartbeat;
mod job;
mod raw;

use heartbeat::Heartbeat;

/// The largest message the coordinator accepts; a larger one is closed with 1009.
const LARGEST_MESSAGE: usize = 16 * 1024 * 1024;
/// What is read at most, so that a message that is too large can still be answered with its close code.
pub(crate) const LARGEST_READ: usize = 4 * LARGEST_MESSAGE;
/// Unread frames of an idle worker. When they are this many, its socket is not read until a job comes.
const INBOX: usize = 32;
/// How long the other side may take to answer a close.
const GOODBYE: Duration = Duration::from_secs(1);

/// How a socket ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// We close it with this code.
    Close(u16),
    /// We close it with 1009 while the rest of a huge frame is still coming in, unread.
    TooBig,
    /// We drop it without a word: the other side sees 1006.
    Cut,
    /// The other side closed it with this code, and waits for our answer.
    Closed(u16),
    /// The other side is gone without a word.
    Gone,
}

/// What came next on a socket.
enum Input {
    Frame(Message),
    Work,
    Deadline,
}

/// Serves one worker's socket to its end.
pub(crate) async fn serve(socket: WebSocket, hub: Arc<Hub>) {
    let (commands_in, commands) = mpsc::channel(8);
    let work = hub.work();
    let heartbeat = Heartbeat::new(hub.timings.socket_ping, hub.timings.socket_pong);
    let mut line = Line { hub: Arc::clone(&hub), socket, commands, work, inbox: VecDeque::new(), heartbeat };
    let mut worker = None;
    let Err(ending) = line.run(commands_in, &mut worker).await;
    let code = line.end(ending).await;
    hub.emit(Event::SocketClosed { worker, code });
}

struct Line {
    hub: Arc<Hub>,
    socket: WebSocket,
    commands: mpsc::Receiver<Command>,
    work: watch::Receiver<u64>,
    inbox: VecDeque<Message>,
    heartbeat: Heartbeat,
}

/// Takes the worker off when its loop ends, however it ends.
struct Seated {
    hub: Arc<Hub>,
    seat: Seat,
    running: Option<JobId>,
}

impl Drop for Seated {
    fn drop(&mut self) {
        self.hub.leave(&self.seat, self.running.as_ref());
    }
}

impl Line {
    async fn run(
        &mut self,
        commands: mpsc::Sender<Command>,
        worker: &mut Option<String>,
    ) -> Result<Infallible, Ending> {
        let first = self.first_frame().await?;
        let seat = match registration::read(&first).and_then(|claim| self.hub.register(claim, commands)) {
            Ok(seat) => seat,
            Err(refusal) => return Err(self.refuse(refusal).await?),
        };
        *worker = Some(seat.name.clone());
        let mut seated = Seated { hub: Arc::clone(&self.hub), seat, running: None };
        self.send(json!({"type": "ready", "worker_id": seated.seat.worker_id})).await?;
        loop {
            let job = self.next_job(&mut seated).await?;
            self.work_on(&mut seated, job).await?;
        }
    }

    async fn first_frame(&mut self) -> Result<Map<String, Value>, Ending> {
        let deadline = Instant::now() + self.hub.timings.first_frame;
        match self.wait(deadline, false).await? {
            Input::Frame(frame) => object(&frame),
            Input::Work | Input::Deadline => Err(Ending::Cut),
        }
    }

    async fn refuse(&mut self, refusal: Refusal) -> Result<Ending, Ending> {
        let Refusal::Said { message, code } = refusal else { return Ok(Ending::Cut) };
        self.send(json!({"type": "error", "message": message})).await?;
        self.hub.emit(Event::RegistrationRefused { message, code });
        Ok(Ending::Close(code))
    }

    /// Waits for a job, with a ping after each idle while.
    async fn next_job(&mut self, seated: &mut Seated) -> Result<Arc<Job>, Ending> {
        loop {
            let ping_at = Instant::now() + self.hub.timings.idle_ping;
            if let Some(job) = self.job_before(ping_at, seated).await? {
                return Ok(job);
            }
            self.send(json!({"type": "ping"})).await?;
            self.hub.emit(Event::PingSent { worker: seated.seat.name.clone() });
            self.take_one_frame().await?;
        }
    }

    async fn job_before(
        &mut self,
        deadline: Instant,
        seated: &mut Seated,
    ) -> Result<Option<Arc<Job>>, Ending> {
        loop {
            // Seen before looking, so that work that comes in between is not missed.
            self.work.mark_unchanged();
            if let Some(job) = self.hub.take(&seated.seat) {
                seated.running = Some(job.id.clone());
                return Ok(Some(job));
            }
            match self.wait(deadline, true).await? {
                Input::Frame(frame) => self.inbox.push_back(frame),
                Input::Work => {}
                Input::Deadline => return Ok(None),
            }
        }
    }

    /// After a ping one frame is read and thrown away; usually it is the pong.
    async fn take_one_frame(&mut self) -> Result<(), Ending> {
        let deadline = Instant::now() + self.hub.timings.pong_wait;
        match self.next_frame(deadline).await? {
            Some(frame) => object(&frame).map(|_| ()),
            None => Ok(()),
        }
    }

    async fn next_frame(&mut self, deadline: Instant) -> Result<Option<Message>, Ending> {
        if let Some(waiting) = self.inbox.pop_front() {
            return Ok(Some(waiting));
        }
        match self.wait(deadline, false).await? {
            Input::Frame(frame) => Ok(Some(frame)),
            Input::Work | Input::Deadline => Ok(None),
        }
    }

    /// Sends a frame; a socket that does not take it is gone.
    async fn send(&mut self, frame: impl Serialize) -> Result<(), Ending> {
        let text = serde_json::to_string(&frame).expect("BUG: a frame can be written as JSON");
        self.send_message(Message::Text(text.into())).await
    }

    /// What leaves at once still leaves when the network closes; what is stuck does not hold the closing up.
    async fn send_message(&mut self, message: Message) -> Result<(), Ending> {
        tokio::select! {
            biased;
            sent = timeout(self.hub.timings.send, self.socket.send(message)) => match sent {
                Ok(Ok(())) => Ok(()),
                Ok(Err(_)) | Err(_) => Err(Ending::Gone),
            },
            () = self.hub.closing.cancelled() => Err(Ending::Close(1012)),
        }
    }

    /// The next thing that happens. Protocol pings are sent and answered on the way.
    async fn wait(&mut self, deadline: Instant, for_work: bool) -> Result<Input, Ending> {
        loop {
            let room = self.inbox.len() < INBOX;
            let beat = self.heartbeat.due();
            tokio::select! {
                biased;
                () = self.hub.closing.cancelled() => return Err(Ending::Close(1012)),
                Some(command) = self.commands.recv() => self.obey(command).await?,
                message = self.socket.recv(), if room => {
                    if let Some(frame) = self.received(message)? {
                        return Ok(Input::Frame(frame));
                    }
                }
                Ok(()) = self.work.changed(), if for_work => return Ok(Input::Work),
                () = sleep_until(beat) => self.beat().await?,
                () = sleep_until(deadline) => return Ok(Input::Deadline),
            }
        }
    }

    fn received(&mut self, message: Option<Result<Message, axum::Error>>) -> Result<Option<Message>, Ending> {
        match message {
            None => Err(Ending::Gone),
            Some(Err(error)) if is_too_big(&error) => Err(Ending::TooBig),
            Some(Err(_)) => Err(Ending::Gone),
            Some(Ok(Message::Close(frame))) => Err(Ending::Closed(frame.map_or(1005, |frame| frame.code))),
            Some(Ok(Message::Ping(_))) => Ok(None),
            Some(Ok(Message::Pong(_))) => {
                self.heartbeat.heard();
                Ok(None)
            }
            Some(Ok(Message::Text(text))) if text.len() > LARGEST_MESSAGE => Err(Ending::Close(1009)),
            Some(Ok(Message::Binary(bytes))) if bytes.len() > LARGEST_MESSAGE => Err(Ending::Close(1009)),
            Some(Ok(frame @ (Message::Text(_) | Message::Binary(_)))) => Ok(Some(frame)),
        }
    }

    async fn obey(&mut self, command: Command) -> Result<(), Ending> {
        match command {
            Command::Close(code) => Err(Ending::Close(code)),
            #[cfg(feature = "rigs")]
            Command::Drop => Err(Ending::Cut),
            #[cfg(feature = "rigs")]
            Command::Send(message) => self.send_message(message).await,
        }
    }

    async fn beat(&mut self) -> Result<(), Ending> {
        if self.heartbeat.missed() {
            return Err(Ending::Close(1011));
        }
        self.heartbeat.sent();
        self.send_message(Message::Ping(vec![0x67, 0x72, 0x69, 0x64].into())).await
    }

    /// Ends the socket; the code is what either side gave.
    async fn end(mut self, ending: Ending) -> u16 {
        let (code, goodbye) = match ending {
            Ending::Cut | Ending::Gone => return 1006,
            Ending::Close(code) => (code, timeout(GOODBYE, self.close(code)).await),
            Ending::TooBig => (1009, timeout(GOODBYE, self.close_unread(1009)).await),
            Ending::Closed(code) => (code, timeout(GOODBYE, self.drain()).await),
        };
        if goodbye.is_err() {
            tracing::debug!(code, "a worker's socket was dropped before its goodbye was over");
        }
        code
    }

    async fn say_close(&mut self, code: u16) {
        // Whoever is gone needs no close frame.
        let _ = self.socket.send(Message::Close(Some(CloseFrame { code, reason: "".into() }))).await;
    }

    async fn close(&mut self, code: u16) {
        self.say_close(code).await;
        self.drain().await;
    }

    /// Nothing can be read after a frame that is too big, so the close frame is only given time to arrive.
    async fn close_unread(&mut self, code: u16) {
        self.say_close(code).await;
        self.hub.closing.cancelled().await;
    }

    /// Reads to the end: our close or our answer to one leaves on the way, and the connection is not reset.
    async fn drain(&mut self) {
        while let Some(Ok(_)) = self.socket.recv().await {}
    }
}

fn is_too_big(error: &axum::Error) -> bool {
    let source = error.source().and_then(|source| source.downcast_ref());
    matches!(source, Some(tungstenite::Error::Capacity(_)))
}

/// A text frame holding a JSON object; anything else drops the socket.
fn object(frame: &Message) -> Result<Map<String, Value>, Ending> {
    let Message::Text(text) = frame else { return Err(Ending::Cut) };
    serde_json::from_str(text).map_err(|_| Ending::Cut)
}
