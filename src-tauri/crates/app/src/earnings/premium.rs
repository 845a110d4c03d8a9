//! What the Grid may pay more for one day, and does not offer yet.

/// Something the owner may have read about, and cannot have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotOffered {
    /// What it is.
    pub what: Extra,
    /// Why not.
    pub reason: WhyNot,
}

/// What might be paid for besides the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Extra {
    /// More den for answers that were computed in a sealed environment.
    ConfidentialPremium,
}

/// Why something is not offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WhyNot {
    /// The coordinator's protocol has no field by which a worker could prove it and no rate at which it would be paid.
    NoInterface,
}

impl Extra {
    /// The stable name, for message files and `--json`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ConfidentialPremium => "confidential-premium",
        }
    }
}

impl WhyNot {
    /// The stable name, for message files and `--json`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoInterface => "no-interface",
        }
    }

    /// The same in a sentence.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::NoInterface => {
                "Not offered yet: the Grid has no way for a worker to prove a sealed environment, and no rate for it."
            }
        }
    }
}

/// The premium for confidential computing, as the Grid stands today.
pub const fn confidential_premium() -> NotOffered {
    NotOffered { what: Extra::ConfidentialPremium, reason: WhyNot::NoInterface }
}
