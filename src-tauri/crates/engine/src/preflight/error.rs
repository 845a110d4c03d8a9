//! What can be wrong with a model file, in words that name no path and quote nothing of the file.

use std::io;

use engine_protocol::LoadFault;

/// Why a file was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum PreflightError {
    /// The disk did not give the bytes.
    #[error("the model file could not be read")]
    Unreadable(#[source] io::Error),
    /// The bytes contradict the format or themselves.
    #[error("the model file is damaged: {0}")]
    Malformed(#[from] Defect),
    /// A proper file, but not for this engine.
    #[error("this engine cannot run the model: {0}")]
    Unsupported(#[from] Gap),
}

impl PreflightError {
    /// The same in the protocol's terms.
    pub const fn fault(&self) -> LoadFault {
        match self {
            Self::Unreadable(_) => LoadFault::Unreadable,
            Self::Malformed(_) => LoadFault::Malformed,
            Self::Unsupported(_) => LoadFault::Unsupported,
        }
    }
}

/// How a file contradicts the format or itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Defect {
    /// The first four bytes are not `GGUF`.
    #[error("it is no GGUF file")]
    Magic,
    /// The file ends before the thing it announced.
    #[error("it ends in the middle of {0}")]
    Truncated(&'static str),
    /// A number is above what any real file has.
    #[error("{0} is out of bounds")]
    OutOfBounds(&'static str),
    /// A code the format does not define.
    #[error("{0} is unknown to the format")]
    Unknown(&'static str),
    /// Keys or names are not text.
    #[error("{0} is not text")]
    NotText(&'static str),
    /// The same key or name twice: readers differ in which one counts.
    #[error("{0} appears twice")]
    Duplicate(&'static str),
    /// Tensor data overlap, stick out of the file, or lie off their grid.
    #[error("the weights {0}")]
    Placement(&'static str),
    /// A key every model of this kind has is absent or of the wrong type.
    #[error("the key {0} is missing or of the wrong type")]
    Key(String),
    /// Numbers that must fit together do not.
    #[error("{0}")]
    Inconsistent(&'static str),
    /// A weight is absent.
    #[error("a weight is missing: {0}")]
    WeightMissing(String),
    /// A weight has another shape than the keys say.
    #[error("a weight has the wrong shape: {0}")]
    WeightShape(String),
}

/// What this engine does not do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Gap {
    /// Only versions 2 and 3 of the format are read.
    #[error("version {0} of the file format is not supported")]
    Version(u32),
    /// A model family without a forward pass here.
    #[error("its architecture is not supported (supported: llama, qwen2, qwen3)")]
    Architecture,
    /// A tokenizer other than byte-level BPE with a known splitting rule.
    #[error("its tokenizer is not supported")]
    Tokenizer,
    /// A quantization without kernels here.
    #[error("weights of type {0} are not supported")]
    WeightType(u32),
    /// A weight that would have to be ignored, and ignoring weights makes wrong answers.
    #[error("it has weights this engine does not know")]
    ExtraWeight,
    /// Another known feature that is not implemented.
    #[error("{0} is not supported")]
    Feature(&'static str),
}
