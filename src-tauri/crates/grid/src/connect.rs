//! From nothing to `ready`, or to the reason why not.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

use crate::line::{self, Socket};
use crate::socket::{self, Connection, Patience};
use crate::wire::{self, Incoming};
use crate::{Endpoint, Refusal, Registration, RegistrationError};

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// What would be said is not right; nothing was sent.
    #[error("the registration is not sent: {0}")]
    Unfit(#[from] RegistrationError),
    /// Nobody answers there.
    #[error("the Grid cannot be reached: {0}")]
    Unreachable(String),
    /// Somebody answers who cannot show to be the Grid.
    #[error("there is no safe line to the Grid: {0}")]
    Insecure(String),
    /// It took the connection and then said nothing, or dropped it without a word.
    #[error("the Grid did not answer the registration: {0}")]
    NoAnswer(String),
    /// It said no.
    #[error("the Grid refused the registration: {}", .0.message)]
    Refused(Refusal),
    /// What it said is not the protocol.
    #[error("what the Grid said is not its protocol: {0}")]
    Garbled(String),
}

/// Connects and registers. When this returns, the coordinator may push jobs.
pub async fn connect(
    endpoint: &Endpoint,
    registration: &Registration,
    patience: Patience,
) -> Result<Connection, ConnectError> {
    registration.check()?;
    let mut socket = timeout(patience.connect, line::open(endpoint))
        .await
        .map_err(|_| ConnectError::Unreachable("no answer in time".into()))??;
    let first = socket.send(Message::text(registration.frame()));
    timeout(patience.send, first)
        .await
        .map_err(|_| ConnectError::NoAnswer("the line is stuck".into()))?
        .map_err(|error| ConnectError::NoAnswer(error.to_string()))?;
    timeout(patience.register, answer(&mut socket))
        .await
        .map_err(|_| ConnectError::NoAnswer("no answer in time".into()))??;
    Ok(socket::start(socket, patience))
}

/// Waits for `ready`; an error frame is read together with the close code that follows it.
async fn answer(socket: &mut Socket) -> Result<(), ConnectError> {
    loop {
        let text = match socket.next().await {
            Some(Ok(Message::Text(text))) => text,
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
            Some(Ok(Message::Close(frame))) => {
                let code = frame.map(|frame| u16::from(frame.code));
                return Err(code_only(code));
            }
            Some(Ok(Message::Binary(_) | Message::Frame(_))) => {
                return Err(ConnectError::Garbled("a binary frame".into()));
            }
            Some(Err(error)) => return Err(ConnectError::NoAnswer(error.to_string())),
            None => return Err(ConnectError::NoAnswer("the connection was dropped".into())),
        };
        match wire::read(&text).map_err(ConnectError::Garbled)? {
            Incoming::Ready => return Ok(()),
            Incoming::Error { message } => {
                let code = close_code(socket).await;
                return Err(ConnectError::Refused(Refusal::read(&message, code)));
            }
            Incoming::Ping | Incoming::Unknown => {}
            Incoming::Job(_) | Incoming::Cancel(_) | Incoming::Ack(..) => {
                return Err(ConnectError::Garbled("a job before the registration was answered".into()));
            }
        }
    }
}

fn code_only(code: Option<u16>) -> ConnectError {
    match code {
        Some(code @ (4001 | 4003)) => ConnectError::Refused(Refusal::read("", Some(code))),
        code => ConnectError::NoAnswer(format!("closed with {}", code.unwrap_or(1005))),
    }
}

async fn close_code(socket: &mut Socket) -> Option<u16> {
    let wait = async {
        while let Some(Ok(message)) = socket.next().await {
            if let Message::Close(frame) = message {
                return frame.map(|frame| u16::from(frame.code));
            }
        }
        None
    };
    timeout(Duration::from_secs(2), wait).await.ok().flatten()
}
