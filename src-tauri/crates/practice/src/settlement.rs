//! What an answer is worth and whether its receipt holds: pure. Then how the work of a period is paid.

use alloy_primitives::Address;
use types::{Den, JobId, Sha256, receipt_text};

use crate::signature::signer_of;

mod media;
mod payouts;
mod rail;
mod run;
mod split;

pub use media::{MediaFault, media_results};
pub(crate) use payouts::PayoutBook;
pub use payouts::{PayoutRow, PayoutStatus};
pub use rail::{PayoutRail, RailError};
pub use run::{SettleError, Settlement};
pub(crate) use split::rounded;
pub use split::{Allocation, Entry, Split, split};

/// Tokens by the coordinator's own tokenizer, o200k. The first call loads its table, which takes a moment.
///
/// *Caveat*: the tokenizer panics on about a million blanks in a row; the network itself contains that.
pub fn count_tokens(text: &str) -> u64 {
    tiktoken_rs::o200k_base_singleton().encode_ordinary(text).len() as u64
}

/// Words, the coordinator's measure of a prompt.
pub fn count_words(prompt: &str) -> u64 {
    prompt.split_whitespace().count() as u64
}

/// The figures a text answer is settled by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metering {
    /// Text and reasoning by [`count_tokens`].
    pub core_count: u64,
    /// What the worker said, if it said a whole number.
    pub reported: Option<i64>,
    /// How many token frames came.
    pub token_frames: u64,
    /// Most tokens the customer asked for.
    pub max_length: u64,
    /// The prompt by [`count_words`].
    pub prompt_words: u64,
    /// The context the worker advertised.
    pub max_context_length: u64,
}

impl Metering {
    /// The tokens that are paid: the least of all figures, so that reporting more never helps.
    pub fn output(&self) -> i64 {
        let core_count = signed(self.core_count);
        let metered = match self.reported.unwrap_or(signed(self.token_frames)) {
            0 => core_count,
            metered => metered,
        };
        core_count.min(metered).min(signed(self.max_length))
    }

    /// The tokens the customer is billed for.
    pub fn billed(&self) -> u64 {
        self.core_count.min(self.max_length)
    }

    /// What the answer earns.
    pub fn den(&self, model: &str) -> Den {
        Den::for_text(self.output(), self.prompt_words.min(self.max_context_length), model)
    }
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// The digest a receipt commits to. `None` for an empty text: nothing can be signed then.
pub fn result_hash(text: &str) -> Option<Sha256> {
    (!text.is_empty()).then(|| Sha256::of(text))
}

/// Whether `signature` is a receipt for this job and result by one of the allowed signers.
pub fn receipt_holds(job: &JobId, result: Sha256, signature: &str, allowed: &[Address]) -> bool {
    signer_of(&receipt_text(job, result), signature).is_some_and(|signer| allowed.contains(&signer))
}
