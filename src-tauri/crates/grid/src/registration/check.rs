//! What we ask of a first frame ourselves: the coordinator checks little and then acts on less than was meant.

use std::collections::HashSet;

use types::ApiFormat;

use super::{Identity, Registration};

/// The longest key the coordinator's limiter knows. Its own have 37 characters.
const LONGEST_KEY: usize = 128;
/// The limits of a proof, which hold for frames without one as well.
const MOST_MODELS: usize = 64;
const LONGEST_MODEL: usize = 200;
/// The coordinator's column.
const LONGEST_AGENT: usize = 120;
/// No context comes near this.
const MOST_TOKENS: u32 = 100_000_000;
/// Kinds of jobs that can be offered without a managed profile and that an engine of ours may serve.
const KINDS: [&str; 2] = ["text", "image"];
/// Kinds of input that the coordinator lists.
const INPUTS: [&str; 3] = ["text", "image", "video"];
/// Models of these names are refused, however they are spelled.
const RETIRED: [&str; 2] = ["flux.1-krea-dev", "flux1-krea-dev"];

/// Why a first frame is not sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegistrationError {
    /// Mostly something else than a key was pasted.
    #[error("an API key begins with grid_ and has no blanks in it")]
    Key,
    /// None, or more than a proof may name.
    #[error("between 1 and {MOST_MODELS} models can be offered, not {0}")]
    ModelCount(usize),
    /// Empty, too long, or not as it would be asked for.
    #[error(
        "a model's name has 1 to {LONGEST_MODEL} characters without control characters or blanks at its ends"
    )]
    ModelName,
    /// The coordinator takes this model no more.
    #[error("the model {0} is retired on the Grid")]
    Retired(String),
    /// The same name twice.
    #[error("the model {0} is named twice")]
    Twice(String),
    /// Availability is counted as all models times all kinds: a mixed connection offers what it cannot do.
    #[error("one connection offers either text or image jobs")]
    Kind,
    /// Without chat completions no job of any kind would come.
    #[error("openai-chat must be among the API formats, and none may be named twice")]
    Formats,
    /// A kind of input nobody knows, or none.
    #[error("the inputs are some of text, image and video")]
    Inputs,
    /// Empty or too long.
    #[error("the program's name has 1 to {LONGEST_AGENT} characters without control characters")]
    Agent,
    /// A size that is none.
    #[error("the sizes offered must be between 1 and {MOST_TOKENS} tokens")]
    Size,
    /// The coordinator compares the proof with the frame.
    #[error("the proof of identity is for another {0}")]
    Proof(&'static str),
}

impl Registration {
    /// Checks all of it. The worker's name was checked when it was made.
    pub fn check(&self) -> Result<(), RegistrationError> {
        let fits = |fits: bool, fault: RegistrationError| if fits { Ok(()) } else { Err(fault) };
        fits(is_key(self.api_key.expose().trim()), RegistrationError::Key)?;
        self.check_models()?;
        let kind = <&[String; 1]>::try_from(self.job_types.as_slice());
        fits(kind.is_ok_and(|[kind]| KINDS.contains(&kind.as_str())), RegistrationError::Kind)?;
        let formats = &self.api_formats;
        fits(formats.contains(&ApiFormat::OpenAiChat) && all_differ(formats), RegistrationError::Formats)?;
        let inputs = &self.modalities;
        let are_known = inputs.iter().all(|input| INPUTS.contains(&input.as_str()));
        fits(are_known && !inputs.is_empty() && all_differ(inputs), RegistrationError::Inputs)?;
        fits(is_plain(&self.bridge_agent, LONGEST_AGENT), RegistrationError::Agent)?;
        let sizes = [self.max_length, self.max_context_length];
        fits(sizes.iter().all(|size| (1..=MOST_TOKENS).contains(size)), RegistrationError::Size)?;
        self.identity.as_ref().map_or(Ok(()), |identity| self.check_proof(identity))
    }

    fn check_models(&self) -> Result<(), RegistrationError> {
        if !(1..=MOST_MODELS).contains(&self.models.len()) {
            return Err(RegistrationError::ModelCount(self.models.len()));
        }
        let mut seen = HashSet::new();
        for model in &self.models {
            if !is_plain(model, LONGEST_MODEL) {
                return Err(RegistrationError::ModelName);
            }
            if is_retired(model) {
                return Err(RegistrationError::Retired(model.clone()));
            }
            if !seen.insert(model) {
                return Err(RegistrationError::Twice(model.clone()));
            }
        }
        Ok(())
    }

    fn check_proof(&self, Identity { proof, delegation, .. }: &Identity) -> Result<(), RegistrationError> {
        let delegation = &delegation.delegation;
        let pairs = [
            (proof.worker_name == self.name && delegation.worker_name == self.name, "worker"),
            (proof.models == self.models, "list of models"),
            (proof.job_types == self.job_types, "kind of job"),
            (proof.bridge_agent == self.bridge_agent, "program"),
            (proof.worker_signer == delegation.worker_signer, "rig key"),
        ];
        match pairs.into_iter().find(|(is_same, _)| !is_same) {
            Some((_, what)) => Err(RegistrationError::Proof(what)),
            None => Ok(()),
        }
    }
}

fn is_key(key: &str) -> bool {
    let rest = key.strip_prefix("grid_").unwrap_or_default();
    !rest.is_empty() && key.len() <= LONGEST_KEY && key.bytes().all(|byte| byte.is_ascii_graphic())
}

fn is_plain(text: &str, longest: usize) -> bool {
    let length = text.chars().count();
    (1..=longest).contains(&length) && text.trim() == text && !text.chars().any(char::is_control)
}

fn all_differ<T: Eq + std::hash::Hash>(items: &[T]) -> bool {
    items.iter().collect::<HashSet<_>>().len() == items.len()
}

/// As the coordinator compares: lower case, blanks and underscores as dashes, no two dashes in a row.
fn is_retired(model: &str) -> bool {
    let mut spelled = String::with_capacity(model.len());
    for character in model.to_lowercase().chars() {
        let character = if matches!(character, '_' | ' ') { '-' } else { character };
        if character != '-' || !spelled.ends_with('-') {
            spelled.push(character);
        }
    }
    RETIRED.iter().any(|retired| spelled.starts_with(retired))
}

#[cfg(test)]
mod tests {
    use types::{Sensitive, WorkerName};

    use super::*;

    fn good() -> Registration {
        Registration {
            api_key: Sensitive::new("grid_0123456789abcdef0123456789abcdef".into()),
            name: WorkerName::new("rig-1").expect("a name"),
            models: vec!["SmolLM-135M".into()],
            job_types: vec!["text".into()],
            max_length: 4096,
            max_context_length: 8192,
            api_formats: vec![ApiFormat::OpenAiChat],
            modalities: vec!["text".into()],
            bridge_agent: "aipg-node/0.1.0".into(),
            identity: None,
        }
    }

    #[test]
    fn every_field_has_its_limits() {
        let check = |change: fn(&mut Registration), expected: Result<(), RegistrationError>| {
            let mut registration = good();
            change(&mut registration);
            assert_eq!(registration.check(), expected, "{registration:?}");
        };
        use RegistrationError::{Agent, Formats, Inputs, Kind, ModelCount, ModelName, Retired, Size, Twice};
        check(|_| (), Ok(()));
        check(|r| r.models = (0..64).map(|n| format!("m{n}")).collect(), Ok(()));
        check(|r| r.models = (0..65).map(|n| format!("m{n}")).collect(), Err(ModelCount(65)));
        check(|r| r.models = Vec::new(), Err(ModelCount(0)));
        check(|r| r.models = vec!["é".repeat(200)], Ok(()));
        check(|r| r.models = vec!["é".repeat(201)], Err(ModelName));
        check(|r| r.models = vec![String::new()], Err(ModelName));
        check(|r| r.models = vec!["m ".into()], Err(ModelName));
        check(|r| r.models = vec!["m\u{0}".into()], Err(ModelName));
        check(|r| r.models = vec!["m".into(), "n".into(), "m".into()], Err(Twice("m".into())));
        check(|r| r.models = vec!["m".into(), "M".into()], Ok(()));
        let retired = |r: &mut Registration| r.models = vec!["ok".into(), "Flux.1 Krea__dev-fp8".into()];
        check(retired, Err(Retired("Flux.1 Krea__dev-fp8".into())));
        check(|r| r.models = vec!["my-flux1-krea-dev".into(), "flux.1-dev".into()], Ok(()));
        check(|r| r.job_types = vec!["image".into()], Ok(()));
        check(|r| r.job_types = vec!["text".into(), "image".into()], Err(Kind));
        check(|r| r.job_types = Vec::new(), Err(Kind));
        check(|r| r.job_types = vec!["audio".into()], Err(Kind));
        check(|r| r.job_types = vec!["Text".into()], Err(Kind));
        check(|r| r.api_formats = ApiFormat::ALL.to_vec(), Ok(()));
        check(|r| r.api_formats = vec![ApiFormat::Anthropic], Err(Formats));
        check(|r| r.api_formats = vec![ApiFormat::OpenAiChat; 2], Err(Formats));
        check(|r| r.modalities = vec!["text".into(), "image".into()], Ok(()));
        check(|r| r.modalities = vec!["smell".into()], Err(Inputs));
        check(|r| r.modalities = Vec::new(), Err(Inputs));
        check(|r| r.bridge_agent = "x".repeat(120), Ok(()));
        check(|r| r.bridge_agent = "x".repeat(121), Err(Agent));
        check(|r| r.bridge_agent = String::new(), Err(Agent));
        check(|r| r.max_length = 0, Err(Size));
        check(|r| r.max_context_length = u32::MAX, Err(Size));
    }

    #[test]
    fn a_key_is_taken_as_it_was_pasted_and_nothing_else_is_taken_for_one() {
        let check = |key: &str, expected: Result<(), RegistrationError>| {
            let registration = Registration { api_key: Sensitive::new(key.to_owned()), ..good() };
            assert_eq!(registration.check(), expected, "{key}");
            if expected.is_ok() {
                assert!(registration.frame().contains(&format!("\"{}\"", key.trim())), "sent without blanks");
            }
        };
        check("grid_abc", Ok(()));
        check(" grid_abc\r\n", Ok(()));
        let bad = [
            "",
            "grid_",
            "gridu_session.token",
            "GRID_abc",
            "apikey: grid_abc",
            "grid_a bc",
            "grid_a\u{0}",
            "grid_é",
        ];
        for bad in bad {
            check(bad, Err(RegistrationError::Key));
        }
        check(&format!("grid_{}", "x".repeat(124)), Err(RegistrationError::Key));
    }

    #[test]
    fn retired_names_are_known_however_they_are_spelled() {
        for retired in ["flux.1-krea-dev", "FLUX1_KREA  DEV", "Flux.1--Krea_-dev-fp8", "flux1-krea-devilish"]
        {
            assert!(is_retired(retired), "{retired}");
        }
        for living in ["FLUX.2 Klein 4B FP8", "Krea 2 Turbo", "x flux1-krea-dev", "flux-1-krea-dev"] {
            assert!(!is_retired(living), "{living}");
        }
    }
}
