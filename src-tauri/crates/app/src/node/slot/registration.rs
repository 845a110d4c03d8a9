//! What we say first, and what a no means.

use engine_link::ModelFacts;
use grid::{ConnectError, Identity, Reason, Refusal, Registration};
use keys::{KeyError, random_hex_128};
use types::{ApiFormat, Clock, Code, RegistrationProof, Sensitive};
use worker::presence::{Event, Retry};

use super::{ModelFile, NodeIdentity};

/// The name of this program on the Grid.
const AGENT: &str = concat!("aipg-node/", env!("CARGO_PKG_VERSION"));

/// The coordinator's own cap on an answer.
const LONGEST_ANSWER: u32 = 32_768;

/// The first frame, with a proof made for this one attempt.
pub(super) fn registration(
    identity: &NodeIdentity,
    model: &ModelFile,
    facts: &ModelFacts,
    clock: &dyn Clock,
) -> Result<Registration, KeyError> {
    let models = vec![model.id.as_str().to_owned()];
    let job_types = vec!["text".to_owned()];
    let proof = match &identity.rig {
        None => None,
        Some((rig, delegation)) => {
            let proof = RegistrationProof {
                timestamp: clock.now().seconds(),
                nonce: random_hex_128()?,
                worker_signer: rig.address(),
                worker_name: identity.name.clone(),
                models: models.clone(),
                job_types: job_types.clone(),
                bridge_agent: AGENT.to_owned(),
            };
            let signature = rig.sign_registration(&proof)?;
            Some(Identity { proof, signature, delegation: delegation.clone() })
        }
    };
    Ok(Registration {
        api_key: Sensitive::new(identity.api_key.expose().clone()),
        name: identity.name.clone(),
        models,
        job_types,
        max_length: facts.context.min(LONGEST_ANSWER),
        max_context_length: facts.context,
        api_formats: vec![ApiFormat::OpenAiChat],
        modalities: vec!["text".to_owned()],
        bridge_agent: AGENT.to_owned(),
        identity: proof,
    })
}

/// What a failed attempt means for being on the Grid.
pub(super) fn verdict(error: ConnectError) -> Event {
    match error {
        ConnectError::Refused(refusal) => refused(refusal),
        ConnectError::Unreachable(detail) | ConnectError::NoAnswer(detail) => {
            Event::ConnectFailed { code: Code::GridUnreachable, detail }
        }
        ConnectError::Garbled(detail) => Event::ConnectFailed { code: Code::GridGarbled, detail },
    }
}

fn refused(Refusal { reason, message }: Refusal) -> Event {
    let (code, retry) = match reason {
        Reason::Key | Reason::Scope => (Code::KeyRefused, Retry::Never),
        Reason::NameTaken => (Code::NameTaken, Retry::Never),
        Reason::Evicted => (Code::Suspended, Retry::AfterBar),
        Reason::Clock => (Code::ClockWrong, Retry::Never),
        Reason::ProofUsed => (Code::RegistrationRefused, Retry::Once),
        Reason::Unavailable => (Code::GridUnreachable, Retry::Backoff),
        Reason::RetiredModel
        | Reason::DelegationNeeded
        | Reason::DelegationOutdated
        | Reason::NoPayoutWallet
        | Reason::Other => (Code::RegistrationRefused, Retry::Never),
    };
    Event::Refused { code, detail: message, retry }
}
