//! The table of weights: where each lies, what shape and type it has.

use std::collections::HashSet;
use std::io::{Read, Seek};

use candle_core::quantized::GgmlDType;

use super::header::Header;
use super::{Defect, Gap, Metadata, PreflightError};

const MAX_WEIGHTS: u64 = 65_536;
const MAX_NAME_BYTES: u64 = 256;
const MAX_DIMENSIONS: u32 = 4;
const DEFAULT_ALIGNMENT: u64 = 32;
const WHAT: &str = "the table of weights";

/// One entry of the table.
#[derive(Debug, Clone)]
pub struct Weight {
    /// The name, for example `blk.0.attn_q.weight`.
    pub name: String,
    /// Rows first, so a matrix is `[outputs, inputs]`.
    pub dims: Vec<u64>,
    /// How the numbers are stored.
    pub kind: WeightType,
    /// First byte in the file.
    pub start: u64,
    /// How many bytes.
    pub length: u64,
}

impl Weight {
    /// How many numbers.
    pub fn elements(&self) -> u64 {
        self.dims.iter().product()
    }
}

/// How numbers are stored: the types this engine has kernels for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct WeightType(GgmlDType);

impl WeightType {
    fn from_id(id: u32) -> Result<Self, Gap> {
        Ok(Self(match id {
            0 => GgmlDType::F32,
            1 => GgmlDType::F16,
            2 => GgmlDType::Q4_0,
            3 => GgmlDType::Q4_1,
            6 => GgmlDType::Q5_0,
            7 => GgmlDType::Q5_1,
            8 => GgmlDType::Q8_0,
            10 => GgmlDType::Q2K,
            11 => GgmlDType::Q3K,
            12 => GgmlDType::Q4K,
            13 => GgmlDType::Q5K,
            14 => GgmlDType::Q6K,
            30 => GgmlDType::BF16,
            _ => return Err(Gap::WeightType(id)),
        }))
    }

    /// The type in the tensor library's terms.
    pub const fn ggml(self) -> GgmlDType {
        self.0
    }

    /// The usual name, for example `Q4_K`.
    pub const fn name(self) -> &'static str {
        match self.0 {
            GgmlDType::F32 => "F32",
            GgmlDType::F16 => "F16",
            GgmlDType::BF16 => "BF16",
            GgmlDType::Q4_0 => "Q4_0",
            GgmlDType::Q4_1 => "Q4_1",
            GgmlDType::Q5_0 => "Q5_0",
            GgmlDType::Q5_1 => "Q5_1",
            GgmlDType::Q8_0 => "Q8_0",
            GgmlDType::Q8_1 => "Q8_1",
            GgmlDType::Q2K => "Q2_K",
            GgmlDType::Q3K => "Q3_K",
            GgmlDType::Q4K => "Q4_K",
            GgmlDType::Q5K => "Q5_K",
            GgmlDType::Q6K => "Q6_K",
            GgmlDType::Q8K => "Q8_K",
        }
    }

    /// True for the types whose CPU kernels are scalar: about forty times slower than the others.
    pub const fn is_slow_on_cpu(self) -> bool {
        matches!(self.0, GgmlDType::Q4_1 | GgmlDType::Q5_0 | GgmlDType::Q5_1)
    }

    /// True for plain floats.
    pub const fn is_float(self) -> bool {
        matches!(self.0, GgmlDType::F32 | GgmlDType::F16 | GgmlDType::BF16)
    }

    /// The bytes of a tensor with these dimensions, its rows being whole blocks.
    fn length(self, dims: &[u64]) -> Result<u64, Defect> {
        let block = self.0.block_size() as u64;
        let row = dims.last().copied().unwrap_or(1);
        if !row.is_multiple_of(block) {
            return Err(Defect::OutOfBounds("the row length of a quantized weight"));
        }
        dims.iter()
            .try_fold(1u64, |product, &dim| product.checked_mul(dim))
            .and_then(|elements| (elements / block).checked_mul(self.0.type_size() as u64))
            .ok_or(Defect::OutOfBounds("the size of a weight"))
    }
}

/// Reads `count` entries and proves that each lies inside the file, on the grid, and on no other.
pub(super) fn read<R: Read + Seek>(
    from: &mut Header<R>,
    count: u64,
    metadata: &Metadata,
) -> Result<Vec<Weight>, PreflightError> {
    if count > MAX_WEIGHTS {
        return Err(Defect::OutOfBounds("the number of weights").into());
    }
    // A name's length, the number of dimensions, a type and an offset.
    from.expect_room(count, 24, WHAT)?;
    let alignment = alignment(metadata)?;
    let mut weights = Vec::with_capacity(count as usize);
    let mut names = HashSet::with_capacity(count as usize);
    for _ in 0..count {
        let weight = read_entry(from, alignment)?;
        if !names.insert(weight.name.clone()) {
            return Err(Defect::Duplicate("the name of a weight").into());
        }
        weights.push(weight);
    }
    place(&mut weights, from.position().next_multiple_of(alignment), from.file_length())?;
    Ok(weights)
}

/// A zero or odd alignment makes naive readers divide by zero or read between the weights.
fn alignment(metadata: &Metadata) -> Result<u64, Defect> {
    const KEY: &str = "general.alignment";
    if !metadata.contains(KEY) {
        return Ok(DEFAULT_ALIGNMENT);
    }
    metadata
        .unsigned(KEY)
        .filter(|alignment| alignment.is_power_of_two() && (8..=65_536).contains(alignment))
        .ok_or(Defect::OutOfBounds("the alignment"))
}

fn read_entry<R: Read + Seek>(from: &mut Header<R>, alignment: u64) -> Result<Weight, PreflightError> {
    let name = from.bytes(MAX_NAME_BYTES, "the name of a weight")?;
    let name = String::from_utf8(name).map_err(|_| Defect::NotText("the name of a weight"))?;
    let dims = read_dims(from)?;
    let kind = WeightType::from_id(from.u32(WHAT)?)?;
    let start = from.u64(WHAT)?;
    if !start.is_multiple_of(alignment) {
        return Err(Defect::Placement("lie off their grid").into());
    }
    let length = kind.length(&dims)?;
    Ok(Weight { name, dims, kind, start, length })
}

fn read_dims<R: Read + Seek>(from: &mut Header<R>) -> Result<Vec<u64>, PreflightError> {
    let count = from.u32(WHAT)?;
    if !(1..=MAX_DIMENSIONS).contains(&count) {
        return Err(Defect::OutOfBounds("the number of dimensions").into());
    }
    let mut dims = (0..count).map(|_| from.u64(WHAT)).collect::<Result<Vec<_>, _>>()?;
    if dims.contains(&0) {
        return Err(Defect::OutOfBounds("a dimension").into());
    }
    // The file has the fastest dimension first.
    dims.reverse();
    Ok(dims)
}

/// Turns offsets into positions in the file.
fn place(weights: &mut [Weight], data_start: u64, file_length: u64) -> Result<(), Defect> {
    const OUTSIDE: Defect = Defect::Placement("stick out of the file");
    let mut spans = Vec::with_capacity(weights.len());
    for weight in weights {
        weight.start = weight.start.checked_add(data_start).ok_or(OUTSIDE)?;
        let end = weight.start.checked_add(weight.length).ok_or(OUTSIDE)?;
        if end > file_length {
            return Err(OUTSIDE);
        }
        spans.push((weight.start, end));
    }
    spans.sort_unstable();
    if spans.windows(2).any(|pair| pair[1].0 < pair[0].1) {
        return Err(Defect::Placement("overlap"));
    }
    Ok(())
}
