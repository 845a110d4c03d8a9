//! What a wallet's file keeps beside the key.

use types::NetworkKind;
use zeroize::Zeroizing;

use crate::RigPassphrase;
use crate::phrase::Phrase;

const FORM: u8 = 1;
const RIG: usize = 32;

/// One byte for the form, one for the network, the rig's 32, then the phrase's random bytes or nothing.
///
/// The network stands in clear in the file too; here nobody can change it without the password.
pub(crate) struct Payload {
    pub(crate) kind: NetworkKind,
    pub(crate) rig: RigPassphrase,
    pub(crate) phrase: Option<Phrase>,
}

impl Payload {
    pub(crate) fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(2 + RIG + 32));
        bytes.extend([FORM, code(self.kind)]);
        bytes.extend_from_slice(&*self.rig.bytes());
        if let Some(phrase) = &self.phrase {
            bytes.extend_from_slice(phrase.entropy());
        }
        bytes
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let ([form, kind], rest) = bytes.split_first_chunk()?;
        let (rig, entropy) = rest.split_first_chunk::<RIG>()?;
        let kind =
            [NetworkKind::Base, NetworkKind::Practice].into_iter().find(|known| code(*known) == *kind)?;
        let phrase = match entropy {
            [] => None,
            entropy => Some(Phrase::from_entropy(entropy).ok()?),
        };
        (*form == FORM).then(|| Self { kind, rig: RigPassphrase::from_bytes(rig), phrase })
    }
}

const fn code(kind: NetworkKind) -> u8 {
    match kind {
        NetworkKind::Base => 1,
        NetworkKind::Practice => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_bytes_are_a_payload_or_none(bytes in proptest::collection::vec(0_u8..5, 0..80)) {
            if let Some(payload) = Payload::from_bytes(&bytes) {
                prop_assert_eq!(&*payload.to_bytes(), &bytes, "nothing is lost and nothing is made up");
            }
        }
    }

    #[test]
    fn a_payload_reads_back() {
        for length in [0, 16, 20, 24, 28, 32] {
            let bytes: Vec<u8> = [FORM, 2].into_iter().chain((0..RIG + length).map(|n| n as u8)).collect();
            let payload = Payload::from_bytes(&bytes).expect("well-formed");
            assert_eq!((&*payload.to_bytes(), payload.kind), (&bytes, NetworkKind::Practice));
            assert_eq!(payload.phrase.is_some(), length > 0);
        }
    }
}
