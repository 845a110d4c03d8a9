//! Server-sent events, out of bytes that arrive in any pieces.

/// The largest event: the last one of a Responses stream repeats the whole answer.
const LARGEST_EVENT: usize = 4 * 1024 * 1024;

/// One event. It holds somebody's answer and cannot be printed.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct SseEvent {
    /// Its name, where it has one.
    pub(crate) name: Option<String>,
    /// Its data; several data lines are joined by line ends.
    pub(crate) data: String,
}

/// What came is no stream of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SseFault {
    #[error("an event of its answer is too large")]
    TooLarge,
    #[error("its answer is not text")]
    NotText,
}

/// Collects bytes and gives out whole events. An event that never ends is never given out.
#[derive(Default)]
pub(crate) struct SseReader {
    bytes: Vec<u8>,
    /// Where the next line begins, and up to where no line end was found yet.
    begin: usize,
    seen: usize,
    name: Option<String>,
    data: Option<String>,
}

impl SseReader {
    /// Takes what arrived.
    pub(crate) fn feed(&mut self, arrived: &[u8]) {
        self.bytes.drain(..self.begin);
        self.seen -= self.begin;
        self.begin = 0;
        self.bytes.extend_from_slice(arrived);
    }

    /// The next whole event, if there is one.
    pub(crate) fn next(&mut self) -> Result<Option<SseEvent>, SseFault> {
        while let Some(line) = self.line()? {
            if let Some(event) = self.read(&line) {
                return Ok(Some(event));
            }
            self.check_size(0)?;
        }
        self.check_size(self.bytes.len() - self.begin)?;
        Ok(None)
    }

    fn check_size(&self, unread: usize) -> Result<(), SseFault> {
        let size = self.data.as_ref().map_or(0, String::len) + unread;
        if size > LARGEST_EVENT { Err(SseFault::TooLarge) } else { Ok(()) }
    }

    /// The next whole line without its end, which may be LF, CR LF or CR.
    fn line(&mut self) -> Result<Option<String>, SseFault> {
        let Some(length) = self.bytes[self.seen..].iter().position(|byte| matches!(byte, b'\n' | b'\r'))
        else {
            self.seen = self.bytes.len();
            return Ok(None);
        };
        let end = self.seen + length;
        let next = match (self.bytes[end], self.bytes.get(end + 1)) {
            // The second half of this line end may still be on its way.
            (b'\r', None) => {
                self.seen = end;
                return Ok(None);
            }
            (b'\r', Some(b'\n')) => end + 2,
            _ => end + 1,
        };
        let line =
            std::str::from_utf8(&self.bytes[self.begin..end]).map_err(|_| SseFault::NotText)?.to_owned();
        (self.begin, self.seen) = (next, next);
        Ok(Some(line))
    }

    /// Takes one line in; an empty one ends an event.
    fn read(&mut self, line: &str) -> Option<SseEvent> {
        let line = line.strip_prefix('\u{feff}').unwrap_or(line);
        if line.is_empty() {
            let name = self.name.take().filter(|name| !name.is_empty());
            return self.data.take().map(|data| SseEvent { name, data });
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => self.name = Some(value.to_owned()),
            "data" => match &mut self.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                None => self.data = Some(value.to_owned()),
            },
            // Comments begin with a colon; ids and retry times are for browsers.
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a text in pieces of a size.
    fn read(text: &[u8], size: usize) -> Result<Vec<(Option<String>, String)>, SseFault> {
        let (mut reader, mut events) = (SseReader::default(), Vec::new());
        for piece in text.chunks(size) {
            reader.feed(piece);
            while let Some(SseEvent { name, data }) = reader.next()? {
                events.push((name, data));
            }
        }
        Ok(events)
    }

    #[test]
    fn events_are_the_same_however_their_bytes_arrive() {
        let text = "\u{feff}: hello\r\n\r\nevent: message_start\r\ndata: {\"a\":\"é日\"}\r\n\r\n\
                    data: one\ndata:two\nid: 7\n\ndata\n\nevent: lost\n\ndata: [DONE]\r\rdata: cut";
        let named = |name: &str, data: &str| (Some(name.to_owned()), data.to_owned());
        let plain = |data: &str| (None, data.to_owned());
        let expected =
            vec![named("message_start", "{\"a\":\"é日\"}"), plain("one\ntwo"), plain(""), plain("[DONE]")];
        for size in 1..=text.len() {
            assert_eq!(read(text.as_bytes(), size).expect("text"), expected, "in pieces of {size}");
        }
    }

    #[test]
    fn an_event_without_an_end_is_refused_before_it_fills_the_memory() {
        let mut reader = SseReader::default();
        reader.feed(b"data: ");
        let piece = vec![b'x'; 64 * 1024];
        let refused = (0..1000).find(|_| {
            reader.feed(&piece);
            reader.next().is_err()
        });
        assert_eq!(refused, Some(63), "4 MiB are 64 pieces");
        let lines = "data: 0123456789\n".repeat(400_000);
        assert_eq!(read(lines.as_bytes(), 64 * 1024), Err(SseFault::TooLarge));
    }

    #[test]
    fn bytes_that_are_no_text_are_refused() {
        assert_eq!(read(b"data: \xff\xfe\n\n", 3), Err(SseFault::NotText));
    }
}
