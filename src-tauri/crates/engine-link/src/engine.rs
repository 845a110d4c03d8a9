//! One engine, whichever kind it is.

use std::path::Path;
use std::time::Duration;

use tokio::sync::mpsc;
use types::{ApiFormat, Ask, JobId, Refusal};

use crate::child::ChildEngine;
use crate::server::Server;
use crate::{EngineEvent, Launch, LaunchError, ServerSettings};

/// Where an engine comes from.
#[derive(Debug, Clone)]
pub enum EngineSource {
    /// Our own executable, started as a child.
    Child(Launch),
    /// A server that already runs.
    Server(ServerSettings),
}

/// A running engine. Dropping it ends a child, and hangs up on a server.
#[derive(Debug)]
pub struct Engine {
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Child(ChildEngine),
    Server(Server),
}

impl Engine {
    /// Starts an engine. Events come until [`EngineEvent::Gone`].
    ///
    /// A server is not asked anything yet: whether it is there and fit is found out by [`Engine::load`].
    pub async fn start(source: &EngineSource) -> Result<(Self, mpsc::Receiver<EngineEvent>), LaunchError> {
        match source {
            EngineSource::Child(launch) => Self::launch(launch).await,
            EngineSource::Server(settings) => {
                let (server, events) = Server::start(settings)?;
                Ok((Self { kind: Kind::Server(server) }, events))
            }
        }
    }

    /// Starts the executable and waits for its hello.
    pub async fn launch(launch: &Launch) -> Result<(Self, mpsc::Receiver<EngineEvent>), LaunchError> {
        let (child, events) = ChildEngine::launch(launch).await?;
        Ok((Self { kind: Kind::Child(child) }, events))
    }

    /// The process id of a child, for the log and for tests.
    pub const fn pid(&self) -> Option<u32> {
        match &self.kind {
            Kind::Child(child) => Some(child.pid()),
            Kind::Server(_) => None,
        }
    }

    /// The engine's name and version, or the server's address.
    pub fn name(&self) -> &str {
        match &self.kind {
            Kind::Child(child) => child.name(),
            Kind::Server(server) => server.name(),
        }
    }

    /// What it computes on; of a server nobody knows.
    pub fn device(&self) -> &str {
        match &self.kind {
            Kind::Child(child) => child.device(),
            Kind::Server(_) => "server",
        }
    }

    /// The APIs that jobs may come by: of a server those it answered natively when it was loaded.
    pub fn formats(&self) -> Vec<ApiFormat> {
        match &self.kind {
            Kind::Child(_) => vec![ApiFormat::OpenAiChat],
            Kind::Server(server) => server.formats(),
        }
    }

    /// Asks for a model; answered by progress, then `Loaded` or `LoadFailed`.
    ///
    /// A server has its model from its settings, and this tries it out: the path is for a child.
    pub fn load(&self, model: &Path, max_context: Option<u32>) {
        match &self.kind {
            Kind::Child(child) => child.load(model, max_context),
            Kind::Server(server) => server.load(max_context),
        }
    }

    /// Asks for an answer of at most this duration. What this engine cannot do it refuses in words for the customer.
    ///
    /// A child does one job at a time; a server takes as many as it is given.
    pub fn generate(&self, job: &JobId, ask: Ask, longest: Duration) -> Result<(), Refusal> {
        match &self.kind {
            Kind::Child(child) => child.generate(job, ask, longest),
            Kind::Server(server) => server.generate(job, ask, longest),
        }
    }

    /// Asks to stop a job; it still ends with a terminal event.
    pub fn cancel(&self, job: &JobId) {
        match &self.kind {
            Kind::Child(child) => child.cancel(job),
            Kind::Server(server) => server.cancel(job),
        }
    }

    /// Ends a child, politely for a moment and then by force, so that its memory is free when this returns; hangs up
    /// on a server.
    pub async fn stop(self) {
        match self.kind {
            Kind::Child(child) => child.stop().await,
            Kind::Server(server) => server.stop().await,
        }
    }
}
