//! Rotary positions.

use candle_core::{Device, Result, Tensor};
use candle_nn::rotary_emb;

use crate::preflight::Hyperparameters;

/// The angles of every position of the context.
pub(super) struct Rope {
    cos: Tensor,
    sin: Tensor,
    neighbours: bool,
}

impl Rope {
    /// `factors` divide the frequencies, one by one; Llama 3.1 and later bring them in the file.
    pub(super) fn new(
        sizes: &Hyperparameters,
        context: usize,
        factors: Option<&[f32]>,
        device: &Device,
    ) -> Result<Self> {
        let frequencies = frequencies(sizes, factors);
        let angles =
            || (0..context).flat_map(|position| frequencies.iter().map(move |f| position as f64 * f));
        let table = |angle: fn(f64) -> f64| {
            let values: Vec<f32> = angles().map(|a| angle(a) as f32).collect();
            Tensor::from_vec(values, (context, frequencies.len()), device)
        };
        Ok(Self {
            cos: table(f64::cos)?,
            sin: table(f64::sin)?,
            neighbours: sizes.architecture.rotates_neighbours(),
        })
    }

    /// Turns `[heads, tokens, head_size]`, the first token standing at `position`.
    pub(super) fn rotate(&self, x: &Tensor, position: usize) -> Result<Tensor> {
        let tokens = x.dim(1)?;
        let cos = self.cos.narrow(0, position, tokens)?;
        let sin = self.sin.narrow(0, position, tokens)?;
        let x = x.unsqueeze(0)?;
        let turned = if self.neighbours {
            rotary_emb::rope_i(&x, &cos, &sin)?
        } else {
            rotary_emb::rope(&x, &cos, &sin)?
        };
        turned.squeeze(0)
    }
}

fn frequencies(sizes: &Hyperparameters, factors: Option<&[f32]>) -> Vec<f64> {
    (0..sizes.head_size / 2)
        .map(|pair| {
            let frequency = sizes.rope_base.powf(-2.0 * pair as f64 / sizes.head_size as f64);
            frequency / factors.map_or(1.0, |factors| f64::from(factors[pair]))
        })
        .collect()
}
