//! Where a payout stands: the Grid's word for it, and what the chain shows.

use ledger::PayoutRow;
use types::{Aipg, B256};

/// Where a payout stands. Only the first is money that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// Its transfer to us is on the chain, in a block one may rely on.
    Paid,
    /// The Grid says it was sent (`sent`, `confirmed`), and the chain does not show that it came to us, or not yet.
    SaidToBePaid,
    /// On its way (`pending`).
    Sending,
    /// It failed and is tried again every hour (`failed`).
    Retrying,
    /// Owed, because there was no wallet when it was settled; waits for an operator's run (`accrued`).
    Owed,
    /// A person at the Grid looks at it (`manual_review`).
    UnderReview,
    /// The wallet could not be cleared (`review_sanctions`, `blocked_sanctions`).
    Held,
    /// A word that this version does not know. Nobody can say whether it is owed.
    Other,
}

/// In which of the figures a payout counts. The figures are never added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bucket {
    /// Paid: shown by the chain.
    Paid,
    /// Said to be paid, and not shown.
    SaidToBePaid,
    /// Settled and not sent.
    Owed,
    /// Nobody can say.
    Other,
}

/// The rows of one standing together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StandingSum {
    /// Where they stand.
    pub standing: Standing,
    /// How many.
    pub rows: usize,
    /// Their exact sum.
    pub amount: Aipg,
}

impl Standing {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 8] = [
        Self::Paid,
        Self::SaidToBePaid,
        Self::Sending,
        Self::Retrying,
        Self::Owed,
        Self::UnderReview,
        Self::Held,
        Self::Other,
    ];

    /// Where a row of the journal stands.
    pub fn of(row: &PayoutRow) -> Self {
        if row.proven_block.is_some() {
            return Self::Paid;
        }
        match row.status.as_str() {
            "sent" | "confirmed" => Self::SaidToBePaid,
            "pending" => Self::Sending,
            "failed" => Self::Retrying,
            "accrued" => Self::Owed,
            "manual_review" => Self::UnderReview,
            "held" | "review_sanctions" | "blocked_sanctions" => Self::Held,
            _ => Self::Other,
        }
    }

    /// The stable name, for message files and `--json`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Paid => "paid",
            Self::SaidToBePaid => "said-to-be-paid",
            Self::Sending => "sending",
            Self::Retrying => "retrying",
            Self::Owed => "owed",
            Self::UnderReview => "under-review",
            Self::Held => "held",
            Self::Other => "other",
        }
    }

    /// In which figure it counts.
    pub const fn bucket(self) -> Bucket {
        match self {
            Self::Paid => Bucket::Paid,
            Self::SaidToBePaid => Bucket::SaidToBePaid,
            Self::Sending | Self::Retrying | Self::Owed | Self::UnderReview | Self::Held => Bucket::Owed,
            Self::Other => Bucket::Other,
        }
    }
}

/// The rows of each standing together, each for itself. Standings without a row are left out.
pub(super) fn by_standing(rows: &[PayoutRow]) -> Vec<StandingSum> {
    let sum = |standing: Standing| {
        let amounts = rows.iter().filter(|row| Standing::of(row) == standing).map(|row| row.amount);
        StandingSum { standing, rows: amounts.clone().count(), amount: amounts.sum() }
    };
    Standing::ALL.map(sum).into_iter().filter(|sum| sum.rows > 0).collect()
}

/// What counts in one figure.
pub(super) fn figure(sums: &[StandingSum], bucket: Bucket) -> Aipg {
    sums.iter().filter(|sum| sum.standing.bucket() == bucket).map(|sum| sum.amount).sum()
}

/// Two payouts for which the Grid names one transaction, though one transaction pays one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedTransfer {
    /// The transaction.
    pub transaction: B256,
    /// The periods of the rows that name it.
    pub periods: Vec<String>,
}

/// Every transaction that more than one row names: an alarm, whichever of them the chain proved.
pub(super) fn shared_transfers(rows: &[PayoutRow]) -> Vec<SharedTransfer> {
    let mut by_transaction = std::collections::BTreeMap::<B256, Vec<String>>::new();
    for row in rows {
        if let Some(transaction) = row.transaction {
            by_transaction.entry(transaction).or_default().push(row.period.clone());
        }
    }
    let shared = by_transaction.into_iter().filter(|(_, periods)| periods.len() > 1);
    shared.map(|(transaction, periods)| SharedTransfer { transaction, periods }).collect()
}

#[cfg(test)]
mod tests {
    use types::Den;

    use super::*;

    fn row(status: &str, coins: u64, proven_block: Option<u64>) -> PayoutRow {
        PayoutRow {
            period: format!("hour-{coins}"),
            amount: Aipg::whole(coins),
            nth: 1,
            den: Den::ZERO,
            status: status.into(),
            address: None,
            transaction: None,
            paid_at: None,
            proven_block,
            sender: None,
        }
    }

    #[test]
    fn every_word_of_the_grid_has_its_label_and_its_figure() {
        let check = |word: &str, name: &str, bucket: Bucket| {
            let standing = Standing::of(&row(word, 1, None));
            assert_eq!((standing.name(), standing.bucket()), (name, bucket), "{word}");
        };
        check("sent", "said-to-be-paid", Bucket::SaidToBePaid);
        check("confirmed", "said-to-be-paid", Bucket::SaidToBePaid);
        check("pending", "sending", Bucket::Owed);
        check("failed", "retrying", Bucket::Owed);
        check("accrued", "owed", Bucket::Owed);
        check("manual_review", "under-review", Bucket::Owed);
        check("review_sanctions", "held", Bucket::Owed);
        check("blocked_sanctions", "held", Bucket::Owed);
        check("held", "held", Bucket::Owed);
        check("Sent", "other", Bucket::Other);
        check("", "other", Bucket::Other);
        assert_eq!(Standing::of(&row("failed", 1, Some(7))), Standing::Paid, "the chain is above any word");
    }

    #[test]
    fn each_row_is_in_exactly_one_sum() {
        let words = ["sent", "confirmed", "pending", "failed", "accrued", "manual_review", "held", "new"];
        let mut rows: Vec<_> = (0_u32..).zip(words).map(|(bit, word)| row(word, 1 << bit, None)).collect();
        rows.push(row("sent", 1 << 8, Some(7)));
        let sums = by_standing(&rows);
        assert_eq!(sums.iter().map(|sum| sum.rows).sum::<usize>(), rows.len());
        let figure = |bucket| figure(&sums, bucket);
        assert_eq!(figure(Bucket::Paid), Aipg::whole(1 << 8));
        assert_eq!(figure(Bucket::SaidToBePaid), Aipg::whole(3));
        assert_eq!(figure(Bucket::Owed), Aipg::whole(0b111_1100));
        assert_eq!(figure(Bucket::Other), Aipg::whole(1 << 7));
    }

    #[test]
    fn one_transfer_for_two_rows_is_told() {
        let named = |coins: u64, byte: u8| PayoutRow {
            transaction: Some(B256::repeat_byte(byte)),
            ..row("sent", coins, None)
        };
        let rows = [named(1, 5), named(2, 6), named(3, 5), row("sent", 4, None), row("sent", 5, None)];
        let expected = SharedTransfer {
            transaction: B256::repeat_byte(5),
            periods: vec!["hour-1".into(), "hour-3".into()],
        };
        assert_eq!(shared_transfers(&rows), [expected]);
    }
}
