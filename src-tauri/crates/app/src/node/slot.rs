//! One slot: a worker name, a connection, one job at a time.

mod driver;
mod effects;
mod inputs;
mod receipts;
mod registration;
mod view;

use std::sync::Arc;

use grid::Endpoint;
use keys::RigKey;
use types::{DelegationCertificate, ModelId, Sensitive, WorkerName};
use worker::Policy;
use worker::presence::Pause;

use super::settings::Patience;

pub(super) use driver::Slot;
pub(super) use view::{SlotPhase, SlotView};

/// What a slot needs to know.
pub(super) struct SlotSettings {
    /// Its name on the Grid.
    pub(super) name: WorkerName,
    /// The name it serves the model under.
    pub(super) model: ModelId,
    /// The account's key.
    pub(super) api_key: Arc<Sensitive<String>>,
    /// The rig key and the wallet's permission for it and this name.
    pub(super) papers: Option<(Arc<RigKey>, DelegationCertificate)>,
    /// Where the Grid is.
    pub(super) endpoint: Endpoint,
    /// How patient it is with the Grid.
    pub(super) policy: Policy,
    /// How long single things may take.
    pub(super) patience: Patience,
}

/// What a slot can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SlotCommand {
    /// Serve.
    Serve,
    /// Do not serve; after the running job unless `now`.
    Pause { why: Pause, now: bool },
    /// End.
    End,
}
