//! The keys and values of a model file.

use std::collections::BTreeMap;
use std::io::{Read, Seek};

use super::header::Header;
use super::{Defect, PreflightError};

const MAX_KEYS: u64 = 65_536;
const MAX_KEY_BYTES: u64 = 65_535;
const MAX_TEXT_BYTES: u64 = 4 * 1024 * 1024;
/// Vocabulary, scores, types and merges of the largest known models come to about 1.3 million.
const MAX_ELEMENTS: u64 = 4_000_000;
const MAX_DEPTH: u32 = 4;
const WHAT: &str = "a value";

/// One value. Arrays that no model family needs are checked and dropped.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Any unsigned integer.
    Unsigned(u64),
    /// Any signed integer.
    Signed(i64),
    /// Any float.
    Float(f64),
    /// A truth value.
    Flag(bool),
    /// A text; broken UTF-8 is replaced.
    Text(String),
    /// An array of texts.
    Texts(Vec<String>),
    /// An array of integers.
    Numbers(Vec<i64>),
    /// An array of anything else.
    Dropped,
}

/// All keys of a file.
#[derive(Debug, Clone, Default)]
pub struct Metadata {
    values: BTreeMap<String, Value>,
}

impl Metadata {
    /// The integer under a key, if it is one and not negative.
    pub fn unsigned(&self, key: &str) -> Option<u64> {
        match self.values.get(key)? {
            Value::Unsigned(number) => Some(*number),
            Value::Signed(number) => u64::try_from(*number).ok(),
            _ => None,
        }
    }

    /// The float under a key.
    pub fn float(&self, key: &str) -> Option<f64> {
        match self.values.get(key)? {
            Value::Float(number) => Some(*number),
            _ => None,
        }
    }

    /// The truth value under a key.
    pub fn flag(&self, key: &str) -> Option<bool> {
        match self.values.get(key)? {
            Value::Flag(flag) => Some(*flag),
            _ => None,
        }
    }

    /// The text under a key.
    pub fn text(&self, key: &str) -> Option<&str> {
        match self.values.get(key)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The array of texts under a key.
    pub fn texts(&self, key: &str) -> Option<&[String]> {
        match self.values.get(key)? {
            Value::Texts(texts) => Some(texts),
            _ => None,
        }
    }

    /// The array of integers under a key.
    pub fn numbers(&self, key: &str) -> Option<&[i64]> {
        match self.values.get(key)? {
            Value::Numbers(numbers) => Some(numbers),
            _ => None,
        }
    }

    /// Whether there is such a key at all.
    pub fn contains(&self, key: &str) -> bool {
        self.values.contains_key(key)
    }
}

/// Reads `count` keys with their values.
pub(super) fn read<R: Read + Seek>(from: &mut Header<R>, count: u64) -> Result<Metadata, PreflightError> {
    if count > MAX_KEYS {
        return Err(Defect::OutOfBounds("the number of keys").into());
    }
    // A key's length, a type and a one-byte value.
    from.expect_room(count, 13, "the keys")?;
    let mut metadata = Metadata::default();
    let mut elements = MAX_ELEMENTS;
    for _ in 0..count {
        let key =
            String::from_utf8(from.bytes(MAX_KEY_BYTES, "a key")?).map_err(|_| Defect::NotText("a key"))?;
        let kind = Kind::from_id(from.u32(WHAT)?)?;
        let value = read_value(from, kind, &mut elements)?;
        if metadata.values.insert(key, value).is_some() {
            return Err(Defect::Duplicate("a key").into());
        }
    }
    Ok(metadata)
}

/// The format's value types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Unsigned(u64),
    Signed(u64),
    F32,
    F64,
    Flag,
    Text,
    Array,
}

impl Kind {
    fn from_id(id: u32) -> Result<Self, Defect> {
        Ok(match id {
            0 => Self::Unsigned(1),
            1 => Self::Signed(1),
            2 => Self::Unsigned(2),
            3 => Self::Signed(2),
            4 => Self::Unsigned(4),
            5 => Self::Signed(4),
            6 => Self::F32,
            7 => Self::Flag,
            8 => Self::Text,
            9 => Self::Array,
            10 => Self::Unsigned(8),
            11 => Self::Signed(8),
            12 => Self::F64,
            _ => return Err(Defect::Unknown("a value's type")),
        })
    }

    const fn smallest_size(self) -> u64 {
        match self {
            Self::Unsigned(size) | Self::Signed(size) => size,
            Self::F32 => 4,
            Self::Flag => 1,
            Self::F64 | Self::Text => 8,
            Self::Array => 12,
        }
    }
}

fn read_value<R: Read + Seek>(
    from: &mut Header<R>,
    kind: Kind,
    elements: &mut u64,
) -> Result<Value, PreflightError> {
    Ok(match kind {
        Kind::Unsigned(size) => Value::Unsigned(read_unsigned(from, size)?),
        Kind::Signed(size) => Value::Signed(read_signed(from, size)?),
        Kind::F32 => Value::Float(f32::from_le_bytes(from.array(WHAT)?).into()),
        Kind::F64 => Value::Float(f64::from_le_bytes(from.array(WHAT)?)),
        Kind::Flag => Value::Flag(read_flag(from)?),
        Kind::Text => Value::Text(read_text(from)?),
        Kind::Array => read_array(from, elements)?,
    })
}

fn read_array<R: Read + Seek>(from: &mut Header<R>, elements: &mut u64) -> Result<Value, PreflightError> {
    let (kind, length) = read_array_head(from, elements)?;
    Ok(match kind {
        Kind::Text => Value::Texts((0..length).map(|_| read_text(from)).collect::<Result<_, _>>()?),
        Kind::Unsigned(size) => Value::Numbers(
            (0..length)
                .map(|_| read_unsigned(from, size).map(|number| i64::try_from(number).unwrap_or(i64::MAX)))
                .collect::<Result<_, _>>()?,
        ),
        Kind::Signed(size) => {
            Value::Numbers((0..length).map(|_| read_signed(from, size)).collect::<Result<_, _>>()?)
        }
        Kind::F32 | Kind::F64 | Kind::Flag | Kind::Array => {
            skip_elements(from, kind, length, elements, 1)?;
            Value::Dropped
        }
    })
}

fn read_array_head<R: Read + Seek>(
    from: &mut Header<R>,
    elements: &mut u64,
) -> Result<(Kind, u64), PreflightError> {
    let kind = Kind::from_id(from.u32(WHAT)?)?;
    let length = from.u64(WHAT)?;
    *elements = elements.checked_sub(length).ok_or(Defect::OutOfBounds("the length of an array"))?;
    from.expect_room(length, kind.smallest_size(), "an array")?;
    Ok((kind, length))
}

fn skip_elements<R: Read + Seek>(
    from: &mut Header<R>,
    kind: Kind,
    length: u64,
    elements: &mut u64,
    depth: u32,
) -> Result<(), PreflightError> {
    match kind {
        Kind::Array if depth >= MAX_DEPTH => Err(Defect::OutOfBounds("the depth of an array").into()),
        Kind::Array => (0..length).try_for_each(|_| {
            let (kind, length) = read_array_head(from, elements)?;
            skip_elements(from, kind, length, elements, depth + 1)
        }),
        Kind::Text => (0..length).try_for_each(|_| read_text(from).map(drop)),
        Kind::Flag => (0..length).try_for_each(|_| read_flag(from).map(drop)),
        Kind::Unsigned(_) | Kind::Signed(_) | Kind::F32 | Kind::F64 => {
            from.skip(length * kind.smallest_size(), "an array")
        }
    }
}

fn read_unsigned<R: Read + Seek>(from: &mut Header<R>, size: u64) -> Result<u64, PreflightError> {
    Ok(match size {
        1 => from.u8(WHAT)?.into(),
        2 => u16::from_le_bytes(from.array(WHAT)?).into(),
        4 => from.u32(WHAT)?.into(),
        _ => from.u64(WHAT)?,
    })
}

fn read_signed<R: Read + Seek>(from: &mut Header<R>, size: u64) -> Result<i64, PreflightError> {
    Ok(match size {
        1 => i8::from_le_bytes(from.array(WHAT)?).into(),
        2 => i16::from_le_bytes(from.array(WHAT)?).into(),
        4 => i32::from_le_bytes(from.array(WHAT)?).into(),
        _ => i64::from_le_bytes(from.array(WHAT)?),
    })
}

fn read_flag<R: Read + Seek>(from: &mut Header<R>) -> Result<bool, PreflightError> {
    match from.u8(WHAT)? {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(Defect::Unknown("a truth value").into()),
    }
}

fn read_text<R: Read + Seek>(from: &mut Header<R>) -> Result<String, PreflightError> {
    Ok(String::from_utf8_lossy(&from.bytes(MAX_TEXT_BYTES, "a text")?).into_owned())
}
