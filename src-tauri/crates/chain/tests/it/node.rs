//! A node on loopback that does whatever a test wants, as HTTP and JSON-RPC allow it or not.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use chain::{Chain, Patience, RpcEndpoint};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use types::Network;

use crate::anvil::{CHAIN_ID, GRID, TOKEN};

/// What the node does with a request.
pub(crate) enum Reply {
    /// A whole HTTP answer.
    Http(u16, String),
    /// Its beginning, and then the connection is closed.
    Cut(String),
    /// Its beginning, and then nothing, for ever.
    Stall(String),
    /// A body without an end.
    Endless,
}

type Answering = dyn Fn(&[Value]) -> Reply + Send + Sync;

pub(crate) struct Node {
    url: String,
    /// Requests that arrived.
    pub(crate) requests: Arc<AtomicUsize>,
    /// Bytes of endless bodies that were taken.
    pub(crate) taken: Arc<AtomicUsize>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Node {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Node {
    pub(crate) async fn start(answering: impl Fn(&[Value]) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let (requests, taken) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (counted, written, answering) = (requests.clone(), taken.clone(), Arc::new(answering));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(stream, answering.clone(), written.clone()));
            }
        });
        Self { url, requests, taken, task }
    }

    /// A node that answers each question of a batch by its method; `None` leaves the answer out.
    pub(crate) async fn answering(
        answer: impl Fn(&str, &Value) -> Option<Result<Value, (i64, String)>> + Send + Sync + 'static,
    ) -> Self {
        Self::start(move |batch| {
            let answers = batch.iter().filter_map(|request| {
                let result = answer(request["method"].as_str()?, &request["params"])?;
                Some(match result {
                    Ok(result) => json!({ "jsonrpc": "2.0", "id": request["id"], "result": result }),
                    Err((code, message)) => {
                        json!({ "jsonrpc": "2.0", "id": request["id"], "error": { "code": code, "message": message } })
                    }
                })
            });
            // Batches may be answered in any order.
            let mut answers: Vec<Value> = answers.collect();
            answers.reverse();
            Reply::Http(200, Value::Array(answers).to_string())
        })
        .await
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn chain(&self) -> Chain {
        self.patient(Duration::from_secs(20))
    }

    pub(crate) fn patient(&self, total: Duration) -> Chain {
        let endpoint = RpcEndpoint::practice(&self.url).expect("loopback");
        let patience = Patience { connect: Duration::from_secs(5), total };
        Chain::new(&endpoint, Network::practice(CHAIN_ID, TOKEN, GRID), patience).expect("a client")
    }
}

async fn serve(mut stream: TcpStream, answering: Arc<Answering>, taken: Arc<AtomicUsize>) {
    let Some(body) = request(&mut stream).await else { return };
    let batch: Vec<Value> = serde_json::from_slice(&body).expect("a batch");
    let head = |status: u16, length: usize| {
        let location = if status == 302 { "location: http://127.0.0.1:1/\r\n" } else { "" };
        format!("HTTP/1.1 {status} x\r\n{location}content-length: {length}\r\nconnection: close\r\n\r\n")
    };
    match answering(&batch) {
        Reply::Http(status, body) => {
            let _ = stream.write_all(format!("{}{body}", head(status, body.len())).as_bytes()).await;
        }
        Reply::Cut(body) => {
            let _ = stream.write_all(format!("{}{body}", head(200, body.len() + 100)).as_bytes()).await;
        }
        Reply::Stall(body) => {
            let _ = stream.write_all(format!("{}{body}", head(200, body.len() + 100)).as_bytes()).await;
            std::future::pending::<()>().await;
        }
        Reply::Endless => {
            let _ = stream.write_all(b"HTTP/1.1 200 x\r\nconnection: close\r\n\r\n[").await;
            let blanks = [b' '; 65_536];
            while stream.write_all(&blanks).await.is_ok() {
                taken.fetch_add(blanks.len(), Ordering::SeqCst);
            }
        }
    }
}

async fn request(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut seen = Vec::new();
    loop {
        let mut chunk = [0; 4096];
        let count = stream.read(&mut chunk).await.ok().filter(|count| *count > 0)?;
        seen.extend_from_slice(&chunk[..count]);
        let Some(head) = seen.windows(4).position(|bytes| bytes == b"\r\n\r\n") else { continue };
        let text = String::from_utf8_lossy(&seen[..head]).to_ascii_lowercase();
        let length: usize = text.split("content-length: ").nth(1)?.lines().next()?.trim().parse().ok()?;
        if seen.len() >= head + 4 + length {
            return Some(seen[head + 4..].to_vec());
        }
    }
}

/// A word of 32 bytes.
pub(crate) fn word(value: u64) -> Value {
    json!(format!("0x{value:064x}"))
}

/// Answers of a healthy chain with a V1 registry in which the asked address is unknown. Tests bend single ones.
pub(crate) fn healthy(method: &str, params: &Value) -> Option<Result<Value, (i64, String)>> {
    let views: BTreeMap<&str, Value> = BTreeMap::from([
        ("0xc011b1c3", json!(format!("0x{}", "0".repeat(448)))),
        ("0x5990dc2b", word(1000)),
        ("0xb187bd26", word(0)),
        ("0x5c50c356", word(5)),
        ("0x8da5cb5b", word(0xdad)),
        ("0x5c975abb", word(0)),
        ("0x70a08231", word(77)),
        ("0xdd62ed3e", word(0)),
    ]);
    const SERVED: [&str; 6] = ["86796f13", "5df6a6bc", "c011b1c3", "c5689dbf", "5c50c356", "5990dc2b"];
    let hash = json!(format!("0x{}", "12".repeat(32)));
    Some(Ok(match method {
        "eth_chainId" => json!(format!("{CHAIN_ID:#x}")),
        "eth_getBlockByNumber" => {
            json!({ "number": "0x64", "hash": hash, "timestamp": "0x6553f100", "baseFeePerGas": "0x4c4b40" })
        }
        "eth_getCode" => json!("0x6000"),
        "eth_getBalance" => json!("0xde0b6b3a7640000"),
        "eth_getTransactionCount" => json!("0x3"),
        "eth_maxPriorityFeePerGas" => json!("0xf4240"),
        "eth_call" => match params[0]["data"].as_str()? {
            probe if probe.starts_with("0xb763dde2") => {
                word(u64::from(SERVED.contains(&&probe[10..18])) * 0xface)
            }
            unserved if unserved.starts_with("0x6cf6d675") => {
                return Some(Err((3, "execution reverted".to_owned())));
            }
            data => views.get(&data[..10]).cloned()?,
        },
        _ => return Some(Err((-32601, "Method not found".to_owned()))),
    }))
}

/// A healthy node, but for one thing.
pub(crate) async fn but(
    bent: impl Fn(&str, &Value) -> Option<Result<Value, (i64, String)>> + Send + Sync + 'static,
) -> Node {
    Node::answering(move |method, params| bent(method, params).or_else(|| healthy(method, params))).await
}
