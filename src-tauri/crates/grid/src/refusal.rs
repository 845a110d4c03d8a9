//! Why the coordinator refused a registration.

/// A refusal: what it means, and the coordinator's own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What it means.
    pub reason: Reason,
    /// The coordinator's text, cut to a length.
    pub message: String,
}

/// What a refusal means. The close code comes first, the text only tells apart within it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// 4001: the key is missing, unknown, expired, or of the wrong kind.
    Key,
    /// The key may not connect workers, or is bound to another rig.
    Scope,
    /// The name is another account's.
    NameTaken,
    /// Barred for failed jobs.
    Evicted,
    /// The model is retired.
    RetiredModel,
    /// The coordinator wants a delegation from the payout wallet.
    DelegationNeeded,
    /// The delegation has run out, or the payout wallet changed since.
    DelegationOutdated,
    /// The account has no payout wallet.
    NoPayoutWallet,
    /// Our clock or theirs is wrong.
    Clock,
    /// This proof was used before: a new one will do.
    ProofUsed,
    /// The coordinator cannot check just now.
    Unavailable,
    /// Anything else. Shown as it is.
    Other,
}

/// The longest text we keep of a message that a stranger wrote.
const LONGEST: usize = 300;

impl Refusal {
    /// Reads the error frame's text and the close code that followed.
    pub(crate) fn read(message: &str, close_code: Option<u16>) -> Self {
        let reason = match close_code {
            Some(4001) => Reason::Key,
            _ => reason(message),
        };
        Self { reason, message: message.chars().filter(|c| !c.is_control()).take(LONGEST).collect() }
    }
}

fn reason(message: &str) -> Reason {
    match message {
        "Missing apikey or name" | "Invalid API key" => Reason::Key,
        "API key lacks worker.connect scope" | "worker credential targets another rig" => Reason::Scope,
        "worker name already registered to another account" => Reason::NameTaken,
        "Worker recently evicted for failed generations; retry shortly." => Reason::Evicted,
        "payout-wallet worker delegation is required" => Reason::DelegationNeeded,
        "authenticated account has no valid payout wallet" => Reason::NoPayoutWallet,
        "delegation payout wallet does not match the authenticated account"
        | "worker delegation has expired"
        | "worker delegation lifetime is invalid" => Reason::DelegationOutdated,
        "worker registration proof is stale" | "worker delegation was issued in the future" => Reason::Clock,
        "worker registration proof was already used" => Reason::ProofUsed,
        "worker registration freshness store unavailable" => Reason::Unavailable,
        retired if retired.starts_with("Retired model identity:") => Reason::RetiredModel,
        _ => Reason::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::{Reason, Refusal};

    #[test]
    fn the_close_code_counts_before_the_words() {
        let check = |message: &str, code: Option<u16>, expected: Reason| {
            assert_eq!(Refusal::read(message, code).reason, expected, "{message} {code:?}");
        };
        check("Invalid API key", Some(4001), Reason::Key);
        check("words of a later version", Some(4001), Reason::Key);
        check("words of a later version", Some(4003), Reason::Other);
        check("Retired model identity: FLUX.1-Krea-dev", Some(4003), Reason::RetiredModel);
        check("Worker recently evicted for failed generations; retry shortly.", Some(4003), Reason::Evicted);
        check("Worker recently evicted for failed generations; retry shortly.", None, Reason::Evicted);
        check("worker registration proof was already used", Some(4003), Reason::ProofUsed);
    }

    #[test]
    fn a_strangers_words_are_cut_to_a_length() {
        let refusal = Refusal::read(&"a\u{1b}[31m".repeat(1000), Some(4003));
        assert_eq!(refusal.message.chars().count(), 300);
        assert!(!refusal.message.contains('\u{1b}'), "no control characters reach a terminal");
    }
}
