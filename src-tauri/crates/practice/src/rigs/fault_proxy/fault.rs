//! What can be wrong with a line.

use std::time::Duration;

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// A direction on a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Way {
    /// From the client to the target.
    Up,
    /// From the target to the client.
    Down,
}

/// What is wrong with one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing: everything passes at once.
    None,
    /// Both sides see an orderly end when this many bytes have gone that way. 0 is at once.
    Cut {
        /// Where bytes are counted.
        way: Way,
        /// How many still pass.
        after: u64,
    },
    /// Both sides get a TCP reset when this many bytes have gone that way. 0 is at once.
    Reset {
        /// Where bytes are counted.
        way: Way,
        /// How many still pass.
        after: u64,
    },
    /// When this many bytes have gone that way, everything is swallowed and neither side hears anything again,
    /// not even that the other has gone. 0 is from the beginning; then the target is not even called.
    Blackhole {
        /// Where bytes are counted.
        way: Way,
        /// How many still pass.
        after: u64,
    },
    /// That way, one byte passes at a time, with a pause after each.
    Drip {
        /// The slow direction.
        way: Way,
        /// The pause.
        pause: Duration,
    },
    /// Both ways, everything arrives this much later.
    Latency(Duration),
}

impl Fault {
    /// A fault by chance: the same for the same seed and connection. One line in four is sound.
    pub fn drawn(seed: u64, connection: u64) -> Self {
        let mut chance = ChaCha8Rng::seed_from_u64(seed);
        chance.set_stream(connection);
        let way = if chance.random() { Way::Up } else { Way::Down };
        let after = chance.random_range(0..4096);
        let millis = Duration::from_millis(chance.random_range(1..50));
        match chance.random_range(0..8) {
            0 | 1 => Self::None,
            2 => Self::Cut { way, after },
            3 | 4 => Self::Reset { way, after },
            5 => Self::Blackhole { way, after },
            6 => Self::Drip { way, pause: Duration::from_micros(100) },
            _ => Self::Latency(millis),
        }
    }

    /// How many bytes still pass that way before the fault strikes; `None` if it never does.
    pub(super) fn limit(self, counted: Way) -> Option<u64> {
        match self {
            Self::Cut { way, after } | Self::Reset { way, after } | Self::Blackhole { way, after }
                if way == counted =>
            {
                Some(after)
            }
            Self::None
            | Self::Cut { .. }
            | Self::Reset { .. }
            | Self::Blackhole { .. }
            | Self::Drip { .. }
            | Self::Latency(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::mem::discriminant;

    use super::Fault;

    #[test]
    fn chance_repeats_itself_and_draws_every_fault() {
        let drawn = |seed| (1..=200).map(|connection| Fault::drawn(seed, connection)).collect::<Vec<_>>();
        assert_eq!(drawn(7), drawn(7));
        assert_ne!(drawn(7), drawn(8));
        let kinds: HashSet<_> = drawn(7).iter().map(discriminant).collect();
        assert_eq!(kinds.len(), 6);
    }
}
