//! What was shared out to an account.

use serde::Deserialize;
use serde_json::value::RawValue;
use types::{Address, Aipg, B256, Den};

use super::AccountError;
use super::text::{Moment, address, name, transaction};

/// The page never holds more. Older rows are kept by whoever read them in time.
const MOST_ROWS: usize = 200;
const LONGEST_PERIOD: usize = 80;
const LONGEST_STATUS: usize = 40;

/// What was shared out to an account, as the coordinator states it. None of it is proven.
#[derive(Debug, Clone, PartialEq)]
pub struct Payouts {
    /// Where the account is paid now, by its explicit wish or its sign-in wallet.
    pub payout_wallet: Option<Address>,
    /// The newest rows, 200 at most.
    pub rows: Vec<PayoutRow>,
    /// The coordinator's own sum of what is paid, over all rows, rounded to six decimals.
    pub paid_over_all: Aipg,
    /// The coordinator's own sum of what is owed, over all rows, rounded to six decimals.
    pub accrued_over_all: Aipg,
    /// The work in all rows, whatever became of them.
    pub den_over_all: Den,
    /// How many rows there are, also beyond the newest.
    pub rows_over_all: u64,
}

/// The account's share of one period.
#[derive(Debug, Clone, PartialEq)]
pub struct PayoutRow {
    /// The period's id. It has no meaning, but it is the same row for good.
    pub period: String,
    /// The work it is for.
    pub den: Den,
    /// The share as stated, for showing.
    pub aipg_stated: f64,
    /// The share as the chain shows it, to the last unit.
    pub amount: Aipg,
    /// Where it stands.
    pub status: PayoutStatus,
    /// The transaction said to have paid it. The coordinator shows one for paid rows only.
    pub tx_hash: Option<B256>,
    /// The wallet of this row, which may differ from today's.
    pub address: Option<Address>,
    /// When the period was settled.
    pub created: Option<Moment>,
    /// When it was paid.
    pub paid: Option<Moment>,
}

/// Where a payout stands, by what its owner does about it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PayoutStatus {
    /// `sent`: the coordinator saw the transfer.
    Sent,
    /// `confirmed`: the same.
    Confirmed,
    /// `pending`: on its way.
    Sending,
    /// `failed`: it is tried again every hour.
    Retrying,
    /// `accrued`: owed, because there was no wallet. Waits for an operator's run.
    Owed,
    /// `manual_review`: a person at the Grid looks.
    UnderReview,
    /// `review_sanctions`, `blocked_sanctions`: the address could not be cleared.
    Held,
    /// A word that this version does not know.
    Other(String),
}

impl PayoutStatus {
    /// Whether the coordinator says that it is paid.
    pub const fn is_paid(&self) -> bool {
        match self {
            Self::Sent | Self::Confirmed => true,
            Self::Sending | Self::Retrying | Self::Owed | Self::UnderReview | Self::Held | Self::Other(_) => {
                false
            }
        }
    }

    fn read(word: &str) -> Option<Self> {
        Some(match word {
            "sent" => Self::Sent,
            "confirmed" => Self::Confirmed,
            "pending" => Self::Sending,
            "failed" => Self::Retrying,
            "accrued" => Self::Owed,
            "manual_review" => Self::UnderReview,
            "review_sanctions" | "blocked_sanctions" => Self::Held,
            other => Self::Other(name(other, LONGEST_STATUS)?),
        })
    }
}

impl Payouts {
    /// The sum of the owed rows on this page. No part of [`Self::paid_stated`], and never to be added to it.
    pub fn owed(&self) -> Aipg {
        self.sum(|status| *status == PayoutStatus::Owed)
    }

    /// The sum of the rows on this page that are said to be paid. Whether they are is for the chain to say.
    pub fn paid_stated(&self) -> Aipg {
        self.sum(PayoutStatus::is_paid)
    }

    /// The sum of the rows on this page whose status passes.
    pub fn sum(&self, passes: impl Fn(&PayoutStatus) -> bool) -> Aipg {
        self.rows.iter().filter(|row| passes(&row.status)).map(|row| row.amount).sum()
    }

    pub(super) fn read(body: &[u8]) -> Result<Self, AccountError> {
        let wire: Wire<'_> =
            serde_json::from_slice(body).map_err(|_| AccountError::wrong("the page of payouts"))?;
        if wire.payouts.len() > MOST_ROWS {
            return Err(AccountError::Malformed(format!("{} payouts on one page", wire.payouts.len())));
        }
        let wrong = AccountError::wrong;
        Ok(Self {
            payout_wallet: address(wire.payout_wallet.as_deref().unwrap_or_default())
                .ok_or_else(|| wrong("payout_wallet"))?,
            paid_over_all: amount(wire.paid_aipg).ok_or_else(|| wrong("paid_aipg"))?.1,
            accrued_over_all: amount(wire.accrued_aipg).ok_or_else(|| wrong("accrued_aipg"))?.1,
            den_over_all: den(wire.total_den).ok_or_else(|| wrong("total_den"))?,
            rows_over_all: wire.periods,
            rows: wire.payouts.into_iter().map(PayoutRow::read).collect::<Result<_, _>>()?,
        })
    }
}

impl PayoutRow {
    fn read(wire: WireRow<'_>) -> Result<Self, AccountError> {
        let wrong = AccountError::wrong;
        // What cannot be read of a row is not known of it; the other rows are.
        let status =
            PayoutStatus::read(&wire.status).unwrap_or_else(|| PayoutStatus::Other("unreadable".to_owned()));
        let (aipg_stated, amount) = amount(wire.aipg).ok_or_else(|| wrong("aipg"))?;
        let tx_hash = wire.tx_hash.as_deref().and_then(transaction);
        let address = wire.address.as_deref().and_then(address).flatten();
        Ok(Self {
            period: name(&wire.period_id, LONGEST_PERIOD).ok_or_else(|| wrong("period_id"))?,
            den: den(wire.den).ok_or_else(|| wrong("den"))?,
            aipg_stated,
            amount,
            status,
            tx_hash,
            address,
            created: wire.created.as_deref().map(Moment::read),
            paid: wire.paid.as_deref().map(Moment::read),
        })
    }
}

// Figures stay in the digits they came in until they are read below: the JSON reader itself may miss the nearest double
// by one unit, and then the amount on the chain would look wrong.
#[derive(Deserialize)]
struct Wire<'a> {
    payout_wallet: Option<String>,
    #[serde(borrow)]
    paid_aipg: &'a RawValue,
    #[serde(borrow)]
    accrued_aipg: &'a RawValue,
    #[serde(borrow)]
    total_den: &'a RawValue,
    periods: u64,
    #[serde(borrow)]
    payouts: Vec<WireRow<'a>>,
}

#[derive(Deserialize)]
struct WireRow<'a> {
    period_id: String,
    #[serde(borrow)]
    den: &'a RawValue,
    #[serde(borrow)]
    aipg: &'a RawValue,
    status: String,
    tx_hash: Option<String>,
    address: Option<String>,
    created: Option<String>,
    paid: Option<String>,
}

/// The nearest double to the digits, and what the Grid sends for it.
fn amount(digits: &RawValue) -> Option<(f64, Aipg)> {
    let stated: f64 = digits.get().parse().ok()?;
    Some((stated, Aipg::from_payout(stated)?))
}

fn den(digits: &RawValue) -> Option<Den> {
    Den::from_wire(digits.get().parse().ok()?)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn row() -> Value {
        json!({"period_id": "hour-2026-09-01T06", "den": 3.0, "aipg": 156.2475, "status": "sent",
            "tx_hash": "ab".repeat(32), "address": format!("0x{}", "b2".repeat(20)),
            "created": "2026-09-01T11:00:00", "paid": null})
    }

    fn page(rows: &[Value]) -> Value {
        json!({"payout_wallet": "", "accrued_aipg": 0, "paid_aipg": 0.0, "total_den": 0, "periods": rows.len(),
            "payouts": rows})
    }

    fn read(page: &Value) -> Result<Payouts, AccountError> {
        Payouts::read(page.to_string().as_bytes())
    }

    #[test]
    fn a_row_is_read_to_the_last_unit() {
        let payouts = read(&page(&[row()])).expect("a page");
        let row = &payouts.rows[0];
        assert_eq!(row.amount.base().to_string(), "156247500000000016384");
        assert_eq!((row.aipg_stated, &row.status), (156.2475, &PayoutStatus::Sent));
        assert_eq!(row.tx_hash, Some(B256::repeat_byte(0xab)));
        assert_eq!(payouts.payout_wallet, None);
    }

    #[test]
    fn every_figure_is_the_nearest_double() {
        // The quick way to read a number, digits times a power of ten, misses the nearest double here.
        for digits in
            ["128.53961", "8.41", "0.000030000000000000001", "208.3279167", "8.533e-05", "7.1202363472230444"]
        {
            let raw = RawValue::from_string(digits.to_owned()).expect("JSON");
            let nearest: f64 = digits.parse().expect("a number");
            assert_eq!(amount(&raw).map(|(stated, _)| stated), Some(nearest), "{digits}");
        }
    }

    #[test]
    fn what_no_coordinator_means_is_refused() {
        let check = |member: &str, value: Value| {
            let mut row = row();
            row[member] = value.clone();
            let refusal = read(&page(&[row])).expect_err(&format!("{member}: {value}"));
            assert!(matches!(refusal, AccountError::Malformed(_)), "{refusal}");
        };
        for figure in
            [json!(-0.5), json!("NaN"), json!("1.5"), json!(1e300), json!(null), json!(true), json!([1])]
        {
            check("aipg", figure.clone());
            check("den", figure);
        }
        for id in ["", "hour\n", &"x".repeat(81)] {
            check("period_id", json!(id));
        }
        check("address", json!(7));
        for body in ["", "{}", "[]", "null", "{\"payouts\":[NaN]}", &page(&[row()]).to_string()[..200]] {
            assert!(matches!(Payouts::read(body.as_bytes()), Err(AccountError::Malformed(_))), "{body}");
        }
        for bare in ["NaN", "Infinity", "-Infinity", "1e999", "nan", "inf"] {
            let body = page(&[row()]).to_string().replace("156.2475", bare);
            assert!(matches!(Payouts::read(body.as_bytes()), Err(AccountError::Malformed(_))), "{bare}");
        }
    }

    #[test]
    fn what_cannot_be_read_of_a_row_is_not_known_of_it() {
        let odd = |member: &str, value: &str| {
            let mut row = row();
            row[member] = json!(value);
            read(&page(&[row])).expect("the page is one").rows.remove(0)
        };
        for hash in ["ab", "", "broadcast failed", &"AB".repeat(32), &"ab".repeat(33), &"zz".repeat(32)] {
            assert_eq!(odd("tx_hash", hash).tx_hash, None, "{hash}");
        }
        for wallet in ["0x12", &"b2".repeat(20)] {
            assert_eq!(odd("address", wallet).address, None, "{wallet}");
        }
        for word in ["", "se\u{1b}nt", &"x".repeat(41)] {
            assert_eq!(odd("status", word).status, PayoutStatus::Other("unreadable".into()), "{word:?}");
        }
    }

    #[test]
    fn a_page_holds_200_rows_and_not_one_more() {
        let rows = vec![row(); 201];
        assert_eq!(read(&page(&rows[..200])).map(|payouts| payouts.rows.len()), Ok(200));
        assert_eq!(read(&page(&rows)), Err(AccountError::Malformed("201 payouts on one page".into())));
    }

    #[test]
    fn what_is_paid_and_what_is_owed_are_two_sums() {
        let with = |status: &str, aipg: f64| {
            let mut row = row();
            (row["status"], row["aipg"], row["tx_hash"]) = (json!(status), json!(aipg), Value::Null);
            row
        };
        let all = [
            "sent",
            "confirmed",
            "pending",
            "failed",
            "accrued",
            "manual_review",
            "blocked_sanctions",
            "new",
        ];
        let rows: Vec<Value> =
            (0_i32..).zip(all).map(|(place, status)| with(status, f64::from(1 << place))).collect();
        let payouts = read(&page(&rows)).expect("a page");
        assert_eq!((payouts.paid_stated(), payouts.owed()), (Aipg::whole(3), Aipg::whole(16)));
        let others = payouts.sum(|status| matches!(status, PayoutStatus::Other(word) if word == "new"));
        assert_eq!(others, Aipg::whole(128));
        assert_eq!(payouts.sum(|status| *status == PayoutStatus::Held), Aipg::whole(64));
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_the_reader_fall(bytes in proptest::collection::vec(0_u8.., 0..400)) {
            let _ = Payouts::read(&bytes);
        }
    }
}
