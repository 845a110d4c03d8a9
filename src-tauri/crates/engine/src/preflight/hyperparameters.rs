//! The sizes a model declares, checked against each other.

use super::{Architecture, Defect, Gap, Metadata, PreflightError};

/// The longest entries of known vocabularies are runs of 128 spaces, two bytes each. One token's text must fit in one
/// message of the engine protocol with room to spare.
const MAX_ENTRY_BYTES: usize = 1024;

/// The sizes of a decoder-only transformer.
#[derive(Debug, Clone, PartialEq)]
pub struct Hyperparameters {
    /// The family.
    pub architecture: Architecture,
    /// Tokens the model was trained to see at once.
    pub context: usize,
    /// Width of the residual stream.
    pub hidden: usize,
    /// Number of layers.
    pub layers: usize,
    /// Query heads.
    pub heads: usize,
    /// Key and value heads.
    pub kv_heads: usize,
    /// Width of one head.
    pub head_size: usize,
    /// Width of the feed-forward layer.
    pub feed_forward: usize,
    /// Entries of the vocabulary.
    pub vocabulary: usize,
    /// Base of the rotary frequencies.
    pub rope_base: f64,
    /// Added to the variance before dividing by it.
    pub epsilon: f64,
}

/// Reads and checks the sizes.
pub(super) fn read(metadata: &Metadata) -> Result<Hyperparameters, PreflightError> {
    let name = metadata.text("general.architecture").ok_or_else(|| key("general.architecture"))?;
    let keys = Keys { architecture: Architecture::from_name(name)?, metadata };
    refuse_features(&keys)?;
    let hidden = keys.size("embedding_length", 1 << 16)?;
    let heads = keys.size("attention.head_count", 1 << 10)?;
    let sizes = Hyperparameters {
        architecture: keys.architecture,
        context: keys.context()?,
        hidden,
        layers: keys.size("block_count", 1 << 10)?,
        heads,
        kv_heads: keys.size_or("attention.head_count_kv", heads, 1 << 10)?,
        head_size: keys.size_or("attention.key_length", hidden / heads, 1 << 10)?,
        feed_forward: keys.size("feed_forward_length", 1 << 20)?,
        vocabulary: vocabulary(&keys)?,
        rope_base: keys.float_or("rope.freq_base", 10_000.0)?,
        epsilon: keys.float("attention.layer_norm_rms_epsilon")?,
    };
    check(&sizes, &keys)?;
    Ok(sizes)
}

struct Keys<'a> {
    architecture: Architecture,
    metadata: &'a Metadata,
}

impl Keys<'_> {
    fn name(&self, suffix: &str) -> String {
        format!("{}.{suffix}", self.architecture.name())
    }

    fn has(&self, suffix: &str) -> bool {
        self.metadata.contains(&self.name(suffix))
    }

    fn size(&self, suffix: &str, most: u64) -> Result<usize, Defect> {
        let name = self.name(suffix);
        let size = self.metadata.unsigned(&name).ok_or_else(|| key(&name))?;
        if size == 0 || size > most {
            return Err(Defect::OutOfBounds("a size of the model"));
        }
        Ok(size as usize)
    }

    fn size_or(&self, suffix: &str, default: usize, most: u64) -> Result<usize, Defect> {
        if self.has(suffix) { self.size(suffix, most) } else { Ok(default) }
    }

    fn float(&self, suffix: &str) -> Result<f64, Defect> {
        let name = self.name(suffix);
        self.metadata.float(&name).ok_or_else(|| key(&name))
    }

    fn float_or(&self, suffix: &str, default: f64) -> Result<f64, Defect> {
        if self.has(suffix) { self.float(suffix) } else { Ok(default) }
    }

    /// Inside the sliding window full attention and windowed attention are the same, so the window is the context.
    fn context(&self) -> Result<usize, Defect> {
        const MOST: u64 = 1 << 24;
        let trained = self.size("context_length", MOST)?;
        Ok(trained.min(self.size_or("attention.sliding_window", trained, MOST)?))
    }
}

fn key(name: &str) -> Defect {
    Defect::Key(name.to_owned())
}

/// Features that change every answer; to ignore them would be to deliver wrong text.
fn refuse_features(keys: &Keys<'_>) -> Result<(), Gap> {
    if keys.metadata.unsigned(&keys.name("expert_count")).is_some_and(|count| count > 0) {
        return Err(Gap::Feature("a mixture of experts"));
    }
    if is_stretched(keys) {
        return Err(Gap::Feature("this kind of context extension"));
    }
    Ok(())
}

/// A factor without a type means a linear extension.
fn is_stretched(keys: &Keys<'_>) -> bool {
    const FACTOR: &str = "rope.scaling.factor";
    let by_factor = || keys.has(FACTOR) && keys.metadata.float(&keys.name(FACTOR)) != Some(1.0);
    let kind = keys.metadata.text(&keys.name("rope.scaling.type"));
    kind.map_or_else(by_factor, |kind| kind != "none") || keys.has("rope.scale_linear")
}

fn vocabulary(keys: &Keys<'_>) -> Result<usize, Defect> {
    const TOKENS: &str = "tokenizer.ggml.tokens";
    let entries = keys.metadata.texts(TOKENS).ok_or_else(|| key(TOKENS))?;
    if entries.iter().any(|entry| entry.len() > MAX_ENTRY_BYTES) {
        return Err(Defect::OutOfBounds("an entry of the vocabulary"));
    }
    let tokens = entries.len();
    if tokens == 0 || tokens > 1 << 20 {
        return Err(Defect::OutOfBounds("the vocabulary"));
    }
    if keys.size_or("vocab_size", tokens, 1 << 20)? != tokens {
        return Err(Defect::Inconsistent("the vocabulary has another size than the model says"));
    }
    Ok(tokens)
}

fn check(sizes: &Hyperparameters, keys: &Keys<'_>) -> Result<(), PreflightError> {
    if !keys.has("attention.key_length") && !sizes.hidden.is_multiple_of(sizes.heads) {
        return Err(Defect::Inconsistent("the heads do not divide the width").into());
    }
    if !sizes.heads.is_multiple_of(sizes.kv_heads) {
        return Err(Defect::Inconsistent("the key heads do not divide the query heads").into());
    }
    if sizes.head_size == 0 || !sizes.head_size.is_multiple_of(2) {
        return Err(Defect::Inconsistent("the head size is odd").into());
    }
    if keys.size_or("attention.value_length", sizes.head_size, 1 << 10)? != sizes.head_size {
        return Err(Gap::Feature("a value size other than the key size").into());
    }
    if keys.size_or("rope.dimension_count", sizes.head_size, 1 << 10)? != sizes.head_size {
        return Err(Gap::Feature("a partial rotation of heads").into());
    }
    if !(sizes.rope_base.is_finite() && sizes.rope_base >= 1.0) {
        return Err(Defect::OutOfBounds("the rotary base").into());
    }
    if !(sizes.epsilon > 0.0 && sizes.epsilon < 0.1) {
        return Err(Defect::OutOfBounds("the epsilon of the norms").into());
    }
    Ok(())
}
