//! Guards what the screen was written against: its types and its words.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use app::earnings::Dust;
use app::earnings::causes::Cause as Found;
use app::money::desk::{Obstacle, Outcome};
use ledger::JobState;
use ts_rs::{Config, TS};
use types::{Code, Den};

use super::*;

/// Set this to write the files anew.
const WRITE: &str = "GRID_NODE_WRITE_BINDINGS";

fn ui() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("ui/src")
}

fn check<T: TS + 'static>() {
    let written = T::export_to_string(&Config::new()).expect("a type that TypeScript can say");
    let file = ui().join("lib/backend/generated").join(format!("{}.ts", T::ident(&Config::new())));
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(&file, &written).expect("written");
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    let same = committed.lines().eq(written.lines());
    assert!(same, "{} is stale: run `cargo xtask bindings`", file.display());
}

#[test]
fn the_screens_types_are_those_of_the_shell() {
    check::<Status>();
    check::<Phase>();
    check::<JobLine>();
    check::<Failure>();
    check::<Wallet>();
    check::<Seen>();
    check::<Owner>();
    check::<Money>();
    check::<Bond>();
    check::<Trouble>();
    check::<Wish>();
    check::<Offer>();
    check::<Step>();
    check::<super::Obstacle>();
    check::<Action>();
    check::<Stage>();
    check::<StepLine>();
    check::<StepState>();
    check::<Earnings>();
    check::<Estimate>();
    check::<Settings>();
    check::<Theme>();
    check::<Link>();
    check::<Blocked>();
    check::<Access>();
    check::<Account>();
    check::<AccountAct>();
    check::<AccountOutcome>();
    check::<AccountPage>();
    check::<AccountTask>();
    check::<AccountTrouble>();
    check::<AccountWish>();
    check::<AccountWorker>();
    check::<ApiKey>();
    check::<Permission>();
    check::<Coordinator>();
    check::<Place>();
    check::<Engine>();
    check::<EngineHealth>();
    check::<EngineSource>();
    check::<EngineWish>();
    check::<Engines>();
    check::<Format>();
    check::<FoundServer>();
    check::<Program>();
    check::<ScheduleLine>();
    check::<ServerFault>();
    check::<Serving>();
    check::<Slot>();
    check::<Weekday>();
    check::<Books>();
    check::<BooksVerdict>();
    check::<Day>();
    check::<History>();
    check::<TooSmall>();
    check::<BookLine>();
    check::<KeyRole>();
    check::<CouldEarn>();
    check::<JobPage>();
    check::<JobRecord>();
    check::<OpenHour>();
    check::<Payday>();
    check::<PayoutPage>();
    check::<PayoutRecord>();
    check::<Standing>();
    check::<Cause>();
    check::<ModelRate>();
    check::<Rates>();
    check::<Severity>();
}

fn words() -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(ui().join("messages/en.json")).expect("the message file");
    serde_json::from_str(&text).expect("one text for each name")
}

#[test]
fn the_screen_has_words_for_every_state_of_a_job() {
    let words = words();
    let check = |state: JobState| {
        // A new state must be added below; the compiler asks here.
        match state {
            JobState::Running
            | JobState::Delivered
            | JobState::Settled
            | JobState::Unconfirmed
            | JobState::Refused
            | JobState::Failed
            | JobState::Abandoned => {}
        }
        assert!(words.contains_key(&format!("job.{}", state.name())), "{state:?} has no words");
    };
    check(JobState::Running);
    check(JobState::Delivered);
    check(JobState::Settled);
    check(JobState::Unconfirmed);
    check(JobState::Refused);
    check(JobState::Failed);
    check(JobState::Abandoned);
}

/// Both ways: a name without words shows as a name, and words without a name are told to nobody.
fn check_names(prefix: &str, expected: &[&str]) {
    let words = words();
    let found = words.keys().filter_map(|key| key.strip_prefix(prefix)?.strip_prefix('.'));
    let found: BTreeSet<&str> = found.filter(|name| !name.contains('.') && !GENERAL.contains(name)).collect();
    assert_eq!(found, expected.iter().copied().collect(), "{prefix}");
}

/// Texts for what has no name of its own, and headings.
const GENERAL: &[&str] = &["title", "unknown", "unnamed", "details"];

#[test]
fn the_screen_has_words_for_every_obstacle_outcome_and_refusal_and_for_no_other() {
    check_names("obstacle", &Obstacle::NAMES);
    let outcomes: Vec<&str> = Outcome::NAMES.into_iter().filter(|name| *name != "unknown").collect();
    check_names("outcome", &outcomes);
    check_names("refusal", &Failure::NAMES);
}

#[test]
fn the_screen_has_words_for_every_cause_and_for_what_helps() {
    let words = words();
    let check = |found: Found| {
        // A new cause must be added below; the compiler asks where its figure is told.
        let cause = super::Cause::from(&found);
        for key in [format!("cause.{}", cause.kind), format!("cause.{}.words", cause.kind)] {
            assert!(words.contains_key(&key), "{key} has no words");
        }
        assert!(words.contains_key(&format!("fix.{}", cause.fix)), "{} has no words", cause.fix);
        let is_told = words[&format!("cause.{}", cause.kind)].contains("{figure}");
        assert_eq!(cause.figure.is_some(), is_told, "{} tells its figure", cause.kind);
        cause.kind
    };
    let payouts = 2;
    let found = [
        Found::Paused,
        Found::NeedsOwner(None),
        Found::Resting(None),
        Found::GridUnreachable,
        Found::Suspended,
        Found::GettingReady,
        Found::NoPayoutWallet,
        Found::HeldBack { payouts },
        Found::OwedFromBefore { payouts },
        Found::UnderReview { payouts },
        Found::NotOnTheChain { payouts },
        Found::HoursNotAllocated { hours: 2, dust: Dust::No },
        Found::JobsFail { strikes: 1, failed: 2 },
        Found::Unconfirmed { answers: 2 },
        Found::NotListed,
        Found::NobodyAsks,
        Found::NoDemandNow,
        Found::SharedWithOthers { workers: 2 },
        Found::JustOnline,
        Found::PaidEachHour { work: Den::ZERO },
        Found::BelowLeastAmount { dust: Dust::No },
        Found::OnItsWay { payouts },
        Found::CountsOnce,
        Found::Unsigned,
    ];
    let kinds: Vec<String> = found.into_iter().map(check).collect();
    check_names("cause", &kinds.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn the_screen_has_the_same_words_for_every_code() {
    let words = words();
    for code in Code::ALL {
        let on_screen = |part| words.get(&format!("problem.{}.{part}", code.name())).map(String::as_str);
        assert_eq!(on_screen("title"), Some(code.title()), "{code:?} is told differently by the window");
        assert_eq!(on_screen("cause"), Some(code.cause()), "{code:?} is told differently by the window");
        assert_eq!(on_screen("action"), Some(code.action()), "{code:?} is told differently by the window");
    }
}
