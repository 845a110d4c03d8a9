//! One job, from the request to its end.

use std::time::Duration;

use reqwest::Response;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{sleep, timeout};
use types::{Ask, FinishReason, JobId, Piece, Private, Usage};

use super::chat::{self, ChatFault};
use super::http::{self, Http, HttpFault};
use super::raw::{self, Phase, RawStream};
use super::request::{self, Request, Room};
use super::stream::Stream;
use super::words;
use crate::EngineEvent;

/// The server's model, as jobs see it.
#[derive(Debug, Clone)]
pub(crate) struct Backend {
    pub(crate) http: Http,
    pub(crate) model: String,
    pub(crate) room: Room,
    pub(crate) silence: Duration,
}

/// One job.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) id: JobId,
    pub(crate) ask: Ask,
    pub(crate) longest: Duration,
}

/// How a job ended.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum End {
    Finished {
        reason: FinishReason,
        usage: Option<Usage>,
        body: Option<Private>,
    },
    Refused(String),
    /// The model is not there any more. The customer cannot help it, but somebody else may.
    NotServed(String),
    Failed(String),
}

impl End {
    const fn cut(reason: FinishReason) -> Self {
        Self::Finished { reason, usage: None, body: None }
    }

    /// Whether the server should be looked at before it gets the next job.
    pub(crate) const fn is_suspicious(&self) -> bool {
        match self {
            Self::Failed(_) | Self::NotServed(_) => true,
            Self::Finished { .. } | Self::Refused(_) => false,
        }
    }

    /// The event that tells it.
    pub(crate) fn event(self, job: JobId) -> EngineEvent {
        match self {
            Self::Finished { reason, usage, body } => EngineEvent::Finished { job, reason, usage, body },
            Self::Refused(message) | Self::NotServed(message) => EngineEvent::Refused { job, message },
            Self::Failed(message) => EngineEvent::Failed { job, message },
        }
    }
}

/// Where the pieces of one job go. Nobody there to take them is not this job's trouble: it is ended from outside.
struct Pieces<'a> {
    job: &'a JobId,
    events: &'a mpsc::Sender<EngineEvent>,
    any: bool,
}

impl Pieces<'_> {
    async fn send(&mut self, piece: Piece) {
        self.any = true;
        let _ = self.events.send(EngineEvent::Piece { job: self.job.clone(), piece }).await;
    }
}

impl Backend {
    /// Runs a job. Its pieces go out as events, its end is returned, and nothing of it follows.
    pub(crate) async fn run(
        &self,
        job: &Job,
        cancelled: oneshot::Receiver<()>,
        events: &mpsc::Sender<EngineEvent>,
    ) -> End {
        let pieces = Pieces { job: &job.id, events, any: false };
        // Whichever comes first drops the others, and with them the request.
        tokio::select! {
            end = self.answer(&job.ask, pieces) => end,
            Ok(()) = cancelled => End::cut(FinishReason::Cancelled),
            () = sleep(job.longest) => match job.ask {
                Ask::Chat { .. } => End::cut(FinishReason::Length),
                // A raw answer has a grammar, and a part of it is no answer.
                Ask::Raw { .. } => End::Failed("it took too long".into()),
            },
        }
    }

    async fn answer(&self, ask: &Ask, pieces: Pieces<'_>) -> End {
        let request = match request::shape(ask, &self.model, self.room) {
            Ok(request) => request,
            Err(refusal) => return End::Refused(refusal.0),
        };
        let response = match self.post(&request).await {
            Ok(response) => response,
            Err(end) => return end,
        };
        match ask {
            Ask::Chat { .. } => self.chat(response, pieces).await,
            Ask::Raw { stream: true, .. } => self.relay(request, response, pieces).await,
            Ask::Raw { stream: false, .. } => self.whole(&request, response).await,
        }
    }

    /// Posts a request and, where only its limit may have been too large for the context, once more without one.
    async fn post(&self, request: &Request) -> Result<Response, End> {
        let response = self.post_body(request, &request.body).await?;
        let response = match (&request.unlimited, response.status().as_u16()) {
            (Some(unlimited), 400 | 422) => self.post_body(request, unlimited).await?,
            (Some(_) | None, _) => response,
        };
        match response.status().as_u16() {
            200 => Ok(response),
            status @ (400 | 404 | 413 | 422) => {
                let body = timeout(self.silence, http::refusal(response)).await.unwrap_or_default();
                let words = words::complaint(status, &body);
                Err(if status == 404 { End::NotServed(words) } else { End::Refused(words) })
            }
            status => Err(failed(&HttpFault::Status(status))),
        }
    }

    async fn post_body(&self, request: &Request, body: &Private) -> Result<Response, End> {
        let post = self.http.post(request::page(request.format), body.to_string());
        match timeout(self.silence, post).await {
            Ok(response) => response.map_err(|fault| failed(&fault)),
            Err(_) => Err(failed(&HttpFault::Slow)),
        }
    }

    async fn chat(&self, response: Response, mut pieces: Pieces<'_>) -> End {
        let mut stream = Stream::new(response, self.silence);
        let (mut finish, mut usage) = (None, None);
        loop {
            let event = match stream.next().await {
                Ok(Some(event)) => event,
                Ok(None) => break,
                // The answer is whole; only what it cost is missing.
                Err(_) if finish.is_some() => break,
                Err(fault) => return failed(&fault),
            };
            match chat::read(&event.data) {
                Ok(said) => {
                    for piece in said.pieces {
                        pieces.send(piece).await;
                    }
                    finish = said.finish.or(finish);
                    usage = said.usage.or(usage);
                }
                Err(ChatFault::Refused(message)) if !pieces.any => {
                    let body = serde_json::json!({"message": message}).to_string();
                    return End::Refused(words::complaint(400, body.as_bytes()));
                }
                Err(ChatFault::Refused(_) | ChatFault::Failed) => {
                    return End::Failed("it gave the answer up".into());
                }
                Err(ChatFault::Garbled) => return failed(&HttpFault::Garbled),
            }
        }
        match finish {
            Some(reason) => End::Finished { reason, usage, body: None },
            None => End::Failed("its answer broke off".into()),
        }
    }

    async fn relay(&self, request: Request, response: Response, mut pieces: Pieces<'_>) -> End {
        let (mut stream, mut state) = (Stream::new(response, self.silence), RawStream::new(request.format));
        loop {
            let event = match stream.next().await {
                Ok(Some(event)) => event,
                Ok(None) => return End::Failed("its answer broke off".into()),
                Err(fault) => return failed(&fault),
            };
            let Some(phase) = state.read(&event.data) else { return failed(&HttpFault::Garbled) };
            pieces.send(Piece::Event { name: event.name, data: event.data.into() }).await;
            match phase {
                Phase::Open => {}
                Phase::Complete => {
                    return End::Finished { reason: FinishReason::Stop, usage: state.usage(), body: None };
                }
                Phase::Broken => return End::Failed("it gave the answer up".into()),
            }
        }
    }

    async fn whole(&self, request: &Request, response: Response) -> End {
        let body = match http::text(response).await {
            Ok(body) => body,
            Err(fault) => return failed(&fault),
        };
        match raw::whole(request.format, &body) {
            Some(usage) => {
                End::Finished { reason: FinishReason::Stop, usage, body: Some(Private::from(body)) }
            }
            None => failed(&HttpFault::Garbled),
        }
    }
}

fn failed(fault: &dyn std::fmt::Display) -> End {
    End::Failed(format!("the server failed: {fault}"))
}
