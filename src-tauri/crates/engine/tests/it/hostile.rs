//! Files that mean harm, or met an accident.

use std::io::Cursor;
use std::path::PathBuf;

use engine::preflight::{Defect, Gap, Preflight, PreflightError};
use engine_protocol::LoadFault;
use peak_alloc::PeakAlloc;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use super::rig::{Engine, kjv_tiny, request};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// A well-formed file is 3 MB with a header of 60 KB; no damage to it may cost more than a few times that.
const MOST_MEMORY: f32 = 24.0;

fn good() -> Vec<u8> {
    std::fs::read(kjv_tiny()).expect("the test model is there")
}

fn check(bytes: &[u8]) -> Result<Preflight, PreflightError> {
    Preflight::check(Cursor::new(bytes))
}

fn expect_defect(bytes: &[u8], expected: Defect) {
    match check(bytes) {
        Err(PreflightError::Malformed(found)) => assert_eq!(found, expected),
        other => panic!("{:?} instead of {expected:?}", other.err()),
    }
}

/// A file in pieces that can be put together wrongly.
struct Parts {
    version: u32,
    keys: Vec<(Vec<u8>, Vec<u8>)>,
    weights: Vec<Entry>,
    data: usize,
}

#[derive(Clone)]
struct Entry {
    name: &'static str,
    dims: Vec<u64>,
    kind: u32,
    offset: u64,
}

fn u32_value(value: u32) -> Vec<u8> {
    [4u32.to_le_bytes(), value.to_le_bytes()].concat()
}

fn string(text: &[u8]) -> Vec<u8> {
    [&(text.len() as u64).to_le_bytes()[..], text].concat()
}

/// The head of an array value, without its elements.
fn array(kind: u32, length: u64) -> Vec<u8> {
    [&9u32.to_le_bytes()[..], &kind.to_le_bytes(), &length.to_le_bytes()].concat()
}

fn parts() -> Parts {
    let entry = |name, offset| Entry { name, dims: vec![8, 2], kind: 0, offset };
    Parts { version: 3, keys: vec![], weights: vec![entry("a", 0), entry("b", 64)], data: 128 }
}

impl Parts {
    fn key(mut self, key: &str, value: Vec<u8>) -> Self {
        self.keys.push((key.as_bytes().to_vec(), value));
        self
    }

    fn second(mut self, change: impl FnOnce(&mut Entry)) -> Self {
        change(&mut self.weights[1]);
        self
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = b"GGUF".to_vec();
        bytes.extend(self.version.to_le_bytes());
        bytes.extend((self.weights.len() as u64).to_le_bytes());
        bytes.extend((self.keys.len() as u64).to_le_bytes());
        for (key, value) in &self.keys {
            bytes.extend(string(key));
            bytes.extend(value);
        }
        for weight in &self.weights {
            bytes.extend(string(weight.name.as_bytes()));
            bytes.extend((weight.dims.len() as u32).to_le_bytes());
            bytes.extend(weight.dims.iter().flat_map(|dim| dim.to_le_bytes()));
            bytes.extend(weight.kind.to_le_bytes());
            bytes.extend(weight.offset.to_le_bytes());
        }
        bytes.resize(bytes.len().next_multiple_of(32) + self.data, 0);
        bytes
    }

    fn expect(self, expected: Defect) {
        expect_defect(&self.bytes(), expected);
    }
}

/// The rigged files are refused for what was done to them: undamaged, they get as far as the missing architecture.
#[test]
fn the_undamaged_parts_lack_only_a_model() {
    parts().expect(Defect::Key("general.architecture".into()));
}

#[test]
fn an_alignment_that_is_no_grid_is_refused() {
    for alignment in [0, 1, 7, 31, 33, 1 << 20, u32::MAX] {
        parts().key("general.alignment", u32_value(alignment)).expect(Defect::OutOfBounds("the alignment"));
    }
    parts()
        .key("general.alignment", [8u32.to_le_bytes().to_vec(), string(b"32")].concat())
        .expect(Defect::OutOfBounds("the alignment"));
}

#[test]
fn names_and_keys_are_unique() {
    parts().second(|weight| weight.name = "a").expect(Defect::Duplicate("the name of a weight"));
    parts().key("k", u32_value(1)).key("k", u32_value(2)).expect(Defect::Duplicate("a key"));
}

#[test]
fn weights_lie_in_the_file_and_on_no_other() {
    parts().second(|weight| weight.offset = 32).expect(Defect::Placement("overlap"));
    parts().second(|weight| weight.offset = 0).expect(Defect::Placement("overlap"));
    parts().second(|weight| weight.offset = 65).expect(Defect::Placement("lie off their grid"));
    parts().second(|weight| weight.offset = 96).expect(Defect::Placement("stick out of the file"));
    parts().second(|weight| weight.offset = u64::MAX - 31).expect(Defect::Placement("stick out of the file"));
}

#[test]
fn dimensions_are_multiplied_with_care() {
    let size = Defect::OutOfBounds("the size of a weight");
    parts().second(|weight| weight.dims = vec![1 << 32, 1 << 32]).expect(size.clone());
    parts().second(|weight| weight.dims = vec![1 << 62, 2]).expect(size);
    parts().second(|weight| weight.dims = vec![0, 4]).expect(Defect::OutOfBounds("a dimension"));
    let count = Defect::OutOfBounds("the number of dimensions");
    parts().second(|weight| weight.dims = vec![]).expect(count.clone());
    parts().second(|weight| weight.dims = vec![1; 5]).expect(count);
    parts()
        .second(|weight| (weight.kind, weight.dims) = (8, vec![33]))
        .expect(Defect::OutOfBounds("the row length of a quantized weight"));
}

#[test]
fn an_unknown_weight_type_is_not_supported() {
    for kind in [4, 9, 15, 29, 31, u32::MAX] {
        let bytes = parts().second(|weight| weight.kind = kind).bytes();
        assert!(matches!(check(&bytes), Err(PreflightError::Unsupported(Gap::WeightType(id))) if id == kind));
    }
}

#[test]
fn an_unknown_version_is_not_supported() {
    for version in [0, 1, 4, u32::MAX] {
        let bytes = Parts { version, ..parts() }.bytes();
        assert!(
            matches!(check(&bytes), Err(PreflightError::Unsupported(Gap::Version(found))) if found == version)
        );
    }
}

#[test]
fn announced_sizes_are_checked_before_they_are_used() {
    let with = |value: Vec<u8>| parts().key("k", value);
    let length = Defect::OutOfBounds("the length of an array");
    with(array(0, u64::MAX)).expect(length.clone());
    with(array(4, 1 << 61)).expect(length);
    with(array(4, 1 << 20)).expect(Defect::Truncated("an array"));
    with(array(8, 1 << 20)).expect(Defect::Truncated("an array"));
    with([&8u32.to_le_bytes()[..], &u64::MAX.to_le_bytes()].concat()).expect(Defect::OutOfBounds("a text"));
    with([&8u32.to_le_bytes()[..], &(1u64 << 21).to_le_bytes()].concat()).expect(Defect::Truncated("a text"));
    with(99u32.to_le_bytes().to_vec()).expect(Defect::Unknown("a value's type"));
    with([&7u32.to_le_bytes()[..], &[2]].concat()).expect(Defect::Unknown("a truth value"));
}

#[test]
fn announced_counts_are_checked_before_they_are_used() {
    let counts = |weights: u64, keys: u64| {
        [&b"GGUF\x03\0\0\0"[..], &weights.to_le_bytes(), &keys.to_le_bytes(), &[0; 64]].concat()
    };
    expect_defect(&counts(0, u64::MAX), Defect::OutOfBounds("the number of keys"));
    expect_defect(&counts(0, 60_000), Defect::Truncated("the keys"));
    expect_defect(&counts(u64::MAX, 0), Defect::OutOfBounds("the number of weights"));
    expect_defect(&counts(60_000, 0), Defect::Truncated("the table of weights"));
}

#[test]
fn arrays_in_arrays_have_a_floor() {
    let deep = |depth: usize| {
        // Each level is an array of one array; the innermost is empty.
        let mut value = 9u32.to_le_bytes().to_vec();
        for _ in 0..depth {
            value.extend([&9u32.to_le_bytes()[..], &1u64.to_le_bytes()].concat());
        }
        value.extend([&4u32.to_le_bytes()[..], &0u64.to_le_bytes()].concat());
        parts().key("k", value)
    };
    deep(3).expect(Defect::Key("general.architecture".into()));
    deep(4).expect(Defect::OutOfBounds("the depth of an array"));
    deep(100_000).expect(Defect::OutOfBounds("the depth of an array"));
}

#[test]
fn every_cut_of_the_header_is_noticed() {
    let bytes = good();
    check(&bytes).expect("the undamaged file is accepted");
    // Each byte of the first kilobytes, then steps through header and data.
    let cuts = (0..2048).chain((2048..bytes.len()).step_by(9973)).chain([bytes.len() - 1]);
    for cut in cuts {
        assert!(check(&bytes[..cut]).is_err(), "cut after {cut} bytes");
    }
}

#[test]
fn two_thousand_random_mutations_cost_neither_panic_nor_memory() {
    let bytes = good();
    let before = MEMORY.current_usage_as_mb();
    MEMORY.reset_peak_usage();
    let mut refused = 0;
    for seed in 0..2000 {
        refused += u32::from(check(&mutate(&bytes, seed)).is_err());
    }
    let used = MEMORY.peak_usage_as_mb() - before;
    assert!(used < MOST_MEMORY, "the mutated files made the preflight use {used} MB");
    assert!(refused > 500, "only {refused} of the mutations were noticed: are they mutations?");
}

/// Changes a few bytes, most of them in the header.
fn mutate(bytes: &[u8], seed: u64) -> Vec<u8> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut mutated = bytes.to_vec();
    let reach = if seed.is_multiple_of(2) { 1024 } else { 64 * 1024 };
    for _ in 0..=random.next_u32() % 8 {
        let at = random.next_u32() as usize % reach;
        match random.next_u32() % 4 {
            0 => mutated[at] = random.next_u32() as u8,
            1 => mutated[at] ^= 1 << (random.next_u32() % 8),
            2 => mutated[at..at + 8].fill(0xFF),
            _ => mutated[at..at + 8].fill(0),
        }
    }
    mutated
}

#[test]
fn the_engine_survives_mutated_files() {
    let bytes = good();
    let folder = tempfile::tempdir().expect("a folder");
    let mut engine = Engine::greeted();
    let mut loaded = 0;
    for seed in 0..40 {
        let path = write(&folder, &mutate(&bytes, seed));
        match engine.load(&path) {
            Ok(_) => loaded += 1,
            Err((fault, message)) => {
                assert!(
                    matches!(fault, LoadFault::Malformed | LoadFault::Unsupported),
                    "{fault:?}: {message}"
                );
                assert!(!message.contains(folder.path().to_str().expect("text")), "{message}");
            }
        }
    }
    assert!(loaded < 30, "{loaded} of 40 mutated files were loaded");
    engine.load(&kjv_tiny()).expect("after all that, a good file loads");
    engine.ask(request("And", 5)).finish();
}

fn write(folder: &tempfile::TempDir, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join("model.gguf");
    std::fs::write(&path, bytes).expect("the file can be written");
    path
}

/// Loads the good file with some bytes of a weight overwritten.
fn load_with(
    weight: &str,
    at: usize,
    bytes: &[u8],
) -> Result<engine_protocol::ModelFacts, (LoadFault, String)> {
    let mut file = good();
    let preflight = check(&file).expect("accepted");
    let weight = preflight.weights.iter().find(|entry| entry.name == weight).expect("is there");
    let start = weight.start as usize + at;
    file[start..start + bytes.len()].copy_from_slice(bytes);
    let folder = tempfile::tempdir().expect("a folder");
    Engine::greeted().load(&write(&folder, &file))
}

/// Weights of NaN are well-formed for the preflight. Quantized matrices turn NaN into plausible numbers, so nothing
/// downstream would notice a broken norm.
#[test]
fn weights_that_are_no_numbers_are_noticed_at_load() {
    load_with("output_norm.weight", 0, &1f32.to_le_bytes()).expect("a number is a number");
    let nan = f32::NAN.to_le_bytes();
    let half_nan = 0x7E00u16.to_le_bytes();
    for (weight, bytes) in [
        ("output_norm.weight", &nan[..]),
        ("blk.1.attn_norm.weight", &f32::INFINITY.to_le_bytes()),
        // The scale of a block of 32 weights.
        ("blk.0.ffn_down.weight", &half_nan),
        ("token_embd.weight", &half_nan),
    ] {
        let (fault, message) = load_with(weight, 0, bytes).expect_err(weight);
        assert_eq!(fault, LoadFault::Malformed, "{weight}: {message}");
    }
}

fn replaced(from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len(), "sizes must stay");
    let mut bytes = good();
    let at = bytes.windows(from.len()).position(|window| window == from).expect("it is in there");
    bytes[at..at + to.len()].copy_from_slice(to);
    bytes
}

/// A key's number, changed in place.
fn with_size(key: &str, old: u32, new: u32) -> Vec<u8> {
    let value = |number| [key.as_bytes(), &u32_value(number)].concat();
    replaced(&value(old), &value(new))
}

#[test]
fn sizes_that_do_not_fit_together_are_refused() {
    for bytes in [
        with_size("llama.embedding_length", 256, 128),
        with_size("llama.embedding_length", 256, 0),
        with_size("llama.embedding_length", 256, u32::MAX),
        with_size("llama.block_count", 3, 4),
        with_size("llama.block_count", 3, 0),
        with_size("llama.attention.head_count", 8, 7),
        with_size("llama.attention.head_count", 8, 1024),
        with_size("llama.attention.head_count_kv", 4, 3),
        with_size("llama.attention.head_count_kv", 4, 8),
        with_size("llama.feed_forward_length", 768, 767),
        with_size("llama.vocab_size", 2048, 2047),
        with_size("llama.context_length", 512, 0),
    ] {
        assert!(check(&bytes).is_err());
    }
}

#[test]
fn what_would_be_ignored_is_not_supported() {
    for bytes in [
        replaced(b"\x05\0\0\0\0\0\0\0llama", b"\x05\0\0\0\0\0\0\0mamba"),
        // One layer less: the third layer's weights would lie idle.
        with_size("llama.block_count", 3, 2),
        with_size("llama.rope.dimension_count", 32, 16),
    ] {
        assert!(matches!(check(&bytes), Err(PreflightError::Unsupported(_))));
    }
}

fn text_value(text: &str) -> Vec<u8> {
    [&8u32.to_le_bytes()[..], &string(text.as_bytes())].concat()
}

fn f32_value(value: f32) -> Vec<u8> {
    [6u32.to_le_bytes(), value.to_le_bytes()].concat()
}

/// With a family, the first thing missing is the width.
fn of_a_family() -> Parts {
    parts().key("general.architecture", text_value("llama"))
}

#[test]
fn an_extended_context_is_not_supported() {
    const FACTOR: &str = "llama.rope.scaling.factor";
    const TYPE: &str = "llama.rope.scaling.type";
    for stretched in [
        of_a_family().key(FACTOR, f32_value(2.0)),
        of_a_family().key(FACTOR, f32_value(f32::NAN)),
        of_a_family().key(FACTOR, u32_value(4)),
        of_a_family().key(TYPE, text_value("linear")),
        of_a_family().key(TYPE, text_value("yarn")).key(FACTOR, f32_value(1.0)),
    ] {
        assert!(matches!(check(&stretched.bytes()), Err(PreflightError::Unsupported(Gap::Feature(_)))));
    }
    let missing = Defect::Key("llama.embedding_length".into());
    of_a_family().key(FACTOR, f32_value(1.0)).expect(missing.clone());
    of_a_family().key(TYPE, text_value("none")).key(FACTOR, f32_value(2.0)).expect(missing);
}

#[test]
fn an_entry_of_the_vocabulary_has_a_bound() {
    let with_entry = |length: usize| {
        let sizes = ["embedding_length", "attention.head_count", "context_length", "block_count"];
        let entries = [array(8, 1), string("x".repeat(length).as_bytes())].concat();
        sizes
            .iter()
            .fold(of_a_family(), |parts, size| parts.key(&format!("llama.{size}"), u32_value(2)))
            .key("llama.feed_forward_length", u32_value(2))
            .key("tokenizer.ggml.tokens", entries)
    };
    with_entry(1024).expect(Defect::Key("llama.attention.layer_norm_rms_epsilon".into()));
    with_entry(1025).expect(Defect::OutOfBounds("an entry of the vocabulary"));
}

#[test]
fn an_unknown_tokenizer_rule_is_not_supported() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = write(&folder, &replaced(b"\x05\0\0\0\0\0\0\0gpt-2", b"\x05\0\0\0\0\0\0\0gpt-9"));
    assert_eq!(Engine::greeted().load(&path).expect_err("unknown").0, LoadFault::Unsupported);
}
