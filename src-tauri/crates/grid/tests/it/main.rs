//! The client against a scripted coordinator on loopback: recorded conversations and pages, and hostile ones.

mod accounts;
mod coordinator;
mod hostile;
mod managing;
mod public_pages;
mod refusals;
mod replay;
mod scripted;
mod tls;
mod vectors;

use std::time::Duration;

use grid::{Connection, Endpoint, Event, Patience, Registration, connect};
use tokio::time::timeout;
use types::{ApiFormat, Sensitive, WorkerName};

fn registration(model: &str) -> Registration {
    Registration {
        api_key: Sensitive::new("grid_REDACTED".into()),
        name: WorkerName::new("tw1").expect("a name"),
        models: vec![model.to_owned()],
        job_types: vec!["text".into()],
        max_length: 32_768,
        max_context_length: 8192,
        api_formats: vec![ApiFormat::OpenAiChat],
        modalities: vec!["text".into()],
        bridge_agent: "aipg-node/0.1.0".into(),
        identity: None,
    }
}

async fn register(endpoint: &Endpoint, model: &str) -> Result<Connection, grid::ConnectError> {
    connect(endpoint, &registration(model), Patience::default()).await
}

async fn next(connection: &mut Connection) -> Event {
    timeout(Duration::from_secs(20), connection.next()).await.expect("an event in time").expect("an event")
}
