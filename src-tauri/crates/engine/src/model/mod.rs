//! From tokens to logits.
//!
//! Written on candle's kernels and not on candle-transformers' models, for three facts of its `quantized_llama` 0.11.1:
//! it keeps a mask for every pair of prompt length and position it has ever seen, so a long-lived process grows without
//! bound; its rotary table ends at 4096 positions; and it ignores `rope_freqs`, which makes Llama 3.x slightly wrong.

mod attention;
mod cache;
mod decoder;
mod layer;
mod loader;
mod memory;
mod rope;

pub use loader::{LoadError, load};

/// A model that reads tokens and says how likely each next token is.
pub trait Model: Send {
    /// Reads `tokens`, the first of which stands at `position`, and returns one logit per entry of the vocabulary for
    /// the token after the last.
    ///
    /// All tokens before `position` must have been read since the last `reset`.
    fn forward(&mut self, tokens: &[u32], position: usize) -> Result<Vec<f32>, ModelError>;

    /// Forgets everything read.
    fn reset(&mut self);
}

/// A forward pass failed. Nothing the process computes afterwards should be trusted.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The tensor library failed.
    #[error("the computation failed")]
    Compute(#[from] candle_core::Error),
    /// NaN or infinity came up. Quantized matrices turn NaN into plausible numbers, so it is looked for before the last.
    #[error("the computation gave no usable numbers")]
    NotNumbers,
    /// The caller skipped tokens or ran past the context.
    #[error("tokens were given at position {given}, expected {expected}")]
    Position {
        /// Where the caller said the tokens stand.
        given: usize,
        /// Where they would have to.
        expected: usize,
    },
}
