//! A coordinator that gives prepared answers over HTTP, one a request, and remembers what it was asked.

use std::time::Duration;

use grid::{AccountPatience, Endpoint};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;

pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// One request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// Method and path.
    pub(crate) line: String,
    /// Everything before the body, in lower case.
    pub(crate) head: String,
    /// The body, or null.
    pub(crate) body: Value,
}

/// A coordinator with these answers. Its task ends after the last one, with what it was asked.
pub(crate) async fn scripted(answers: Vec<(u16, String)>) -> (Endpoint, JoinHandle<Vec<Asked>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    let endpoint = Endpoint::practice(&base).expect("loopback");
    let server = tokio::spawn(async move {
        let mut asked = Vec::new();
        for (status, body) in answers {
            let (mut stream, _) =
                timeout(PATIENCE, listener.accept()).await.expect("in time").expect("a connection");
            asked.push(timeout(PATIENCE, request(&mut stream)).await.expect("in time"));
            let head =
                format!("HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
            stream.write_all(head.as_bytes()).await.expect("leaves");
            // The client may have hung up on a large body.
            let _ = stream.write_all(body.as_bytes()).await;
        }
        asked
    });
    (endpoint, server)
}

async fn request(stream: &mut TcpStream) -> Asked {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.expect("a byte"));
    }
    let head = String::from_utf8(head).expect("text");
    let line =
        head.lines().next().and_then(|line| line.strip_suffix(" HTTP/1.1")).expect("a request").to_owned();
    let head = head.to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().expect("a length"))];
    stream.read_exact(&mut body).await.expect("a body");
    Asked { line, head, body: serde_json::from_slice(&body).unwrap_or(Value::Null) }
}

/// Nobody has to wait for nothing.
pub(crate) fn patience() -> AccountPatience {
    AccountPatience::default()
}
