//! `tiny-rand`: small models with random weights, the same bytes on every machine.
//!
//! They say nothing sensible. They prove that each family's layers are wired as they must be (the golden tests), and
//! give the preflight well-formed files of every kind.

use std::fs::File;
use std::path::{Path, PathBuf};

use candle_core::quantized::gguf_file::{self, Content, Value};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use super::rig::kjv_tiny;

const HIDDEN: usize = 64;
const LAYERS: usize = 4;
const HEADS: usize = 4;
const KV_HEADS: usize = 2;
const FEED_FORWARD: usize = 256;
const VOCABULARY: usize = 2048;
const HEAD_SIZE: usize = HIDDEN / HEADS;

/// What to make.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Recipe {
    pub(crate) architecture: &'static str,
    /// The embedding also makes the output.
    pub(crate) tied: bool,
    /// With `rope_freqs`, as Llama 3.1 and later.
    pub(crate) stretched: bool,
}

pub(crate) const RECIPES: [Recipe; 4] = [
    Recipe { architecture: "llama", tied: true, stretched: false },
    Recipe { architecture: "llama", tied: false, stretched: true },
    Recipe { architecture: "qwen2", tied: true, stretched: false },
    Recipe { architecture: "qwen3", tied: false, stretched: false },
];

impl Recipe {
    pub(crate) fn name(self) -> String {
        let tied = if self.tied { "tied" } else { "untied" };
        let stretched = if self.stretched { "-stretched" } else { "" };
        format!("tiny-rand-{}-{tied}{stretched}", self.architecture)
    }

    /// Writes the model into a folder.
    pub(crate) fn write(self, folder: &Path) -> PathBuf {
        let path = folder.join(self.name() + ".gguf");
        let metadata = self.metadata();
        let metadata: Vec<(&str, &Value)> =
            metadata.iter().map(|(key, value)| (key.as_str(), value)).collect();
        let weights = self.weights();
        let weights: Vec<(&str, &QTensor)> =
            weights.iter().map(|(name, weight)| (name.as_str(), weight)).collect();
        let mut file = File::create(&path).expect("the file can be made");
        gguf_file::write(&mut file, &metadata, &weights).expect("the file can be written");
        path
    }

    fn metadata(self) -> Vec<(String, Value)> {
        let key = |suffix: &str| format!("{}.{suffix}", self.architecture);
        let mut metadata = vec![
            ("general.architecture".to_owned(), Value::String(self.architecture.to_owned())),
            ("general.name".to_owned(), Value::String(self.name())),
            ("general.file_type".to_owned(), Value::U32(0)),
            (key("context_length"), Value::U32(256)),
            (key("embedding_length"), Value::U32(HIDDEN as u32)),
            (key("block_count"), Value::U32(LAYERS as u32)),
            (key("feed_forward_length"), Value::U32(FEED_FORWARD as u32)),
            (key("attention.head_count"), Value::U32(HEADS as u32)),
            (key("attention.head_count_kv"), Value::U32(KV_HEADS as u32)),
            (key("rope.dimension_count"), Value::U32(HEAD_SIZE as u32)),
            (key("rope.freq_base"), Value::F32(10_000.0)),
            (key("attention.layer_norm_rms_epsilon"), Value::F32(1e-5)),
            (key("vocab_size"), Value::U32(VOCABULARY as u32)),
        ];
        if self.architecture == "qwen3" {
            metadata.push((key("attention.key_length"), Value::U32(HEAD_SIZE as u32)));
            metadata.push((key("attention.value_length"), Value::U32(HEAD_SIZE as u32)));
        }
        metadata.extend(tokenizer_keys());
        metadata
    }

    fn weights(self) -> Vec<(String, QTensor)> {
        let mut noise = Noise(ChaCha8Rng::from_seed([42; 32]));
        let mut list = vec![
            ("token_embd.weight".to_owned(), noise.weight(&[VOCABULARY, HIDDEN], 0.0, 0.3)),
            ("output_norm.weight".to_owned(), noise.weight(&[HIDDEN], 1.0, 0.1)),
        ];
        if !self.tied {
            list.push(("output.weight".to_owned(), noise.weight(&[VOCABULARY, HIDDEN], 0.0, 0.3)));
        }
        if self.stretched {
            list.push(("rope_freqs.weight".to_owned(), noise.weight(&[HEAD_SIZE / 2], 3.0, 0.5)));
        }
        for layer in 0..LAYERS {
            for (name, dims, mean, spread) in self.layer() {
                list.push((format!("blk.{layer}.{name}"), noise.weight(&dims, mean, spread)));
            }
        }
        list
    }

    /// Name, dimensions, mean and spread. Spreads are large, so that attention and positions really matter.
    fn layer(self) -> Vec<(&'static str, Vec<usize>, f64, f64)> {
        let (queries, keys) = (HEADS * HEAD_SIZE, KV_HEADS * HEAD_SIZE);
        let mut list = vec![
            ("attn_norm.weight", vec![HIDDEN], 1.0, 0.1),
            ("attn_q.weight", vec![queries, HIDDEN], 0.0, 0.3),
            ("attn_k.weight", vec![keys, HIDDEN], 0.0, 0.3),
            ("attn_v.weight", vec![keys, HIDDEN], 0.0, 0.2),
            ("attn_output.weight", vec![HIDDEN, queries], 0.0, 0.2),
            ("ffn_norm.weight", vec![HIDDEN], 1.0, 0.1),
            ("ffn_gate.weight", vec![FEED_FORWARD, HIDDEN], 0.0, 0.1),
            ("ffn_up.weight", vec![FEED_FORWARD, HIDDEN], 0.0, 0.1),
            ("ffn_down.weight", vec![HIDDEN, FEED_FORWARD], 0.0, 0.1),
        ];
        match self.architecture {
            "qwen2" => list.extend([
                ("attn_q.bias", vec![queries], 0.0, 0.5),
                ("attn_k.bias", vec![keys], 0.0, 0.5),
                ("attn_v.bias", vec![keys], 0.0, 0.5),
            ]),
            "qwen3" => list.extend([
                ("attn_q_norm.weight", vec![HEAD_SIZE], 1.5, 0.2),
                ("attn_k_norm.weight", vec![HEAD_SIZE], 1.5, 0.2),
            ]),
            _ => {}
        }
        list
    }
}

/// kjv-tiny's tokenizer is small.
fn tokenizer_keys() -> Vec<(String, Value)> {
    let mut file = File::open(kjv_tiny()).expect("the test model is there");
    let content = Content::read(&mut file).expect("the test model is well-formed");
    let mut keys: Vec<_> =
        content.metadata.into_iter().filter(|(key, _)| key.starts_with("tokenizer.")).collect();
    keys.sort_by(|a, b| a.0.cmp(&b.0));
    keys
}

/// Bell-shaped numbers as sums of twelve uniform ones: only exact operations, so that no machine's `ln` or `cos`
/// can change a bit.
struct Noise(ChaCha8Rng);

impl Noise {
    fn bell(&mut self) -> f64 {
        (0..12).map(|_| (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64).sum::<f64>() - 6.0
    }

    fn weight(&mut self, dims: &[usize], mean: f64, spread: f64) -> QTensor {
        let count = dims.iter().product();
        let values: Vec<f32> = (0..count).map(|_| (mean + spread * self.bell()) as f32).collect();
        let tensor = Tensor::from_vec(values, dims, &Device::Cpu).expect("the shape fits");
        QTensor::quantize(&tensor, GgmlDType::F32).expect("F32 stays F32")
    }
}
