//! The alphabet of byte-level BPE: each byte has a printable stand-in.

/// The byte a stand-in means; `None` for any other character.
pub(super) fn byte_of(stand_in: char) -> Option<u8> {
    match u32::from(stand_in) {
        code @ (0x21..=0x7E | 0xA1..=0xAC | 0xAE..=0xFF) => Some(code as u8),
        // The bytes without a printable character of their own, in order: 0x00-0x20, 0x7F-0xA0, 0xAD.
        code @ 0x100..=0x120 => Some((code - 0x100) as u8),
        code @ 0x121..=0x142 => Some((code - 0x121 + 0x7F) as u8),
        0x143 => Some(0xAD),
        _ => None,
    }
}

/// The bytes a vocabulary entry means. Characters outside the alphabet stand for themselves.
pub(super) fn bytes_of(entry: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(entry.len());
    for character in entry.chars() {
        match byte_of(character) {
            Some(byte) => bytes.push(byte),
            None => bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_exactly_one_stand_in() {
        let mut bytes: Vec<u8> = ('\0'..='\u{200}').filter_map(byte_of).collect();
        bytes.sort_unstable();
        assert_eq!(bytes, (0..=255).collect::<Vec<u8>>());
    }

    #[test]
    fn known_entries_mean_known_bytes() {
        assert_eq!(bytes_of("ĠLORD"), b" LORD");
        assert_eq!(bytes_of("Ċ"), b"\n");
        assert_eq!(bytes_of("ðŁĺĢ"), "😀".as_bytes());
    }
}
