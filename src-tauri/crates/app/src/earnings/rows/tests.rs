use std::collections::HashMap;

use rand::seq::SliceRandom as _;
use rand::{Rng as _, SeedableRng as _};
use types::{B256, Den};

use super::*;
use crate::earnings::{Bucket, Standing};

const AMOUNT: Aipg = Aipg::ZERO;

fn stated(period: &str, status: PayoutStatus, hash: Option<u8>) -> grid::PayoutRow {
    grid::PayoutRow {
        period: period.to_owned(),
        den: Den::ZERO,
        aipg_stated: 0.0,
        amount: AMOUNT,
        status,
        tx_hash: hash.map(B256::repeat_byte),
        address: None,
        created: None,
        paid: None,
    }
}

fn waiting() -> grid::PayoutRow {
    stated("hour", PayoutStatus::Sending, None)
}

fn sent(hash: u8) -> grid::PayoutRow {
    stated("hour", PayoutStatus::Sent, Some(hash))
}

/// The journal's rules, without a file.
#[derive(Default)]
struct Kept(Vec<PayoutRow>);

impl Kept {
    fn reads(&mut self, page: &[grid::PayoutRow]) {
        for row in numbered(page, &self.0) {
            match self.0.iter_mut().find(|kept| name(kept) == name(&row)) {
                Some(kept) if kept.proven_block.is_none() => *kept = row,
                Some(_) => {}
                None => self.0.push(row),
            }
        }
    }

    fn proves(&mut self, hash: u8) {
        let named = |row: &&mut PayoutRow| row.transaction == Some(B256::repeat_byte(hash));
        self.0.iter_mut().find(named).expect("a row with this transfer").proven_block = Some(1);
    }

    /// The transfers by the numbers of their rows.
    fn transfers(&self) -> Vec<(u32, Option<B256>)> {
        let mut rows: Vec<_> = self.0.iter().map(|row| (row.nth, row.transaction)).collect();
        rows.sort_unstable();
        rows
    }
}

fn is(nth: u32, hash: u8) -> (u32, Option<B256>) {
    (nth, Some(B256::repeat_byte(hash)))
}

#[test]
fn equal_rows_are_numbered_and_others_are_not() {
    let mut kept = Kept::default();
    let other = grid::PayoutRow { amount: Aipg::whole(1), ..waiting() };
    kept.reads(&[waiting(), stated("next hour", PayoutStatus::Sent, None), other, waiting()]);
    let names: Vec<_> = kept.0.iter().map(name).collect();
    let hour = |amount, nth| ("hour".to_owned(), amount, nth);
    let expected =
        [hour(AMOUNT, 1), hour(Aipg::whole(1), 1), ("next hour".to_owned(), AMOUNT, 1), hour(AMOUNT, 2)];
    assert_eq!(names, expected, "oldest first, as the page is newest first");
    let mut kept = Kept::default();
    kept.reads(&[sent(1)]);
    kept.proves(1);
    kept.reads(&[grid::PayoutRow { amount: Aipg::whole(1), ..sent(2) }]);
    assert_eq!(kept.transfers(), [is(1, 1), is(1, 2)], "of another amount it is the first");
}

#[test]
fn a_proven_row_keeps_its_number_in_any_order_of_the_page() {
    for page in [[sent(1), waiting()], [waiting(), sent(1)]] {
        let mut kept = Kept::default();
        kept.reads(&page);
        kept.proves(1);
        let proven = kept.transfers().iter().find(|row| row.1.is_some()).copied().expect("the sent one");
        for page in [[sent(1), sent(2)], [sent(2), sent(1)], [sent(1), sent(2)]] {
            kept.reads(&page);
            let transfers = kept.transfers();
            assert_eq!(transfers.len(), 2, "{transfers:?}");
            assert!(transfers.contains(&proven) && transfers.contains(&is(3 - proven.0, 2)), "{transfers:?}");
        }
    }
}

#[test]
fn a_new_equal_does_not_take_the_number_of_a_proven_row() {
    for page in [[sent(1), waiting()], [waiting(), sent(1)]] {
        let mut kept = Kept::default();
        kept.reads(&[sent(1)]);
        kept.proves(1);
        kept.reads(&page);
        assert_eq!(kept.transfers(), [is(1, 1), (2, None)]);
    }
}

#[test]
fn a_row_whose_equal_has_left_the_page_is_still_itself() {
    let mut kept = Kept::default();
    kept.reads(&[sent(2), sent(1)]);
    kept.proves(1);
    kept.reads(&[sent(2)]);
    assert_eq!(kept.transfers(), [is(1, 1), is(2, 2)]);
    // The other one was paid and left before we ever looked.
    let mut kept = Kept::default();
    kept.reads(&[sent(2)]);
    kept.proves(2);
    kept.reads(&[sent(3)]);
    assert_eq!(kept.transfers(), [is(1, 2), is(2, 3)], "another transfer is another payout");
}

#[test]
fn a_row_follows_the_grid_from_one_transfer_to_the_next() {
    let mut kept = Kept::default();
    for page in [waiting(), sent(1), stated("hour", PayoutStatus::UnderReview, None), sent(2), sent(3)] {
        let expected = [(1, page.tx_hash)];
        kept.reads(&[page]);
        assert_eq!(kept.transfers(), expected);
    }
    kept.proves(3);
    kept.reads(&[waiting()]);
    assert_eq!(kept.transfers(), [is(1, 3)], "a proven payout does not become one more that is owed");
}

#[test]
fn two_rows_with_one_transfer_stay_two_rows() {
    let mut kept = Kept::default();
    for _ in 0..3 {
        kept.reads(&[sent(1), sent(1)]);
        assert_eq!(kept.transfers(), [is(1, 1), is(2, 1)]);
    }
    kept.proves(1);
    kept.reads(&[sent(1)]);
    kept.reads(&[sent(1), sent(1)]);
    assert_eq!(kept.transfers(), [is(1, 1), is(2, 1)]);
    // The transfer is the proven row's; the other one is corrected.
    let mut kept = Kept::default();
    kept.reads(&[sent(1), sent(1)]);
    kept.0.reverse();
    kept.proves(1);
    kept.reads(&[sent(1), waiting()]);
    assert_eq!(kept.transfers(), [(1, None), is(2, 1)]);
}

/// What the Grid knows of one of its rows.
#[derive(Clone)]
struct Truth {
    hash: u8,
    is_sent: bool,
}

#[test]
fn whatever_order_and_part_of_the_rows_a_page_shows_each_becomes_one_row() {
    for seed in 0..500 {
        let mut chance = rand::rngs::StdRng::seed_from_u64(seed);
        let mut kept = Kept::default();
        let mut grid: Vec<Truth> = (1..=4).map(|hash| Truth { hash, is_sent: false }).collect();
        let state = |row: &Truth| if row.is_sent { sent(row.hash) } else { waiting() };
        while grid.iter().any(|row| !row.is_sent) {
            grid.shuffle(&mut chance);
            let page: Vec<_> = grid.iter().filter(|_| chance.random_bool(0.7)).cloned().collect();
            kept.reads(&page.iter().map(state).collect::<Vec<_>>());
            for shown in page.iter().filter(|row| row.is_sent) {
                if chance.random_bool(0.5) {
                    kept.proves(shown.hash);
                }
            }
            let next = chance.random_range(0..grid.len());
            grid[next].is_sent |= chance.random_bool(0.5);
        }
        kept.reads(&grid.iter().map(state).collect::<Vec<_>>());
        let mut count: HashMap<Option<B256>, u32> = HashMap::new();
        for (_, transfer) in kept.transfers() {
            *count.entry(transfer).or_default() += 1;
        }
        let expected = (1..=4).map(|hash| (Some(B256::repeat_byte(hash)), 1)).collect();
        assert_eq!(count, expected, "seed {seed}");
    }
}

#[test]
fn every_status_of_the_page_has_its_figure() {
    let check = |status: PayoutStatus, expected| {
        let row = row(&stated("hour", status, None));
        assert_eq!(Standing::of(&row).bucket(), expected, "{row:?}");
    };
    for status in [PayoutStatus::Sent, PayoutStatus::Confirmed] {
        check(status, Bucket::SaidToBePaid);
    }
    for status in [
        PayoutStatus::Sending,
        PayoutStatus::Retrying,
        PayoutStatus::Owed,
        PayoutStatus::UnderReview,
        PayoutStatus::Held,
    ] {
        check(status, Bucket::Owed);
    }
    check(PayoutStatus::Other("cancelled".to_owned()), Bucket::Other);
}
