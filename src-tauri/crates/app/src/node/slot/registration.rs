//! What we say first, and what a no means.

use grid::{Advice, ConnectError, Identity, Reason, Refusal, Registration, RegistrationError};
use keys::{KeyError, random_hex_128};
use types::{Clock, Code, RegistrationProof, Sensitive};
use worker::presence::{Event, Retry};

use super::SlotSettings;
use crate::node::engine_room::Proven;

/// The name of this program on the Grid.
const AGENT: &str = concat!("aipg-node/", env!("CARGO_PKG_VERSION"));

/// The coordinator's own cap on an answer.
const LONGEST_ANSWER: u32 = 32_768;

/// The first frame, with a proof made for this one attempt. It names what the engine has shown and nothing else.
pub(super) fn registration(
    slot: &SlotSettings,
    proven: &Proven,
    clock: &dyn Clock,
) -> Result<Registration, KeyError> {
    let models = vec![slot.model.as_str().to_owned()];
    let job_types = vec!["text".to_owned()];
    let proof = match &slot.papers {
        None => None,
        Some((rig, delegation)) => {
            let proof = RegistrationProof {
                timestamp: clock.now().seconds(),
                nonce: random_hex_128()?,
                worker_signer: rig.address(),
                worker_name: slot.name.clone(),
                models: models.clone(),
                job_types: job_types.clone(),
                bridge_agent: AGENT.to_owned(),
            };
            let signature = rig.sign_registration(&proof)?;
            Some(Identity { proof, signature, delegation: delegation.clone() })
        }
    };
    Ok(Registration {
        api_key: Sensitive::new(slot.api_key.expose().clone()),
        name: slot.name.clone(),
        models,
        job_types,
        max_length: proven.model.context.min(LONGEST_ANSWER),
        max_context_length: proven.model.context,
        api_formats: proven.formats.clone(),
        modalities: vec!["text".to_owned()],
        bridge_agent: AGENT.to_owned(),
        identity: proof,
    })
}

/// What a failed attempt means for being on the Grid.
pub(super) fn verdict(error: ConnectError) -> Event {
    match error {
        ConnectError::Refused(refusal) => {
            let (code, detail, retry) = refused(refusal);
            Event::Refused { code, detail, retry }
        }
        ConnectError::Unfit(error) => unfit(&error),
        ConnectError::Unreachable(detail) => Event::ConnectFailed { code: Code::GridUnreachable, detail },
        ConnectError::Insecure(detail) => Event::ConnectFailed { code: Code::GridInsecure, detail },
        ConnectError::NoAnswer(detail) => Event::Unanswered { detail },
        ConnectError::Garbled(detail) => Event::ConnectFailed { code: Code::GridGarbled, detail },
    }
}

/// Nothing was sent: the same frame would be unfit again.
fn unfit(error: &RegistrationError) -> Event {
    let code = match error {
        RegistrationError::Key => Code::KeyRefused,
        RegistrationError::ModelCount(_)
        | RegistrationError::ModelName
        | RegistrationError::Retired(_)
        | RegistrationError::Twice(_)
        | RegistrationError::Kind
        | RegistrationError::Formats
        | RegistrationError::Inputs
        | RegistrationError::Agent
        | RegistrationError::Size
        | RegistrationError::Proof(_) => Code::RegistrationRefused,
    };
    Event::Refused { code, detail: error.to_string(), retry: Retry::Never }
}

/// The words for a no, the coordinator's own, and what to do about it.
pub(super) fn refused(Refusal { reason, message }: Refusal) -> (Code, String, Retry) {
    let code = match reason {
        Reason::Key | Reason::Scope => Code::KeyRefused,
        Reason::NameTaken => Code::NameTaken,
        Reason::Evicted => Code::Suspended,
        Reason::Clock => Code::ClockWrong,
        Reason::Unavailable => Code::GridUnreachable,
        Reason::DelegationNeeded => Code::DelegationNeeded,
        Reason::DelegationOutdated => Code::DelegationOutdated,
        Reason::NoPayoutWallet => Code::NoPayoutWallet,
        Reason::OtherName
        | Reason::RetiredModel
        | Reason::Audio
        | Reason::DelegationForeign
        | Reason::ProofUsed
        | Reason::OurFault
        | Reason::Other => Code::RegistrationRefused,
    };
    let retry = match reason.advice() {
        Advice::AskOwner => Retry::Never,
        Advice::WaitOutBar => Retry::AfterBar,
        Advice::Once => Retry::Once,
        Advice::Backoff => Retry::Backoff,
    };
    (code, message, retry)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_no_has_words_and_a_way_on() {
        let check = |reason: Reason, code: Code, retry: Retry| {
            let refusal = Refusal { reason, message: "no".into() };
            assert_eq!(refused(refusal), (code, "no".to_owned(), retry), "{reason:?}");
        };
        check(Reason::Key, Code::KeyRefused, Retry::Never);
        check(Reason::Scope, Code::KeyRefused, Retry::Never);
        check(Reason::OtherName, Code::RegistrationRefused, Retry::Never);
        check(Reason::NameTaken, Code::NameTaken, Retry::Never);
        check(Reason::Evicted, Code::Suspended, Retry::AfterBar);
        check(Reason::RetiredModel, Code::RegistrationRefused, Retry::Never);
        check(Reason::DelegationNeeded, Code::DelegationNeeded, Retry::Never);
        check(Reason::DelegationOutdated, Code::DelegationOutdated, Retry::Never);
        check(Reason::DelegationForeign, Code::RegistrationRefused, Retry::Never);
        check(Reason::NoPayoutWallet, Code::NoPayoutWallet, Retry::Never);
        check(Reason::Clock, Code::ClockWrong, Retry::Never);
        check(Reason::ProofUsed, Code::RegistrationRefused, Retry::Once);
        check(Reason::Unavailable, Code::GridUnreachable, Retry::Backoff);
        check(Reason::Other, Code::RegistrationRefused, Retry::Never);
    }

    #[test]
    fn an_attempt_that_came_to_nothing_says_why() {
        let detail = || "why".to_owned();
        let failed = |code| Event::ConnectFailed { code, detail: detail() };
        let check = |error: ConnectError, expected: Event| assert_eq!(verdict(error), expected);
        check(ConnectError::Unreachable(detail()), failed(Code::GridUnreachable));
        check(ConnectError::Insecure(detail()), failed(Code::GridInsecure));
        check(ConnectError::Garbled(detail()), failed(Code::GridGarbled));
        check(ConnectError::NoAnswer(detail()), Event::Unanswered { detail: detail() });
    }
}
