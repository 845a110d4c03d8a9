//! The journal's promises about payouts, on real files.

use ledger::PayoutRow;
use types::{Address, Aipg, B256, Den, Timestamp};

use crate::money::{journal, on};
use crate::{File, NOW};

const TREASURY: Address = Address::repeat_byte(0x20);

fn payout(period: &str, transaction: Option<B256>) -> PayoutRow {
    PayoutRow {
        period: period.to_owned(),
        amount: Aipg::from_payout(156.2475).expect("an amount"),
        nth: 1,
        den: Den::from_hundredths(79),
        status: "sent".to_owned(),
        address: Some(Address::repeat_byte(3)),
        transaction,
        paid_at: Some(types::Timestamp::from_millis(1_790_000_000_123)),
        proven_block: None,
        sender: None,
    }
}

#[test]
fn only_a_transfer_found_on_the_chain_counts_as_paid_and_only_for_one_row() {
    let file = File::new();
    let mut journal = journal(&file);
    let hash = B256::repeat_byte(5);
    let (first, second) = (payout("hour-1", Some(hash)), payout("hour-2", Some(hash)));
    for row in [&first, &second] {
        journal.payout(row, NOW).expect("records");
    }
    assert_eq!(journal.paid().expect("reads"), Aipg::ZERO, "the Grid's word is not a payment");
    let other = PayoutRow { transaction: Some(B256::ZERO), ..first.clone() };
    assert!(!journal.payout_proven(&other, 12, TREASURY).expect("answers"), "another hash proves nothing");
    let none = PayoutRow { transaction: None, ..first.clone() };
    assert!(!journal.payout_proven(&none, 12, TREASURY).expect("answers"), "and none proves nothing");
    assert!(journal.payout_proven(&first, 12, TREASURY).expect("records"));
    assert!(!journal.payout_proven(&second, 12, TREASURY).expect("answers"), "one transfer pays one row");
    journal.payout(&payout("hour-1", None), NOW).expect("is looked at");
    assert_eq!(journal.paid().expect("reads"), first.amount);
    let kept = PayoutRow { proven_block: Some(12), sender: Some(TREASURY), ..first };
    assert_eq!(journal.payouts().expect("reads"), [second, kept], "what is proven stays");
}

#[test]
fn a_row_follows_the_grid_until_it_is_proven() {
    let file = File::new();
    let mut journal = journal(&file);
    let pending = PayoutRow { status: "pending".to_owned(), ..payout("hour-1", None) };
    journal.payout(&pending, NOW).expect("records");
    journal.payout(&payout("hour-1", Some(B256::ZERO)), Timestamp::from_millis(9)).expect("records");
    assert_eq!(journal.payouts().expect("reads"), [payout("hour-1", Some(B256::ZERO))]);
}

#[test]
fn equal_rows_are_told_apart_by_their_number_and_others_by_their_amount() {
    let file = File::new();
    let mut journal = journal(&file);
    let rows = [
        payout("hour-1", Some(B256::repeat_byte(2))),
        PayoutRow { nth: 2, ..payout("hour-1", Some(B256::repeat_byte(2))) },
        PayoutRow { amount: Aipg::whole(9), ..payout("hour-1", Some(B256::repeat_byte(3))) },
    ];
    for row in &rows {
        journal.payout(row, NOW).expect("records");
    }
    assert_eq!(journal.payouts().expect("reads").len(), 3);
    assert!(journal.payout_proven(&rows[1], 12, TREASURY).expect("records"));
    let proven: Vec<PayoutRow> =
        journal.payouts().expect("reads").into_iter().filter(|row| row.proven_block.is_some()).collect();
    assert_eq!(proven, [PayoutRow { proven_block: Some(12), sender: Some(TREASURY), ..rows[1].clone() }]);
}

#[test]
fn the_row_that_was_seen_last_comes_first_whatever_it_is_called() {
    let file = File::new();
    let mut journal = journal(&file);
    for period in ["hour-9", "hour-10", "2026-09-01_2026-09-02"] {
        // All of one page are seen at one moment.
        journal.payout(&payout(period, None), NOW).expect("records");
    }
    journal.payout(&payout("hour-9", None), Timestamp::from_millis(u64::from(u32::MAX))).expect("again");
    let periods: Vec<String> = journal.payouts().expect("reads").into_iter().map(|row| row.period).collect();
    assert_eq!(periods, ["2026-09-01_2026-09-02", "hour-10", "hour-9"]);
}

#[test]
fn what_one_chain_proved_is_not_proven_on_another() {
    let file = File::new();
    let row = payout("hour-1", Some(B256::repeat_byte(5)));
    let mut first = journal(&file);
    first.payout(&row, NOW).expect("records");
    assert!(first.payout_proven(&row, 12, TREASURY).expect("records"));
    let mut second = on(&file, "practice 31337 second");
    assert_eq!(second.payouts().expect("reads"), []);
    assert!(!second.payout_proven(&row, 12, TREASURY).expect("answers"), "the row is another chain's");
    second.payout(&row, NOW).expect("records");
    assert_eq!(second.paid().expect("reads"), Aipg::ZERO);
    assert!(second.payout_proven(&row, 3, TREASURY).expect("records"), "the same hash can be found here too");
    assert_eq!(first.paid().expect("reads"), row.amount);
}
