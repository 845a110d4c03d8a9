//! One layer of the decoder.

use candle_core::quantized::QMatMul;
use candle_core::{Module, Result, Tensor};
use candle_nn::ops;

use super::attention::{Attention, Norm};
use super::rope::Rope;

/// Attention, then feed-forward, each on a normalised copy and added back.
pub(super) struct Layer {
    pub(super) attention_norm: Norm,
    pub(super) attention: Attention,
    pub(super) feed_forward_norm: Norm,
    pub(super) feed_forward: FeedForward,
}

impl Layer {
    pub(super) fn forward(
        &mut self,
        x: &Tensor,
        rope: &Rope,
        position: usize,
        mask: Option<&Tensor>,
    ) -> Result<Tensor> {
        let x = (x + self.attention.forward(&self.attention_norm.forward(x)?, rope, position, mask)?)?;
        &x + self.feed_forward.forward(&self.feed_forward_norm.forward(&x)?)?
    }
}

/// The gated feed-forward half of a layer.
pub(super) struct FeedForward {
    pub(super) gate: QMatMul,
    pub(super) up: QMatMul,
    pub(super) down: QMatMul,
}

impl FeedForward {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let gated = (ops::silu(&self.gate.forward(x)?)? * self.up.forward(x)?)?;
        self.down.forward(&gated)
    }
}
