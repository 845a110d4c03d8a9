//! The journal's promises about plans and transactions, on real files.

use ledger::{Journal, LedgerError, Limits, PlanEnd, TransactionId, TransactionState};
use types::{
    Address, Aipg, B256, Confirmation, Intent, Network, Plan, RegistryVersion, SignedTransaction, Stage,
    Transaction, Wei,
};

use crate::{File, NOW};

pub(crate) const CHAIN: &str = "practice 31337 first";

pub(crate) fn journal(file: &File) -> Journal {
    on(file, CHAIN)
}

pub(crate) fn on(file: &File, chain: &str) -> Journal {
    Journal::open(&file.path, Limits::default(), chain).expect("opens")
}

pub(crate) fn plan(id: &str, from: u8) -> Plan {
    Plan {
        id: id.to_owned(),
        network: Network::practice(31337, Address::repeat_byte(1), Address::repeat_byte(2)),
        from: Address::repeat_byte(from),
        registry: Some(RegistryVersion::V1),
        steps: vec![
            Intent::Approve { amount: Aipg::whole(1000) },
            Intent::Register { amount: Aipg::whole(1000) },
        ],
        fee_limit: Wei::whole(1),
        expires_at: NOW,
    }
}

fn transaction(nonce: u64) -> Transaction {
    Transaction {
        intent: Intent::Approve { amount: Aipg::whole(1000) },
        nonce,
        gas_limit: 60_000,
        max_fee_per_gas: u128::from(u64::MAX) + 1,
        max_priority_fee_per_gas: 7,
    }
}

fn signed() -> SignedTransaction {
    SignedTransaction { raw: vec![2, 3, 5], hash: B256::repeat_byte(9) }
}

/// More than 64 bits hold.
fn data_fee() -> Wei {
    Wei::whole(1_000)
}

fn prepare(
    journal: &mut Journal,
    plan: &Plan,
    step: usize,
    nonce: u64,
) -> Result<TransactionId, LedgerError> {
    journal.prepared(plan, step, &transaction(nonce), data_fee(), NOW)
}

/// The states of a plan's transactions, oldest first.
fn states(journal: &Journal, plan: &str) -> Vec<TransactionState> {
    journal.transactions(plan).expect("reads").into_iter().map(|row| row.state).collect()
}

#[test]
fn a_plan_and_its_transaction_read_back_as_they_were_written() {
    let file = File::new();
    let plan = plan("a", 3);
    let mut written = journal(&file);
    written.agreed(&plan, Confirmation::Native, NOW).expect("records");
    let id = prepare(&mut written, &plan, 0, 7).expect("records");
    drop(written);

    let mut read = journal(&file);
    let open = read.open_plan(plan.from).expect("reads").expect("it is open");
    assert_eq!((open.plan, open.how, open.agreed_at), (plan.clone(), Confirmation::Native, NOW));
    let row = read.transactions("a").expect("reads").remove(0);
    assert_eq!((row.transaction, row.data_fee), (transaction(7), data_fee()));
    assert_eq!(row.state, TransactionState::Prepared);

    assert!(read.signed(id, &signed()).expect("records"));
    assert_eq!(states(&read, "a"), [TransactionState::Signed(signed())]);
    assert!(!read.signed(id, &signed()).expect("answers"), "signed bytes are never replaced");
    assert!(read.mined(id, 12, Stage::Seen).expect("records"));
    assert!(read.mined(id, 12, Stage::Safe).expect("records"));
    let mined = TransactionState::Mined { signed: signed(), block: 12, stage: Stage::Safe };
    assert_eq!(states(&read, "a"), [mined]);
    assert!(read.undone(id).expect("records"));
    assert_eq!(
        states(&read, "a"),
        [TransactionState::Signed(signed())],
        "after a reorganisation the same bytes go out"
    );
}

#[test]
fn a_wallet_is_at_one_plan_at_a_time() {
    let file = File::new();
    let mut journal = journal(&file);
    journal.agreed(&plan("a", 3), Confirmation::Native, NOW).expect("the first");
    let second = journal.agreed(&plan("b", 3), Confirmation::Native, NOW);
    assert!(matches!(second, Err(LedgerError::PlanOpen)), "{second:?}");
    journal.agreed(&plan("c", 4), Confirmation::Native, NOW).expect("another wallet's");
    assert!(journal.ended("a", PlanEnd::Done, NOW).expect("records"));
    assert!(!journal.ended("a", PlanEnd::Failed, NOW).expect("answers"), "it stays as it ended");
    assert_eq!(journal.open_plan(plan("a", 3).from).expect("reads"), None);
    journal.agreed(&plan("d", 3), Confirmation::Native, NOW).expect("after the end of the first");
}

#[test]
fn fifty_clicks_at_once_are_one_plan() {
    let file = File::new();
    drop(journal(&file));
    let agreed = std::thread::scope(|scope| {
        let clicks: Vec<_> = (0..50)
            .map(|number| {
                let file = &file;
                scope.spawn(move || {
                    let plan = plan(&number.to_string(), 3);
                    journal(file).agreed(&plan, Confirmation::Native, NOW).is_ok()
                })
            })
            .collect();
        clicks.into_iter().map(|click| click.join().expect("no panic")).filter(|agreed| *agreed).count()
    });
    assert_eq!(agreed, 1);
}

#[test]
fn a_step_is_done_once_and_a_nonce_used_once() {
    let file = File::new();
    let mut journal = journal(&file);
    let plan = plan("a", 3);
    journal.agreed(&plan, Confirmation::Native, NOW).expect("records");
    let first = prepare(&mut journal, &plan, 0, 7).expect("the first");
    for (step, nonce, why) in [(0, 8, "the step has a transaction"), (1, 7, "the nonce is used")] {
        let second = prepare(&mut journal, &plan, step, nonce);
        assert!(matches!(second, Err(LedgerError::Taken)), "{why}: {second:?}");
    }
    assert!(journal.void(first).expect("records"));
    prepare(&mut journal, &plan, 0, 7).expect("a void one frees both");
}

/// What may happen to a transaction in the journal.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Turn {
    Sign,
    Mine,
    /// The same block, and the chain is surer of it.
    Surer,
    Revert,
    Void,
    Undo,
}

impl Turn {
    fn apply(self, journal: &mut Journal, id: TransactionId) -> bool {
        let turned = match self {
            Self::Sign => journal.signed(id, &signed()),
            Self::Mine => journal.mined(id, 12, Stage::Seen),
            Self::Surer => journal.mined(id, 12, Stage::Safe),
            Self::Revert => journal.reverted(id),
            Self::Void => journal.void(id),
            Self::Undo => journal.undone(id),
        };
        turned.expect("answers")
    }
}

#[test]
fn a_transaction_goes_only_where_its_state_allows() {
    use Turn::{Mine, Revert, Sign, Surer, Undo, Void};
    let check = |way: &[Turn], allowed: &[Turn]| {
        for turn in [Sign, Mine, Surer, Revert, Void, Undo] {
            let file = File::new();
            let mut journal = journal(&file);
            let plan = plan("a", 3);
            journal.agreed(&plan, Confirmation::Native, NOW).expect("records");
            let id = prepare(&mut journal, &plan, 0, 7).expect("records");
            assert!(way.iter().all(|turn| turn.apply(&mut journal, id)), "{way:?} is a way");
            let before = states(&journal, "a");
            let turned = turn.apply(&mut journal, id);
            assert_eq!(turned, allowed.contains(&turn), "{turn:?} after {way:?}");
            assert!(turned || states(&journal, "a") == before, "{turn:?} after {way:?} changes nothing");
        }
    };
    check(&[], &[Sign, Void]);
    check(&[Sign], &[Mine, Surer, Revert, Void]);
    check(&[Sign, Mine], &[Surer, Revert, Undo]);
    check(&[Sign, Mine, Undo], &[Mine, Surer, Revert, Void]);
    check(&[Sign, Revert], &[]);
    check(&[Void], &[]);
    check(&[Sign, Void], &[]);
}

#[test]
fn a_plan_that_ended_gets_no_transaction_and_loses_what_was_only_prepared() {
    let file = File::new();
    let mut journal = journal(&file);
    let plan = plan("a", 3);
    let never = prepare(&mut journal, &plan, 0, 7);
    assert!(matches!(never, Err(LedgerError::PlanEnded)), "nobody agreed to it: {never:?}");
    journal.agreed(&plan, Confirmation::Native, NOW).expect("records");
    let sent = prepare(&mut journal, &plan, 0, 7).expect("records");
    assert!(journal.signed(sent, &signed()).expect("records"));
    let late = prepare(&mut journal, &plan, 1, 8).expect("records");
    assert!(journal.ended("a", PlanEnd::Stopped, NOW).expect("records"));
    let expected = [TransactionState::Signed(signed()), TransactionState::Void];
    assert_eq!(states(&journal, "a"), expected);
    assert!(!journal.signed(late, &signed()).expect("answers"), "its signature comes too late");
    let after = prepare(&mut journal, &plan, 1, 9);
    assert!(matches!(after, Err(LedgerError::PlanEnded)), "{after:?}");
    assert_eq!(states(&journal, "a"), expected);
}

#[test]
fn only_what_is_still_only_prepared_is_voided() {
    let file = File::new();
    let mut journal = journal(&file);
    let (plan, other) = (plan("a", 3), plan("b", 4));
    for plan in [&plan, &other] {
        journal.agreed(plan, Confirmation::Native, NOW).expect("records");
        prepare(&mut journal, plan, 1, 8).expect("records");
    }
    let sent = prepare(&mut journal, &plan, 0, 7).expect("records");
    assert!(journal.signed(sent, &signed()).expect("records"));
    assert!(journal.void_prepared("a").expect("records"));
    assert_eq!(states(&journal, "a"), [TransactionState::Void, TransactionState::Signed(signed())]);
    assert_eq!(states(&journal, "b"), [TransactionState::Prepared], "another plan's");
    assert!(!journal.void_prepared("a").expect("answers"), "there is none left");
}

#[test]
fn a_new_chain_starts_clean_and_the_old_one_is_kept() {
    let file = File::new();
    let plan = plan("a", 3);
    let mut first = journal(&file);
    first.agreed(&plan, Confirmation::Native, NOW).expect("records");
    let id = prepare(&mut first, &plan, 0, 0).expect("records");
    assert!(first.signed(id, &signed()).expect("records"));

    let mut second = on(&file, "practice 31337 second");
    assert_eq!(second.open_plan(plan.from).expect("reads"), None, "the old plan is another chain's");
    assert!(matches!(prepare(&mut second, &plan, 1, 1), Err(LedgerError::PlanEnded)));
    second.agreed(&plan, Confirmation::Native, NOW).expect("the wallet is at no plan here");
    assert_eq!(second.transactions("a").expect("reads"), []);
    let anew = prepare(&mut second, &plan, 0, 0).expect("nonce 0 again");
    for turn in [Turn::Mine, Turn::Revert, Turn::Void, Turn::Undo] {
        assert!(!turn.apply(&mut second, id), "{turn:?}: the other chain's row is out of reach");
    }
    assert!(first.mined(id, 12, Stage::Seen).expect("records"));
    assert!(!Turn::Undo.apply(&mut second, id), "another chain's reorganisation undoes nothing");
    assert!(second.ended("a", PlanEnd::Stopped, NOW).expect("records"));
    assert!(!second.signed(anew, &signed()).expect("answers"));

    assert_eq!(first.open_plan(plan.from).expect("reads").map(|open| open.plan), Some(plan));
    let mined = TransactionState::Mined { signed: signed(), block: 12, stage: Stage::Seen };
    assert_eq!(states(&first, "a"), [mined]);
}
