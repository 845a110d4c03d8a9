//! The rates page: what work counts, which models are online, and how much they are asked for.

use std::collections::BTreeMap;

use grid::{ModelDemand, ModelOnline, NetworkStatus};
use types::{Den, ModelId, model_multiplier};

/// Work is rated for this many tokens of answer.
const TOKENS: i64 = 1000;

/// The prompt that a rate is for, unless another is named: about two pages of text.
pub const USUAL_PROMPT: u64 = 1024;

/// A model that somebody serves or asked for, and what serving it counts.
#[derive(Debug, Clone, PartialEq)]
pub struct Market {
    /// The model.
    pub model: ModelId,
    /// The kind of its jobs.
    pub kind: String,
    /// Workers that serve it now. They may be one operator's.
    pub workers: u64,
    /// Jobs of the last hour, by whomever they were served; nothing where that could not be read.
    pub jobs_of_an_hour: Option<u64>,
    /// Jobs of the last day that were measured.
    pub jobs_of_a_day: u64,
    /// What the jobs of the last hour earned all together.
    pub den_of_an_hour: Option<Den>,
    /// How fast it is served elsewhere.
    pub tokens_per_second: Option<f64>,
    /// What 1,000 tokens of it count. Only for text.
    pub den_per_thousand: Option<Den>,
    /// How much more it counts for its size.
    pub multiplier: f64,
    /// Whether the network says that too few serve it.
    pub is_wanted: bool,
    /// Whether this machine serves it.
    pub is_ours: bool,
}

impl Market {
    /// The work of the last hour for each worker that shares it: what one more or the next best would find there.
    pub fn den_for_each(&self) -> Option<Den> {
        let shared = |den: Den| Den::from_hundredths(den.hundredths() / self.workers.max(1));
        self.den_of_an_hour.map(shared)
    }
}

/// Every model online or asked for in the last hour, the one with the most work for each worker first.
pub fn market(
    online: &[ModelOnline],
    demand: Option<&[ModelDemand]>,
    network: Option<&NetworkStatus>,
    ours: &[ModelId],
) -> Vec<Market> {
    let mut models: BTreeMap<&ModelId, Market> = BTreeMap::new();
    for model in online {
        let known = entry(&mut models, &model.model, &model.kind);
        known.workers = model.workers;
        known.jobs_of_a_day = model.jobs_of_a_day;
        known.tokens_per_second = model.tokens_per_second;
        // A page of demand that was read and does not name it says that nobody asked.
        known.jobs_of_an_hour = demand.map(|_| 0);
        known.den_of_an_hour = demand.map(|_| Den::ZERO);
    }
    for asked in demand.unwrap_or_default() {
        let known = entry(&mut models, &asked.model, &asked.kind);
        known.jobs_of_an_hour = Some(asked.jobs);
        known.den_of_an_hour = Some(asked.den);
    }
    let mut all: Vec<Market> = models.into_values().collect();
    for known in &mut all {
        known.is_wanted = network.is_some_and(|network| network.models_below_target.contains(&known.model));
        known.is_ours = ours.contains(&known.model);
    }
    all.sort_by_key(|known| std::cmp::Reverse((known.den_for_each(), known.jobs_of_a_day)));
    all
}

fn entry<'a, 'b>(
    models: &'a mut BTreeMap<&'b ModelId, Market>,
    model: &'b ModelId,
    kind: &str,
) -> &'a mut Market {
    models.entry(model).or_insert_with(|| Market {
        model: model.clone(),
        kind: kind.to_owned(),
        workers: 0,
        jobs_of_an_hour: None,
        jobs_of_a_day: 0,
        den_of_an_hour: None,
        tokens_per_second: None,
        den_per_thousand: (kind == "text").then(|| Den::for_text(TOKENS, USUAL_PROMPT, model.as_str())),
        multiplier: if kind == "text" { model_multiplier(model.as_str()) } else { 1.0 },
        is_wanted: false,
        is_ours: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn larger_models_count_more_and_unknown_ones_once() {
        let models =
            ["gpt-oss-120b", "qwen3-27b", "gpt-oss-20b", "of-tomorrow"].map(|name| online(name, "text", 1));
        let all = market(&models, None, None, &[]);
        let work = |name: &str| all.iter().find(|known| known.model.as_str() == name)?.den_per_thousand;
        let expected = [
            ("gpt-oss-120b", 329_414),
            ("qwen3-27b", 55_000),
            ("gpt-oss-20b", 38_367),
            ("of-tomorrow", 1_760),
        ];
        for (name, hundredths) in expected {
            assert_eq!(work(name), Some(Den::from_hundredths(hundredths)), "{name}");
        }
    }

    fn online(name: &str, kind: &str, workers: u64) -> ModelOnline {
        ModelOnline {
            model: ModelId::new(name),
            workers,
            kind: kind.into(),
            context: None,
            jobs_of_a_day: 40,
            tokens_per_second: Some(20.0),
            time_to_first_token: None,
        }
    }

    fn asked(name: &str, jobs: u64, hundredths: u64) -> ModelDemand {
        let den = Den::from_hundredths(hundredths);
        ModelDemand { model: ModelId::new(name), kind: "text".into(), jobs, den }
    }

    #[test]
    fn the_model_with_the_most_work_for_each_worker_comes_first() {
        let models =
            [online("crowded", "text", 10), online("quiet", "text", 1), online("pictures", "image", 1)];
        let demand = [asked("crowded", 50, 5_000), asked("nobody", 3, 900)];
        let network = NetworkStatus {
            status: "operational".into(),
            workers_online: 12,
            redundancy_target: 3,
            models_below_target: vec![ModelId::new("quiet")],
            staking_required: Some(false),
            advisories: vec![],
        };
        let all = market(&models, Some(&demand), Some(&network), &[ModelId::new("quiet")]);
        let names: Vec<_> = all.iter().map(|known| known.model.as_str()).collect();
        assert_eq!(
            names[..2],
            ["nobody", "crowded"],
            "what nobody serves is all for whoever does: {names:?}"
        );
        let of = |name: &str| all.iter().find(|known| known.model.as_str() == name).expect("listed");
        assert_eq!(of("crowded").den_for_each(), Some(Den::from_hundredths(500)));
        assert_eq!(
            (of("quiet").jobs_of_an_hour, of("quiet").is_wanted, of("quiet").is_ours),
            (Some(0), true, true)
        );
        assert_eq!(of("pictures").den_per_thousand, None, "a picture has no tokens");
        let unread = market(&models, None, None, &[]);
        assert!(unread.iter().all(|known| known.jobs_of_an_hour.is_none()), "unread is not nothing");
    }
}
