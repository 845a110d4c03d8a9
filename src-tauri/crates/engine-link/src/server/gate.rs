//! Is the server fit for customers? It must list the model, be healthy, and really write something.

use engine_protocol::{LoadFault, ModelFacts, Stage};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use types::{ApiFormat, Ask, ChatRequest, JobId, Message, Piece, Sampling};

use super::facts::{self, Listed, ServerKind};
use super::http::{Http, HttpFault};
use super::job::{Backend, End, Job};
use super::request::Room;
use super::{ServerSettings, raw, request};
use crate::EngineEvent;

/// How much must be written to pass.
const FEW_TOKENS: u32 = 8;
/// Enough for the gate's own request, before the server has said how much there is.
const SMALLEST_CONTEXT: u32 = 256;
/// What only the owner can mend.
pub(crate) const LOCKED: &str = "the server wants a key, or another one than it got";

/// What passed.
#[derive(Debug)]
pub(crate) struct Gated {
    pub(crate) backend: Backend,
    pub(crate) formats: Vec<ApiFormat>,
    pub(crate) facts: ModelFacts,
}

/// Why nothing passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trouble {
    pub(crate) fault: LoadFault,
    pub(crate) message: String,
}

/// Tries the server out, with no more context than this.
pub(crate) async fn pass(
    settings: &ServerSettings,
    http: &Http,
    most: Option<u32>,
    events: &mpsc::Sender<EngineEvent>,
) -> Result<Gated, Trouble> {
    tell(events, Stage::Checking).await;
    let (kind, model) = health(http, &settings.model).await?;
    tell(events, Stage::Warming).await;
    let silence = settings.patience.silence;
    let mut backend = Backend {
        http: http.clone(),
        model: model.name.clone(),
        room: Room { context: SMALLEST_CONTEXT, pictures: false },
        silence,
        listed: model.clone(),
    };
    timeout(settings.patience.gate, write_something(&backend))
        .await
        .unwrap_or_else(|_| Err(silent("it wrote nothing in time")))?;
    // Asked after the first words, because some servers load a model only then.
    let told = facts::told(http, kind, &model).await;
    let context = [told.context, settings.context].into_iter().flatten().min().ok_or_else(no_context)?;
    backend.room = Room {
        context: context.min(most.unwrap_or(u32::MAX)),
        // A server that says nothing refuses them itself if it must.
        pictures: told.pictures.unwrap_or(true),
    };
    let formats = formats(&http.with_patience(settings.patience.gate), &model.name).await;
    let facts = ModelFacts {
        architecture: kind.as_str().to_owned(),
        name: Some(model.name.clone()),
        context: backend.room.context,
        quantization: model.quantization().to_owned(),
        parameters: model.parameters(),
        slow: false,
    };
    Ok(Gated { backend, formats, facts })
}

fn no_context() -> Trouble {
    let message = "the server does not say how many tokens its model can hold; say it in the settings";
    Trouble { fault: LoadFault::Unsupported, message: message.to_owned() }
}

async fn tell(events: &mpsc::Sender<EngineEvent>, stage: Stage) {
    let _ = events.send(EngineEvent::Progress { stage, percent: 0 }).await;
}

/// Whether the server answers, says nothing bad of itself, and lists the model.
pub(crate) async fn health(http: &Http, model: &str) -> Result<(ServerKind, Listed), Trouble> {
    match http.look("/health").await {
        // Not every server has such a page.
        Ok(_) | Err(HttpFault::Status(404 | 405 | 501)) => {}
        Err(HttpFault::Status(503)) => return Err(away("the server says that it is not ready")),
        Err(fault) => return Err(unasked("the server cannot be asked", &fault)),
    }
    let (kind, found) = list(http, model).await?;
    Ok((kind, found.ok_or_else(|| away("the server does not list this model"))?))
}

/// The model as the server lists it, if it does.
pub(crate) async fn list(http: &Http, model: &str) -> Result<(ServerKind, Option<Listed>), Trouble> {
    let listing =
        facts::listing(http).await.map_err(|fault| unasked("the server lists no models", &fault))?;
    Ok((listing.kind, listing.models.into_iter().find(|listed| listed.name == model)))
}

fn away(message: impl Into<String>) -> Trouble {
    Trouble { fault: LoadFault::Unreadable, message: message.into() }
}

/// A server that is there and wants a key does not come back by itself.
fn unasked(what: &str, fault: &HttpFault) -> Trouble {
    match fault {
        HttpFault::Status(401 | 403) => locked(LOCKED),
        fault => away(format!("{what}: {fault}")),
    }
}

fn locked(message: impl Into<String>) -> Trouble {
    Trouble { fault: LoadFault::Unsupported, message: message.into() }
}

fn silent(message: impl Into<String>) -> Trouble {
    Trouble { fault: LoadFault::Internal, message: message.into() }
}

/// A few tokens, on the way that jobs take.
async fn write_something(backend: &Backend) -> Result<(), Trouble> {
    let request = ChatRequest {
        messages: vec![Message::text("user", "hi")],
        max_tokens: FEW_TOKENS,
        stop: Vec::new(),
        sampling: Sampling { temperature: 0.0, ..Sampling::default() },
    };
    // Longer than whoever waits for this waits.
    let longest = backend.silence * 2;
    let job = Job { id: JobId::new("gate"), ask: Ask::chat(request), longest };
    let (said, mut heard) = mpsc::channel(64);
    let (_never, cancelled) = oneshot::channel();
    let run = async {
        let end = backend.run(&job, cancelled, &said).await;
        drop(said);
        end
    };
    let listen = async {
        let mut wrote = false;
        while let Some(event) = heard.recv().await {
            wrote |= holds_words(&event);
        }
        wrote
    };
    match tokio::join!(run, listen) {
        (End::Finished { .. }, true) => Ok(()),
        (End::Finished { .. }, false) => Err(silent("it wrote nothing")),
        // Some servers ask for the key only here.
        (End::Locked(message), _) => Err(locked(message)),
        (End::Refused(message) | End::Failed(message), _) => Err(silent(message)),
    }
}

fn holds_words(event: &EngineEvent) -> bool {
    match event {
        EngineEvent::Piece { piece: Piece::Text(text) | Piece::Reasoning(text), .. } => {
            !text.trim().is_empty()
        }
        EngineEvent::Piece {
            piece: Piece::ToolCalls(_) | Piece::Refusal(_) | Piece::Event { .. }, ..
        }
        | EngineEvent::Progress { .. }
        | EngineEvent::Loaded(_)
        | EngineEvent::LoadFailed { .. }
        | EngineEvent::Finished { .. }
        | EngineEvent::Refused { .. }
        | EngineEvent::Failed { .. }
        | EngineEvent::Gone { .. } => false,
    }
}

/// The APIs that the server speaks of its own. Only a real answer counts: proxies say 200 to anything.
pub(crate) async fn formats(http: &Http, model: &str) -> Vec<ApiFormat> {
    let responses = serde_json::json!({"model": model, "input": "hi", "max_output_tokens": FEW_TOKENS});
    let messages = serde_json::json!({
        "model": model,
        "max_tokens": FEW_TOKENS,
        "messages": [{"role": "user", "content": "hi"}],
    });
    let mut formats = vec![ApiFormat::OpenAiChat];
    for (format, question) in [(ApiFormat::OpenAiResponses, responses), (ApiFormat::Anthropic, messages)] {
        let answer = http.ask(request::page(format), question.to_string()).await;
        if answer.is_ok_and(|answer| raw::is_native(format, &answer)) {
            formats.push(format);
        }
    }
    formats
}
