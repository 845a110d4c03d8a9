//! What a worker says it uploaded.

use std::collections::BTreeMap;

use serde_json::Value;
use types::Sha256;

/// Why results are none. The customer reads `Worker output verification failed.` for each of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MediaFault {
    /// Not a list of as many as were asked for.
    #[error("media result count does not match the requested outputs")]
    Count,
    /// Not each place once.
    #[error("media result index is invalid or duplicated")]
    Index,
    /// Not 64 lower-case hex digits.
    #[error("media result digest is not canonical SHA-256 hex")]
    Digest,
}

/// The digests in the order of their places.
pub fn media_results(expected: usize, results: &Value) -> Result<Vec<Sha256>, MediaFault> {
    let results = results.as_array().filter(|results| results.len() == expected).ok_or(MediaFault::Count)?;
    let mut outputs = BTreeMap::new();
    for result in results {
        let index =
            result["index"].as_u64().filter(|index| *index < expected as u64).ok_or(MediaFault::Index)?;
        let digest = result["sha256"].as_str().and_then(Sha256::parse).ok_or(MediaFault::Digest)?;
        if outputs.insert(index, digest).is_some() {
            return Err(MediaFault::Index);
        }
    }
    Ok(outputs.into_values().collect())
}
