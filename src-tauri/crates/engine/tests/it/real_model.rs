//! A model that answers questions: SmolLM2-135M-Instruct, requantized to Q8_0.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use candle_core::Device;
use candle_core::quantized::gguf_file::{self, Content};
use candle_core::quantized::{GgmlDType, QTensor};
use engine::preflight::Preflight;
use engine::requantize;
use engine_protocol::{Finish, FromEngine, Generate, Stage, ToEngine};

use super::rig::{Engine, kjv_tiny, request, turn, workspace};

/// Where the tests' model lies. It is 145 MB and no part of the sources.
pub(crate) fn smollm2() -> PathBuf {
    let path = std::env::var_os("GRID_NODE_SMOLLM2")
        .map_or_else(|| target().join("models/smollm2-135m-instruct.Q8_0.gguf"), PathBuf::from);
    assert!(path.is_file(), "SmolLM2 is missing: run `cargo xtask test`, which installs it");
    path
}

fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace().join("target"), PathBuf::from)
}

#[test]
fn it_knows_the_capital_of_france() {
    let mut engine = Engine::greeted();
    let facts = engine.load(&smollm2()).expect("loads");
    assert_eq!((facts.context, facts.quantization.as_str()), (4096, "Q8_0"));
    assert_eq!(facts.parameters, 134_515_008);
    let messages = vec![
        turn("system", "Answer in one short English sentence."),
        turn("user", "What is the capital of France?"),
    ];
    let answer = engine.ask(Generate { messages, ..request("", 40) });
    assert!(answer.text.contains("Paris"), "{}", answer.text);
    let (reason, usage) = answer.finish();
    assert_eq!(reason, Finish::Stop, "{}", answer.text);
    assert_eq!(usage.prompt_tokens, 28);
}

/// Long enough to be read for seconds, in many chunks.
fn long_request() -> Generate {
    request(&"The quick brown fox jumps over the lazy dog. ".repeat(350), 5)
}

fn is_reading(message: &FromEngine) -> bool {
    matches!(message, FromEngine::Progress { stage: Stage::Reading, .. })
}

#[test]
fn a_cancel_reaches_a_job_that_still_reads_its_prompt() {
    let mut engine = Engine::with(&smollm2());
    engine.say(&ToEngine::Generate(Box::new(long_request())));
    engine.wait_for("the first chunk", is_reading);
    engine.say(&ToEngine::Cancel { job: "job-1".into() });
    let (reason, usage) = engine.collect("job-1").finish();
    assert_eq!((reason, usage.completion_tokens), (Finish::Cancelled, 0));
    assert!(usage.prompt_tokens > 3000);
}

#[test]
fn the_end_of_the_pipe_ends_a_process_that_still_reads_a_prompt() {
    let mut engine = Engine::with(&smollm2());
    engine.say(&ToEngine::Generate(Box::new(long_request())));
    engine.wait_for("the first chunk", is_reading);
    engine.hang_up();
    assert_eq!(engine.wait_for_end(Duration::from_secs(2)).code(), Some(0));
}

/// kjv-tiny as a user may bring a model: in a quantization without fast kernels.
fn kjv_q4_1(folder: &Path) -> PathBuf {
    let mut source = File::open(kjv_tiny()).expect("opens");
    let content = Content::read(&mut source).expect("well-formed");
    let weights: Vec<(String, QTensor)> = content
        .tensor_infos
        .keys()
        .map(|name| (name.clone(), to_q4_1(content.tensor(&mut source, name, &Device::Cpu).expect("reads"))))
        .collect();
    let metadata: Vec<_> = content.metadata.iter().map(|(key, value)| (key.as_str(), value)).collect();
    let weights: Vec<_> = weights.iter().map(|(name, weight)| (name.as_str(), weight)).collect();
    let path = folder.join("q4_1.gguf");
    gguf_file::write(&mut File::create(&path).expect("creates"), &metadata, &weights).expect("writes");
    path
}

fn to_q4_1(weight: QTensor) -> QTensor {
    match weight.dtype() {
        GgmlDType::Q8_0 => {
            let plain = weight.dequantize(&Device::Cpu).expect("dequantizes");
            QTensor::quantize(&plain, GgmlDType::Q4_1).expect("quantizes")
        }
        _ => weight,
    }
}

#[test]
fn a_slow_quantization_says_so_and_requantizing_cures_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let (slow, fast) = (kjv_q4_1(folder.path()), folder.path().join("fast.gguf"));
    requantize(&slow, &fast).expect("rewrites");
    let mut engine = Engine::greeted();
    let facts = engine.load(&slow).expect("loads");
    assert_eq!((facts.quantization.as_str(), facts.slow), ("Q4_1", true));
    let question = request("And the LORD said unto", 6);
    let before = engine.ask(question.clone()).text;
    let facts = engine.load(&fast).expect("loads");
    assert_eq!((facts.quantization.as_str(), facts.slow), ("Q8_0", false));
    assert_eq!(engine.ask(question).text, before, "nearly the same weights");
    let preflight = Preflight::check(File::open(&fast).expect("opens")).expect("well-formed");
    assert_eq!(preflight.metadata.unsigned("general.file_type"), Some(7));
}

#[test]
fn requantizing_gives_a_model_that_works_and_the_same_bytes_each_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let [first, second] = ["first.gguf", "second.gguf"].map(|name| folder.path().join(name));
    requantize(&kjv_tiny(), &first).expect("rewrites");
    requantize(&kjv_tiny(), &second).expect("rewrites");
    assert_eq!(std::fs::read(&first).expect("reads"), std::fs::read(&second).expect("reads"));
    assert_eq!(std::fs::read_dir(folder.path()).expect("lists").count(), 2, "no .part may stay");
    let question = request("And the LORD said unto", 20);
    let before = Engine::with(&kjv_tiny()).ask(question.clone());
    assert_eq!(Engine::with(&first).ask(question).text, before.text, "the weights were Q8_0 already");
}

#[test]
fn requantizing_something_else_leaves_no_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let (source, destination) = (folder.path().join("source"), folder.path().join("destination"));
    std::fs::write(&source, b"GGUF, but not really").expect("writes");
    requantize(&source, &destination).expect_err("it is no model");
    assert_eq!(std::fs::read_dir(folder.path()).expect("lists").count(), 1);
}
