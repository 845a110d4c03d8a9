//! The model families this engine runs, and how their layers differ.

use super::Gap;

/// A model family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Architecture {
    /// Llama and the many that share its layers: Mistral, SmolLM2.
    Llama,
    /// Qwen 2 and 2.5: biases on queries, keys and values.
    Qwen2,
    /// Qwen 3: normalised queries and keys.
    Qwen3,
}

impl Architecture {
    /// From `general.architecture`.
    pub fn from_name(name: &str) -> Result<Self, Gap> {
        match name {
            "llama" => Ok(Self::Llama),
            "qwen2" => Ok(Self::Qwen2),
            "qwen3" => Ok(Self::Qwen3),
            _ => Err(Gap::Architecture),
        }
    }

    /// The word in the file, which also begins the family's keys.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Llama => "llama",
            Self::Qwen2 => "qwen2",
            Self::Qwen3 => "qwen3",
        }
    }

    /// Rotary positions turn neighbours `(2i, 2i+1)`; otherwise halves `(i, i + d/2)`.
    /// The wrong choice gives fluent nonsense, so the golden tests hold it.
    pub const fn rotates_neighbours(self) -> bool {
        matches!(self, Self::Llama)
    }

    /// Queries, keys and values have biases.
    pub const fn has_biases(self) -> bool {
        matches!(self, Self::Qwen2)
    }

    /// Queries and keys are normalised head by head.
    pub const fn normalises_heads(self) -> bool {
        matches!(self, Self::Qwen3)
    }
}
