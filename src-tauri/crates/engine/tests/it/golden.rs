//! The layers are wired as the reference engine's are.
//!
//! The token ids and logits here were computed once with llama.cpp (PyPI `cyllama` 0.2.18, CPU) on the same files. A
//! wrong rotation, a missing bias or a norm in the wrong place changes them at once. llama.cpp keeps keys and values in
//! 16 bits, so logits agree only to a few hundredths, and where its two best tokens were closer than that the ids end.

use std::fs::File;
use std::path::Path;

use candle_core::Device;
use engine::model::{Model, ModelError, load};
use engine::preflight::Preflight;
use engine_protocol::LoadFault;

use super::rig::kjv_tiny;
use super::test_models::{RECIPES, Recipe};

struct Golden {
    recipe: Recipe,
    first_logits: [f32; 6],
    ids: &'static [u32],
}

const GOLDEN: [Golden; 4] = [
    Golden {
        recipe: RECIPES[0],
        first_logits: [-2.1256, -0.2015, 1.1522, -0.5784, -1.5213, -0.8178],
        ids: &[
            1907, 1551, 1971, 1718, 1595, 879, 1285, 89, 108, 862, 267, 502, 917, 485, 1874, 1463, 1349, 267,
            267, 1925, 892, 22, 1652, 102, 1315, 1839, 1556, 908, 1616, 206, 638, 1758,
        ],
    },
    Golden {
        recipe: RECIPES[1],
        first_logits: [5.4125, 4.5691, 2.3699, -0.3498, 2.0168, -0.8567],
        ids: &[
            240, 908, 1489, 1483, 1682, 1538, 1004, 155, 838, 832, 67, 2041, 1050, 972, 1618, 1837, 488, 63,
            901, 1819, 706, 1149, 111, 198, 367, 1490, 122, 1362, 2017, 952, 1036, 950,
        ],
    },
    Golden {
        recipe: RECIPES[2],
        first_logits: [-0.5508, 0.0811, 0.7069, 1.2554, -2.7103, -4.1647],
        ids: &[
            1739, 674, 1292, 1352, 1352, 713, 1535, 320, 1678, 1678, 392, 473, 2035, 631, 1528, 631, 1352,
            1678, 1957, 1957, 2044, 697, 420, 1449, 665, 651, 1704, 1678, 1105, 996, 996, 966,
        ],
    },
    Golden {
        recipe: RECIPES[3],
        first_logits: [-1.0565, -0.1741, -2.9658, 0.3848, 2.4853, -1.9401],
        ids: &[
            671, 671, 1057, 839, 542, 83, 671, 1665, 551, 915, 542, 1363, 671, 1174, 1220, 255, 1174, 1235,
            991, 488,
        ],
    },
];

const TOLERANCE: f32 = 0.04;

fn open(path: &Path, context: usize) -> Box<dyn Model> {
    let file = File::open(path).expect("opens");
    let preflight = Preflight::check(&file).expect("well-formed");
    load(&preflight, &file, context, &Device::Cpu, &mut |_| {}).expect("loads")
}

fn tiny(recipe: Recipe) -> Box<dyn Model> {
    let folder = tempfile::tempdir().expect("a folder");
    open(&recipe.write(folder.path()), 256)
}

fn prompt() -> Vec<u32> {
    (0..40).map(|i| (i * 37 + 11) % 2048).collect()
}

fn likeliest(logits: &[f32]) -> u32 {
    let best = logits.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
    best.expect("there are logits").0 as u32
}

fn furthest(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

fn greedy(model: &mut dyn Model, prompt: &[u32], count: usize) -> Vec<u32> {
    let mut logits = model.forward(prompt, 0).expect("reads");
    let mut ids = Vec::new();
    for position in prompt.len()..prompt.len() + count {
        let id = likeliest(&logits);
        ids.push(id);
        logits = model.forward(&[id], position).expect("goes on");
    }
    ids
}

fn check_family(golden: &Golden) {
    let mut model = tiny(golden.recipe);
    let logits = model.forward(&prompt(), 0).expect("reads");
    for (found, expected) in logits.iter().zip(golden.first_logits) {
        assert!((found - expected).abs() < TOLERANCE, "{}: {found}, not {expected}", golden.recipe.name());
    }
    model.reset();
    assert_eq!(greedy(model.as_mut(), &prompt(), golden.ids.len()), golden.ids, "{}", golden.recipe.name());
}

#[test]
fn each_family_agrees_with_the_reference() {
    GOLDEN.iter().for_each(check_family);
}

/// What llama.cpp made of "And the LORD said unto Moses, Speak", and how far its best token was ahead.
const KJV: [(u32, f32); 32] = [
    (261, 1.19),
    (343, 1.39),
    (14, 1.28),
    (270, 1.31),
    (395, 0.28),
    (346, 0.06),
    (346, 0.36),
    (346, 0.08),
    (369, 0.08),
    (389, 1.98),
    (14, 0.09),
    (270, 1.19),
    (261, 0.16),
    (343, 1.58),
    (14, 0.37),
    (270, 1.40),
    (261, 0.19),
    (343, 1.47),
    (14, 0.52),
    (270, 1.43),
    (261, 0.62),
    (343, 1.33),
    (14, 0.55),
    (270, 1.86),
    (261, 0.07),
    (343, 1.33),
    (14, 0.28),
    (270, 1.79),
    (261, 0.50),
    (343, 1.31),
    (14, 0.89),
    (270, 1.90),
];

/// Both engines round activations to 8 bits, each in its own way, so ids are compared where the choice was clear.
#[test]
fn the_trained_model_agrees_with_the_reference_where_the_choice_is_clear() {
    let mut model = open(&kjv_tiny(), 512);
    let prompt = [298, 261, 343, 390, 322, 689, 14, 1457, 770];
    let mut logits = model.forward(&prompt, 0).expect("reads");
    let mut compared = 0;
    for (position, (id, lead)) in (prompt.len()..).zip(KJV) {
        if lead > 0.25 {
            assert_eq!(likeliest(&logits), id, "at position {position}, the reference was ahead by {lead}");
            compared += 1;
        }
        logits = model.forward(&[id], position).expect("goes on");
    }
    assert_eq!(compared, 25);
}

/// Reads the prompt in chunks of the given sizes, the last one again and again until the end.
fn in_chunks(model: &mut dyn Model, sizes: &[usize]) -> Vec<f32> {
    let prompt = prompt();
    let (mut logits, mut position) = (Vec::new(), 0);
    let rest = sizes.last().expect("a size");
    for size in sizes.iter().chain(std::iter::repeat(rest)) {
        let end = prompt.len().min(position + size);
        if position == end {
            break;
        }
        logits = model.forward(&prompt[position..end], position).expect("reads");
        position = end;
    }
    logits
}

/// The later ones are those of a job on a fast machine, on a slow one, and on one that other work slows for a while.
#[test]
fn chunks_give_what_the_whole_gives() {
    for recipe in RECIPES {
        let mut model = tiny(recipe);
        let whole = model.forward(&prompt(), 0).expect("reads");
        for sizes in
            [&[1][..], &[3], &[16], &[39], &[4, 8, 16, 32, 64], &[4, 2, 1], &[4, 8, 16, 8, 4, 2, 1, 2, 4]]
        {
            model.reset();
            let worst = furthest(&in_chunks(model.as_mut(), sizes), &whole);
            assert!(worst < 1e-3, "{} in chunks of {sizes:?} is off by {worst}", recipe.name());
        }
    }
}

/// The cache begins small and doubles: the border must not be felt.
#[test]
fn a_reset_forgets_and_growth_does_not() {
    let mut model = open(&kjv_tiny(), 512);
    let long: Vec<u32> = (0..400).map(|i| 3 + (i * 29) % 2000).collect();
    let mut logits = Vec::new();
    for (index, chunk) in long.chunks(50).enumerate() {
        logits = model.forward(chunk, index * 50).expect("reads");
    }
    model.reset();
    let whole = model.forward(&long, 0).expect("reads");
    assert!(furthest(&whole, &logits) < 1e-2, "off by {}", furthest(&whole, &logits));
}

#[test]
fn a_context_beyond_all_memory_is_refused_before_it_is_made() {
    let file = File::open(kjv_tiny()).expect("opens");
    let preflight = Preflight::check(&file).expect("well-formed");
    for context in [1 << 28, usize::MAX] {
        let error = load(&preflight, &file, context, &Device::Cpu, &mut |_| {}).err().expect("refused");
        assert_eq!(error.fault(), LoadFault::OutOfMemory, "{error}");
    }
}

#[test]
fn skipped_tokens_and_a_full_context_are_errors() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut model = open(&RECIPES[0].write(folder.path()), 16);
    let refused = |result| matches!(result, Err(ModelError::Position { .. }));
    assert!(refused(model.forward(&[1], 1)));
    assert!(refused(model.forward(&[], 0)));
    assert!(refused(model.forward(&[1; 17], 0)));
    model.forward(&[1; 16], 0).expect("fills the context");
    assert!(refused(model.forward(&[1], 16)));
}
