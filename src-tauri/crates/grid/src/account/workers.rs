//! What the coordinator counts for each worker.

use serde::Deserialize;
use serde_json::Value;
use types::Den;

use super::AccountError;
use super::text::{Moment, plain};

/// No account has more; the coordinator sets no limit of its own.
const MOST_WORKERS: usize = 1000;
const MOST_MODELS: usize = 100;
const LONGEST_NAME: usize = 120;

/// The workers of an account.
#[derive(Debug, Clone, PartialEq)]
pub struct Workers {
    /// Every worker that ever registered.
    pub workers: Vec<AccountWorker>,
    /// The work of all of them, ever.
    pub den: Den,
    /// The jobs of all of them, ever.
    pub jobs: u64,
}

/// One worker. The coordinator's strikes are on no page.
#[derive(Debug, Clone, PartialEq)]
pub struct AccountWorker {
    /// Its name.
    pub name: String,
    /// The kind of its jobs.
    pub kind: String,
    /// What it offers.
    pub models: Vec<String>,
    /// Its work, ever.
    pub den: Den,
    /// Its jobs, ever.
    pub jobs: u64,
    /// When it last registered, which may be long ago for a worker that is online.
    pub last_registered: Option<Moment>,
    /// Whether it is connected; up to a minute late.
    pub online: bool,
}

impl Workers {
    pub(super) fn read(body: &[u8]) -> Result<Self, AccountError> {
        let wire: Wire =
            serde_json::from_slice(body).map_err(|_| AccountError::wrong("the page of workers"))?;
        if wire.workers.len() > MOST_WORKERS {
            return Err(AccountError::Malformed(format!("{} workers", wire.workers.len())));
        }
        Ok(Self {
            workers: wire.workers.into_iter().map(AccountWorker::read).collect::<Result<_, _>>()?,
            den: Den::from_wire(wire.den_earned).ok_or_else(|| AccountError::wrong("den_earned"))?,
            jobs: wire.jobs_completed,
        })
    }
}

impl AccountWorker {
    fn read(wire: WireWorker) -> Result<Self, AccountError> {
        // A worker may have registered with anything as its models; what is no list of names is no offer.
        let models = wire.models.as_array().into_iter().flatten().filter_map(Value::as_str);
        Ok(Self {
            name: plain(&wire.name, LONGEST_NAME),
            kind: plain(&wire.kind.unwrap_or_default(), LONGEST_NAME),
            models: models.take(MOST_MODELS).map(|model| plain(model, LONGEST_NAME)).collect(),
            den: Den::from_wire(wire.den_earned).ok_or_else(|| AccountError::wrong("den_earned"))?,
            jobs: wire.jobs_completed,
            last_registered: wire.last_seen.as_deref().map(Moment::read),
            online: wire.online,
        })
    }
}

#[derive(Deserialize)]
struct Wire {
    den_earned: f64,
    jobs_completed: u64,
    workers: Vec<WireWorker>,
}

#[derive(Deserialize)]
struct WireWorker {
    name: String,
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    models: Value,
    den_earned: f64,
    jobs_completed: u64,
    last_seen: Option<String>,
    online: bool,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn odd_models_are_no_offer_and_odd_figures_no_page() {
        let read = |models: Value, den: Value| {
            let worker = json!({"name": "rig\u{7}", "type": "text", "models": models, "den_earned": den,
                "jobs_completed": 1, "last_seen": null, "maintenance": false, "online": true});
            let page = json!({"count": 1, "online": 1, "den_earned": 14.520000000000001, "jobs_completed": 1,
                "workers": [worker]});
            Workers::read(page.to_string().as_bytes())
        };
        let page = read(json!("abc"), json!(0)).expect("a page");
        assert_eq!((page.workers[0].models.len(), page.workers[0].name.as_str()), (0, "rig"));
        assert_eq!(page.den, Den::from_hundredths(1452), "sums of doubles have crumbs");
        assert_eq!(
            read(json!(["m", 7]), json!(1)).map(|page| page.workers[0].models.clone()),
            Ok(vec!["m".into()])
        );
        for den in [json!(-1), json!("1"), json!(null), json!(1e300)] {
            assert!(matches!(read(json!([]), den.clone()), Err(AccountError::Malformed(_))), "{den}");
        }
    }
}
