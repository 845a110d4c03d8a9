//! Why the coordinator refused a registration, and what there is to do about it.

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
    /// The key may not connect workers.
    Scope,
    /// The key is bound to another worker's name.
    OtherName,
    /// The name is another account's.
    NameTaken,
    /// Barred for failed jobs.
    Evicted,
    /// The model is retired.
    RetiredModel,
    /// Audio is only for managed profiles.
    Audio,
    /// The coordinator wants a delegation from the payout wallet.
    DelegationNeeded,
    /// The delegation has run out, or the payout wallet changed since.
    DelegationOutdated,
    /// The delegation is for another chain, Grid or name.
    DelegationForeign,
    /// The account has no payout wallet.
    NoPayoutWallet,
    /// Our clock or theirs is wrong.
    Clock,
    /// This proof was used before: a new one will do.
    ProofUsed,
    /// The coordinator cannot check just now.
    Unavailable,
    /// What we said is not what it expects: a fault of this program.
    OurFault,
    /// Anything else. Shown as it is.
    Other,
}

/// Whether and how to try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Advice {
    /// Not before the owner did something: the same words would come back.
    AskOwner,
    /// After the bar, which grows each time, and a self-test.
    WaitOutBar,
    /// Once, with a new proof.
    Once,
    /// As after a lost connection.
    Backoff,
}

impl Reason {
    /// What to do about it.
    pub const fn advice(self) -> Advice {
        match self {
            Self::Key
            | Self::Scope
            | Self::OtherName
            | Self::NameTaken
            | Self::RetiredModel
            | Self::Audio
            | Self::DelegationNeeded
            | Self::DelegationOutdated
            | Self::DelegationForeign
            | Self::NoPayoutWallet
            | Self::Clock
            | Self::OurFault
            | Self::Other => Advice::AskOwner,
            Self::Evicted => Advice::WaitOutBar,
            Self::ProofUsed => Advice::Once,
            Self::Unavailable => Advice::Backoff,
        }
    }
}

/// The longest text we keep of a message that a stranger wrote.
const LONGEST: usize = 300;

/// How every API key begins.
const KEY: &str = "grid_";

/// The coordinator's words for a reason.
const WORDS: [(&str, Reason); 18] = [
    ("Missing apikey or name", Reason::Key),
    ("Invalid API key", Reason::Key),
    ("API key lacks worker.connect scope", Reason::Scope),
    ("worker credential targets another rig", Reason::OtherName),
    ("Worker recently evicted for failed generations; retry shortly.", Reason::Evicted),
    ("worker name already registered to another account", Reason::NameTaken),
    ("audio requires an approved managed profile", Reason::Audio),
    ("payout-wallet worker delegation is required", Reason::DelegationNeeded),
    ("authenticated account has no valid payout wallet", Reason::NoPayoutWallet),
    ("delegation payout wallet does not match the authenticated account", Reason::DelegationOutdated),
    ("worker delegation has expired", Reason::DelegationOutdated),
    ("worker delegation lifetime is invalid", Reason::DelegationOutdated),
    ("worker registration proof is stale", Reason::Clock),
    ("worker delegation was issued in the future", Reason::Clock),
    ("worker registration proof was already used", Reason::ProofUsed),
    ("worker registration freshness store unavailable", Reason::Unavailable),
    ("delegation targets a different worker name", Reason::DelegationForeign),
    ("worker registration proof does not match advertised capabilities", Reason::OurFault),
];

impl Refusal {
    /// Reads the error frame's text and the close code that followed.
    pub(crate) fn read(message: &str, close_code: Option<u16>) -> Self {
        let reason = match close_code {
            Some(4001) => Reason::Key,
            Some(_) | None => reason(message),
        };
        let plain: String = message.chars().filter(|c| !c.is_control()).collect();
        Self { reason, message: without_keys(&plain).chars().take(LONGEST).collect() }
    }
}

/// A refusal may echo the key it is about. Whatever looks like one is taken out, before a cut could leave a part of it.
fn without_keys(message: &str) -> String {
    let mut parts = message.split(KEY);
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        kept.push_str(KEY);
        kept.push('…');
        kept.push_str(part.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')));
    }
    kept
}

fn reason(message: &str) -> Reason {
    let exact = WORDS.iter().find(|(words, _)| *words == message).map(|(_, reason)| *reason);
    exact.unwrap_or_else(|| by_a_part(message))
}

/// Words that name something besides, or that the notes give only in part.
fn by_a_part(message: &str) -> Reason {
    if message.starts_with("Retired model identity:") {
        Reason::RetiredModel
    } else if message.ends_with("targets the wrong chain") || message.ends_with("wrong Core audience") {
        Reason::DelegationForeign
    } else if message.starts_with("worker_profile ")
        || message.ends_with("malformed")
        || message.ends_with("signature is invalid")
        || message.contains("not signed by")
    {
        Reason::OurFault
    } else {
        Reason::Other
    }
}

#[cfg(test)]
mod tests {
    use super::{Reason, Refusal};

    #[test]
    fn words_count_where_the_line_was_cut_before_the_number() {
        let evicted = "Worker recently evicted for failed generations; retry shortly.";
        assert_eq!(Refusal::read(evicted, None).reason, Reason::Evicted);
        assert_eq!(Refusal::read("Invalid API key", None).reason, Reason::Key);
    }

    #[test]
    fn a_strangers_words_are_cut_to_a_length() {
        let refusal = Refusal::read(&"a\u{1b}[31m".repeat(1000), Some(4003));
        assert_eq!(refusal.message.chars().count(), 300);
        assert!(!refusal.message.contains('\u{1b}'), "no control characters reach a terminal");
    }

    #[test]
    fn a_key_that_is_echoed_is_taken_out() {
        let check = |message: &str, expected: &str| {
            assert_eq!(Refusal::read(message, Some(4001)).message, expected);
        };
        check("Invalid API key: grid_cAn-4_ry.", "Invalid API key: grid_….");
        check("grid_canary grid_canary", "grid_… grid_…");
        check("gr\u{0}id_can\u{7}ary", "grid_…");
        let long = format!("{}grid_canary", "x".repeat(290));
        assert!(!Refusal::read(&long, None).message.contains("canary"));
    }
}
