//! What a context takes besides the weights.

use crate::preflight::Hyperparameters;

/// More than this is a mistake, or means harm: the largest known models take half of it for their whole context.
const MOST_BYTES: usize = 64 * 1024 * 1024 * 1024;
const F32_BYTES: usize = 4;

/// Whether the keys, values and angles of a context stay within bounds.
pub(super) fn fits(sizes: &Hyperparameters, context: usize) -> bool {
    bytes(sizes, context).is_some_and(|bytes| bytes <= MOST_BYTES)
}

/// `None` when the sum is beyond counting.
fn bytes(sizes: &Hyperparameters, context: usize) -> Option<usize> {
    let product = |factors: &[usize]| {
        factors.iter().try_fold(F32_BYTES, |product, &factor| product.checked_mul(factor))
    };
    // While a layer's cache grows, the old one is still there.
    let caches = product(&[2, sizes.layers + 1, sizes.kv_heads, context, sizes.head_size])?;
    // Cosines and sines of half a head each.
    let angles = product(&[context, sizes.head_size])?;
    caches.checked_add(angles)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preflight::Architecture;

    fn sizes(layers: usize, kv_heads: usize, head_size: usize) -> Hyperparameters {
        Hyperparameters {
            architecture: Architecture::Llama,
            context: 1 << 24,
            hidden: kv_heads * head_size,
            layers,
            heads: kv_heads,
            kv_heads,
            head_size,
            feed_forward: 1,
            vocabulary: 1,
            rope_base: 10_000.0,
            epsilon: 1e-5,
        }
    }

    #[test]
    fn the_sum_is_exact() {
        assert_eq!(bytes(&sizes(3, 4, 32), 512), Some(2 * 4 * 4 * 512 * 32 * 4 + 512 * 32 * 4));
    }

    #[test]
    fn real_models_fit_and_absurd_ones_do_not() {
        assert!(fits(&sizes(32, 8, 128), 131_072), "8 billion weights, 128 Ki tokens");
        assert!(!fits(&sizes(1024, 1024, 1024), 4096));
        assert!(!fits(&sizes(1, 1, 1024), 1 << 24));
        assert!(!fits(&sizes(1024, 1024, 1024), usize::MAX), "beyond counting");
    }
}
