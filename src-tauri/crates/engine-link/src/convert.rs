//! Our nouns to the protocol's and back, by hand.

use std::time::Duration;

use engine_protocol::{Finish, FromEngine, Generate, Turn, TurnToolCall};
use types::{ChatRequest, FinishReason, JobId, Message, Piece, Private, Usage};

use crate::EngineEvent;

pub(crate) fn generate(job: &JobId, request: ChatRequest, longest: Duration) -> Generate {
    let sampling = request.sampling;
    Generate {
        job: job.as_str().to_owned(),
        messages: request.messages.into_iter().map(turn).collect(),
        max_tokens: request.max_tokens,
        max_seconds: longest.as_secs().try_into().unwrap_or(u32::MAX),
        stop: request.stop.into_iter().map(Private::into_string).collect(),
        temperature: sampling.temperature,
        top_p: sampling.top_p,
        top_k: sampling.top_k,
        min_p: sampling.min_p,
        seed: sampling.seed.unwrap_or_default(),
        presence_penalty: sampling.presence_penalty,
        frequency_penalty: sampling.frequency_penalty,
        repetition_penalty: sampling.repetition_penalty,
    }
}

fn turn(message: Message) -> Turn {
    let calls = message.tool_calls.into_iter().map(|call| TurnToolCall {
        id: call.id,
        name: call.name,
        arguments: call.arguments,
    });
    Turn {
        role: message.role,
        content: message.content,
        tool_calls: calls.collect(),
        tool_call_id: message.tool_call_id,
        name: message.name,
    }
}

/// The event a message stands for; `None` for those that only the link itself reads.
pub(crate) fn event(message: FromEngine) -> Option<EngineEvent> {
    match message {
        FromEngine::Hello { .. } | FromEngine::Heartbeat { .. } => None,
        FromEngine::Progress { stage, percent } => Some(EngineEvent::Progress { stage, percent }),
        FromEngine::Loaded(facts) => Some(EngineEvent::Loaded(facts)),
        FromEngine::LoadFailed { fault, message } => Some(EngineEvent::LoadFailed { fault, message }),
        FromEngine::Token { job, text } => {
            Some(EngineEvent::Piece { job: JobId::new(job), piece: Piece::Text(text.into()) })
        }
        FromEngine::Finished { job, reason, usage } => Some(EngineEvent::Finished {
            job: JobId::new(job),
            reason: finish(reason),
            usage: Some(Usage {
                prompt_tokens: usage.prompt_tokens,
                completion_tokens: usage.completion_tokens,
            }),
            body: None,
        }),
        FromEngine::Refused { job, message } => Some(EngineEvent::Refused { job: JobId::new(job), message }),
        FromEngine::Failed { job, message } => Some(EngineEvent::Failed { job: JobId::new(job), message }),
    }
}

const fn finish(reason: Finish) -> FinishReason {
    match reason {
        Finish::Stop => FinishReason::Stop,
        Finish::Length => FinishReason::Length,
        Finish::Cancelled => FinishReason::Cancelled,
    }
}
