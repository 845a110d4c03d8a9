//! How much a client may ask for: pure, with the clock passed in.

use std::collections::HashMap;
use std::time::Duration;

use types::{Sha256, Timestamp};

use crate::accounts::AccountId;

/// Requests at once and account.
pub(crate) const AT_ONCE: u32 = 24;
/// Slots that are never given back are forgotten after this time without a request, served or refused.
const SLOT_LIFE: Duration = Duration::from_secs(1800);
/// So many callers are counted at once; another one is refused. An honest network stays far below.
const MOST_CALLERS: usize = 100_000;

const MINUTE: u64 = 60;
const HOUR: u64 = 3600;

/// The routes that are counted, each for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Rule {
    Chat,
    Messages,
    Responses,
    Challenge,
    Verify,
    Nonce,
    PayoutWallet,
    PayoutPreference,
    WalletLink,
    Enrol,
    EnrolmentView,
    EnrolmentPrepare,
    EnrolmentApprove,
    EnrolmentPoll,
    EnrolmentAck,
}

impl Rule {
    /// How many requests in a window of how many seconds.
    const fn quota(self) -> (u32, u64) {
        match self {
            Self::Chat | Self::Messages | Self::Responses | Self::Challenge | Self::Nonce => (30, MINUTE),
            Self::Verify | Self::WalletLink => (10, MINUTE),
            Self::PayoutWallet
            | Self::PayoutPreference
            | Self::EnrolmentPrepare
            | Self::EnrolmentApprove
            | Self::EnrolmentAck => (20, MINUTE),
            Self::EnrolmentView | Self::EnrolmentPoll => (60, MINUTE),
            Self::Enrol => (10, HOUR),
        }
    }
}

/// Whose requests are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Caller {
    /// The digest of a credential: a key itself is kept nowhere.
    Credential(Sha256),
    /// No credential, or one that cannot be one. All of them come from this computer.
    Loopback,
}

impl Caller {
    fn of(credential: &str) -> Self {
        let looks = |mark: &str, least: usize, most: usize| {
            credential.strip_prefix(mark).is_some_and(|rest| (least..=most).contains(&rest.len()))
        };
        if looks("grid_", 16, 128) || looks("gridu_", 32, 4096) {
            Self::Credential(Sha256::of(credential))
        } else {
            Self::Loopback
        }
    }
}

/// The counters of every client.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    /// The number of a window and how many requests came in it.
    windows: HashMap<(Rule, Caller), (u64, u32)>,
    slots: HashMap<AccountId, (u32, Timestamp)>,
}

impl Limits {
    /// Counts a chat request; false if it is one too many.
    pub(crate) fn admit(&mut self, credential: &str, now: Timestamp) -> bool {
        self.count(Rule::Chat, credential, now)
    }

    /// Counts a request in its fixed window; false if it is one too many.
    pub(crate) fn count(&mut self, rule: Rule, credential: &str, now: Timestamp) -> bool {
        self.windows.retain(|(rule, _), (window, _)| *window == now.seconds() / rule.quota().1);
        let (most, length) = rule.quota();
        let caller = (rule, Caller::of(credential));
        if self.windows.len() >= MOST_CALLERS && !self.windows.contains_key(&caller) {
            return false;
        }
        let (_, count) = self.windows.entry(caller).or_insert((now.seconds() / length, 0));
        *count = count.saturating_add(1);
        *count <= most
    }

    /// Takes one of the account's slots; false if none is free.
    pub(crate) fn enter(&mut self, account: &AccountId, now: Timestamp) -> bool {
        let (taken, since) = self.slots.entry(account.clone()).or_insert((0, now));
        if now.since(*since) >= SLOT_LIFE {
            *taken = 0;
        }
        // The coordinator counts first and refuses then, so a refusal renews the time too.
        *since = now;
        let free = *taken < AT_ONCE;
        *taken += u32::from(free);
        free
    }

    /// Gives a slot back.
    pub(crate) fn exit(&mut self, account: &AccountId) {
        if let Some((taken, _)) = self.slots.get_mut(account) {
            *taken = taken.saturating_sub(1);
        }
    }

    /// Whether any of the account's slots is taken.
    pub(crate) fn is_busy(&self, account: &AccountId, now: Timestamp) -> bool {
        self.slots.get(account).is_some_and(|(taken, since)| *taken > 0 && now.since(*since) < SLOT_LIFE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::Accounts;
    use crate::chance::Chance;

    const T0: Timestamp = Timestamp::from_millis(1_800_000_000_000);
    const KEY: &str = "grid_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    #[test]
    fn the_31st_request_of_a_minute_is_refused() {
        let mut limits = Limits::default();
        let other = KEY.replace('A', "B");
        assert!((0..30).all(|_| limits.admit(KEY, T0)));
        assert!(!limits.admit(KEY, T0));
        assert!(limits.admit(&other, T0), "each key has its own minute");
        assert!(limits.count(Rule::Challenge, KEY, T0), "and each route");
        assert!(limits.admit(KEY, T0.plus(Duration::from_secs(60))));
    }

    #[test]
    fn an_hour_outlasts_its_minutes() {
        let mut limits = Limits::default();
        assert!((0..10).all(|minute| limits.count(
            Rule::Enrol,
            "",
            T0.plus(Duration::from_secs(minute * 60))
        )));
        assert!(!limits.count(Rule::Enrol, "", T0.plus(Duration::from_secs(3599))));
        assert!(limits.count(Rule::Enrol, "", T0.plus(Duration::from_secs(3600))));
    }

    #[test]
    fn what_looks_like_no_credential_counts_as_this_computer() {
        let check = |credential: &str, own: bool| {
            assert_eq!(Caller::of(credential) != Caller::Loopback, own, "{credential:.20}");
        };
        for (mark, least, most) in [("grid_", 16, 128), ("gridu_", 32, 4096)] {
            check(&format!("{mark}{}", "x".repeat(least)), true);
            check(&format!("{mark}{}", "x".repeat(most)), true);
            check(&format!("{mark}{}", "x".repeat(least - 1)), false);
            check(&format!("{mark}{}", "x".repeat(most + 1)), false);
        }
        check("", false);
        check(&"x".repeat(40), false);
    }

    #[test]
    fn slots_come_back_when_given_back_or_half_an_hour_after_the_last_request() {
        let account = Accounts::new(String::new()).open(None, &mut Chance::new(1));
        let mut limits = Limits::default();
        assert!((0..24).all(|_| limits.enter(&account, T0)));
        assert!(!limits.enter(&account, T0));
        limits.exit(&account);
        assert!(limits.enter(&account, T0));
        let after = |seconds| T0.plus(Duration::from_secs(seconds));
        assert!(!limits.enter(&account, after(1799)));
        assert!(!limits.enter(&account, after(1800)), "the refusal renewed the half hour");
        assert!(limits.is_busy(&account, after(3599)));
        assert!(!limits.is_busy(&account, after(3600)));
        assert!(limits.enter(&account, after(3600)));
    }

    #[test]
    fn no_key_is_printed() {
        let mut limits = Limits::default();
        limits.admit("grid_canary-canary-canary", T0);
        assert!(!format!("{limits:?}").contains("canary"));
    }
}
