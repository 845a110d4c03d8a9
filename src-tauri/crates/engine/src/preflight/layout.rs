//! Does the table of weights hold exactly what the sizes demand?

use std::collections::HashMap;

use super::{Defect, Gap, Hyperparameters, PreflightError, Weight};

/// Fails unless each weight the family needs is there in the right shape, and none is there that it would ignore.
pub(super) fn check(sizes: &Hyperparameters, weights: &[Weight]) -> Result<(), PreflightError> {
    let mut table: HashMap<&str, &Weight> =
        weights.iter().map(|weight| (weight.name.as_str(), weight)).collect();
    for demand in demands(sizes) {
        match table.remove(demand.name.as_str()) {
            Some(weight) => demand.check(weight)?,
            None if demand.optional => {}
            None => return Err(Defect::WeightMissing(demand.name).into()),
        }
    }
    if table.is_empty() { Ok(()) } else { Err(Gap::ExtraWeight.into()) }
}

struct Demand {
    name: String,
    dims: Vec<usize>,
    optional: bool,
}

impl Demand {
    fn check(&self, weight: &Weight) -> Result<(), PreflightError> {
        if !weight.dims.iter().copied().eq(self.dims.iter().map(|&dim| dim as u64)) {
            return Err(Defect::WeightShape(self.name.clone()).into());
        }
        // Norms and biases are added and multiplied as they are.
        if self.dims.len() == 1 && !weight.kind.is_float() {
            return Err(Gap::Feature("a quantized norm or bias").into());
        }
        Ok(())
    }
}

fn demands(sizes: &Hyperparameters) -> Vec<Demand> {
    let mut list = Vec::with_capacity(sizes.layers * 14 + 4);
    let mut add = |name: String, dims: &[usize], optional| {
        list.push(Demand { name, dims: dims.to_vec(), optional });
    };
    add("token_embd.weight".into(), &[sizes.vocabulary, sizes.hidden], false);
    add("output_norm.weight".into(), &[sizes.hidden], false);
    // Without it the embedding also makes the output.
    add("output.weight".into(), &[sizes.vocabulary, sizes.hidden], true);
    // Llama 3.1 and later stretch the slow rotary frequencies by these factors.
    add("rope_freqs.weight".into(), &[sizes.head_size / 2], true);
    for layer in 0..sizes.layers {
        for (name, dims) in layer_demands(sizes) {
            add(format!("blk.{layer}.{name}"), &dims, false);
        }
    }
    list
}

fn layer_demands(sizes: &Hyperparameters) -> Vec<(&'static str, Vec<usize>)> {
    let (hidden, feed_forward) = (sizes.hidden, sizes.feed_forward);
    let queries = sizes.heads * sizes.head_size;
    let keys = sizes.kv_heads * sizes.head_size;
    let mut list = vec![
        ("attn_norm.weight", vec![hidden]),
        ("attn_q.weight", vec![queries, hidden]),
        ("attn_k.weight", vec![keys, hidden]),
        ("attn_v.weight", vec![keys, hidden]),
        ("attn_output.weight", vec![hidden, queries]),
        ("ffn_norm.weight", vec![hidden]),
        ("ffn_gate.weight", vec![feed_forward, hidden]),
        ("ffn_up.weight", vec![feed_forward, hidden]),
        ("ffn_down.weight", vec![hidden, feed_forward]),
    ];
    if sizes.architecture.has_biases() {
        list.extend([
            ("attn_q.bias", vec![queries]),
            ("attn_k.bias", vec![keys]),
            ("attn_v.bias", vec![keys]),
        ]);
    }
    if sizes.architecture.normalises_heads() {
        list.extend([
            ("attn_q_norm.weight", vec![sizes.head_size]),
            ("attn_k_norm.weight", vec![sizes.head_size]),
        ]);
    }
    list
}
