//! What can stand in the way, in words the owner understands.

/// A reason the node is not serving. Each has a title, a cause, what is safe, and one thing to do.
///
/// Crosses to the screen by its name; the screen never compares message text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    /// No model file was chosen or it is gone.
    ModelMissing,
    /// The file is not a model this engine can trust or run.
    ModelUnusable,
    /// The model does not fit into memory.
    OutOfMemory,
    /// The engine executable is not beside the app.
    EngineMissing,
    /// The engine failed again and again.
    EngineFailing,
    /// The engine runs but its self-test gave nothing.
    SelfTestFailed,
    /// The engine works, but too slowly for the Grid.
    EngineTooSlow,
    /// A job waited too long for the engine.
    EngineBusy,
    /// The model server that was set up does not answer, or has no such model.
    ServerAway,
    /// There is no engine in the settings.
    NothingToServe,
    /// There is no API key on this computer.
    NoApiKey,
    /// What was set cannot be used.
    SettingsUnusable,
    /// The encrypted keys did not open.
    KeysLocked,
    /// The coordinator cannot be reached.
    GridUnreachable,
    /// Whoever answers cannot show to be the coordinator.
    GridInsecure,
    /// What the coordinator sent is not its protocol.
    GridGarbled,
    /// The coordinator closed the connection for something we left undone.
    ConnectionNeglected,
    /// The coordinator does not accept the key.
    KeyRefused,
    /// The coordinator does not accept the registration.
    RegistrationRefused,
    /// The coordinator drops the registration without a word, again and again.
    RegistrationUnanswered,
    /// The coordinator wants the wallet's permission for this machine.
    DelegationNeeded,
    /// The wallet's permission has run out, or is from another wallet than the account's.
    DelegationOutdated,
    /// The account has no payout wallet.
    NoPayoutWallet,
    /// The coordinator asked for a pause after failed jobs.
    Suspended,
    /// Another process works under this name.
    NameInUse,
    /// The name belongs to another account.
    NameTaken,
    /// The computer's clock is wrong.
    ClockWrong,
    /// Records cannot be written: the disk is full or read-only.
    DiskFull,
    /// The record of jobs cannot be read or is from a newer version.
    LedgerUnusable,
    /// Another Grid Node already uses this home.
    AlreadyRunning,
    /// The home folder cannot be made or written.
    HomeUnusable,
    /// A fault of this program.
    Internal,
}

impl Code {
    /// Every code, for tables and tests.
    pub const ALL: [Self; 32] = [
        Self::ModelMissing,
        Self::ModelUnusable,
        Self::OutOfMemory,
        Self::EngineMissing,
        Self::EngineFailing,
        Self::SelfTestFailed,
        Self::EngineTooSlow,
        Self::EngineBusy,
        Self::ServerAway,
        Self::NothingToServe,
        Self::NoApiKey,
        Self::SettingsUnusable,
        Self::KeysLocked,
        Self::GridUnreachable,
        Self::GridInsecure,
        Self::GridGarbled,
        Self::ConnectionNeglected,
        Self::KeyRefused,
        Self::RegistrationRefused,
        Self::RegistrationUnanswered,
        Self::DelegationNeeded,
        Self::DelegationOutdated,
        Self::NoPayoutWallet,
        Self::Suspended,
        Self::NameInUse,
        Self::NameTaken,
        Self::ClockWrong,
        Self::DiskFull,
        Self::LedgerUnusable,
        Self::AlreadyRunning,
        Self::HomeUnusable,
        Self::Internal,
    ];

    /// The stable name, for the screen's message files, logs and `--json`.
    pub const fn name(self) -> &'static str {
        self.words().0
    }

    /// A few words for a heading.
    pub const fn title(self) -> &'static str {
        self.words().1
    }

    /// What happened and what is safe, in one or two sentences.
    pub const fn cause(self) -> &'static str {
        self.words().2
    }

    /// The one thing to do.
    pub const fn action(self) -> &'static str {
        self.words().3
    }

    const fn words(self) -> (&'static str, &'static str, &'static str, &'static str) {
        match self {
            Self::ModelMissing => (
                "model-missing",
                "No model file",
                "The model file is not where it should be. Nothing was lost.",
                "Choose a model file.",
            ),
            Self::ModelUnusable => (
                "model-unusable",
                "This model file cannot be used",
                "The file is damaged, cut short, or of a kind this engine does not run. It was not loaded.",
                "Choose another file or download it again.",
            ),
            Self::OutOfMemory => (
                "out-of-memory",
                "Not enough memory for this model",
                "The model does not fit into the memory that is free. It was not loaded.",
                "Close other programs or choose a smaller model.",
            ),
            Self::EngineMissing => (
                "engine-missing",
                "The engine is not installed",
                "The program that runs the model is not beside the app. Nothing was lost.",
                "Install Grid Node again.",
            ),
            Self::EngineFailing => (
                "engine-failing",
                "The engine keeps failing",
                "The engine stopped several times in a row, so no more jobs are taken. Finished jobs are recorded.",
                "Try a smaller model, then start again.",
            ),
            Self::SelfTestFailed => (
                "self-test-failed",
                "The self-test gave no answer",
                "The model produced no text, so no jobs are taken with it.",
                "Choose another model.",
            ),
            Self::EngineTooSlow => (
                "engine-too-slow",
                "This model is too slow here",
                "A job must be done within five minutes, and this computer cannot make an ordinary answer in half of that. It was not put on the Grid.",
                "Choose a smaller model.",
            ),
            Self::EngineBusy => (
                "engine-busy",
                "More jobs than the engine can do",
                "A job had to wait too long for the engine and went back to the Grid, which counts no failure for that.",
                "Use fewer slots for this engine.",
            ),
            Self::ServerAway => (
                "server-away",
                "The model server is not answering",
                "The server that makes the answers cannot be reached or does not have the model, so no jobs are taken. We look again every half minute.",
                "Start it, or check its address and model in the settings.",
            ),
            Self::NothingToServe => (
                "nothing-to-serve",
                "Nothing to serve yet",
                "No model and no server is set up on this computer.",
                "Add a model or a server in the settings.",
            ),
            Self::NoApiKey => (
                "no-api-key",
                "No key for the Grid yet",
                "The Grid knows workers by a key of their account, and there is none on this computer.",
                "Sign in or paste a key.",
            ),
            Self::SettingsUnusable => (
                "settings-unusable",
                "The settings cannot be used",
                "Something in the settings is not as it should be. They were left as they are, and nothing was started.",
                "Read the details and mend them.",
            ),
            Self::KeysLocked => (
                "keys-locked",
                "The keys are locked",
                "The encrypted keys of this computer did not open, so nothing can be signed. Nothing is lost.",
                "Give the password, then start again.",
            ),
            Self::GridUnreachable => (
                "grid-unreachable",
                "The Grid is not answering",
                "The coordinator cannot be reached. Finished jobs are recorded. We keep trying.",
                "Check the internet connection.",
            ),
            Self::GridInsecure => (
                "grid-insecure",
                "No safe line to the Grid",
                "Whoever answers in the Grid's place cannot show to be the Grid, so nothing was sent. We keep trying.",
                "Check the computer's clock and the network.",
            ),
            Self::GridGarbled => (
                "grid-garbled",
                "The Grid sent something unreadable",
                "What came from the coordinator is not its protocol. The connection was closed. We keep trying.",
                "Check for an update.",
            ),
            Self::ConnectionNeglected => (
                "connection-neglected",
                "The connection was lost by our fault",
                "This computer answered too late or sent too much, so the Grid closed the connection. Finished jobs are recorded. We connect again.",
                "Close other programs if it happens often.",
            ),
            Self::KeyRefused => (
                "key-refused",
                "The Grid does not accept the key",
                "The key is unknown, expired, or may not connect workers. Finished jobs are recorded.",
                "Sign in again.",
            ),
            Self::RegistrationRefused => (
                "registration-refused",
                "The Grid refused this worker",
                "The coordinator does not accept the registration. Finished jobs are recorded.",
                "Read the details.",
            ),
            Self::RegistrationUnanswered => (
                "registration-unanswered",
                "The Grid does not answer this worker",
                "The coordinator takes the connection and drops it without a word, again and again. Finished jobs are recorded. We keep trying.",
                "Try another worker name if it stays so.",
            ),
            Self::DelegationNeeded => (
                "delegation-needed",
                "The Grid wants a permission of your wallet",
                "The coordinator takes only workers that the payout wallet has given a permission. Nothing was signed.",
                "Give this worker a permission.",
            ),
            Self::DelegationOutdated => (
                "delegation-outdated",
                "The permission of your wallet no longer holds",
                "The permission for this worker has run out, or it is from another wallet than the one that is paid now. Finished jobs are recorded.",
                "Give this worker a new permission.",
            ),
            Self::NoPayoutWallet => (
                "no-payout-wallet",
                "The account has no payout address",
                "The coordinator accepts a permission only from the address that is paid, and the account has none. Finished jobs are recorded.",
                "Set a payout address.",
            ),
            Self::Suspended => (
                "suspended",
                "Suspended by the Grid for a while",
                "Too many jobs failed, so the Grid asked this worker to wait. We test the engine and come back.",
                "Wait.",
            ),
            Self::NameInUse => (
                "name-in-use",
                "Running elsewhere",
                "Another program works under this worker name and took the connection over.",
                "Stop the other one or choose another name.",
            ),
            Self::NameTaken => (
                "name-taken",
                "This worker name belongs to someone else",
                "Worker names are unique on the whole Grid, and this one is another account's.",
                "Choose another name.",
            ),
            Self::ClockWrong => (
                "clock-wrong",
                "The computer's clock is wrong",
                "The Grid refuses proofs that are more than five minutes off.",
                "Set the clock, then start again.",
            ),
            Self::DiskFull => (
                "disk-full",
                "The disk is full",
                "Jobs cannot be recorded, so none are taken. What was recorded is safe.",
                "Free some space; work goes on by itself.",
            ),
            Self::LedgerUnusable => (
                "ledger-unusable",
                "The record of jobs and money cannot be opened",
                "It is damaged or from a newer version. It was left as it is.",
                "Install the newest version or restore a copy.",
            ),
            Self::HomeUnusable => (
                "home-unusable",
                "The home folder cannot be used",
                "The folder for Grid Node's records cannot be made or written. Nothing was changed.",
                "Give it another folder or mend its permissions.",
            ),
            Self::Internal => (
                "internal",
                "Something broke inside Grid Node",
                "This is a fault of the program, not yours. What was recorded is safe.",
                "Start Grid Node again.",
            ),
            Self::AlreadyRunning => (
                "already-running",
                "Grid Node is already running",
                "Another Grid Node uses the same home folder.",
                "Use the one that is running.",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Code;

    #[test]
    fn every_code_says_what_happened_and_what_to_do() {
        let mut names = std::collections::BTreeSet::new();
        for code in Code::ALL {
            assert!(names.insert(code.name()), "{code:?} shares its name");
            assert!(!code.title().is_empty() && !code.title().ends_with('.'), "{code:?} needs a heading");
            assert!(
                code.cause().ends_with('.') && code.action().ends_with('.'),
                "{code:?} needs whole sentences"
            );
        }
    }
}
