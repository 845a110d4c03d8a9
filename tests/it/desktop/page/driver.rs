//! The session with WebKit's driver.

use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, Instant};

use fantoccini::ClientBuilder;
use fantoccini::wd::Capabilities;
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;

use super::Page;
use crate::desktop::patience::LOOK_AGAIN;

const START: Duration = Duration::from_secs(30);

/// A port for the driver to listen on.
pub(in crate::desktop) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port of our own");
    listener.local_addr().expect("bound").port()
}

impl Page {
    /// Lets the driver at this port start the app, and waits until its page can be asked.
    pub(in crate::desktop) async fn connect(port: u16, program: &Path, arguments: &[String]) -> Self {
        let options = json!({ "binary": program, "args": arguments });
        let capabilities = Capabilities::from_iter([("webkitgtk:browserOptions".to_owned(), options)]);
        let address = format!("http://127.0.0.1:{port}");
        let begun = Instant::now();
        loop {
            let mut session = ClientBuilder::new(HttpConnector::new());
            let session = session.capabilities(capabilities.clone()).connect(&address);
            match tokio::time::timeout(START, session).await {
                Ok(Ok(client)) => return Self { client },
                // The driver takes a moment until it listens.
                Ok(Err(_)) if begun.elapsed() < START => tokio::time::sleep(LOOK_AGAIN).await,
                Ok(Err(error)) => panic!("the window did not open: {error}"),
                Err(_) => panic!("the window did not open within {START:?}"),
            }
        }
    }
}
