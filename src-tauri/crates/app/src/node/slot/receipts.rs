//! The one receipt that may be on its way.

use keys::RigKey;
use types::{JobId, Sha256, Signature};

/// Made when an answer is recorded, taken when it is sent: what is noted as signed is what leaves signed.
#[derive(Debug, Default)]
pub(super) struct Receipts {
    ready: Option<(JobId, Signature)>,
}

impl Receipts {
    /// Signs, if there is a key and something to sign. True if a receipt will go with the answer.
    pub(super) fn make(&mut self, rig: Option<&RigKey>, job: &JobId, text: Sha256) -> bool {
        let signature = rig
            .filter(|_| text != Sha256::of(""))
            .and_then(|rig| rig.sign_receipt(job, text).inspect_err(|error| tracing::warn!(%error)).ok());
        self.ready = signature.map(|signature| (job.clone(), signature));
        self.ready.is_some()
    }

    /// The receipt of this job.
    pub(super) fn take(&mut self, job: &JobId) -> Option<Signature> {
        self.ready.take().filter(|(of, _)| of == job).map(|(_, signature)| signature)
    }
}
