//! The process: greetings, cancel, order, and its end.

use std::time::Duration;

use engine_protocol::{Finish, FromEngine, LoadFault, ToEngine, VERSION, encode};

use super::rig::{DEADLINE, Engine, kjv_tiny, request};

/// The parent's death must be noticed at once, whatever is being computed.
const SOON: Duration = Duration::from_secs(2);

fn is_token(message: &FromEngine) -> bool {
    matches!(message, FromEngine::Token { .. })
}

#[test]
fn another_version_ends_the_process_with_a_word() {
    let mut engine = Engine::start();
    engine.say(&ToEngine::Hello { version: VERSION + 1 });
    assert_eq!(engine.wait_for_end(DEADLINE).code(), Some(3));
    assert!(engine.log().contains("version"), "the log must say why");
}

#[test]
fn anything_but_a_greeting_first_ends_the_process() {
    let mut engine = Engine::start();
    engine.say(&ToEngine::Cancel { job: "x".into() });
    assert_eq!(engine.wait_for_end(DEADLINE).code(), Some(3));
}

#[test]
fn bytes_that_are_no_message_end_the_process_and_are_not_logged() {
    let mut engine = Engine::greeted();
    let mut frame = 12u32.to_le_bytes().to_vec();
    frame.extend_from_slice(b"{\"canary\": 1");
    engine.say_bytes(&frame);
    assert_eq!(engine.wait_for_end(DEADLINE).code(), Some(3));
    assert!(!engine.log().contains("canary"), "what was received may be a prompt");
}

#[test]
fn a_hostile_length_ends_the_process() {
    let mut engine = Engine::greeted();
    engine.say_bytes(&u32::MAX.to_le_bytes());
    assert_eq!(engine.wait_for_end(DEADLINE).code(), Some(3));
}

#[test]
fn shutdown_ends_the_process_cleanly() {
    let mut engine = Engine::greeted();
    engine.say(&ToEngine::Shutdown);
    assert_eq!(engine.wait_for_end(SOON).code(), Some(0));
}

#[test]
fn the_end_of_the_pipe_ends_an_idle_process() {
    let mut engine = Engine::greeted();
    engine.hang_up();
    assert_eq!(engine.wait_for_end(SOON).code(), Some(0));
}

#[test]
fn the_end_of_the_pipe_inside_a_message_ends_the_process() {
    let mut engine = Engine::greeted();
    let frame = encode(&ToEngine::Shutdown).expect("encodes");
    engine.say_bytes(&frame[..frame.len() - 1]);
    engine.hang_up();
    assert_eq!(engine.wait_for_end(SOON).code(), Some(0));
}

#[test]
fn the_end_of_the_pipe_ends_a_process_in_the_middle_of_a_job() {
    let mut engine = Engine::with(&kjv_tiny());
    engine.say(&ToEngine::Generate(Box::new(request("And the LORD said unto", 400))));
    engine.wait_for("the first token", is_token);
    engine.hang_up();
    assert_eq!(engine.wait_for_end(SOON).code(), Some(0));
}

#[test]
fn the_heart_beats_while_nothing_happens() {
    let mut engine = Engine::greeted();
    for _ in 0..2 {
        let beat = engine.wait_for("a heartbeat", |message| matches!(message, FromEngine::Heartbeat { .. }));
        assert_eq!(beat, FromEngine::Heartbeat { steps: 0, busy: false });
    }
}

#[test]
fn work_counts_as_steps() {
    let mut engine = Engine::with(&kjv_tiny());
    engine.ask(request("And", 8));
    engine.wait_for(
        "a heartbeat that counts",
        |message| matches!(message, FromEngine::Heartbeat { steps, busy: false } if *steps >= 9),
    );
}

#[test]
fn a_load_tells_how_far_it_is() {
    let mut engine = Engine::greeted();
    let path = kjv_tiny().to_str().expect("text").to_owned();
    engine.say(&ToEngine::Load { path, max_context: Some(100) });
    let mut stages = Vec::new();
    let facts = loop {
        match engine.next() {
            FromEngine::Progress { stage, percent } => {
                assert!(percent <= 100);
                stages.push(stage);
            }
            FromEngine::Loaded(facts) => break facts,
            other => panic!("{other:?} during a load"),
        }
    };
    stages.dedup();
    use engine_protocol::Stage::{Checking, Loading, Warming};
    assert_eq!(stages, [Checking, Loading, Warming]);
    assert_eq!((facts.architecture.as_str(), facts.name.as_deref()), ("llama", Some("kjv-tiny")));
    assert_eq!((facts.quantization.as_str(), facts.slow), ("Q8_0", false));
    assert_eq!(facts.context, 100, "the smaller of the file's context and the asked one");
    assert_eq!(facts.parameters, 2_885_376);
}

#[test]
fn a_cancel_ends_the_job_and_the_next_one_runs() {
    let mut engine = Engine::with(&kjv_tiny());
    engine.say(&ToEngine::Generate(Box::new(request("And the LORD said unto", 490))));
    engine.wait_for("the first token", is_token);
    engine.say(&ToEngine::Cancel { job: "job-1".into() });
    let (reason, usage) = engine.collect("job-1").finish();
    assert_eq!(reason, Finish::Cancelled);
    assert!(usage.completion_tokens >= 1);
    let again = engine.ask(request("And the LORD said unto", 5));
    assert_eq!(again.finish().0, Finish::Length, "a cancel must not touch the next job");
}

#[test]
fn a_cancel_of_another_job_is_ignored() {
    let mut engine = Engine::with(&kjv_tiny());
    engine.say(&ToEngine::Cancel { job: "job-1".into() });
    engine.say(&ToEngine::Generate(Box::new(request("And the LORD said unto", 30))));
    engine.say(&ToEngine::Cancel { job: "job-2".into() });
    assert_eq!(engine.collect("job-1").finish().0, Finish::Length);
}

#[test]
fn a_job_during_a_job_fails_and_the_first_goes_on() {
    let mut engine = Engine::with(&kjv_tiny());
    let first = request("And the LORD said unto", 150);
    let alone = engine.ask(first.clone());
    let second = engine_protocol::Generate { job: "job-2".into(), ..first.clone() };
    engine.say(&ToEngine::Generate(Box::new(first)));
    engine.say(&ToEngine::Generate(Box::new(second)));
    let failed = engine.wait_for("the second job's end", |message| {
        matches!(message, FromEngine::Failed { .. } | FromEngine::Finished { .. })
    });
    assert!(matches!(failed, FromEngine::Failed { job, .. } if job == "job-2"));
    assert_eq!(engine.collect("job-1").end, alone.end);
}

#[test]
fn the_running_job_given_again_ends_the_process() {
    let mut engine = Engine::with(&kjv_tiny());
    let job = request("And the LORD said unto", 400);
    engine.say(&ToEngine::Generate(Box::new(job.clone())));
    engine.wait_for("the first token", is_token);
    engine.say(&ToEngine::Generate(Box::new(job)));
    assert_eq!(engine.wait_for_end(SOON).code(), Some(3), "a second stream of the same id makes no sense");
}

#[test]
fn a_job_without_a_model_fails() {
    let mut engine = Engine::greeted();
    assert!(matches!(engine.ask(request("And", 5)).end, FromEngine::Failed { .. }));
}

#[test]
fn an_absent_file_is_unreadable_and_its_path_is_not_told() {
    let mut engine = Engine::greeted();
    let (fault, message) = engine.load("/nonexistent/secret-place.gguf".as_ref()).expect_err("no such file");
    assert_eq!(fault, LoadFault::Unreadable);
    assert!(!message.contains("secret-place"), "{message}");
}

#[test]
fn a_failed_load_leaves_an_engine_that_loads_another() {
    let mut engine = Engine::with(&kjv_tiny());
    engine.load("/nonexistent".as_ref()).expect_err("no such file");
    assert!(matches!(engine.ask(request("And", 5)).end, FromEngine::Failed { .. }), "the old model is gone");
    engine.load(&kjv_tiny()).expect("the engine still loads");
    engine.ask(request("And", 5)).finish();
}

#[test]
fn neither_prompt_nor_answer_reaches_the_log() {
    let mut engine = Engine::with(&kjv_tiny());
    let answer = engine.ask(request("canary-prompt And the LORD said unto", 20));
    engine.say(&ToEngine::Shutdown);
    engine.wait_for_end(SOON);
    let log = engine.log();
    assert!(!log.contains("canary") && !log.contains(answer.text.trim()), "{log}");
}
