//! A raw worker, a raw customer and a clock that is moved by hand.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use practice::{Account, ChatCall, Customer, Event, Network, Options, Reply, Timings};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::sync::broadcast;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::rustls;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};
use types::{Clock, JobId, Sensitive, Timestamp};

/// Every wait in these tests ends here.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A moment within the certificates of the vector files.
pub(crate) const T0: u64 = 1_800_000_100;

/// A client for this computer: it speaks no TLS, and looks for no roots.
pub(crate) fn http() -> reqwest::Client {
    let ring = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(ring).with_safe_default_protocol_versions();
    let config = config.expect("the usual versions").with_root_certificates(rustls::RootCertStore::empty());
    let builder =
        reqwest::Client::builder().no_proxy().tls_backend_preconfigured(config.with_no_client_auth());
    builder.build().expect("a client")
}

/// A clock that moves when told.
#[derive(Debug)]
pub(crate) struct HandClock(AtomicU64);

impl HandClock {
    pub(crate) fn at(seconds: u64) -> Arc<Self> {
        Arc::new(Self(AtomicU64::new(seconds * 1000)))
    }

    /// Sets the clock, backwards too.
    pub(crate) fn set(&self, seconds: u64) {
        self.0.store(seconds * 1000, Ordering::SeqCst);
    }

    /// Never back.
    pub(crate) fn advance_to(&self, millis: u64) {
        self.0.fetch_max(millis, Ordering::SeqCst);
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.0.fetch_add(by.as_millis() as u64, Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// A network with a clock that stands still until moved.
pub(crate) async fn network() -> (Network, Arc<HandClock>) {
    network_with(|_| {}).await
}

pub(crate) async fn network_with(change: impl FnOnce(&mut Timings)) -> (Network, Arc<HandClock>) {
    let clock = HandClock::at(T0);
    let mut options = Options::new(clock.clone(), 7);
    change(&mut options.timings);
    (Network::start(options).await.expect("a port on loopback"), clock)
}

/// What a socket brought.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Got {
    Frame(Value),
    /// A protocol ping, which the library has answered.
    Ping,
    Close(u16),
    /// The connection ended without a close frame.
    Cut,
}

/// The worker's end of a socket.
pub(crate) struct Wire(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Wire {
    pub(crate) async fn open(network: &Network) -> Self {
        Self::open_at(&network.api_base()).await
    }

    pub(crate) async fn open_at(base: &str) -> Self {
        let url = format!("{}/v1/workers/ws", base.replace("http://", "ws://"));
        let config = WebSocketConfig::default().max_message_size(None).max_frame_size(None);
        let opening = connect_async_with_config(url, Some(config), true);
        Self(timeout(PATIENCE, opening).await.expect("opens in time").expect("opens").0)
    }

    /// Registers the usual text worker and waits for `ready`.
    pub(crate) async fn worker(network: &Network, key: &Sensitive<String>, name: &str) -> Self {
        Self::ready(network, first_frame(key, name)).await.0
    }

    /// The same, past whatever is in front of the network.
    pub(crate) async fn worker_at(base: &str, key: &Sensitive<String>, name: &str) -> Self {
        Self::register(Self::open_at(base).await, first_frame(key, name)).await.0
    }

    pub(crate) async fn ready(network: &Network, first: Value) -> (Self, String) {
        Self::register(Self::open(network).await, first).await
    }

    async fn register(mut wire: Self, first: Value) -> (Self, String) {
        wire.send(first).await;
        let frame = wire.frame().await;
        assert_eq!(frame["type"], "ready", "{frame}");
        (wire, frame["worker_id"].as_str().expect("an id").to_owned())
    }

    pub(crate) async fn send(&mut self, frame: Value) {
        self.send_raw(Message::Text(frame.to_string().into())).await.expect("sends");
    }

    pub(crate) async fn send_raw(&mut self, message: Message) -> Result<(), tungstenite::Error> {
        timeout(PATIENCE, self.0.send(message)).await.expect("leaves in time")
    }

    /// The next thing but protocol pings.
    pub(crate) async fn next(&mut self) -> Got {
        loop {
            match self.next_or_ping().await {
                Got::Ping => {}
                got => return got,
            }
        }
    }

    pub(crate) async fn next_or_ping(&mut self) -> Got {
        loop {
            match timeout(PATIENCE, self.0.next()).await.expect("something comes in time") {
                Some(Ok(Message::Text(text))) => {
                    return Got::Frame(serde_json::from_str(&text).expect("JSON"));
                }
                Some(Ok(Message::Ping(_))) => return Got::Ping,
                Some(Ok(Message::Close(frame))) => {
                    return Got::Close(frame.map_or(1005, |frame| frame.code.into()));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Got::Cut,
            }
        }
    }

    pub(crate) async fn frame(&mut self) -> Value {
        match self.next().await {
            Got::Frame(frame) => frame,
            other => panic!("a frame was expected, {other:?} came"),
        }
    }

    /// The next job, past any idle pings, which are answered.
    pub(crate) async fn job(&mut self) -> Value {
        loop {
            let frame = self.frame().await;
            match frame["type"].as_str() {
                Some("job") => return frame,
                Some("ping") => self.send(json!({"type": "pong"})).await,
                _ => panic!("a job was expected, {frame} came"),
            }
        }
    }

    pub(crate) async fn token(&mut self, job: &Value, content: &str) {
        let frame =
            json!({"type": "token", "id": job["id"], "delta": {"content": content}, "finish_reason": null});
        self.send(frame).await;
    }

    pub(crate) async fn done(&mut self, job: &Value, full_text: &str) {
        self.send(json!({"type": "done", "id": job["id"], "full_text": full_text, "finish_reason": "stop"}))
            .await;
    }

    pub(crate) async fn error(&mut self, job: &Value) {
        self.send(json!({"type": "error", "id": job["id"], "message": "engine fault"})).await;
    }

    /// Answers a job with one token and reads the ack.
    pub(crate) async fn answer(&mut self, job: &Value, text: &str) -> Value {
        self.token(job, text).await;
        self.done(job, text).await;
        self.frame().await
    }

    /// Says goodbye with a close frame.
    pub(crate) async fn close(&mut self, code: u16) {
        let frame = CloseFrame { code: code.into(), reason: "".into() };
        self.send_raw(Message::Close(Some(frame))).await.expect("sends");
    }

    /// Writes bytes past the library, which would not send them.
    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        timeout(PATIENCE, self.0.get_mut().write_all(bytes)).await.expect("leaves in time").expect("leaves");
    }

    /// The next text as it is, for what [`Value`] cannot hold.
    pub(crate) async fn text(&mut self) -> String {
        match timeout(PATIENCE, self.0.next()).await.expect("something comes in time") {
            Some(Ok(Message::Text(text))) => text.to_string(),
            other => panic!("a text was expected, {other:?} came"),
        }
    }

    /// Ends without a close frame.
    pub(crate) fn vanish(self) {
        drop(self);
    }
}

pub(crate) fn first_frame(key: &Sensitive<String>, name: &str) -> Value {
    json!({"apikey": key.expose(), "name": name, "models": ["grid/fake-1"], "max_length": 32768,
        "max_context_length": 8192, "api_formats": ["openai-chat"], "modalities": ["text"]})
}

pub(crate) fn copy(key: &Sensitive<String>) -> Sensitive<String> {
    Sensitive::new(key.expose().clone())
}

/// A request on its way.
pub(crate) type Asking = JoinHandle<Reply>;

/// Asks in the background.
pub(crate) fn ask(network: &Network, account: &Account, call: ChatCall) -> Asking {
    let customer =
        Customer::new(&network.api_base(), copy(&account.api_key), PATIENCE).expect("a loopback address");
    tokio::spawn(async move { customer.chat(&call).await.expect("a reply") })
}

pub(crate) fn question() -> ChatCall {
    ChatCall::ask("grid/fake-1", "hi")
}

pub(crate) fn job_id(job: &Value) -> JobId {
    JobId::new(job["id"].as_str().expect("a job has an id"))
}

/// The first event that passes.
pub(crate) async fn event(events: &mut broadcast::Receiver<Event>, passes: impl Fn(&Event) -> bool) -> Event {
    let found = async {
        loop {
            let event = events.recv().await.expect("the network lives");
            if passes(&event) {
                return event;
            }
        }
    };
    timeout(PATIENCE, found).await.expect("the event comes in time")
}

/// Every event that has come so far.
pub(crate) fn drained(events: &mut broadcast::Receiver<Event>) -> Vec<Event> {
    std::iter::from_fn(|| events.try_recv().ok()).collect()
}
