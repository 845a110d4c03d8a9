//! Rewriting a model file with another quantization.

use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Seek, Write};
use std::path::{Path, PathBuf};

use candle_core::Device;
use candle_core::quantized::gguf_file::{self, Content, Value};
use candle_core::quantized::{GgmlDType, QTensor};

use crate::preflight::{Preflight, PreflightError};

/// `general.file_type` of a file that is mostly `Q8_0`.
const FILE_TYPE_Q8_0: u32 = 7;

/// Why a file was not rewritten.
#[derive(Debug, thiserror::Error)]
pub enum RequantizeError {
    /// The source was not accepted.
    #[error(transparent)]
    Source(#[from] PreflightError),
    /// The tensor library refused.
    #[error("the weights could not be converted")]
    Convert(#[from] candle_core::Error),
    /// The destination could not be written.
    #[error("the new file could not be written")]
    Write(#[from] std::io::Error),
}

/// Writes the model at `source` to `destination` with its matrices as `Q8_0`, everything else as it was.
///
/// Types such as `Q4_1` have no fast kernels on a CPU, `Q8_0` has. The bytes go to `<destination>.part` first and get
/// their name when they are safely on disk. Equal sources give equal files.
pub fn requantize(source: &Path, destination: &Path) -> Result<(), RequantizeError> {
    let file = File::open(source).map_err(PreflightError::Unreadable)?;
    Preflight::check(&file)?;
    let mut file = BufReader::new(file);
    file.rewind()?;
    let content = Content::read(&mut file)?;
    let tensors = convert(&content, &mut file)?;
    let part = part_of(destination);
    let mut out = BufWriter::new(File::create(&part)?);
    write(&mut out, &content, &tensors)?;
    out.flush()?;
    out.get_ref().sync_all()?;
    fs::rename(&part, destination)?;
    Ok(())
}

fn part_of(destination: &Path) -> PathBuf {
    let mut name = destination.as_os_str().to_owned();
    name.push(".part");
    name.into()
}

fn convert(content: &Content, file: &mut BufReader<File>) -> Result<Vec<(String, QTensor)>, RequantizeError> {
    let mut entries: Vec<_> = content.tensor_infos.iter().collect();
    entries.sort_by_key(|(_, info)| info.offset);
    let mut tensors = Vec::with_capacity(entries.len());
    for (name, _) in entries {
        let tensor = content.tensor(file, name, &Device::Cpu)?;
        tensors.push((name.clone(), to_q8_0(tensor)?));
    }
    Ok(tensors)
}

/// Vectors stay as they are, and so does a matrix whose rows are no whole blocks.
fn to_q8_0(tensor: QTensor) -> candle_core::Result<QTensor> {
    let block = GgmlDType::Q8_0.block_size();
    let dims = tensor.shape().dims();
    let fits = dims.len() == 2 && dims[1].is_multiple_of(block);
    if !fits || tensor.dtype() == GgmlDType::Q8_0 {
        return Ok(tensor);
    }
    QTensor::quantize(&tensor.dequantize(&Device::Cpu)?, GgmlDType::Q8_0)
}

fn write(
    out: &mut BufWriter<File>,
    content: &Content,
    tensors: &[(String, QTensor)],
) -> Result<(), RequantizeError> {
    let file_type = Value::U32(FILE_TYPE_Q8_0);
    let mut metadata: Vec<(&str, &Value)> =
        content.metadata.iter().map(|(key, value)| (key.as_str(), value)).collect();
    metadata.retain(|(key, _)| !matches!(*key, "general.file_type" | "general.alignment"));
    metadata.push(("general.file_type", &file_type));
    metadata.sort_by_key(|(key, _)| *key);
    let tensors: Vec<(&str, &QTensor)> =
        tensors.iter().map(|(name, tensor)| (name.as_str(), tensor)).collect();
    gguf_file::write(out, &metadata, &tensors)?;
    Ok(())
}
