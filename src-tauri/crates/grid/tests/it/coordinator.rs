//! A real WebSocket server that says what a test tells it to say.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use grid::Endpoint;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::{WebSocketStream, accept_async};

pub(crate) struct Coordinator {
    listener: TcpListener,
}

pub(crate) struct Worker(WebSocketStream<TcpStream>);

impl Coordinator {
    pub(crate) async fn start() -> (Self, Endpoint) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let endpoint = Endpoint::practice(&format!("http://{address}")).expect("loopback");
        (Self { listener }, endpoint)
    }

    /// The next worker's socket, upgraded.
    pub(crate) async fn worker(&self) -> Worker {
        Worker(accept_async(self.tcp().await).await.expect("an upgrade"))
    }

    /// The next connection, before any upgrade.
    pub(crate) async fn tcp(&self) -> TcpStream {
        timeout(Duration::from_secs(10), self.listener.accept())
            .await
            .expect("in time")
            .expect("a connection")
            .0
    }
}

impl Worker {
    /// The next JSON frame of the worker.
    pub(crate) async fn frame(&mut self) -> Value {
        loop {
            let message = timeout(Duration::from_secs(20), self.0.next()).await.expect("a frame in time");
            match message.expect("a message").expect("readable") {
                Message::Text(text) => return serde_json::from_str(&text).expect("JSON"),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("expected a frame, got {other:?}"),
            }
        }
    }

    /// Pings the socket itself, and takes nothing else for the answer.
    pub(crate) async fn ping(&mut self, payload: &[u8]) {
        self.raw(Message::Ping(payload.to_vec().into())).await;
        let message = timeout(Duration::from_secs(20), self.0.next()).await.expect("a pong in time");
        match message.expect("a message").expect("readable") {
            Message::Pong(answer) => assert_eq!(&*answer, payload),
            other => panic!("expected a pong, got {other:?}"),
        }
    }

    /// Reads until the worker closes; true if it did so politely.
    pub(crate) async fn closed_politely(&mut self) -> bool {
        loop {
            match timeout(Duration::from_secs(20), self.0.next()).await.expect("an end in time") {
                Some(Ok(Message::Close(_))) => return true,
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return false,
            }
        }
    }

    pub(crate) async fn say(&mut self, frame: &Value) {
        self.raw(Message::text(frame.to_string())).await;
    }

    pub(crate) async fn raw(&mut self, message: Message) {
        self.0.send(message).await.expect("sends");
    }

    /// Sends to a worker that may hang up meanwhile.
    pub(crate) async fn raw_unchecked(
        &mut self,
        message: Message,
    ) -> Result<(), tokio_tungstenite::tungstenite::Error> {
        self.0.send(message).await
    }

    pub(crate) async fn ready(&mut self) -> Value {
        let registration = self.frame().await;
        self.say(&serde_json::json!({"type": "ready", "worker_id": "7ed11afd-9360-4926-80db-f7061c096364"}))
            .await;
        registration
    }

    pub(crate) async fn close(&mut self, code: u16) {
        let frame = CloseFrame { code: code.into(), reason: "".into() };
        self.0.close(Some(frame)).await.expect("closes");
    }
}
