use ledger::JobState;
use types::{Address, Aipg, B256, Den, JobId, ModelId, U256};

use super::*;

fn row(job: &str, worker: &str, model: &str) -> JobRow {
    JobRow {
        attempt: 7,
        job: JobId::new(job),
        worker: worker.into(),
        model: ModelId::new(model),
        kind: "text".into(),
        engine: None,
        state: JobState::Settled,
        accepted_at: Timestamp::from_millis(1_788_242_400_000),
        first_token_at: Some(Timestamp::from_millis(1_788_242_400_250)),
        ended_at: Some(Timestamp::from_millis(1_788_242_402_500)),
        finish_reason: Some("stop".into()),
        prompt_tokens: Some(12),
        completion_tokens: Some(50),
        result_hash: None,
        signed: true,
        den: Some(Den::from_hundredths(176)),
    }
}

fn paid(amount: Aipg, status: &str) -> PayoutRow {
    PayoutRow {
        period: "hour-2026-09-01T06".into(),
        amount,
        nth: 1,
        den: Den::from_hundredths(300),
        status: status.into(),
        address: Some(Address::repeat_byte(0xb2)),
        transaction: Some(B256::repeat_byte(0xab)),
        paid_at: Some(Timestamp::from_millis(1_788_246_060_000)),
        proven_block: Some(12),
        sender: None,
    }
}

fn written(rows: &[Vec<String>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut table = table(&mut bytes, &["a", "b"]).expect("writes");
    for row in rows {
        table.write_record(row).expect("writes");
    }
    table.flush().expect("writes");
    drop(table);
    bytes
}

#[test]
fn a_job_is_one_line_of_plain_figures() {
    let line = job("grid", &row("j", "rig, \"one\"", "m")).join("|");
    assert_eq!(
        line,
        "grid|7|j|rig, \"one\"|text|m||settled|2026-09-01T06:00:00Z|2026-09-01T06:00:00.25Z|\
         2026-09-01T06:00:02.5Z|2.500|12|50|20.00|stop|1.76|yes"
    );
}

#[test]
fn a_payout_is_exact_to_the_last_unit() {
    let amount = Aipg::from_payout(156.2475).expect("an amount");
    let mut bytes = Vec::new();
    write_payouts(&[paid(amount, "sent")], &mut bytes).expect("writes");
    let text = String::from_utf8(bytes).expect("UTF-8");
    let line = text.lines().nth(1).expect("a row");
    let (wallet, hash) = (Address::repeat_byte(0xb2), format!("0x{}", "ab".repeat(32)));
    assert_eq!(
        line,
        format!(
            "hour-2026-09-01T06,2026-09-01T06:00:00Z,3.00,156.247500000000016384,156247500000000016384,paid,sent,\
             {wallet},{hash},,12,,2026-09-01T07:01:00Z,1"
        )
    );
    assert!(text.ends_with("\r\n"), "lines end as RFC 4180 says");
}

#[test]
fn only_what_was_sent_has_a_moment_of_payment() {
    let check = |status: &str, created: &str, paid_at: &str| {
        let row = PayoutRow { proven_block: None, ..paid(Aipg::whole(1), status) };
        assert_eq!(payout(&row)[11..13], [created, paid_at], "{status}");
    };
    let moment = "2026-09-01T07:01:00Z";
    check("sent", "", moment);
    check("confirmed", "", moment);
    for status in ["pending", "failed", "accrued", "manual_review", "held", "of-tomorrow"] {
        check(status, moment, "");
    }
    assert_eq!(PAYOUT_COLUMNS[11..13], ["created", "paid_at"]);
}

#[test]
fn no_cell_is_a_formula() {
    let check = |text: &str, expected: &str| assert_eq!(plain(text), expected, "{text:?}");
    check("rig-1", "rig-1");
    check("", "");
    check("=HYPERLINK(\"x\")", "'=HYPERLINK(\"x\")");
    check("+1", "'+1");
    check("-1", "'-1");
    check("@SUM(A1)", "'@SUM(A1)");
    check("\t=1", "'\t=1");
    check("\r=1", "'\r=1");
    check("  =1", "'  =1");
    check("\u{ff1d}1", "'\u{ff1d}1");
    check("'=1", "''=1");
    let mut bytes = Vec::new();
    write_payouts(&[paid(Aipg::ZERO, "=cmd|' /C calc'!A0")], &mut bytes).expect("writes");
    assert!(String::from_utf8_lossy(&bytes).contains(",'=cmd|"), "also where the Grid's own words go");
    assert_eq!(job("=grid", &row("=1", "-rig", "@m"))[..6], ["'=grid", "7", "'=1", "'-rig", "text", "'@m"]);
}

proptest::proptest! {
    #[test]
    fn whatever_is_written_reads_back(
        rows in proptest::collection::vec(proptest::array::uniform2("[ -~,\"\r\n\t=é𝄞]{0,12}"), 0..20),
    ) {
        let rows: Vec<Vec<String>> = rows.into_iter().map(Vec::from).collect();
        let bytes = written(&rows);
        let mut reader = csv::ReaderBuilder::new().from_reader(bytes.as_slice());
        let back: Vec<Vec<String>> = reader
            .records()
            .map(|record| record.expect("a record").iter().map(str::to_owned).collect())
            .collect();
        proptest::prop_assert_eq!(back, rows);
    }

    #[test]
    fn no_text_begins_a_formula_and_no_two_texts_become_one(one in ".{0,8}", other in ".{0,8}") {
        let safe = plain(&one);
        let first = safe.trim_start_matches(' ').chars().next();
        proptest::prop_assert!(!first.is_some_and(|first| "=+-@\t\r\n".contains(first)), "{:?}", safe);
        proptest::prop_assert_eq!(one == other, safe == plain(&other));
    }

    #[test]
    fn exact_amounts_come_back(units in 0_u128..) {
        let amount = Aipg::from_base(U256::from(units));
        let cells = payout(&paid(amount, "sent"));
        proptest::prop_assert_eq!(Aipg::parse(&cells[3]), Ok(amount));
        proptest::prop_assert_eq!(&cells[4], &units.to_string());
    }
}
