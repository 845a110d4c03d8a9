//! Causal attention with grouped heads.

use candle_core::quantized::QMatMul;
use candle_core::{Device, Module, Result, Tensor};
use candle_nn::ops;

use super::cache::Cache;
use super::rope::Rope;

/// A matrix with an optional bias.
pub(super) struct Projection {
    pub(super) weight: QMatMul,
    pub(super) bias: Option<Tensor>,
}

impl Projection {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let y = self.weight.forward(x)?;
        match &self.bias {
            Some(bias) => y.broadcast_add(bias),
            None => Ok(y),
        }
    }
}

/// Root-mean-square normalisation.
pub(super) struct Norm {
    pub(super) weight: Tensor,
    pub(super) epsilon: f32,
}

impl Norm {
    pub(super) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        ops::rms_norm(&x.contiguous()?, &self.weight, self.epsilon)
    }
}

/// The attention half of a layer.
pub(super) struct Attention {
    pub(super) query: Projection,
    pub(super) key: Projection,
    pub(super) value: Projection,
    pub(super) output: QMatMul,
    pub(super) query_norm: Option<Norm>,
    pub(super) key_norm: Option<Norm>,
    pub(super) cache: Cache,
    pub(super) heads: usize,
    pub(super) kv_heads: usize,
    pub(super) head_size: usize,
}

impl Attention {
    /// `x` is `[tokens, hidden]`; `mask` is `[tokens, all tokens]`, absent for a single token.
    pub(super) fn forward(
        &mut self,
        x: &Tensor,
        rope: &Rope,
        position: usize,
        mask: Option<&Tensor>,
    ) -> Result<Tensor> {
        let query = self.split(&self.query.forward(x)?, self.heads, self.query_norm.as_ref())?;
        let key = self.split(&self.key.forward(x)?, self.kv_heads, self.key_norm.as_ref())?;
        let value = self.split(&self.value.forward(x)?, self.kv_heads, None)?;
        let query = rope.rotate(&query, position)?;
        let (keys, values) = self.cache.append(&rope.rotate(&key, position)?, &value)?;
        let mixed = self.attend(&query, &keys, &values, mask)?;
        self.output.forward(&mixed)
    }

    /// `[tokens, heads * size]` to `[heads, tokens, size]`.
    fn split(&self, x: &Tensor, heads: usize, norm: Option<&Norm>) -> Result<Tensor> {
        let x = x.reshape((x.dim(0)?, heads, self.head_size))?;
        let x = match norm {
            Some(norm) => norm.forward(&x)?,
            None => x,
        };
        x.transpose(0, 1)?.contiguous()
    }

    /// The query heads of a group share keys and values, so a group's queries are stacked instead of copying keys.
    fn attend(
        &self,
        query: &Tensor,
        keys: &Tensor,
        values: &Tensor,
        mask: Option<&Tensor>,
    ) -> Result<Tensor> {
        let (heads, tokens, size) = query.dims3()?;
        let group = heads / self.kv_heads;
        let query = query.reshape((self.kv_heads, group * tokens, size))?;
        let scores = (query.matmul(&keys.t()?)? * (1.0 / (size as f64).sqrt()))?;
        let scores = match mask {
            Some(mask) => scores
                .reshape((self.kv_heads, group, tokens, keys.dim(1)?))?
                .broadcast_add(mask)?
                .reshape(scores.shape())?,
            None => scores,
        };
        let mixed = ops::softmax_last_dim(&scores)?.matmul(values)?;
        mixed.reshape((heads, tokens, size))?.transpose(0, 1)?.reshape((tokens, heads * size))
    }
}

/// Minus infinity where a token would see a later one.
pub(super) fn causal_mask(tokens: usize, position: usize, device: &Device) -> Result<Tensor> {
    let all = position + tokens;
    let hidden = |row: usize, column: usize| if column > position + row { f32::NEG_INFINITY } else { 0.0 };
    let mask: Vec<f32> =
        (0..tokens).flat_map(|row| (0..all).map(move |column| hidden(row, column))).collect();
    Tensor::from_vec(mask, (tokens, all), device)
}
