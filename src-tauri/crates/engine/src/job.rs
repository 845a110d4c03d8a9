//! One chat request, from rendering to the last token.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use engine_protocol::{Finish, Generate, GenerateUsage};

use crate::loaded::Loaded;
use crate::model::ModelError;
use crate::pace::Pace;
use crate::sampling::{NotNumbers, Sampler, Settings};
use crate::text::{Detokenizer, Found, Shield, StopFilter, VocabularyError};

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
    ///
    /// Between chunks the job can be cancelled and its progress is told.
    fn read(&mut self, prompt: &[u32]) -> Result<Step<Vec<f32>>, JobError> {
        let (mut logits, mut pace, mut position) = (Vec::new(), Pace::default(), 0);
        while position < prompt.len() {
            if let Some(finish) = self.interruption() {
                return Ok(Step::End(finish));
            }
            let chunk = &prompt[position..prompt.len().min(position + pace.chunk())];
            let began = (self.watch.elapsed)();
            logits = self.forward(chunk, position)?;
            pace.learn((self.watch.elapsed)().saturating_sub(began));
            position += chunk.len();
            self.sink.reading((position * 100 / prompt.len()) as u8);
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

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::{Arc, Mutex};

    use engine_protocol::Turn;

    use super::*;
    use crate::model::Model;

    /// Needs 300 ms for each token, by a clock of its own, and ends every answer at once.
    #[derive(Clone, Default)]
    struct Slow {
        chunks: Arc<Mutex<Vec<usize>>>,
    }

    impl Slow {
        fn chunks(&self) -> Vec<usize> {
            self.chunks.lock().expect("unpoisoned").clone()
        }

        fn elapsed(&self) -> Duration {
            Duration::from_millis(300) * self.chunks().iter().sum::<usize>() as u32
        }
    }

    impl Model for Slow {
        fn forward(&mut self, tokens: &[u32], _: usize) -> Result<Vec<f32>, ModelError> {
            self.chunks.lock().expect("unpoisoned").push(tokens.len());
            // Token 2 ends a turn.
            Ok((0..2048).map(|token| if token == 2 { 1.0 } else { 0.0 }).collect())
        }

        fn reset(&mut self) {}
    }

    struct Nowhere;

    impl Sink for Nowhere {
        fn token(&mut self, _: String) {}
        fn reading(&mut self, _: u8) {}
    }

    fn request() -> Generate {
        let content = "and ".repeat(20);
        let turn = Turn { role: "user".into(), content, tool_calls: vec![], tool_call_id: None, name: None };
        Generate {
            job: "job".into(),
            messages: vec![turn],
            max_tokens: 10,
            max_seconds: 600,
            stop: vec![],
            temperature: 0.0,
            top_p: 1.0,
            top_k: None,
            min_p: None,
            seed: 0,
            presence_penalty: 0.0,
            frequency_penalty: 0.0,
            repetition_penalty: 1.0,
        }
    }

    #[test]
    fn a_slow_machine_reads_a_prompt_in_small_steps() {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/data/models/kjv-tiny.Q8_0.gguf");
        let mut loaded = Loaded::open(&path, None, &mut |_, _| {}).expect("loads");
        let slow = Slow::default();
        loaded.model = Box::new(slow.clone());
        let (cancelled, steps) = (AtomicBool::new(false), AtomicU64::new(0));
        let watch = Watch { cancelled: &cancelled, steps: &steps, elapsed: &|| slow.elapsed() };
        let outcome = loaded.run(&request(), &watch, &mut Nowhere).expect("finishes");
        let chunks = slow.chunks();
        assert_eq!(outcome.usage.prompt_tokens as usize, chunks.iter().sum::<usize>(), "each token once");
        assert_eq!(chunks[0], 4);
        assert!(chunks.len() > 8 && chunks[1..].iter().all(|&size| size <= 2), "{chunks:?}");
        assert_eq!(steps.load(Ordering::Relaxed), chunks.len() as u64, "each chunk is a step");
    }
}
