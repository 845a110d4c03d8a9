//! The line to the coordinator: TCP, encrypted unless it stays on this computer, and the upgrade.

use std::io;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::spawn_blocking;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::Error as TlsError;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_tungstenite::tungstenite::Error as WsError;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use crate::endpoint::Host;
use crate::{ConnectError, Endpoint, tls};

/// Vision requests and recipe graphs arrive inside a job frame; the coordinator sets no limit of its own.
const LARGEST_FRAME: usize = 64 * 1024 * 1024;

/// Bytes both ways, encrypted or not.
pub(crate) trait Line: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Line for T {}

/// The socket under a connection.
pub(crate) type Socket = WebSocketStream<Box<dyn Line>>;

/// Calls the coordinator and upgrades the line. No proxy is asked and no redirect is followed.
pub(crate) async fn open(endpoint: &Endpoint) -> Result<Socket, ConnectError> {
    let stream = dial(endpoint).await.map_err(|error| unreachable(&error))?;
    let line: Box<dyn Line> = match endpoint.extra_roots() {
        Some(roots) => Box::new(encrypt(stream, endpoint.host(), roots.to_vec()).await?),
        None => Box::new(stream),
    };
    match client_async_with_config(endpoint.url(), line, Some(limits())).await {
        Ok((socket, _)) => Ok(socket),
        Err(WsError::Io(error)) => Err(unreachable(&error)),
        // What stands before a coordinator that restarts says so with a number.
        Err(WsError::Http(answer)) if answer.status().is_server_error() || answer.status() == 429 => {
            Err(ConnectError::Unreachable(format!("it answers with {}", answer.status().as_u16())))
        }
        Err(error) => Err(ConnectError::Garbled(error.to_string())),
    }
}

/// Both limits count while bytes come in, before a frame is whole.
pub(crate) fn limits() -> WebSocketConfig {
    WebSocketConfig::default().max_message_size(Some(LARGEST_FRAME)).max_frame_size(Some(LARGEST_FRAME))
}

async fn dial(endpoint: &Endpoint) -> io::Result<TcpStream> {
    let (host, port) = (endpoint.host(), endpoint.port());
    let stream = match (host.loopback(), host) {
        (Some(here), _) => TcpStream::connect((here, port)).await?,
        (None, Host::Literal(address)) => TcpStream::connect((*address, port)).await?,
        (None, Host::Name(name)) => TcpStream::connect((name.as_str(), port)).await?,
    };
    // Tokens are small and each is waited for.
    stream.set_nodelay(true)?;
    Ok(stream)
}

async fn encrypt(
    stream: TcpStream,
    host: &Host,
    roots: Vec<CertificateDer<'static>>,
) -> Result<impl Line + use<>, ConnectError> {
    let config = spawn_blocking(|| tls::for_the_socket(roots)).await;
    let config =
        config.map_err(|_| ConnectError::Insecure("the system's certificates cannot be read".into()))?;
    let config = config.map_err(|error| insecure(&error))?;
    let name = match host {
        Host::Name(name) => ServerName::try_from(name.clone()).expect("BUG: the name was read as one of DNS"),
        Host::Literal(address) => ServerName::from(*address),
    };
    TlsConnector::from(Arc::new(config)).connect(name, stream).await.map_err(|error| {
        match error.get_ref().and_then(|inner| inner.downcast_ref::<TlsError>()) {
            Some(error) => insecure(error),
            None => unreachable(&error),
        }
    })
}

fn insecure(error: &TlsError) -> ConnectError {
    tracing::debug!(%error, "no safe line");
    ConnectError::Insecure(tls::in_words(error).to_owned())
}

fn unreachable(error: &io::Error) -> ConnectError {
    ConnectError::Unreachable(error.to_string())
}
