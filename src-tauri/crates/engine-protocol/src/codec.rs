//! Length-prefixed JSON.

use std::io::{self, Read, Write};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// The largest message. A prompt has at most 200,000 characters at the coordinator; this leaves room for escapes.
pub const MAX_FRAME: usize = 8 * 1024 * 1024;

/// Why a message could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// The length says more than [`MAX_FRAME`]; nothing was allocated.
    #[error("a message of {0} bytes is larger than allowed")]
    TooLarge(usize),
    /// The bytes are not a message of this protocol.
    #[error("the bytes are no message of this protocol")]
    Malformed(#[source] serde_json::Error),
    /// The pipe broke, or ended inside a message.
    #[error("the pipe broke")]
    Pipe(#[from] io::Error),
}

/// The message with its length in front.
pub fn encode<M: Serialize>(message: &M) -> Result<Vec<u8>, FrameError> {
    let body = serde_json::to_vec(message).map_err(FrameError::Malformed)?;
    if body.len() > MAX_FRAME {
        return Err(FrameError::TooLarge(body.len()));
    }
    let mut frame = Vec::with_capacity(body.len() + 4);
    frame.extend_from_slice(&(body.len() as u32).to_le_bytes());
    frame.extend_from_slice(&body);
    Ok(frame)
}

/// The length in a frame's first four bytes, if it is allowed.
pub fn frame_length(header: [u8; 4]) -> Result<usize, FrameError> {
    let length = u32::from_le_bytes(header) as usize;
    if length > MAX_FRAME { Err(FrameError::TooLarge(length)) } else { Ok(length) }
}

/// The message in a frame's body.
pub fn decode<M: DeserializeOwned>(body: &[u8]) -> Result<M, FrameError> {
    serde_json::from_slice(body).map_err(FrameError::Malformed)
}

/// Writes one message and flushes it.
pub fn write_message<M: Serialize>(to: &mut impl Write, message: &M) -> Result<(), FrameError> {
    to.write_all(&encode(message)?)?;
    to.flush()?;
    Ok(())
}

/// Reads one message; `None` when the other side closed the pipe between messages.
pub fn read_message<M: DeserializeOwned>(from: &mut impl Read) -> Result<Option<M>, FrameError> {
    let mut header = [0; 4];
    if !read_header(from, &mut header)? {
        return Ok(None);
    }
    let mut body = vec![0; frame_length(header)?];
    from.read_exact(&mut body)?;
    decode(&body).map(Some)
}

/// False when the pipe ended before the first byte.
fn read_header(from: &mut impl Read, header: &mut [u8; 4]) -> io::Result<bool> {
    let mut filled = 0;
    while filled < header.len() {
        match from.read(&mut header[filled..]) {
            Ok(0) if filled == 0 => return Ok(false),
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::{FromEngine, ToEngine};

    #[test]
    fn a_message_survives_the_pipe() {
        let sent = ToEngine::Cancel { job: "7".into() };
        let mut pipe = Cursor::new(encode(&sent).expect("encodes"));
        assert_eq!(read_message::<ToEngine>(&mut pipe).expect("reads"), Some(sent));
        assert_eq!(read_message::<ToEngine>(&mut pipe).expect("reads the end"), None);
    }

    #[test]
    fn a_hostile_length_allocates_nothing() {
        let mut pipe = Cursor::new(u32::MAX.to_le_bytes());
        let error = read_message::<ToEngine>(&mut pipe).expect_err("4 GiB must be refused");
        assert!(matches!(error, FrameError::TooLarge(_)));
    }

    #[test]
    fn a_pipe_cut_inside_a_message_is_an_error_not_an_end() {
        let frame = encode(&ToEngine::Shutdown).expect("encodes");
        for cut in 1..frame.len() {
            let mut pipe = Cursor::new(&frame[..cut]);
            assert!(read_message::<ToEngine>(&mut pipe).is_err(), "cut after {cut} bytes");
        }
    }

    proptest::proptest! {
        #[test]
        fn reading_garbage_never_panics(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..256)) {
            let _ = read_message::<FromEngine>(&mut Cursor::new(bytes));
        }
    }
}
