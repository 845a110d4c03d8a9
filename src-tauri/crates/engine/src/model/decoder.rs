//! The decoder-only transformer all supported families share.

use std::sync::Arc;

use candle_core::quantized::{QMatMul, QTensor};
use candle_core::{Device, Module, Tensor};

use super::attention::{Norm, causal_mask};
use super::layer::Layer;
use super::rope::Rope;
use super::{Model, ModelError};

/// Weights and the state of the tokens read.
pub(super) struct Decoder {
    pub(super) embedding: Arc<QTensor>,
    pub(super) layers: Vec<Layer>,
    pub(super) norm: Norm,
    pub(super) output: QMatMul,
    pub(super) rope: Rope,
    pub(super) context: usize,
    pub(super) device: Device,
    pub(super) length: usize,
}

impl Decoder {
    fn logits(&mut self, tokens: &[u32]) -> Result<Vec<f32>, ModelError> {
        let ids = Tensor::new(tokens, &self.device)?;
        let mask = match tokens.len() {
            1 => None,
            count => Some(causal_mask(count, self.length, &self.device)?),
        };
        let mut x = self.embedding.embedding(&ids)?;
        for layer in &mut self.layers {
            x = layer.forward(&x, &self.rope, self.length, mask.as_ref())?;
        }
        // Only the last token's logits are wanted; the output matrix is the largest of all.
        let last = self.norm.forward(&x.narrow(0, tokens.len() - 1, 1)?)?;
        if !all_finite(&last)? {
            return Err(ModelError::NotNumbers);
        }
        Ok(self.output.forward(&last)?.flatten_all()?.to_vec1()?)
    }
}

impl Model for Decoder {
    fn forward(&mut self, tokens: &[u32], position: usize) -> Result<Vec<f32>, ModelError> {
        let fits = !tokens.is_empty() && self.length + tokens.len() <= self.context;
        if position != self.length || !fits {
            return Err(ModelError::Position { given: position, expected: self.length });
        }
        // candle keeps its threads awake over the many short parallel parts of a pass only inside this.
        let device = self.device.clone();
        let logits = device.with_context(|| self.logits(tokens))?;
        self.length += tokens.len();
        Ok(logits)
    }

    fn reset(&mut self) {
        self.length = 0;
        self.layers.iter_mut().for_each(|layer| layer.attention.cache.clear());
    }
}

/// Whether a tensor holds only numbers.
pub(super) fn all_finite(x: &Tensor) -> candle_core::Result<bool> {
    Ok(x.flatten_all()?.to_vec1::<f32>()?.iter().all(|number| number.is_finite()))
}
