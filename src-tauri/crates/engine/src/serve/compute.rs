//! The thread that owns the model.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::time::Instant;

use engine_protocol::{FromEngine, Generate, LoadFault};

use super::outbox::Outbox;
use super::reader::Order;
use super::state::State;
use crate::job::{JobError, Sink, Watch};
use crate::loaded::Loaded;

/// What the thread has to answer with.
enum Model {
    None,
    Ready(Box<Loaded>),
    /// Something failed. What is computed in this process now could be plausible garbage.
    Distrusted,
}

/// Carries out orders until the reader is gone.
pub(super) fn run(inbox: &Receiver<Order>, state: &State, outbox: &Outbox) {
    let mut model = Model::None;
    for order in inbox {
        let answer = match order {
            Order::Load { path, max_context } => load(&mut model, &path, max_context, state, outbox),
            Order::Generate { request, cancelled } => answer(&mut model, &request, &cancelled, state, outbox),
        };
        state.end();
        outbox.send(&answer);
    }
}

/// The old model is gone also when the new one fails: two would not fit.
fn load(
    model: &mut Model,
    path: &Path,
    max_context: Option<u32>,
    state: &State,
    outbox: &Outbox,
) -> FromEngine {
    if matches!(model, Model::Distrusted) {
        return load_failed(LoadFault::Internal, DISTRUSTED);
    }
    *model = Model::None;
    let mut progress = |stage, percent| {
        state.step_counter().fetch_add(1, Ordering::Relaxed);
        outbox.send(&FromEngine::Progress { stage, percent });
    };
    match catch_unwind(AssertUnwindSafe(|| Loaded::open(path, max_context, &mut progress))) {
        Ok(Ok(loaded)) => {
            let facts = loaded.facts().clone();
            *model = Model::Ready(Box::new(loaded));
            FromEngine::Loaded(facts)
        }
        Ok(Err(failure)) => load_failed(failure.fault(), &failure.to_string()),
        Err(_) => load_failed(LoadFault::Internal, "the engine stumbled over the model file"),
    }
}

const DISTRUSTED: &str = "an earlier failure left the engine in doubt; it must be started anew";

fn load_failed(fault: LoadFault, message: &str) -> FromEngine {
    FromEngine::LoadFailed { fault, message: message.to_owned() }
}

fn answer(
    model: &mut Model,
    request: &Generate,
    cancelled: &AtomicBool,
    state: &State,
    outbox: &Outbox,
) -> FromEngine {
    let loaded = match model {
        Model::Ready(loaded) => loaded,
        Model::None => return failed(request, "no model is loaded"),
        Model::Distrusted => return failed(request, DISTRUSTED),
    };
    let began = Instant::now();
    let watch = Watch { cancelled, steps: state.step_counter(), elapsed: &|| began.elapsed() };
    let mut sink = Pipe { job: &request.job, outbox };
    let job = request.job.clone();
    let trouble = match catch_unwind(AssertUnwindSafe(|| loaded.run(request, &watch, &mut sink))) {
        Ok(Ok(outcome)) => return FromEngine::Finished { job, reason: outcome.finish, usage: outcome.usage },
        Ok(Err(JobError::Refused(message))) => return FromEngine::Refused { job, message },
        Ok(Err(error @ (JobError::Compute(_) | JobError::NotNumbers(_) | JobError::Tokenizer(_)))) => {
            error.to_string()
        }
        Err(_) => "the engine stumbled in the middle of a job".to_owned(),
    };
    *model = Model::Distrusted;
    failed(request, &trouble)
}

fn failed(request: &Generate, message: &str) -> FromEngine {
    FromEngine::Failed { job: request.job.clone(), message: message.to_owned() }
}

/// Sends a job's pieces to the parent.
struct Pipe<'a> {
    job: &'a str,
    outbox: &'a Outbox,
}

impl Sink for Pipe<'_> {
    fn token(&mut self, text: String) {
        self.outbox.send(&FromEngine::Token { job: self.job.to_owned(), text });
    }

    fn reading(&mut self, percent: u8) {
        self.outbox.send(&FromEngine::Progress { stage: engine_protocol::Stage::Reading, percent });
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::sync::{Arc, Mutex};

    use engine_protocol::{Turn, read_message};

    use super::*;
    use crate::model::ModelError;

    /// A pipe whose other end can be read afterwards.
    #[derive(Clone, Default)]
    struct Wire(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Wire {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().expect("unpoisoned").extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// Fails in the given way after a few good passes.
    struct Failing {
        good: usize,
        failure: fn() -> Result<Vec<f32>, ModelError>,
    }

    impl crate::model::Model for Failing {
        fn forward(&mut self, _: &[u32], _: usize) -> Result<Vec<f32>, ModelError> {
            if self.good == 0 {
                return (self.failure)();
            }
            self.good -= 1;
            // Token 50 is an ordinary letter.
            Ok((0..2048).map(|token| if token == 50 { 1.0 } else { 0.0 }).collect())
        }

        fn reset(&mut self) {}
    }

    fn path() -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../tests/data/models/kjv-tiny.Q8_0.gguf")
    }

    fn failing(failure: fn() -> Result<Vec<f32>, ModelError>) -> Model {
        let mut loaded = Loaded::open(&path(), None, &mut |_, _| {}).expect("loads");
        // Three passes read the prompt and two the answer's first tokens; the third token comes of the last.
        loaded.model = Box::new(Failing { good: 5, failure });
        Model::Ready(Box::new(loaded))
    }

    fn request() -> Generate {
        let content = "canary".to_owned();
        let turn = Turn { role: "user".into(), content, tool_calls: vec![], tool_call_id: None, name: None };
        Generate {
            job: "job".into(),
            messages: vec![turn],
            max_tokens: 10,
            max_seconds: 60,
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

    fn check_failure(failure: fn() -> Result<Vec<f32>, ModelError>) {
        let (state, wire) = (State::default(), Wire::default());
        let outbox = Outbox::new(wire.clone());
        let mut model = failing(failure);
        let idle = AtomicBool::new(false);
        let first = answer(&mut model, &request(), &idle, &state, &outbox);
        let FromEngine::Failed { message, .. } = first else { panic!("{first:?} instead of a failure") };
        assert!(!message.contains("canary"), "{message}");
        let mut pipe = &wire.0.lock().expect("unpoisoned").clone()[..];
        let mut tokens = 0;
        while let Some(sent) = read_message::<FromEngine>(&mut pipe).expect("whole frames") {
            tokens += u32::from(matches!(sent, FromEngine::Token { .. }));
        }
        assert_eq!(tokens, 3, "only what came before the failure was sent");
        let second = answer(&mut model, &request(), &idle, &state, &outbox);
        assert!(matches!(second, FromEngine::Failed { .. }), "nothing may be made after a failure");
        let load = load(&mut model, &path(), None, &state, &outbox);
        assert!(matches!(load, FromEngine::LoadFailed { .. }), "not even by another model");
    }

    #[test]
    fn a_panic_fails_the_job_and_ends_all_trust() {
        check_failure(|| panic!("canary"));
    }

    #[test]
    fn an_error_fails_the_job_and_ends_all_trust() {
        check_failure(|| Err(ModelError::Compute(candle_core::Error::Msg("canary".into()))));
    }

    #[test]
    fn logits_that_are_no_numbers_fail_the_job_and_end_all_trust() {
        check_failure(|| Ok(vec![f32::NAN; 2048]));
    }
}
