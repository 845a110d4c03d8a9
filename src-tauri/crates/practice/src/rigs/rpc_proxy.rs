//! A proxy in front of a chain that answers late, wrongly, or never, method by method.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::{Json, Router, routing};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::chain::{Rpc, RpcError};

/// How long the chain behind may take.
const UPSTREAM_PATIENCE: Duration = Duration::from_secs(30);

/// What happens to a request.
#[derive(Clone)]
pub enum Conduct {
    /// It is forwarded, and its answer comes back.
    Pass,
    /// It never reaches the chain, and nothing comes back while the proxy lives.
    Hold,
    /// The chain gets it, but its answer is lost: nothing comes back while the proxy lives.
    LoseReply,
    /// It does not reach the chain; this HTTP status comes back.
    Status(u16),
    /// It does not reach the chain; this JSON-RPC error comes back.
    Error(i64, &'static str),
    /// It is forwarded, and the result is changed on the way back. Errors stay as they are.
    Rewrite(Arc<dyn Fn(Value) -> Value + Send + Sync>),
}

/// The proxy. It stops with this value; what it held is then answered with 503.
#[derive(Debug)]
pub struct RpcProxy {
    url: String,
    shared: Arc<Shared>,
    _stop: DropGuard,
}

struct Shared {
    upstream: Rpc,
    lanes: Mutex<HashMap<String, Lane>>,
    changed: watch::Sender<()>,
    stop: CancellationToken,
}

/// What is known about one method.
#[derive(Default)]
struct Lane {
    arrived: usize,
    answered: usize,
    usual: Option<Conduct>,
    special: HashMap<usize, Conduct>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("upstream", &self.upstream).finish_non_exhaustive()
    }
}

impl RpcProxy {
    /// Starts a proxy on a free port of this machine. Everything passes until told otherwise.
    pub async fn start(upstream: &str) -> std::io::Result<Self> {
        let upstream = Rpc::new(upstream, UPSTREAM_PATIENCE).map_err(std::io::Error::other)?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let stop = CancellationToken::new();
        let shared = Arc::new(Shared {
            upstream,
            lanes: Mutex::default(),
            changed: watch::Sender::new(()),
            stop: stop.clone(),
        });
        let app = Router::new().route("/", routing::post(serve)).with_state(shared.clone());
        let ended = stop.clone().cancelled_owned();
        tokio::spawn(async move { axum::serve(listener, app).with_graceful_shutdown(ended).await });
        Ok(Self { url, shared, _stop: stop.drop_guard() })
    }

    /// Where the client under test is sent.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What happens to every request of a method from now on.
    pub fn always(&self, method: &str, conduct: Conduct) {
        self.shared.lane(method, |lane| lane.usual = Some(conduct));
    }

    /// What happens to the n-th request of a method, counted from 1 since the start of the proxy.
    pub fn nth(&self, method: &str, n: usize, conduct: Conduct) {
        self.shared.lane(method, |lane| drop(lane.special.insert(n, conduct)));
    }

    /// How many requests of a method have come.
    pub fn count(&self, method: &str) -> usize {
        self.shared.lane(method, |lane| lane.arrived)
    }

    /// Waits until the n-th request of a method has come. The caller sets the deadline.
    pub async fn arrived(&self, method: &str, n: usize) {
        self.until(|| self.count(method) >= n).await;
    }

    /// Waits until the chain has answered n requests of a method, whether the answers came through or not.
    pub async fn answered(&self, method: &str, n: usize) {
        self.until(|| self.shared.lane(method, |lane| lane.answered) >= n).await;
    }

    async fn until(&self, holds: impl Fn() -> bool) {
        let mut changes = self.shared.changed.subscribe();
        while !holds() {
            if changes.changed().await.is_err() {
                return;
            }
        }
    }
}

impl Shared {
    fn lane<T>(&self, method: &str, look: impl FnOnce(&mut Lane) -> T) -> T {
        let mut lanes: MutexGuard<'_, _> = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        look(lanes.entry(method.to_owned()).or_default())
    }

    fn arrival(&self, method: &str) -> Conduct {
        let conduct = self.lane(method, |lane| {
            lane.arrived += 1;
            lane.special.get(&lane.arrived).or(lane.usual.as_ref()).cloned()
        });
        self.changed.send_replace(());
        conduct.unwrap_or(Conduct::Pass)
    }

    async fn forward(&self, method: &str, call: &Value) -> Result<Value, Response> {
        let answer = self
            .upstream
            .post(call)
            .await
            .map_err(|error: RpcError| (StatusCode::BAD_GATEWAY, error.to_string()).into_response());
        self.lane(method, |lane| lane.answered += 1);
        self.changed.send_replace(());
        answer
    }

    /// One call; an `Err` is the answer to the whole request.
    async fn treat(&self, call: &Value) -> Result<Value, Response> {
        let method = call["method"].as_str().unwrap_or_default();
        match self.arrival(method) {
            Conduct::Pass => self.forward(method, call).await,
            Conduct::Hold => Err(self.silence().await),
            Conduct::LoseReply => {
                self.forward(method, call).await?;
                Err(self.silence().await)
            }
            Conduct::Status(code) => {
                Err(StatusCode::from_u16(code).unwrap_or(StatusCode::BAD_GATEWAY).into_response())
            }
            Conduct::Error(code, message) => {
                let error = json!({ "code": code, "message": message });
                Ok(json!({ "jsonrpc": "2.0", "id": call["id"], "error": error }))
            }
            Conduct::Rewrite(change) => {
                let mut answer = self.forward(method, call).await?;
                if let Some(result) = answer.get_mut("result") {
                    *result = change(result.take());
                }
                Ok(answer)
            }
        }
    }

    async fn silence(&self) -> Response {
        self.stop.cancelled().await;
        StatusCode::SERVICE_UNAVAILABLE.into_response()
    }
}

async fn serve(State(shared): State<Arc<Shared>>, Json(request): Json<Value>) -> Response {
    let answer = match &request {
        Value::Array(calls) => {
            let mut answers = Vec::new();
            for call in calls {
                match shared.treat(call).await {
                    Ok(answer) => answers.push(answer),
                    Err(whole) => return whole,
                }
            }
            Ok(Value::Array(answers))
        }
        call => shared.treat(call).await,
    };
    answer.map_or_else(|whole| whole, |answer| Json(answer).into_response())
}
