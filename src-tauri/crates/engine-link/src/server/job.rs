//! One job, from the request to its end.

use std::time::Duration;

use reqwest::Response;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{sleep, timeout};
use types::{Ask, FinishReason, JobId, Piece, Private, Usage};

use super::chat::{self, ChatFault};
use super::facts::Listed;
use super::gate;
use super::http::{self, Http, HttpFault};
use super::raw::{self, Phase, RawStream};
use super::rename;
use super::request::{self, Request, Room};
use super::stream::{Heard, Stream};
use super::words;
use crate::EngineEvent;

/// The server's model, as jobs see it.
#[derive(Debug, Clone)]
pub(crate) struct Backend {
    pub(crate) http: Http,
    pub(crate) model: String,
    pub(crate) room: Room,
    pub(crate) silence: Duration,
    /// The model as the server listed it when it was tried out.
    pub(crate) listed: Listed,
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
    /// The server wants a key, or another one.
    Locked(String),
    Failed(String),
}

impl End {
    const fn cut(reason: FinishReason) -> Self {
        Self::Finished { reason, usage: None, body: None }
    }

    /// Whether the server should be looked at before it gets the next job.
    pub(crate) const fn is_suspicious(&self) -> bool {
        match self {
            Self::Failed(_) | Self::Locked(_) => true,
            Self::Finished { .. } | Self::Refused(_) => false,
        }
    }

    /// The event that tells it.
    pub(crate) fn event(self, job: JobId) -> EngineEvent {
        match self {
            Self::Finished { reason, usage, body } => EngineEvent::Finished { job, reason, usage, body },
            Self::Refused(message) => EngineEvent::Refused { job, message },
            Self::Failed(message) | Self::Locked(message) => EngineEvent::Failed { job, message },
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
        let mut pieces = Pieces { job: &job.id, events, any: false };
        // Whichever comes first drops the others, and with them the request.
        tokio::select! {
            end = self.answer(&job.ask, &mut pieces) => end,
            Ok(()) = cancelled => End::cut(FinishReason::Cancelled),
            () = sleep(job.longest) => match job.ask {
                Ask::Chat { .. } if pieces.any => End::cut(FinishReason::Length),
                // Nothing is no answer. A raw one has a grammar, and a part of it is none either.
                Ask::Chat { .. } | Ask::Raw { .. } => End::Failed("it took too long".into()),
            },
        }
    }

    async fn answer(&self, ask: &Ask, pieces: &mut Pieces<'_>) -> End {
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
            Ask::Raw { stream: true, .. } => self.relay(&request, response, pieces).await,
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
            status @ (400 | 413 | 422) => {
                let body = timeout(self.silence, http::refusal(response)).await.unwrap_or_default();
                Err(End::Refused(words::complaint(status, &body)))
            }
            // The customer cannot help it that the model is gone or locked, and somebody else may serve it.
            404 => Err(End::Failed("the server does not serve this model any more".into())),
            401 | 403 => Err(End::Locked(gate::LOCKED.into())),
            status => Err(failed(&HttpFault::Status(status))),
        }
    }

    async fn post_body(&self, request: &Request, body: &Private) -> Result<Response, End> {
        // An answer that is not streamed has its head only when it is whole, and a long prompt is read in silence:
        // the job's own time bounds this wait.
        let post = self.http.post(request::page(request.format), body.to_string());
        post.await.map_err(|fault| failed(&fault))
    }

    async fn chat(&self, response: Response, pieces: &mut Pieces<'_>) -> End {
        let mut stream = Stream::new(response, self.silence);
        let (mut finish, mut usage) = (None, None);
        loop {
            let event = match stream.next().await {
                Ok(Heard::Event(event)) => event,
                // A proxy may keep the line open after it.
                Ok(Heard::Done) if finish.is_some() => break,
                Ok(Heard::Done) => continue,
                Ok(Heard::Closed) => break,
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

    async fn relay(&self, request: &Request, response: Response, pieces: &mut Pieces<'_>) -> End {
        let (mut stream, mut state) = (Stream::new(response, self.silence), RawStream::new(request.format));
        loop {
            let event = match stream.next().await {
                Ok(Heard::Event(event)) => event,
                // No event of these APIs.
                Ok(Heard::Done) => continue,
                Ok(Heard::Closed) => return End::Failed("its answer broke off".into()),
                Err(fault) => return failed(&fault),
            };
            let Some(phase) = state.read(&event.data) else { return failed(&HttpFault::Garbled) };
            if phase == Phase::Broken {
                // Its words are about the owner's machine.
                return End::Failed("it gave the answer up".into());
            }
            let data = rename::model(&event.data, &request.asked).into();
            pieces.send(Piece::Event { name: event.name, data }).await;
            if phase == Phase::Complete {
                return End::Finished { reason: FinishReason::Stop, usage: state.usage(), body: None };
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
                let body = Private::from(rename::model(&body, &request.asked));
                End::Finished { reason: FinishReason::Stop, usage, body: Some(body) }
            }
            None => failed(&HttpFault::Garbled),
        }
    }
}

fn failed(fault: &dyn std::fmt::Display) -> End {
    End::Failed(format!("the server failed: {fault}"))
}
