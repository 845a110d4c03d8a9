//! Bounded reading of a file's header: every number is checked against the bytes really there before it is used.

use std::io::{self, BufReader, Read, Seek, SeekFrom};

use super::{Defect, PreflightError};

/// The most bytes that keys, values and the tensor table may take together.
const MAX_HEADER: u64 = 64 * 1024 * 1024;

/// A reader that knows how much of the file, and of the header's allowance, is left.
pub(super) struct Header<R> {
    from: BufReader<R>,
    position: u64,
    file_length: u64,
}

impl<R: Read + Seek> Header<R> {
    pub(super) fn new(mut from: R) -> Result<Self, PreflightError> {
        let file_length = from.seek(SeekFrom::End(0)).map_err(PreflightError::Unreadable)?;
        from.seek(SeekFrom::Start(0)).map_err(PreflightError::Unreadable)?;
        Ok(Self { from: BufReader::new(from), position: 0, file_length })
    }

    pub(super) const fn file_length(&self) -> u64 {
        self.file_length
    }

    pub(super) const fn position(&self) -> u64 {
        self.position
    }

    /// Fails unless `count` things of at least `size` bytes can still follow; call it before allocating for them.
    pub(super) fn expect_room(
        &self,
        count: u64,
        size: u64,
        what: &'static str,
    ) -> Result<(), PreflightError> {
        let needed = count.checked_mul(size).ok_or(Defect::OutOfBounds(what))?;
        if needed > self.file_length - self.position {
            return Err(Defect::Truncated(what).into());
        }
        if needed > MAX_HEADER.saturating_sub(self.position) {
            return Err(Defect::OutOfBounds(what).into());
        }
        Ok(())
    }

    /// A length-prefixed string's bytes.
    pub(super) fn bytes(&mut self, cap: u64, what: &'static str) -> Result<Vec<u8>, PreflightError> {
        let length = self.u64(what)?;
        if length > cap {
            return Err(Defect::OutOfBounds(what).into());
        }
        self.expect_room(length, 1, what)?;
        let mut bytes = vec![0; length as usize];
        self.fill(&mut bytes, what)?;
        Ok(bytes)
    }

    pub(super) fn skip(&mut self, length: u64, what: &'static str) -> Result<(), PreflightError> {
        self.expect_room(length, 1, what)?;
        let skipped = io::copy(&mut self.from.by_ref().take(length), &mut io::sink())
            .map_err(PreflightError::Unreadable)?;
        self.position += skipped;
        if skipped == length { Ok(()) } else { Err(Defect::Truncated(what).into()) }
    }

    pub(super) fn u8(&mut self, what: &'static str) -> Result<u8, PreflightError> {
        self.array::<1>(what).map(|bytes| bytes[0])
    }

    pub(super) fn u32(&mut self, what: &'static str) -> Result<u32, PreflightError> {
        self.array(what).map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self, what: &'static str) -> Result<u64, PreflightError> {
        self.array(what).map(u64::from_le_bytes)
    }

    pub(super) fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], PreflightError> {
        self.expect_room(N as u64, 1, what)?;
        let mut bytes = [0; N];
        self.fill(&mut bytes, what)?;
        Ok(bytes)
    }

    fn fill(&mut self, bytes: &mut [u8], what: &'static str) -> Result<(), PreflightError> {
        self.from.read_exact(bytes).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => Defect::Truncated(what).into(),
            _ => PreflightError::Unreadable(error),
        })?;
        self.position += bytes.len() as u64;
        Ok(())
    }
}
