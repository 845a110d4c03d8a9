//! Why there is no signature, and why a key file does not open.

use std::io;

use types::NetworkKind;

/// Why a key gave no signature.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The system's random source failed.
    #[error("the system has no randomness to make a key from")]
    NoRandomness,
    /// The bytes are no secp256k1 key.
    #[error("these bytes are no key")]
    NotAKey,
    /// Not 12, 15, 18, 21 or 24 English words of the list, or their checksum is wrong.
    #[error("these words are no recovery phrase: a word is missing, misspelt or in the wrong place")]
    NotAPhrase,
    /// This key is printed in manuals: whatever it holds is gone within seconds.
    #[error("this key is known to everybody; it can be used for practice only")]
    KnownToEverybody,
    /// The intent names another key than this one.
    #[error("the intent names another signer than this key")]
    OtherSigner,
    /// An answer without text has no receipt: the coordinator commits to nothing.
    #[error("an empty answer has no receipt")]
    EmptyResult,
    /// The certificate's dates make no sense.
    #[error(
        "a delegation lasts a second at least; one of a wallet 90 days at most, one of a key for one run 365"
    )]
    Lifetime,
    /// This is not what the owner agreed to.
    #[error("this is not signed: {0}")]
    Refused(#[from] Refusal),
    /// What was signed does not read back as what was asked for. Nothing was handed out.
    #[error("the signed transaction did not read back as the one that was asked for")]
    Garbled,
    /// The signer refused.
    #[error("the key could not sign")]
    Signing(#[source] alloy::signers::Error),
}

/// Why a step of a plan, a delegation or a sign-in is not signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Refusal {
    /// A practice plan is for a chain with another id than those we start: perhaps for a real one.
    #[error("the plan is for another chain than practice")]
    OtherChain,
    /// The plan is for real money and this wallet is for practice, or the other way round.
    #[error("the plan is for another network than this wallet")]
    OtherNetwork,
    /// The owner said yes to something else, or to this before it was changed.
    #[error("the owner agreed to something else")]
    OtherPlan,
    /// A script said yes, and this is a wallet for real money.
    #[error("only the owner can agree to what is done with real money, not a script")]
    Scripted,
    /// The plan spends from another address.
    #[error("the plan is for another wallet")]
    OtherWallet,
    /// It was agreed to too long ago, or agreed to after its time.
    #[error("the time in which it could be signed is over")]
    Expired,
    /// It would still be good long after it was shown.
    #[error("it lasts longer than anybody remembers what was shown")]
    LastsTooLong,
    /// The plan has fewer steps.
    #[error("the plan has no such step")]
    NoSuchStep,
    /// The transaction does something else than this step.
    #[error("the transaction is not this step of the plan")]
    OtherIntent,
    /// One transaction alone could cost more than the plan allows for all.
    #[error("the fee could be higher than the plan allows")]
    FeeAboveLimit,
    /// The tip is part of the fee and cannot be larger.
    #[error("the tip is larger than the whole fee")]
    TipAboveFee,
    /// Less than any transaction needs, or more than any of ours.
    #[error("the gas limit makes no sense")]
    GasLimit,
    /// Nobody owns this address, everybody has its key, or it is a contract that does not give back.
    #[error("money sent to this address would be lost")]
    LostDestination,
    /// A bond of nothing would still mark the worker as registered.
    #[error("a bond needs an amount")]
    EmptyBond,
    /// Nothing in the plan takes what the approval would allow, and a permission that is left open can be used later.
    #[error("an approval is for a bond of the same amount, later in the same plan")]
    OpenApproval,
    /// The plan was made for no registry, or for one that has no such step.
    #[error("the registry that the plan was made for has no such step")]
    OtherRegistry,
    /// The delegation's first day is not today, or the sign-in was not written now. One of the two clocks may be wrong.
    #[error("it is not dated now")]
    OtherDate,
    /// Somebody else's page: whoever has the signature could be us there.
    #[error("the sign-in is for another place than this computer")]
    OtherOrigin,
    /// Nothing would be agreed to.
    #[error("there is nothing to sign")]
    Nothing,
    /// The Grid knows delegations by such ids.
    #[error("a delegation's id is 32 lower-case hex digits")]
    NoId,
}

/// Why a key file does not open, or is not written.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// There is one already, and it is never overwritten.
    #[error("there is a key in this folder already")]
    Exists,
    /// There is none.
    #[error("there is no such key in this folder")]
    Absent,
    /// The password opens nothing here.
    #[error("the password is wrong")]
    WrongPassword,
    /// The file is there and is not what was written. Never a reason to make a new key.
    #[error("the key file is damaged: {0}")]
    Damaged(&'static str),
    /// The file belongs to the other network.
    #[error("this key file is for {}", .found.name())]
    OtherNetwork {
        /// The network it was made for.
        found: NetworkKind,
    },
    /// Opening it would take more memory or time than any honest file.
    #[error("the key file asks for more memory or time than an honest one would")]
    TooCostly,
    /// Too short to protect anything.
    #[error("a password has at least 8 characters")]
    ShortPassword,
    /// A weaker seal than the standard, for real money.
    #[error("real keys are sealed at full strength only")]
    WeakStrength,
    /// This wallet was restored from a private key, which has no phrase.
    #[error("this wallet has no recovery phrase: it was restored from a private key")]
    NoPhrase,
    /// The wallet, old or about to be made, keeps another passphrase than the one of the rig key that is here. The rig
    /// can be set aside.
    #[error("the rig key in this folder has a passphrase that the wallet does not know")]
    RigUnknown,
    /// More or longer secrets than this small store is for.
    #[error("a secret has a name of 1 to 64 characters and at most 1024 bytes, and there are at most 64")]
    SecretTooLarge,
    /// The key itself is not accepted.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The disk.
    #[error("could not {attempt}")]
    Io {
        /// What was attempted.
        attempt: &'static str,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

impl KeyFileError {
    pub(crate) fn io(attempt: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { attempt, source }
    }
}
