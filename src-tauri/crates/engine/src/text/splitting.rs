//! How a text is cut into words before merging: one rule per `tokenizer.ggml.pre`.

use tokenizers::normalizers::NFC;
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::digits::Digits;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::{NormalizerWrapper, SplitDelimiterBehavior};

const CONTRACTIONS: &str = r"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])";
const REST: &str = r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// A named rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Splitting {
    /// GPT-2's rule.
    Gpt2,
    /// GPT-2's, but each digit stands alone.
    SmolLm,
    /// Up to three digits together.
    Llama3,
    /// Each digit alone, text composed (NFC) first.
    Qwen2,
}

impl Splitting {
    /// The rule a file names; `None` when it is not known, because a wrong rule gives silently wrong tokens.
    pub(super) fn from_name(name: Option<&str>) -> Option<Self> {
        Some(match name {
            None | Some("default" | "gpt-2" | "gpt2") => Self::Gpt2,
            Some("smollm") => Self::SmolLm,
            Some("llama3" | "llama-v3" | "llama-bpe" | "smaug-bpe") => Self::Llama3,
            Some("qwen2" | "deepseek-r1-qwen") => Self::Qwen2,
            Some(_) => return None,
        })
    }

    pub(super) fn normalizer(self) -> Option<NormalizerWrapper> {
        (self == Self::Qwen2).then(|| NFC.into())
    }

    /// Words that are whole entries are taken before any merging.
    pub(super) fn ignores_merges(self) -> bool {
        self == Self::Llama3
    }

    pub(super) fn pre_tokenizer(self) -> tokenizers::Result<PreTokenizerWrapper> {
        let parts = match self {
            Self::Gpt2 => return Ok(byte_level(true).into()),
            Self::SmolLm => vec![Digits::new(true).into(), byte_level(true).into()],
            Self::Llama3 => vec![split(r"\p{N}{1,3}")?.into(), byte_level(false).into()],
            Self::Qwen2 => vec![split(r"\p{N}")?.into(), byte_level(false).into()],
        };
        Ok(Sequence::new(parts).into())
    }
}

/// Never with a space in front: templates say exactly what they mean.
fn byte_level(by_rule: bool) -> ByteLevel {
    ByteLevel::new(false, false, by_rule)
}

fn split(digits: &str) -> tokenizers::Result<Split> {
    let rule = format!(r"{CONTRACTIONS}|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|{digits}|{REST}");
    Split::new(SplitPattern::Regex(rule), SplitDelimiterBehavior::Isolated, false)
}
