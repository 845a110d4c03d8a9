//! One worker's socket: registration, idle pings, jobs one after the other.
//!
//! While idle, the coordinator takes at most one frame after each of its pings; what else comes waits and is
//! read as part of the next job. This loop keeps that order on purpose.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use serde_json::{Map, Value, json};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout};
use types::JobId;

use crate::event::Event;
use crate::hub::{Hub, Seat};
use crate::jobs::Order as JobOrder;
use crate::registration::{self, Refusal};
use crate::roster::Order;

mod heartbeat;
mod job;

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
    /// We drop it without a word: the other side sees 1006.
    Cut,
    /// The other side is gone, with this code.
    Gone(u16),
}

/// What came next on a socket.
enum Input {
    Frame(Message),
    Work,
    Deadline,
}

/// Serves one worker's socket to its end.
pub(crate) async fn serve(socket: WebSocket, hub: Arc<Hub>) {
    let (orders_in, orders) = mpsc::channel(8);
    let work = hub.work();
    let heartbeat = Heartbeat::new(hub.timings.socket_ping, hub.timings.socket_pong);
    let mut line = Line { hub: Arc::clone(&hub), socket, orders, work, inbox: VecDeque::new(), heartbeat };
    let mut worker = None;
    let ending = match line.run(orders_in, &mut worker).await {
        Ok(never) => match never {},
        Err(ending) => ending,
    };
    let code = line.end(ending).await;
    hub.emit(Event::SocketClosed { worker, code });
}

enum Never {}

struct Line {
    hub: Arc<Hub>,
    socket: WebSocket,
    orders: mpsc::Receiver<Order>,
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
        orders: mpsc::Sender<Order>,
        worker: &mut Option<String>,
    ) -> Result<Never, Ending> {
        let first = self.first_frame().await?;
        let seat = match registration::read(&first).and_then(|claim| self.hub.register(claim, orders)) {
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
    async fn next_job(&mut self, seated: &mut Seated) -> Result<JobOrder, Ending> {
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
    ) -> Result<Option<JobOrder>, Ending> {
        loop {
            // Seen before looking, so that work that comes in between is not missed.
            self.work.mark_unchanged();
            if let Some(order) = self.hub.take(&seated.seat) {
                seated.running = Some(order.id.clone());
                return Ok(Some(order));
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
    async fn send(&mut self, frame: Value) -> Result<(), Ending> {
        self.send_message(Message::Text(frame.to_string().into())).await
    }

    async fn send_message(&mut self, message: Message) -> Result<(), Ending> {
        match timeout(self.hub.timings.send, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Ending::Gone(1006)),
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
                Some(order) = self.orders.recv() => self.obey(order).await?,
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
            None | Some(Err(_)) => Err(Ending::Gone(1006)),
            Some(Ok(Message::Close(frame))) => Err(Ending::Gone(frame.map_or(1005, |frame| frame.code))),
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

    async fn obey(&mut self, order: Order) -> Result<(), Ending> {
        match order {
            Order::Close(code) => Err(Ending::Close(code)),
            #[cfg(feature = "rigs")]
            Order::Drop => Err(Ending::Cut),
            #[cfg(feature = "rigs")]
            Order::Send(message) => self.send_message(message).await,
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
        match ending {
            Ending::Cut => 1006,
            Ending::Gone(code) => code,
            Ending::Close(code) => {
                // Dropping right after the close frame could lose it, so the answer is awaited for a while.
                let goodbye = async {
                    self.socket
                        .send(Message::Close(Some(CloseFrame { code, reason: "".into() })))
                        .await
                        .ok()?;
                    while let Some(Ok(_)) = self.socket.recv().await {}
                    Some(())
                };
                let _ = timeout(GOODBYE, goodbye).await;
                code
            }
        }
    }
}

/// A text frame holding a JSON object; anything else drops the socket.
fn object(frame: &Message) -> Result<Map<String, Value>, Ending> {
    let Message::Text(text) = frame else { return Err(Ending::Cut) };
    serde_json::from_str(text).map_err(|_| Ending::Cut)
}
