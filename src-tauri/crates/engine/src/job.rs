//! One chat request, from rendering to the last token.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use engine_protocol::{Finish, Generate, GenerateUsage};

use crate::loaded::Loaded;
use crate::model::ModelError;
use crate::sampling::{NotNumbers, Sampler, Settings};
use crate::text::{Detokenizer, Found, Shield, StopFilter, VocabularyError};

/// Tokens of a prompt read at once: between chunks the job can be cancelled and its progress is told.
const CHUNK: usize = 64;
const MAX_STOPS: usize = 64;

/// Where an answer goes.
pub trait Sink {
    /// A piece of the answer, never empty.
    fn token(&mut self, text: String);
    /// How much of the prompt is read, 0 to 100.
    fn reading(&mut self, percent: u8);
}

/// What a running job looks at, and what looks at it.
pub struct Watch<'a> {
    /// Set from outside to end the job after the step in hand.
    pub cancelled: &'a AtomicBool,
    /// Counts steps, so that a watcher can tell slow from stuck.
    pub steps: &'a AtomicU64,
    /// The time since the job began.
    pub elapsed: &'a dyn Fn() -> Duration,
}

/// A finished answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// Why it ended.
    pub finish: Finish,
    /// What it cost.
    pub usage: GenerateUsage,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The request would fail anywhere; the words may be shown to the customer.
    #[error("{0}")]
    Refused(String),
    /// The computation failed; this process must not be trusted any more.
    #[error(transparent)]
    Compute(#[from] ModelError),
    /// NaN or infinity came out.
    #[error(transparent)]
    NotNumbers(#[from] NotNumbers),
    /// The tokenizer failed.
    #[error(transparent)]
    Tokenizer(#[from] VocabularyError),
}

impl Loaded {
    /// Runs one request.
    ///
    /// The answer's text goes to `sink` piece by piece; what was sent before an error must not be delivered.
    pub fn run(
        &mut self,
        request: &Generate,
        watch: &Watch<'_>,
        sink: &mut dyn Sink,
    ) -> Result<Outcome, JobError> {
        let settings = check(request)?;
        let prompt = self.prompt(request)?;
        self.model.reset();
        let mut run = Run {
            sampler: Sampler::new(settings, request.seed, &prompt),
            detokenizer: Detokenizer::default(),
            stops: StopFilter::new(&request.stop),
            deadline: Duration::from_secs(request.max_seconds.into()),
            most: (request.max_tokens as usize).min(self.facts.context as usize - prompt.len()),
            generated: 0,
            loaded: self,
            watch,
            sink,
        };
        let finish = run.read(&prompt)?;
        let finish = match finish {
            Step::Go(logits) => run.write(logits, prompt.len())?,
            Step::End(finish) => finish,
        };
        let usage =
            GenerateUsage { prompt_tokens: prompt.len() as u32, completion_tokens: run.generated as u32 };
        run.flush();
        Ok(Outcome { finish, usage })
    }

    /// The tokens of the rendered conversation.
    fn prompt(&self, request: &Generate) -> Result<Vec<u32>, JobError> {
        let shield = Shield::new(&self.vocabulary, &request.messages)
            .ok_or_else(|| refused("the messages contain too many private-use characters"))?;
        let turns: Vec<_> = request.messages.iter().map(|turn| shield.shield_turn(turn)).collect();
        let text =
            self.template.render(&turns, &self.vocabulary).map_err(|error| refused(&error.to_string()))?;
        let tokens = self.vocabulary.encode(&text, |plain| shield.unshield(plain))?;
        if tokens.is_empty() {
            return Err(refused("the prompt is empty"));
        }
        let (needed, context) = (tokens.len() + 1, self.facts.context as usize);
        if needed > context {
            return Err(JobError::Refused(format!("context length exceeded ({needed} > {context})")));
        }
        Ok(tokens)
    }
}

fn refused(words: &str) -> JobError {
    JobError::Refused(words.to_owned())
}

fn check(request: &Generate) -> Result<Settings, JobError> {
    if request.messages.is_empty() {
        return Err(refused("there are no messages"));
    }
    if request.max_tokens == 0 {
        return Err(refused("max_tokens must be at least 1"));
    }
    if request.stop.len() > MAX_STOPS {
        return Err(refused("there are too many stop texts"));
    }
    Settings::from_request(request).map_err(|field| JobError::Refused(format!("{field} is out of range")))
}

/// Whether to go on.
enum Step<T> {
    Go(T),
    End(Finish),
}

/// A request being answered.
struct Run<'a> {
    loaded: &'a mut Loaded,
    watch: &'a Watch<'a>,
    sink: &'a mut dyn Sink,
    sampler: Sampler,
    detokenizer: Detokenizer,
    stops: StopFilter,
    deadline: Duration,
    most: usize,
    generated: usize,
}

impl Run<'_> {
    /// Reads the prompt in chunks; gives the logits of the first token of the answer.
    fn read(&mut self, prompt: &[u32]) -> Result<Step<Vec<f32>>, JobError> {
        let mut logits = Vec::new();
        for (index, chunk) in prompt.chunks(CHUNK).enumerate() {
            if let Some(finish) = self.interruption() {
                return Ok(Step::End(finish));
            }
            let position = index * CHUNK;
            logits = self.forward(chunk, position)?;
            self.sink.reading(((position + chunk.len()) * 100 / prompt.len()) as u8);
        }
        Ok(Step::Go(logits))
    }

    /// Generates until something ends the answer. An end-of-text token is not counted, a stop text's tokens are.
    fn write(&mut self, mut logits: Vec<f32>, mut position: usize) -> Result<Finish, JobError> {
        loop {
            if let Some(finish) = self.interruption() {
                return Ok(finish);
            }
            let token = self.sampler.choose(logits)?;
            if self.loaded.vocabulary.is_end(token) {
                return Ok(Finish::Stop);
            }
            self.generated += 1;
            if self.say(token) {
                return Ok(Finish::Stop);
            }
            if self.generated == self.most {
                return Ok(Finish::Length);
            }
            logits = self.forward(&[token], position)?;
            position += 1;
        }
    }

    fn interruption(&self) -> Option<Finish> {
        if self.watch.cancelled.load(Ordering::Relaxed) {
            return Some(Finish::Cancelled);
        }
        ((self.watch.elapsed)() >= self.deadline).then_some(Finish::Length)
    }

    fn forward(&mut self, tokens: &[u32], position: usize) -> Result<Vec<f32>, ModelError> {
        let logits = self.loaded.model.forward(tokens, position);
        self.watch.steps.fetch_add(1, Ordering::Relaxed);
        logits
    }

    /// Sends what the token adds to the answer; true if that completed a stop text.
    fn say(&mut self, token: u32) -> bool {
        let text = self.detokenizer.push(self.loaded.vocabulary.piece(token));
        match self.stops.push(&text) {
            Found::Text(text) => {
                self.send(text);
                false
            }
            Found::Stop(text) => {
                self.send(text);
                true
            }
        }
    }

    /// Sends what was held back in case it became a stop text. After a stop text nothing is held.
    fn flush(self) {
        let Self { stops, sink, .. } = self;
        let rest = stops.finish();
        if !rest.is_empty() {
            sink.token(rest);
        }
    }

    fn send(&mut self, text: String) {
        if !text.is_empty() {
            self.sink.token(text);
        }
    }
}
