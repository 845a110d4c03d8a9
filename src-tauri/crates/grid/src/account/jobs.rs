//! The account's newest jobs.

use std::time::Duration;

use serde::Deserialize;
use types::{Address, Den, JobId, ModelId, Sha256};

use super::text::{Moment, address, name, plain};
use super::{AccountClient, AccountError};

/// The coordinator gives no more, and there is no second page.
const MOST_ROWS: usize = 100;
const LONGEST_NAME: usize = 200;

/// The account's newest jobs: a feed, not the truth about what is paid.
///
/// The coordinator picks them by wallet, so what was worked for a wallet since replaced is missing here and is paid all
/// the same.
#[derive(Debug, Clone, PartialEq)]
pub struct AccountJobs {
    /// The wallet its rows are picked by; none, and then no rows either, before there is one.
    pub payout_wallet: Option<Address>,
    /// The jobs, newest first.
    pub rows: Vec<AccountJob>,
}

/// One job, as the coordinator's books have it.
#[derive(Debug, Clone, PartialEq)]
pub struct AccountJob {
    /// Its id.
    pub job: JobId,
    /// The model it was for.
    pub model: ModelId,
    /// Its kind.
    pub kind: String,
    /// What it earned.
    pub den: Den,
    /// What was counted: tokens for text, pieces for anything else.
    pub output_units: Option<u64>,
    /// How long it took.
    pub duration: Option<Duration>,
    /// How long the customer waited for the first token.
    pub time_to_first_token: Option<Duration>,
    /// Digest of the answer.
    pub result_hash: Option<Sha256>,
    /// Whether it bears a receipt that the coordinator accepted.
    pub signed: bool,
    /// When it was settled.
    pub created: Option<Moment>,
}

impl AccountClient {
    /// The newest 100 jobs.
    pub async fn jobs(&self) -> Result<AccountJobs, AccountError> {
        AccountJobs::read(&self.http.get("/v1/account/jobs?limit=100").await?)
    }
}

impl AccountJobs {
    fn read(body: &[u8]) -> Result<Self, AccountError> {
        let wire: Wire = serde_json::from_slice(body).map_err(|_| AccountError::wrong("the page of jobs"))?;
        if wire.jobs.len() > MOST_ROWS {
            return Err(AccountError::Malformed(format!("{} jobs on one page", wire.jobs.len())));
        }
        Ok(Self {
            payout_wallet: address(wire.payout_wallet.as_deref().unwrap_or_default())
                .ok_or_else(|| AccountError::wrong("payout_wallet"))?,
            rows: wire.jobs.into_iter().map(AccountJob::read).collect::<Result<_, _>>()?,
        })
    }
}

impl AccountJob {
    fn read(wire: WireJob) -> Result<Self, AccountError> {
        let id = name(&wire.job_id, LONGEST_NAME).ok_or_else(|| AccountError::wrong("job_id"))?;
        Ok(Self {
            job: JobId::new(id),
            model: ModelId::new(plain(&wire.model.unwrap_or_default(), LONGEST_NAME)),
            kind: plain(&wire.kind.unwrap_or_default(), LONGEST_NAME),
            den: Den::from_wire(wire.den).ok_or_else(|| AccountError::wrong("den"))?,
            output_units: wire.output_units.and_then(units),
            duration: wire.duration_s.and_then(seconds),
            time_to_first_token: wire.ttft_s.and_then(seconds),
            result_hash: wire.result_hash.as_deref().and_then(Sha256::parse),
            signed: wire.signed.unwrap_or(false),
            created: wire.created.as_deref().map(Moment::read),
        })
    }
}

/// A span that a page states in seconds; nothing, if no clock could have measured it.
pub(super) fn seconds(stated: f64) -> Option<Duration> {
    const ABSURD: f64 = 1e9;
    Duration::try_from_secs_f64(stated).ok().filter(|_| stated <= ABSURD)
}

/// The column holds fractions for media.
fn units(stated: f64) -> Option<u64> {
    (0.0..=1e15).contains(&stated).then_some(stated as u64)
}

#[derive(Deserialize)]
struct Wire {
    payout_wallet: Option<String>,
    jobs: Vec<WireJob>,
}

#[derive(Deserialize)]
struct WireJob {
    job_id: String,
    model: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    den: f64,
    output_units: Option<f64>,
    duration_s: Option<f64>,
    ttft_s: Option<f64>,
    result_hash: Option<String>,
    signed: Option<bool>,
    created: Option<String>,
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn job() -> Value {
        json!({"job_id": "j-1", "model": "m", "type": "text", "den": 1.76, "output_units": 100,
            "duration_s": 2.5, "ttft_s": null, "result_hash": "b".repeat(64), "signed": true, "epoch_id": null,
            "created": "2026-09-01T12:00:00"})
    }

    fn read(jobs: &[Value]) -> Result<AccountJobs, AccountError> {
        AccountJobs::read(json!({"payout_wallet": "", "total_den": 1, "jobs": jobs}).to_string().as_bytes())
    }

    #[test]
    fn an_account_without_a_wallet_has_no_jobs_and_that_is_a_page() {
        let body = br#"{"payout_wallet":"","jobs":[],"note":"set a payout wallet"}"#;
        let page = AccountJobs::read(body).expect("a page");
        assert_eq!((page.payout_wallet, page.rows.len()), (None, 0));
    }

    #[test]
    fn what_cannot_be_read_of_a_job_is_not_known_of_it_but_its_id_and_den_must_be() {
        let odd = |member: &str, value: Value| {
            let mut job = job();
            job[member] = value;
            read(&[job])
        };
        let row = read(&[job()]).expect("a page").rows.remove(0);
        assert_eq!((row.den, row.signed), (Den::from_hundredths(176), true));
        assert_eq!(row.duration, Some(Duration::from_millis(2_500)));
        for span in [json!(-1), json!(1e300), json!(null)] {
            assert_eq!(odd("duration_s", span.clone()).expect("a page").rows[0].duration, None, "{span}");
        }
        assert_eq!(odd("result_hash", json!("zz")).expect("a page").rows[0].result_hash, None);
        for (member, value) in
            [("den", json!(-1)), ("den", json!("1")), ("job_id", json!("")), ("job_id", json!("a\n"))]
        {
            assert!(
                matches!(odd(member, value.clone()), Err(AccountError::Malformed(_))),
                "{member} {value}"
            );
        }
        assert_eq!(read(&vec![job(); 101]), Err(AccountError::Malformed("101 jobs on one page".into())));
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_the_reader_fall(bytes in proptest::collection::vec(0_u8.., 0..400)) {
            let _ = AccountJobs::read(&bytes);
        }
    }
}
