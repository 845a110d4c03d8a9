//! API keys. They are kept as salted digests, like at the real coordinator.

use types::{Sensitive, Sha256, Timestamp};

use super::{AccountId, Purpose};

/// So many digits of its digest name a key.
const ID_DIGITS: usize = 12;

/// A key as the account page lists it.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub(crate) account: AccountId,
    pub(crate) purpose: Purpose,
    pub(crate) label: Option<String>,
    pub(crate) created: Timestamp,
    pub(crate) last_used: Option<Timestamp>,
    pub(crate) revoked: bool,
    /// A key of an enrolment dies by itself until it is acknowledged.
    expires: Option<Timestamp>,
    digest: String,
}

impl Key {
    pub(crate) fn id(&self) -> &str {
        &self.digest[..ID_DIGITS]
    }

    fn works(&self, now: Timestamp) -> bool {
        !self.revoked && self.expires.is_none_or(|end| now < end)
    }
}

/// What a new key is.
pub(crate) struct NewKey {
    pub(crate) account: AccountId,
    pub(crate) purpose: Purpose,
    pub(crate) label: Option<String>,
    pub(crate) expires: Option<Timestamp>,
}

/// Every key ever issued, oldest first. Revoked ones stay listed.
pub(crate) struct Keys {
    salt: String,
    all: Vec<Key>,
}

// The salt would let a key be recognised by its id.
impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(&self.all).finish()
    }
}

impl Keys {
    pub(super) const fn new(salt: String) -> Self {
        Self { salt, all: Vec::new() }
    }

    /// The digest a secret is kept as.
    pub(crate) fn digest(&self, secret: &str) -> String {
        Sha256::of(format!("{}{secret}", self.salt)).to_string()
    }

    /// Enters a key under its secret.
    pub(crate) fn enter(&mut self, secret: &Sensitive<String>, new: NewKey, now: Timestamp) {
        self.enter_digest(self.digest(secret.expose()), new, now);
    }

    /// The same for a secret that was seen before and not kept.
    pub(crate) fn enter_digest(&mut self, digest: String, new: NewKey, now: Timestamp) {
        let NewKey { account, purpose, label, expires } = new;
        let (created, last_used, revoked) = (now, None, false);
        self.all.push(Key { account, purpose, label, created, last_used, revoked, expires, digest });
    }

    pub(crate) fn has_digest(&self, digest: &str) -> bool {
        self.all.iter().any(|key| key.digest == digest)
    }

    pub(super) fn resolve(&mut self, secret: &str, now: Timestamp) -> Option<Key> {
        let digest = self.digest(secret);
        let key = self.all.iter_mut().find(|key| key.digest == digest && key.works(now))?;
        key.last_used = Some(now);
        Some(key.clone())
    }

    pub(crate) fn of(&self, account: &AccountId) -> impl Iterator<Item = &Key> {
        self.all.iter().filter(move |key| key.account == *account)
    }

    fn of_mut(&mut self, account: &AccountId) -> impl Iterator<Item = &mut Key> {
        self.all.iter_mut().filter(move |key| key.account == *account)
    }

    /// Revokes every key of the account whose digest begins like `id`, and says how many there are, revoked
    /// before or not.
    ///
    /// *Caveat*: the wildcards of SQL work in `id`, as at the real coordinator, so `%` means every key.
    pub(crate) fn revoke(&mut self, account: &AccountId, id: &str) -> usize {
        let pattern = format!("{id}%");
        let meant = self.of_mut(account).filter(|key| like(&key.digest, &pattern));
        meant.map(|key| key.revoked = true).count()
    }

    /// Revokes every key of an account.
    pub(super) fn revoke_all(&mut self, account: &AccountId) {
        self.of_mut(account).for_each(|key| key.revoked = true);
    }

    /// Makes an enrolled key permanent and revokes the older keys of its rig. False if there is no such key.
    pub(crate) fn confirm(&mut self, digest: &str) -> bool {
        let Some(place) = self.all.iter().position(|key| key.digest == digest) else { return false };
        let (older, newer) = self.all.split_at_mut(place);
        let key = &mut newer[0];
        key.expires = None;
        let replaced =
            older.iter_mut().filter(|old| old.account == key.account && old.purpose == key.purpose);
        replaced.for_each(|old| old.revoked = true);
        true
    }
}

/// SQL's `LIKE`: `%` is any text, `_` any character, and a backslash takes the next character as it is.
fn like(text: &str, pattern: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    // Where in the text the pattern so far can end. One pass over each, however many wildcards there are.
    let mut ends = vec![false; text.len() + 1];
    ends[0] = true;
    let mut pattern = pattern.chars();
    while let Some(sign) = pattern.next() {
        let after = |ends: &[bool], fits: &dyn Fn(char) -> bool| {
            let moved = text.iter().zip(ends).map(|(letter, end)| *end && fits(*letter));
            std::iter::once(false).chain(moved).collect()
        };
        ends = match sign {
            '%' => {
                let first = ends.iter().position(|end| *end).unwrap_or(ends.len());
                (0..ends.len()).map(|place| place >= first).collect()
            }
            '_' => after(&ends, &|_| true),
            '\\' => match pattern.next() {
                Some(literal) => after(&ends, &|letter| letter == literal),
                None => return false,
            },
            literal => after(&ends, &|letter| letter == literal),
        };
    }
    ends[text.len()]
}

#[cfg(test)]
mod tests {
    use super::like;

    #[test]
    fn wildcards_are_those_of_sql() {
        let check = |pattern: &str, expected: bool| assert_eq!(like("a1b2", pattern), expected, "{pattern}");
        for fits in ["a1b2", "%", "a%", "%2", "a%2", "____", "a_b_", "%1%", "%%", "\\a1b2", "a1b2%"] {
            check(fits, true);
        }
        for misfits in ["", "a", "A1B2", "_", "_____", "\\%", "a\\_b2", "b%", "%1", "a1b2\\"] {
            check(misfits, false);
        }
        assert!(!like(&"a".repeat(64), &"%a".repeat(65)), "many wildcards cost no more than few");
    }
}
