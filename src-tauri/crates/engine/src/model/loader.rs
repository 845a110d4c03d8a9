//! From an accepted file to a model in memory.

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;

use candle_core::quantized::{QMatMul, QTensor, ggml_file};
use candle_core::{Device, Tensor};
use engine_protocol::LoadFault;

use super::Model;
use super::attention::{Attention, Norm, Projection};
use super::cache::Cache;
use super::decoder::{Decoder, all_finite};
use super::layer::{FeedForward, Layer};
use super::memory;
use super::rope::Rope;
use crate::preflight::{Preflight, Weight};

/// Why an accepted file could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The disk did not give the bytes, or the file changed meanwhile.
    #[error("the model file could not be read")]
    Unreadable(#[from] io::Error),
    /// No memory for a weight.
    #[error("there is not enough memory for the model")]
    OutOfMemory,
    /// No memory for that many tokens.
    #[error("there is not enough memory for a context of {0} tokens")]
    Context(usize),
    /// NaN or infinity among the weights.
    #[error("the model file is damaged: it has weights that are no numbers")]
    NotNumbers,
    /// The tensor library refused.
    #[error("the weights could not be prepared")]
    Prepare(#[from] candle_core::Error),
}

impl LoadError {
    /// The same in the protocol's terms.
    pub const fn fault(&self) -> LoadFault {
        match self {
            Self::Unreadable(_) => LoadFault::Unreadable,
            Self::NotNumbers => LoadFault::Malformed,
            Self::OutOfMemory | Self::Context(_) => LoadFault::OutOfMemory,
            Self::Prepare(_) => LoadFault::Internal,
        }
    }
}

/// Reads the weights of a file that passed its preflight.
///
/// `progress` hears the share of bytes read, from 0 to 100, after each weight.
pub fn load(
    preflight: &Preflight,
    file: impl Read + Seek,
    context: usize,
    device: &Device,
    progress: &mut dyn FnMut(u8),
) -> Result<Box<dyn Model>, LoadError> {
    if !memory::fits(&preflight.sizes, context) {
        return Err(LoadError::Context(context));
    }
    let total = preflight.weights.iter().map(|weight| weight.length).sum();
    let mut source = Source { preflight, file, device, progress, read: 0, total };
    Ok(Box::new(decoder(&mut source, context)?))
}

fn decoder<R: Read + Seek>(source: &mut Source<'_, R>, context: usize) -> Result<Decoder, LoadError> {
    let preflight = source.preflight;
    let sizes = &preflight.sizes;
    let embedding = Arc::new(source.weight("token_embd.weight")?);
    let output = match source.has("output.weight") {
        true => source.matrix("output.weight")?,
        false => QMatMul::from_arc(Arc::clone(&embedding))?,
    };
    let factors = match source.has("rope_freqs.weight") {
        true => Some(source.vector("rope_freqs.weight")?.to_vec1()?),
        false => None,
    };
    let layers = (0..sizes.layers).map(|index| layer(source, index, context)).collect::<Result<_, _>>()?;
    Ok(Decoder {
        embedding,
        layers,
        norm: source.norm("output_norm.weight")?,
        output,
        rope: Rope::new(sizes, context, factors.as_deref(), source.device)?,
        context,
        device: source.device.clone(),
        length: 0,
    })
}

fn layer<R: Read + Seek>(
    source: &mut Source<'_, R>,
    index: usize,
    context: usize,
) -> Result<Layer, LoadError> {
    let named = |name: &str| format!("blk.{index}.{name}");
    Ok(Layer {
        attention_norm: source.norm(&named("attn_norm.weight"))?,
        attention: attention(source, index, context)?,
        feed_forward_norm: source.norm(&named("ffn_norm.weight"))?,
        feed_forward: FeedForward {
            gate: source.matrix(&named("ffn_gate.weight"))?,
            up: source.matrix(&named("ffn_up.weight"))?,
            down: source.matrix(&named("ffn_down.weight"))?,
        },
    })
}

fn attention<R: Read + Seek>(
    source: &mut Source<'_, R>,
    index: usize,
    context: usize,
) -> Result<Attention, LoadError> {
    let sizes = &source.preflight.sizes;
    let named = |name: &str| format!("blk.{index}.{name}");
    Ok(Attention {
        query: source.projection(&named("attn_q"))?,
        key: source.projection(&named("attn_k"))?,
        value: source.projection(&named("attn_v"))?,
        output: source.matrix(&named("attn_output.weight"))?,
        query_norm: source.optional_norm(&named("attn_q_norm.weight"))?,
        key_norm: source.optional_norm(&named("attn_k_norm.weight"))?,
        cache: Cache::new(sizes.kv_heads, sizes.head_size, context, source.device)?,
        heads: sizes.heads,
        kv_heads: sizes.kv_heads,
        head_size: sizes.head_size,
    })
}

/// The file, and how much of it was read.
struct Source<'a, R> {
    preflight: &'a Preflight,
    file: R,
    device: &'a Device,
    progress: &'a mut dyn FnMut(u8),
    read: u64,
    total: u64,
}

impl<R: Read + Seek> Source<'_, R> {
    fn entry(&self, name: &str) -> Option<&Weight> {
        self.preflight.weights.iter().find(|weight| weight.name == name)
    }

    fn has(&self, name: &str) -> bool {
        self.entry(name).is_some()
    }

    fn weight(&mut self, name: &str) -> Result<QTensor, LoadError> {
        let weight =
            self.entry(name).expect("BUG: the preflight demands every weight the loader reads").clone();
        let raw = self.bytes(&weight)?;
        let dims = weight.dims.iter().map(|&dim| dim as usize).collect();
        let tensor = ggml_file::qtensor_from_ggml(weight.kind.ggml(), &raw, dims, self.device)?;
        self.read += weight.length;
        (self.progress)((self.read * 100 / self.total.max(1)) as u8);
        Ok(tensor)
    }

    fn bytes(&mut self, weight: &Weight) -> Result<Vec<u8>, LoadError> {
        let mut raw = Vec::new();
        raw.try_reserve_exact(weight.length as usize).map_err(|_| LoadError::OutOfMemory)?;
        raw.resize(weight.length as usize, 0);
        self.file.seek(SeekFrom::Start(weight.start))?;
        self.file.read_exact(&mut raw)?;
        Ok(raw)
    }

    fn matrix(&mut self, name: &str) -> Result<QMatMul, LoadError> {
        Ok(QMatMul::from_qtensor(self.weight(name)?)?)
    }

    /// A norm, a bias, a list of factors. A NaN here would vanish in the next quantized matrix, so it is looked for.
    fn vector(&mut self, name: &str) -> Result<Tensor, LoadError> {
        let vector = self.weight(name)?.dequantize(self.device)?;
        if all_finite(&vector)? { Ok(vector) } else { Err(LoadError::NotNumbers) }
    }

    fn norm(&mut self, name: &str) -> Result<Norm, LoadError> {
        Ok(Norm { weight: self.vector(name)?, epsilon: self.preflight.sizes.epsilon as f32 })
    }

    fn optional_norm(&mut self, name: &str) -> Result<Option<Norm>, LoadError> {
        if self.has(name) { self.norm(name).map(Some) } else { Ok(None) }
    }

    fn projection(&mut self, name: &str) -> Result<Projection, LoadError> {
        let weight = self.matrix(&format!("{name}.weight"))?;
        let bias = format!("{name}.bias");
        Ok(Projection { weight, bias: if self.has(&bias) { Some(self.vector(&bias)?) } else { None } })
    }
}
