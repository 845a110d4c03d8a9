//! What are the nouns?
//!
//! Amounts, ids, digests, clocks, and the exact texts that get signed.
//! Everything here is plain data with pure arithmetic: no IO, no async, no serde.
//! Rooms that speak JSON or SQL convert at their own border.
//!
//! ```
//! use types::Den;
//! let one_job = Den::for_text(100, 1024, "SmolLM-135M");
//! assert_eq!(one_job.to_string(), "1.76");
//! ```

mod account_act;
mod amount;
mod ask;
mod chat;
mod clock;
mod code;
mod den;
mod digest;
mod id;
mod identity;
mod intent;
mod loopback;
mod network;
mod payout_address;
mod plan;
mod private;
mod sensitive;
mod sign_in;

pub use account_act::{AccountAct, KeyId};
pub use alloy_primitives::{Address, B256, Bytes, Signature, U256};
pub use amount::{Aipg, AmountError, Wei};
pub use ask::{Answer, ApiFormat, Ask, Piece};
pub use chat::{ChatRequest, FinishReason, Message, Refusal, Sampling, ToolCall, Usage};
pub use clock::{Clock, SystemClock, Timestamp};
pub use code::Code;
pub use den::{Den, MODEL_MULTIPLIERS, context_multiplier, model_multiplier};
pub use digest::Sha256;
pub use id::{JobId, ModelId, WorkerName, WorkerNameError};
pub use identity::{
    Delegation, DelegationCertificate, GRID_AUDIENCE, GRID_CHAIN_ID, RegistrationProof, audio_result,
    canonical_string, media_result, receipt_text,
};
pub use intent::{Call, Intent};
pub use loopback::{Loopback, LoopbackError};
pub use network::{Network, NetworkKind};
pub use payout_address::{PayoutAddressError, payout_address};
pub use plan::{
    Confirmation, Consent, Plan, PlanDigest, RegistryVersion, SignedTransaction, Stage, Transaction,
};
pub use private::Private;
pub use sensitive::Sensitive;
pub use sign_in::{SignIn, SignInOrigin};
