//! How much a customer may ask for: pure, with the clock passed in.

use std::collections::HashMap;
use std::time::Duration;

use types::{Sha256, Timestamp};

use crate::accounts::AccountId;

/// Chat requests a minute and key.
const A_MINUTE: u32 = 30;
/// Requests at once and account.
pub(crate) const AT_ONCE: u32 = 24;
/// Slots that are never given back are forgotten after this time without a request, served or refused.
const SLOT_LIFE: Duration = Duration::from_secs(1800);

/// The counters of every customer.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    /// By the digest of the key: a key itself is kept nowhere.
    minutes: HashMap<Sha256, (u64, u32)>,
    slots: HashMap<AccountId, (u32, Timestamp)>,
}

impl Limits {
    /// Counts a request in its fixed minute; false if it is one too many.
    pub(crate) fn admit(&mut self, key: &str, now: Timestamp) -> bool {
        let minute = now.seconds() / 60;
        self.minutes.retain(|_, (counted, _)| *counted == minute);
        let (_, count) = self.minutes.entry(Sha256::of(key)).or_insert((minute, 0));
        *count = count.saturating_add(1);
        *count <= A_MINUTE
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::Accounts;
    use crate::chance::Chance;

    const T0: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    #[test]
    fn the_31st_request_of_a_minute_is_refused() {
        let mut limits = Limits::default();
        assert!((0..30).all(|_| limits.admit("key", T0)));
        assert!(!limits.admit("key", T0));
        assert!(limits.admit("other", T0), "each key has its own minute");
        assert!(limits.admit("key", T0.plus(Duration::from_secs(60))));
    }

    #[test]
    fn slots_come_back_when_given_back_or_half_an_hour_after_the_last_request() {
        let account = Accounts::default().open(None, &mut Chance::new(1));
        let mut limits = Limits::default();
        assert!((0..24).all(|_| limits.enter(&account, T0)));
        assert!(!limits.enter(&account, T0));
        limits.exit(&account);
        assert!(limits.enter(&account, T0));
        let after = |seconds| T0.plus(Duration::from_secs(seconds));
        assert!(!limits.enter(&account, after(1799)));
        assert!(!limits.enter(&account, after(1800)), "the refusal renewed the half hour");
        assert!(limits.enter(&account, after(3600)));
    }

    #[test]
    fn no_key_is_printed() {
        let mut limits = Limits::default();
        limits.admit("grid_canary", T0);
        assert!(!format!("{limits:?}").contains("canary"));
    }
}
