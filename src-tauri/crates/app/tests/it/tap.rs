//! A tap on the coordinator's side of a line: what really reached it, frame by frame.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{accept_async, client_async};

/// What one line has carried.
#[derive(Debug, Default)]
struct Line {
    /// The job in hand, and whether its terminal frame came.
    open: Option<(String, bool)>,
    registered: bool,
}

/// What all lines have carried.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Terminal frames by job.
    pub(crate) terminals: HashMap<String, u32>,
    /// How often each job was sent.
    pub(crate) sent: HashMap<String, u32>,
    /// When a worker was let in.
    pub(crate) ready: Vec<Instant>,
    /// What the protocol forbids.
    pub(crate) faults: Vec<String>,
}

/// The tap. It ends with this value.
pub(crate) struct Tap {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
    task: AbortHandle,
}

impl Tap {
    /// In front of this coordinator.
    pub(crate) async fn start(coordinator: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let seen: Arc<Mutex<Seen>> = Arc::default();
        let record = Arc::clone(&seen);
        let accept = async move {
            let mut lines = tokio::task::JoinSet::new();
            while let Ok((line, _)) = listener.accept().await {
                lines.spawn(carry(line, coordinator, Arc::clone(&record)));
            }
        };
        Self { address, seen, task: tokio::spawn(accept).abort_handle() }
    }

    pub(crate) fn read<T>(&self, read: impl FnOnce(&Seen) -> T) -> T {
        read(&self.seen.lock().expect("unpoisoned"))
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Frames both ways, and the end of either side to the other.
async fn carry(worker: TcpStream, coordinator: SocketAddr, seen: Arc<Mutex<Seen>>) {
    let Ok(worker) = accept_async(worker).await else { return };
    let Ok(line) = TcpStream::connect(coordinator).await else { return };
    let url = format!("ws://{coordinator}/v1/workers/ws");
    let Ok((grid, _)) = client_async(url, line).await else { return };
    let ((mut to_worker, mut from_worker), (mut to_grid, mut from_grid)) = (worker.split(), grid.split());
    let mut state = Line::default();
    loop {
        let sent = tokio::select! {
            up = from_worker.next() => match up {
                Some(Ok(frame)) => {
                    note(&mut state, &frame, true, &seen);
                    to_grid.send(frame).await
                }
                Some(Err(_)) | None => break,
            },
            down = from_grid.next() => match down {
                Some(Ok(frame)) => {
                    note(&mut state, &frame, false, &seen);
                    to_worker.send(frame).await
                }
                Some(Err(_)) | None => break,
            },
        };
        if sent.is_err() {
            break;
        }
    }
}

fn note(line: &mut Line, frame: &Message, up: bool, seen: &Mutex<Seen>) {
    let Message::Text(text) = frame else { return };
    let frame: Value = serde_json::from_str(text).unwrap_or_default();
    let kind = frame["type"].as_str().unwrap_or_default();
    let id = frame["id"].as_str().unwrap_or_default();
    let mut seen = seen.lock().expect("unpoisoned");
    match (up, kind) {
        (false, "ready") => seen.ready.push(Instant::now()),
        (false, "job") => {
            if line.open.as_ref().is_some_and(|(_, ended)| !ended) {
                seen.faults.push(format!("{id} was sent before the last job had ended"));
            }
            line.open = Some((id.to_owned(), false));
            *seen.sent.entry(id.to_owned()).or_default() += 1;
        }
        (true, "token" | "raw" | "done" | "error" | "progress") => {
            let terminal = matches!(kind, "done" | "error");
            match &mut line.open {
                Some((open, ended)) if open == id && !*ended => *ended = terminal,
                open => {
                    let fault = format!("a {kind} of {id} came, and the line's job is {open:?}");
                    seen.faults.push(fault);
                }
            }
            if terminal {
                *seen.terminals.entry(id.to_owned()).or_default() += 1;
            }
        }
        (true, "pong") => {}
        // The first frame has no type.
        (true, "") if !line.registered => line.registered = true,
        (true, other) => seen.faults.push(format!("an unknown frame: {other:?}")),
        (false, _) => {}
    }
}
