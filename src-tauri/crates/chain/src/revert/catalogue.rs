//! The refusals the contracts are known to give, word for word.

/// What kind of refusal it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RevertKind {
    /// The approval is missing or too small.
    AllowanceTooLow,
    /// Below the current minimum bond.
    BelowMinimum,
    /// Refused without a word.
    EmptyRevert,
    /// There is a bond already.
    AlreadyBonded,
    /// Whoever should pay has too little AIPG.
    BalanceTooLowOrPoolShort,
    /// There is no active bond.
    NotBonded,
    /// The Grid contract is paused.
    GridPaused,
    /// All AIPG transfers are paused.
    TokenPaused,
    /// The Grid does not serve this function.
    FunctionAbsent,
    /// The registry is not set up properly.
    RegistryMisconfigured,
    /// The permit is too old.
    PermitExpired,
    /// The permit does not hold.
    PermitInvalid,
    /// The slashed flag blocks this exit.
    SlashedLocked,
    /// Only the Grid's operators may, or they may not now.
    OperatorOnly,
    /// There is no payout report.
    NothingReported,
    /// The reward proof does not hold.
    BadProof,
    /// We asked wrongly.
    CallerBug,
    /// Paid already.
    AlreadyClaimed,
    /// The share rounds to nothing.
    ZeroPayout,
    /// This function can never succeed.
    FunctionBroken,
    /// There is nothing to take.
    NothingToWithdraw,
    /// The old vault takes no new stakes.
    VaultPaused,
    /// The report promises more than its budget.
    PeriodExhausted,
    /// No cooldown is running.
    NoUnbondRunning,
    /// A cooldown is running.
    CooldownRunning,
    /// The reward pool does not cover this.
    PoolShort,
}

impl RevertKind {
    /// The same word in vectors, journals and logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AllowanceTooLow => "allowance_too_low",
            Self::BelowMinimum => "below_minimum",
            Self::EmptyRevert => "empty_revert",
            Self::AlreadyBonded => "already_bonded",
            Self::BalanceTooLowOrPoolShort => "balance_too_low_or_pool_short",
            Self::NotBonded => "not_bonded",
            Self::GridPaused => "grid_paused",
            Self::TokenPaused => "token_paused",
            Self::FunctionAbsent => "function_absent",
            Self::RegistryMisconfigured => "registry_misconfigured",
            Self::PermitExpired => "permit_expired",
            Self::PermitInvalid => "permit_invalid",
            Self::SlashedLocked => "slashed_locked",
            Self::OperatorOnly => "operator_only",
            Self::NothingReported => "nothing_reported",
            Self::BadProof => "bad_proof",
            Self::CallerBug => "caller_bug",
            Self::AlreadyClaimed => "already_claimed",
            Self::ZeroPayout => "zero_payout",
            Self::FunctionBroken => "function_broken",
            Self::NothingToWithdraw => "nothing_to_withdraw",
            Self::VaultPaused => "vault_paused",
            Self::PeriodExhausted => "period_exhausted",
            Self::NoUnbondRunning => "no_unbond_running",
            Self::CooldownRunning => "cooldown_running",
            Self::PoolShort => "pool_short",
        }
    }
}

/// A refusal we know.
#[derive(Debug, PartialEq, Eq)]
pub struct KnownRevert {
    /// The contract's whole text.
    pub reason: &'static str,
    /// Its kind.
    pub kind: RevertKind,
    /// What it means to the owner; nothing where only an operator could see it.
    pub meaning: Option<&'static str>,
}

const fn known(reason: &'static str, kind: RevertKind, meaning: &'static str) -> KnownRevert {
    KnownRevert { reason, kind, meaning: Some(meaning) }
}

const fn internal(reason: &'static str, kind: RevertKind) -> KnownRevert {
    KnownRevert { reason, kind, meaning: None }
}

/// All of them. A text that only resembles one of these is not one of these.
#[rustfmt::skip]
pub(crate) static CATALOGUE: [KnownRevert; 46] = [
    known("ERC20: insufficient allowance", RevertKind::AllowanceTooLow,
        "The approval is missing or too small."),
    known("WorkerRegistry: insufficient bond", RevertKind::BelowMinimum,
        "The amount is below the current on-chain minimum. Read getMinBond again."),
    known("WorkerRegistry: already registered", RevertKind::AlreadyBonded,
        "A bond is already active for this address. There is no top-up call."),
    known("ERC20: transfer amount exceeds balance", RevertKind::BalanceTooLowOrPoolShort,
        "On a deposit: your AIPG balance is too low. On an exit or claim: the contract holds fewer AIPG than it owes."),
    known("WorkerRegistry: not registered", RevertKind::NotBonded,
        "No active bond for this address (on V2 this is also the answer while a cooldown runs)."),
    known("WorkerRegistry: paused", RevertKind::GridPaused,
        "The team has paused the Grid contract. Deposits and exits are blocked until it is unpaused."),
    known("ERC20Pausable: token transfer while paused", RevertKind::TokenPaused,
        "AIPG transfers are paused by the token team."),
    known("Grid: function not found", RevertKind::FunctionAbsent,
        "The contract does not serve this function now."),
    known("WorkerRegistry: token not set", RevertKind::RegistryMisconfigured,
        "The registry has no token configured. Do not retry."),
    known("ERC20Permit: expired deadline", RevertKind::PermitExpired,
        "Sign a new permit."),
    known("ERC20Permit: invalid signature", RevertKind::PermitInvalid,
        "Wrong domain, nonce or signer, or the permit was already used. Check allowance before failing."),
    known("WorkerRegistry: slashed", RevertKind::SlashedLocked,
        "The slashed flag blocks this exit."),
    internal("DenReporter: not reporter", RevertKind::OperatorOnly),
    internal("DenReporter: period not ended", RevertKind::OperatorOnly),
    known("PaymentRouter: period not reported", RevertKind::NothingReported,
        "No payout report for this period."),
    internal("DenReporter: period exists", RevertKind::OperatorOnly),
    known("PaymentRouter: bad proof", RevertKind::BadProof,
        "Proof or den does not match the report."),
    known("PaymentRouter: zero den", RevertKind::CallerBug,
        "den must be > 0."),
    known("PaymentRouter: zero worker", RevertKind::CallerBug,
        "worker must not be zero."),
    known("PaymentRouter: paused", RevertKind::GridPaused,
        "The Grid contract is paused."),
    known("PaymentRouter: already claimed", RevertKind::AlreadyClaimed,
        "Already paid. Show as success and find the Claimed event."),
    known("PaymentRouter: length mismatch", RevertKind::CallerBug,
        "Array lengths differ."),
    known("PaymentRouter: batch too large", RevertKind::CallerBug,
        "More than 200 rows."),
    known("PaymentRouter: zero payout", RevertKind::ZeroPayout,
        "The share rounds down to zero."),
    internal("Grid: not owner", RevertKind::OperatorOnly),
    known("ReentrancyGuard: reentrant call", RevertKind::FunctionBroken,
        "This function can never succeed; use withdraw + getReward."),
    known("withdraw=0", RevertKind::NothingToWithdraw,
        "Amount is zero."),
    known("exceeds balance", RevertKind::CallerBug,
        "More than the staked balance."),
    known("Pausable: paused", RevertKind::VaultPaused,
        "The vault is paused for new stakes."),
    known("PaymentRouter: period overpay", RevertKind::PeriodExhausted,
        "The report promises more than the period budget."),
    known("WorkerRegistry: nothing to withdraw", RevertKind::NothingToWithdraw,
        "The bond is zero."),
    known("WorkerRegistry: no unbond requested", RevertKind::NoUnbondRunning,
        "Nothing is in cooldown (never requested, already withdrawn, or taken by a slash)."),
    known("WorkerRegistry: not unbonding", RevertKind::NoUnbondRunning,
        "There is no unbond to cancel."),
    known("WorkerRegistry: bond in cooldown", RevertKind::CooldownRunning,
        "An earlier bond is still in its cooldown. Withdraw it or cancel the unbond first."),
    known("WorkerRegistry: cooldown active", RevertKind::CooldownRunning,
        "The cooldown has not ended yet, by block time."),
    internal("WorkerRegistry: not slasher", RevertKind::OperatorOnly),
    internal("WorkerRegistry: unknown worker", RevertKind::OperatorOnly),
    internal("WorkerRegistry: zero slash", RevertKind::OperatorOnly),
    internal("WorkerRegistry: slash exceeds bond", RevertKind::OperatorOnly),
    known("WorkerRegistry: bond below min", RevertKind::BelowMinimum,
        "The minimum was raised above this bond. The unbond can no longer be cancelled; withdraw after the cooldown."),
    internal("WorkerRegistry: cooldown too long", RevertKind::OperatorOnly),
    internal("WorkerRegistry: not admin", RevertKind::OperatorOnly),
    known("exceeds rewards", RevertKind::PoolShort,
        "The reward pool accounting does not cover this payout."),
    known("WorkerRegistry: transfer failed", RevertKind::RegistryMisconfigured,
        "The token did not move the money and did not say why."),
    known("PaymentRouter: transfer failed", RevertKind::RegistryMisconfigured,
        "The token did not move the money and did not say why."),
    known("WorkerRegistry: already unbonding", RevertKind::CooldownRunning,
        "A cooldown is running already."),
];
