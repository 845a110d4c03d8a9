//! Is this file safe to load?
//!
//! A parser of its own for the GGUF format, because a model file is a stranger's: it never panics, and it allocates
//! nothing by a number that was not first checked against a cap and against the bytes really there.
//! The loader uses only what this parser found, so there is no second parser that could see another file.
//!
//! **Invariants** of an accepted file
//! - Names and keys are unique; weights lie inside the file, on the grid, on no other weight.
//! - The weights are exactly those the model family needs, in the shapes its sizes demand; none would be ignored.

mod architecture;
mod error;
mod header;
mod hyperparameters;
mod layout;
mod metadata;
mod weight;

use std::collections::HashMap;
use std::io::{Read, Seek};

pub use architecture::Architecture;
pub use error::{Defect, Gap, PreflightError};
pub use hyperparameters::Hyperparameters;
pub use metadata::{Metadata, Value};
pub use weight::{Weight, WeightType};

use header::Header;

/// A file that passed.
#[derive(Debug, Clone)]
pub struct Preflight {
    /// Its keys.
    pub metadata: Metadata,
    /// Its sizes.
    pub sizes: Hyperparameters,
    /// Its table of weights.
    pub weights: Vec<Weight>,
}

impl Preflight {
    /// Reads a file's header and checks it.
    pub fn check(file: impl Read + Seek) -> Result<Self, PreflightError> {
        let mut header = Header::new(file)?;
        let (weight_count, key_count) = read_counts(&mut header)?;
        let metadata = metadata::read(&mut header, key_count)?;
        let weights = weight::read(&mut header, weight_count, &metadata)?;
        let sizes = hyperparameters::read(&metadata)?;
        layout::check(&sizes, &weights)?;
        Ok(Self { metadata, sizes, weights })
    }

    /// How many numbers the model has.
    pub fn parameters(&self) -> u64 {
        self.weights.iter().map(Weight::elements).sum()
    }

    /// The type that stores most of them.
    pub fn quantization(&self) -> WeightType {
        let mut elements = HashMap::new();
        for weight in &self.weights {
            *elements.entry(weight.kind).or_insert(0) += weight.elements();
        }
        let commonest = elements.into_iter().max_by_key(|(_, count)| *count);
        commonest.expect("BUG: an accepted file has weights").0
    }
}

fn read_counts<R: Read + Seek>(header: &mut Header<R>) -> Result<(u64, u64), PreflightError> {
    if header.array("its first bytes")? != *b"GGUF" {
        return Err(Defect::Magic.into());
    }
    let version = header.u32("the version")?;
    if !matches!(version, 2 | 3) {
        return Err(Gap::Version(version).into());
    }
    Ok((header.u64("the counts")?, header.u64("the counts")?))
}
