//! Ids, keys and seeds from one seeded source.

use std::collections::VecDeque;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::{Rng as _, RngCore as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use uuid::Builder;

/// Everything random on the practice network. Same seed, same sequence.
#[derive(Debug)]
pub(crate) struct Chance {
    source: ChaCha8Rng,
    /// Come first where a nonce or an enrolment's id is drawn.
    planned: VecDeque<String>,
}

const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// Random seeds of jobs stay below 2^53.
const SEED_END: u64 = 1 << 53;

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self { source: ChaCha8Rng::seed_from_u64(seed), planned: VecDeque::new() }
    }

    /// A fresh UUID.
    pub(crate) fn uuid(&mut self) -> String {
        let mut bytes = [0; 16];
        self.source.fill_bytes(&mut bytes);
        Builder::from_random_bytes(bytes).into_uuid().to_string()
    }

    /// The nonces and enrolment ids to come, as if they had been drawn.
    #[cfg(feature = "rigs")]
    pub(crate) fn plan(&mut self, ids: impl IntoIterator<Item = String>) {
        self.planned.extend(ids);
    }

    /// Random bytes, so many.
    pub(crate) fn bytes<const COUNT: usize>(&mut self) -> [u8; COUNT] {
        let mut bytes = [0; COUNT];
        self.source.fill_bytes(&mut bytes);
        bytes
    }

    /// A fresh nonce of 32 hex digits.
    pub(crate) fn nonce(&mut self) -> String {
        self.planned.pop_front().unwrap_or_else(|| hex::encode(self.bytes::<16>()))
    }

    /// A fresh enrolment's id of 32 characters, which is the pairing secret.
    pub(crate) fn enrolment_id(&mut self) -> String {
        self.planned.pop_front().unwrap_or_else(|| URL_SAFE_NO_PAD.encode(self.bytes::<24>()))
    }

    /// A fresh API key.
    pub(crate) fn api_key(&mut self) -> String {
        let tail: String = (0..32).map(|_| char::from(URL_SAFE[self.source.random_range(0..64)])).collect();
        format!("grid_{tail}")
    }

    /// A job's seed, where the customer gave none.
    pub(crate) fn seed(&mut self) -> u64 {
        self.source.random_range(0..SEED_END)
    }

    /// The id of one answer to a customer.
    pub(crate) fn completion_id(&mut self) -> String {
        let mut bytes = [0; 6];
        self.source.fill_bytes(&mut bytes);
        format!("chatcmpl-{}", hex::encode(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::Chance;

    #[test]
    fn the_same_seed_gives_the_same_sequence() {
        let draw = |seed| {
            let mut chance = Chance::new(seed);
            (chance.uuid(), chance.api_key(), chance.seed(), chance.completion_id())
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
        assert_eq!(draw(7).1.len(), 37, "a key is `grid_` and 32 characters");
    }
}
