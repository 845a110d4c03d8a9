//! Who signed a text.

use alloy_primitives::{Address, Signature};

/// The address that signed `text` by EIP-191, or `None` for anything but a well-formed signature.
///
/// 65 bytes of hex, with or without `0x`, recovery byte 0, 1, 27 or 28, either half of the curve for s.
pub fn signer_of(text: &str, signature: &str) -> Option<Address> {
    let digits = signature.strip_prefix("0x").unwrap_or(signature);
    let mut bytes = [0_u8; 65];
    hex::decode_to_slice(digits, &mut bytes).ok()?;
    let odd = match bytes[64] {
        0 | 27 => false,
        1 | 28 => true,
        _ => return None,
    };
    Signature::from_bytes_and_parity(&bytes[..64], odd).recover_address_from_msg(text).ok()
}
