//! A model file, ready to answer.

use std::fs::File;
use std::path::Path;

use candle_core::Device;
use engine_protocol::{LoadFault, ModelFacts, Stage};

use crate::model::{self, LoadError, Model, ModelError};
use crate::preflight::{Preflight, PreflightError};
use crate::text::{Template, TemplateError, Vocabulary};

/// What is used when nobody says how much memory the context may take.
const DEFAULT_CONTEXT: usize = 4096;

/// The model, its tokenizer and its template.
pub struct Loaded {
    pub(crate) model: Box<dyn Model>,
    pub(crate) vocabulary: Vocabulary,
    pub(crate) template: Template,
    pub(crate) facts: ModelFacts,
}

impl Loaded {
    /// Checks, reads and warms up the model file at `path`. `progress` hears of each step.
    pub fn open(
        path: &Path,
        max_context: Option<u32>,
        progress: &mut dyn FnMut(Stage, u8),
    ) -> Result<Self, LoadFailure> {
        progress(Stage::Checking, 0);
        let file = File::open(path).map_err(PreflightError::Unreadable)?;
        let preflight = Preflight::check(&file)?;
        let vocabulary = Vocabulary::new(&preflight.metadata)?;
        let template = Template::new(preflight.metadata.text("tokenizer.chat_template"))?;
        let facts = facts(&preflight, max_context);
        progress(Stage::Checking, 100);
        let context = facts.context as usize;
        let device = Device::Cpu;
        let mut model = model::load(&preflight, &file, context, &device, &mut |percent| {
            progress(Stage::Loading, percent);
        })?;
        progress(Stage::Warming, 0);
        warm_up(model.as_mut(), context)?;
        progress(Stage::Warming, 100);
        Ok(Self { model, vocabulary, template, facts })
    }

    /// What was loaded.
    pub fn facts(&self) -> &ModelFacts {
        &self.facts
    }
}

fn facts(preflight: &Preflight, max_context: Option<u32>) -> ModelFacts {
    let sizes = &preflight.sizes;
    let most = max_context.map_or(DEFAULT_CONTEXT, |most| most.max(1) as usize);
    let quantization = preflight.quantization();
    ModelFacts {
        architecture: sizes.architecture.name().to_owned(),
        name: preflight.metadata.text("general.name").map(|name| name.chars().take(200).collect()),
        context: sizes.context.min(most) as u32,
        quantization: quantization.name().to_owned(),
        parameters: preflight.parameters(),
        slow: quantization.is_slow_on_cpu(),
    }
}

/// candle repacks weights at their first use. One pass with several tokens and one with a single token use both kinds
/// of kernels, so no job pays for it; and weights that give no numbers are noticed before a job sees them.
fn warm_up(model: &mut dyn Model, context: usize) -> Result<(), LoadFailure> {
    let prompt = vec![0; context.saturating_sub(1).clamp(1, 4)];
    let mut logits = model.forward(&prompt, 0)?;
    if prompt.len() < context {
        logits.extend(model.forward(&[0], prompt.len())?);
    }
    model.reset();
    if logits.iter().all(|logit| logit.is_finite()) { Ok(()) } else { Err(ModelError::NotNumbers.into()) }
}

/// Why a model is not loaded. The words name no path.
#[derive(Debug, thiserror::Error)]
pub enum LoadFailure {
    /// The file was not accepted.
    #[error(transparent)]
    Preflight(#[from] PreflightError),
    /// The file was accepted but not read.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// Its chat template is unusable.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The first pass failed.
    #[error("the model could not make its first token: {0}")]
    WarmUp(#[from] ModelError),
}

impl LoadFailure {
    /// The same in the protocol's terms.
    pub const fn fault(&self) -> LoadFault {
        match self {
            Self::Preflight(error) => error.fault(),
            Self::Load(error) => error.fault(),
            Self::Template(_) => LoadFault::Unsupported,
            Self::WarmUp(ModelError::NotNumbers) => LoadFault::Malformed,
            Self::WarmUp(ModelError::Compute(_) | ModelError::Position { .. }) => LoadFault::Internal,
        }
    }
}
