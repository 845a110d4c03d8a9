//! Choosing the next token.
//!
//! The order is penalties, temperature, `top_k`, `top_p`, `min_p`, draw. Presence and frequency penalties look at the
//! answer alone, the repetition penalty at prompt and answer; that is what the common serving engines do.

use std::collections::{BinaryHeap, HashMap};

use engine_protocol::Generate;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// The logits are no numbers; nothing this model says can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the model gave no usable numbers")]
pub struct NotNumbers;

/// How to choose.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    temperature: f64,
    top_k: usize,
    top_p: f64,
    min_p: f64,
    presence_penalty: f64,
    frequency_penalty: f64,
    repetition_penalty: f64,
}

impl Settings {
    /// The request's settings; `Err` names the field that makes no sense.
    pub fn from_request(request: &Generate) -> Result<Self, &'static str> {
        let within = |value: f64, least: f64, most: f64| (least..=most).contains(&value);
        let checks = [
            ("temperature", within(request.temperature, 0.0, 100.0)),
            ("top_p", within(request.top_p, 0.0, 1.0)),
            ("min_p", within(request.min_p.unwrap_or(0.0), 0.0, 1.0)),
            ("presence_penalty", within(request.presence_penalty, -100.0, 100.0)),
            ("frequency_penalty", within(request.frequency_penalty, -100.0, 100.0)),
            ("repetition_penalty", within(request.repetition_penalty, 0.01, 100.0)),
        ];
        if let Some((field, _)) = checks.iter().find(|(_, fine)| !fine) {
            return Err(field);
        }
        Ok(Self {
            temperature: request.temperature,
            // Zero is a common way to say "off".
            top_k: request.top_k.filter(|&k| k > 0).map_or(usize::MAX, |k| k as usize),
            top_p: request.top_p,
            min_p: request.min_p.unwrap_or(0.0),
            presence_penalty: request.presence_penalty,
            frequency_penalty: request.frequency_penalty,
            repetition_penalty: request.repetition_penalty,
        })
    }

    fn is_greedy(&self) -> bool {
        self.temperature == 0.0 || self.top_p == 0.0 || self.top_k == 1
    }
}

/// Chooses tokens, and remembers those seen.
pub struct Sampler {
    settings: Settings,
    random: ChaCha8Rng,
    /// Per token: how often in the answer. Tokens of the prompt are there with zero.
    seen: HashMap<u32, u32>,
}

impl Sampler {
    /// The seed becomes the generator's key as it is, so that no library update changes what a seed means.
    pub fn new(settings: Settings, seed: u64, prompt: &[u32]) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        let seen = prompt.iter().map(|&token| (token, 0)).collect();
        Self { settings, random: ChaCha8Rng::from_seed(key), seen }
    }

    /// The next token by these logits.
    pub fn choose(&mut self, mut logits: Vec<f32>) -> Result<u32, NotNumbers> {
        if logits.is_empty() || logits.iter().any(|logit| !logit.is_finite()) {
            return Err(NotNumbers);
        }
        self.penalise(&mut logits);
        let token = if self.settings.is_greedy() { likeliest(&logits) } else { self.draw(&logits) };
        *self.seen.entry(token).or_insert(0) += 1;
        Ok(token)
    }

    fn penalise(&self, logits: &mut [f32]) {
        let settings = &self.settings;
        for (&token, &count) in &self.seen {
            let Some(logit) = logits.get_mut(token as usize) else { continue };
            let mut value = f64::from(*logit);
            let repetition = settings.repetition_penalty;
            value = if value > 0.0 { value / repetition } else { value * repetition };
            if count > 0 {
                value -= settings.presence_penalty + settings.frequency_penalty * f64::from(count);
            }
            *logit = value as f32;
        }
    }

    fn draw(&mut self, logits: &[f32]) -> u32 {
        let candidates = self.candidates(logits);
        let total: f64 = candidates.iter().map(|candidate| candidate.weight).sum();
        let mut target = self.uniform() * total;
        for candidate in &candidates {
            target -= candidate.weight;
            if target < 0.0 {
                return candidate.token;
            }
        }
        // Rounding may leave a crumb of the target.
        candidates.last().expect("BUG: there is at least one candidate").token
    }

    /// The tokens that pass `top_k`, `top_p` and `min_p`.
    fn candidates(&self, logits: &[f32]) -> Vec<Candidate> {
        let settings = &self.settings;
        let all = weigh(logits, settings.temperature);
        if settings.top_k >= all.len() && settings.top_p >= 1.0 && settings.min_p <= 0.0 {
            return all;
        }
        // A heap gives the few likeliest without sorting a vocabulary of a hundred thousand.
        let mut heap = BinaryHeap::from(all);
        let mut nucleus = Nucleus::new(&heap, settings);
        let mut kept = Vec::new();
        while let Some(candidate) = heap.pop() {
            if !kept.is_empty() && !nucleus.admits(&candidate, kept.len()) {
                break;
            }
            nucleus.reached += candidate.weight;
            kept.push(candidate);
        }
        kept
    }

    /// From 0 to just below 1.
    fn uniform(&mut self) -> f64 {
        (self.random.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// What admits a token to the draw. The likeliest is always in.
struct Nucleus {
    most: usize,
    /// `top_p` of the weight of the `top_k` likeliest.
    enough: f64,
    least: f64,
    reached: f64,
}

impl Nucleus {
    fn new(heap: &BinaryHeap<Candidate>, settings: &Settings) -> Self {
        let total: f64 = if settings.top_k >= heap.len() {
            heap.iter().map(|candidate| candidate.weight).sum()
        } else {
            let mut heap = heap.clone();
            (0..settings.top_k).filter_map(|_| heap.pop()).map(|candidate| candidate.weight).sum()
        };
        let enough = if settings.top_p < 1.0 { total * settings.top_p } else { f64::INFINITY };
        // Weights are relative to the likeliest, which weighs 1.
        Self { most: settings.top_k, enough, least: settings.min_p, reached: 0.0 }
    }

    fn admits(&self, candidate: &Candidate, kept: usize) -> bool {
        kept < self.most && self.reached < self.enough && candidate.weight >= self.least
    }
}

/// A token and its probability relative to the likeliest one's.
#[derive(Debug, Clone)]
struct Candidate {
    weight: f64,
    token: u32,
}

/// By weight; of equals, the lower token first, so that the order never depends on the heap.
impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.weight.total_cmp(&other.weight).then(other.token.cmp(&self.token))
    }
}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Candidate {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Candidate {}

fn weigh(logits: &[f32], temperature: f64) -> Vec<Candidate> {
    let most = f64::from(logits.iter().copied().fold(f32::NEG_INFINITY, f32::max));
    let weight = |logit: f32| ((f64::from(logit) - most) / temperature).exp();
    (0..).zip(logits).map(|(token, &logit)| Candidate { token, weight: weight(logit) }).collect()
}

/// The first of the highest.
fn likeliest(logits: &[f32]) -> u32 {
    let mut best = 0;
    for (token, logit) in logits.iter().enumerate() {
        if *logit > logits[best] {
            best = token;
        }
    }
    best as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPEN: Settings = Settings {
        temperature: 1.0,
        top_k: usize::MAX,
        top_p: 1.0,
        min_p: 0.0,
        presence_penalty: 0.0,
        frequency_penalty: 0.0,
        repetition_penalty: 1.0,
    };

    /// Logits whose probabilities are 0.5, 0.25, 0.15, 0.1 for tokens 2, 0, 3, 1.
    fn logits() -> Vec<f32> {
        [0.25f32, 0.1, 0.5, 0.15].map(f32::ln).to_vec()
    }

    fn draws(settings: &Settings, seed: u64, count: usize) -> Vec<u32> {
        let mut sampler = Sampler::new(settings.clone(), seed, &[]);
        (0..count).map(|_| sampler.choose(logits()).expect("draws")).collect()
    }

    fn check_support(settings: Settings, expected: &[u32]) {
        let mut drawn = draws(&settings, 7, 2000);
        drawn.sort_unstable();
        drawn.dedup();
        assert_eq!(drawn, expected, "{settings:?}");
    }

    #[test]
    fn each_filter_keeps_exactly_its_tokens() {
        check_support(OPEN, &[0, 1, 2, 3]);
        check_support(Settings { temperature: 0.0, ..OPEN }, &[2]);
        check_support(Settings { top_p: 0.0, ..OPEN }, &[2]);
        check_support(Settings { top_k: 1, ..OPEN }, &[2]);
        check_support(Settings { top_k: 2, ..OPEN }, &[0, 2]);
        check_support(Settings { top_p: 0.49, ..OPEN }, &[2]);
        check_support(Settings { top_p: 0.7, ..OPEN }, &[0, 2]);
        check_support(Settings { top_p: 0.8, ..OPEN }, &[0, 2, 3]);
        check_support(Settings { min_p: 0.25, ..OPEN }, &[0, 2, 3]);
        check_support(Settings { min_p: 1.0, ..OPEN }, &[2]);
        // Of the two likeliest, the first alone has two thirds.
        check_support(Settings { top_k: 2, top_p: 0.6, ..OPEN }, &[2]);
    }

    #[test]
    fn draws_follow_the_probabilities() {
        let drawn = draws(&OPEN, 3, 20_000);
        for (token, share) in [(0, 0.25), (1, 0.1), (2, 0.5), (3, 0.15)] {
            let found = drawn.iter().filter(|&&id| id == token).count() as f64 / 20_000.0;
            assert!((found - share).abs() < 0.015, "token {token}: {found} instead of {share}");
        }
    }

    #[test]
    fn a_seed_fixes_the_draws() {
        assert_eq!(
            draws(&OPEN, 42, 12),
            [1, 1, 2, 2, 2, 0, 2, 1, 2, 2, 2, 2],
            "a seed must mean the same for ever"
        );
        assert_eq!(draws(&OPEN, 42, 50), draws(&OPEN, 42, 50));
        assert_ne!(draws(&OPEN, 42, 50), draws(&OPEN, 43, 50));
    }

    #[test]
    fn cold_sharpens_and_the_coldest_does_not_overflow() {
        let cold = draws(&Settings { temperature: 0.2, ..OPEN }, 1, 1000);
        assert!(cold.iter().filter(|&&token| token == 2).count() > 900);
        check_support(Settings { temperature: f64::MIN_POSITIVE, ..OPEN }, &[2]);
    }

    fn greedy_pair(settings: Settings, prompt: &[u32]) -> [u32; 2] {
        let mut sampler = Sampler::new(Settings { temperature: 0.0, ..settings }, 0, prompt);
        [0, 1].map(|_| sampler.choose(vec![1.0, 0.9, -1.0]).expect("chooses"))
    }

    #[test]
    fn penalties_make_the_second_choice_differ() {
        assert_eq!(greedy_pair(OPEN, &[]), [0, 0]);
        assert_eq!(greedy_pair(Settings { presence_penalty: 0.2, ..OPEN }, &[]), [0, 1]);
        assert_eq!(greedy_pair(Settings { frequency_penalty: 0.2, ..OPEN }, &[]), [0, 1]);
        assert_eq!(greedy_pair(Settings { repetition_penalty: 1.5, ..OPEN }, &[]), [0, 1]);
        assert_eq!(
            greedy_pair(Settings { repetition_penalty: 1.5, ..OPEN }, &[0]),
            [1, 0],
            "prompts count here"
        );
        assert_eq!(greedy_pair(Settings { presence_penalty: 0.2, ..OPEN }, &[0]), [0, 1], "but not here");
    }

    #[test]
    fn logits_that_are_no_numbers_are_refused() {
        for bad in [vec![1.0, f32::NAN], vec![f32::INFINITY, 0.0], vec![f32::NEG_INFINITY; 3], vec![]] {
            assert_eq!(Sampler::new(OPEN, 0, &[]).choose(bad), Err(NotNumbers));
        }
    }
}
