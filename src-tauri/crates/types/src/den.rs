//! Den, the Grid's unit of work, in exact hundredths.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Sub};

/// Work units of the Grid. The coordinator pays an AIPG budget in proportion to them; they are no money.
///
/// Held as whole hundredths, because that is what the coordinator rounds to: sums are exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Den {
    hundredths: u64,
}

/// The least any paid job earns.
const FLOOR: f64 = 0.1;

impl Den {
    /// Whether there is none.
    pub const fn is_zero(self) -> bool {
        self.hundredths == 0
    }

    /// No work.
    pub const ZERO: Self = Self { hundredths: 0 };

    /// Den from whole hundredths.
    pub const fn from_hundredths(hundredths: u64) -> Self {
        Self { hundredths }
    }

    /// This amount in whole hundredths.
    pub const fn hundredths(self) -> u64 {
        self.hundredths
    }

    /// This amount in the settlement unit, millionths.
    pub const fn micro(self) -> u64 {
        self.hundredths * 10_000
    }

    /// Reads the decimal number an `ack` frame carries. `None` for a negative, endless or absurd one.
    pub fn from_wire(value: f64) -> Option<Self> {
        (value.is_finite() && (0.0..=1e13).contains(&value)).then(|| Self::rounded(value))
    }

    /// What the coordinator grants for a text answer of `output_tokens` to a prompt of `prompt_tokens`.
    ///
    /// The coordinator counts with its own tokenizer, so on our side this is an estimate until the ack.
    pub fn for_text(output_tokens: i64, prompt_tokens: u64, model: &str) -> Self {
        if output_tokens <= 0 {
            return Self::rounded(FLOOR);
        }
        let multiplier = model_multiplier(model);
        let size = (multiplier.max(13.0) / 13.0).powf(0.20) * multiplier;
        let den = output_tokens as f64 * size / 125.0 * context_multiplier(prompt_tokens);
        Self::rounded(den.max(FLOOR))
    }

    /// What the coordinator grants for pictures, by what the customer's request says. No model counts more than another.
    pub fn for_images(width: u32, height: u32, steps: u32, count: u32) -> Self {
        let den = megapixels(width, height) * f64::from(steps.max(1)) * f64::from(count.max(1)) * 0.04;
        Self::rounded(den.max(FLOOR))
    }

    /// What the coordinator grants for a video. How many of them it counts as one.
    pub fn for_video(width: u32, height: u32, steps: u32, frames: u32) -> Self {
        let den = megapixels(width, height) * f64::from(steps.max(1)) * f64::from(frames.max(1)) * 0.002;
        Self::rounded(den.max(FLOOR))
    }

    /// What the coordinator grants for sound of this length, in milliseconds.
    pub fn for_audio(millis: u64, count: u32) -> Self {
        let seconds = millis as f64 / 1000.0;
        Self::rounded((seconds.max(1.0) * 0.06 * f64::from(count.max(1))).max(FLOOR))
    }

    /// Two decimals, half to even on the exact binary value, as Python's `round` does.
    fn rounded(value: f64) -> Self {
        // The standard formatter works on the exact binary value; guarded by the `den` vectors and `ties_go_to_even`.
        let decimal = format!("{value:.2}");
        let (whole, cents) = decimal.split_once('.').unwrap_or((&decimal, "0"));
        let number = |digits: &str| digits.parse::<u64>().unwrap_or(0);
        Self { hundredths: number(whole) * 100 + number(cents) }
    }
}

impl Add for Den {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self { hundredths: self.hundredths.saturating_add(other.hundredths) }
    }
}

/// What is left, and nothing if more is taken than there was.
impl Sub for Den {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self { hundredths: self.hundredths.saturating_sub(other.hundredths) }
    }
}

impl Sum for Den {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::ZERO, Add::add)
    }
}

impl fmt::Display for Den {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.hundredths / 100, self.hundredths % 100)
    }
}

/// The size factors of the Grid's registry, by name. Whatever is not in it counts once.
pub const MODEL_MULTIPLIERS: [(&str, f64); 4] =
    [("gpt-oss-120b", 120.0), ("qwen3-27b", 27.0), ("qwen3.6-27b", 27.0), ("gpt-oss-20b", 20.0)];

/// The size factor the Grid's registry has for a model name. Names are matched exactly, sizes in them are not read.
pub fn model_multiplier(model: &str) -> f64 {
    let name = model.trim().to_lowercase();
    MODEL_MULTIPLIERS.iter().find(|(known, _)| *known == name).map_or(1.0, |(_, multiplier)| *multiplier)
}

fn megapixels(width: u32, height: u32) -> f64 {
    (f64::from(width) * f64::from(height) / 1_048_576.0).max(0.01)
}

/// Longer prompts earn more, up to thirtyfold.
pub fn context_multiplier(prompt_tokens: u64) -> f64 {
    let base = (prompt_tokens.max(1) as f64 / 1024.0).max(0.1);
    (1.2 + 2.2_f64.powf(base.log2())).clamp(0.1, 30.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_go_to_even() {
        // 0.125 and 0.375 are exact in binary: a real tie. 0.105 is a little below its name.
        assert_eq!(Den::rounded(0.125).hundredths(), 12, "a tie goes to the even neighbour");
        assert_eq!(Den::rounded(0.375).hundredths(), 38, "a tie goes to the even neighbour");
        assert_eq!(Den::rounded(0.105).hundredths(), 10, "0.105 is stored a little low");
        assert_eq!(Den::rounded(2.675).hundredths(), 267, "2.675 is stored a little low");
    }

    #[test]
    fn media_are_granted_by_what_the_request_says() {
        let check = |den: Den, hundredths: u64| assert_eq!(den.hundredths(), hundredths);
        check(Den::for_images(512, 512, 30, 1), 30);
        check(Den::for_images(1024, 1024, 30, 4), 480);
        check(Den::for_images(64, 64, 1, 1), 10);
        check(Den::for_images(512, 512, 0, 0), 10);
        check(Den::for_images(256, 256, 25, 2), 12);
        check(Den::for_images(1536, 1536, 80, 1), 720);
        check(Den::for_video(768, 512, 20, 96), 144);
        check(Den::for_video(1280, 736, 8, 0), 10);
        check(Den::for_audio(30_000, 1), 180);
        check(Den::for_audio(0, 1), 10);
    }

    #[test]
    fn wire_numbers_that_are_no_amount_are_refused() {
        for bad in [-0.01, f64::NAN, f64::INFINITY, 1e300] {
            assert_eq!(Den::from_wire(bad), None, "{bad} is no amount of work");
        }
        assert_eq!(Den::from_wire(14.520000000000001), Some(Den::from_hundredths(1452)));
        assert_eq!(Den::from_wire(0.0), Some(Den::ZERO), "a duplicate is acked with 0");
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_reads_back(hundredths in 0_u64..10_000_000_000) {
            let den = Den::from_hundredths(hundredths);
            let read: f64 = den.to_string().parse().expect("a decimal number");
            proptest::prop_assert_eq!(Den::from_wire(read), Some(den));
        }
    }
}
