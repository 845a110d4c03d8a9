use std::collections::BTreeSet;

use ledger::Span;
use types::{Aipg, ModelId, Timestamp};

use super::*;
use crate::earnings::{NotAllocated, StandingSum};

const NOW: Timestamp = Timestamp::from_millis(1_788_242_400_000);

fn minutes_ago(minutes: u64) -> Option<Timestamp> {
    Some(Timestamp::from_millis(NOW.millis() - minutes * 60_000))
}

/// On the Grid for two hours without a job, and everything else as it should be.
fn idle_facts() -> Facts {
    Facts {
        online_since: minutes_ago(120),
        payout_wallet: Some(true),
        delegation: Delegated::Valid,
        coordinator: Reach::Yes,
        market: MarketFact::Listed(market(10, 40, 1)),
        ..Facts::new(NOW, Phase::Waiting, None)
    }
}

fn market(jobs_of_an_hour: u64, jobs_of_a_day: u64, workers: u64) -> Market {
    Market {
        model: ModelId::new("gpt-oss-20b"),
        kind: "text".into(),
        workers,
        jobs_of_an_hour: Some(jobs_of_an_hour),
        jobs_of_a_day,
        den_of_an_hour: None,
        tokens_per_second: None,
        den_per_thousand: None,
        multiplier: 20.0,
        is_wanted: false,
        is_ours: true,
    }
}

fn missing(dust: Dust) -> NotAllocated {
    let hour = Span { from: NOW, until: NOW };
    NotAllocated { period: "hour".into(), hour, den: Den::from_hundredths(10), dust }
}

fn rows(standings: &[Standing]) -> Vec<StandingSum> {
    let sum = |standing: &Standing| StandingSum { standing: *standing, rows: 2, amount: Aipg::whole(1) };
    standings.iter().map(sum).collect()
}

fn check(what: &str, change: impl FnOnce(&mut Facts), expected: &[Cause]) {
    let mut facts = idle_facts();
    change(&mut facts);
    assert_eq!(causes(&facts), expected, "{what}");
}

#[test]
fn each_fact_has_its_cause() {
    let busy = |facts: &mut Facts| facts.last_job_at = minutes_ago(5);
    check("all is well and a job was just done", busy, &[]);
    check("paused", |facts| facts.phase = Phase::Paused, &[Cause::Paused]);
    check(
        "the owner is needed",
        |facts| (facts.phase, facts.code) = (Phase::NeedsAttention, Some(Code::ModelMissing)),
        &[Cause::NeedsOwner(Some(Code::ModelMissing))],
    );
    check(
        "the engine rests",
        |facts| (facts.phase, facts.code) = (Phase::Quarantined, Some(Code::EngineFailing)),
        &[Cause::Resting(Some(Code::EngineFailing))],
    );
    check(
        "suspended",
        |facts| (facts.phase, facts.code) = (Phase::Resting, Some(Code::Suspended)),
        &[Cause::Suspended],
    );
    check(
        "no connection",
        |facts| (facts.phase, facts.code) = (Phase::Resting, Some(Code::GridUnreachable)),
        &[Cause::GridUnreachable],
    );
    check(
        "pages that do not answer keep no node on the Grid from its jobs",
        |facts| (facts.coordinator, facts.last_job_at) = (Reach::No, minutes_ago(5)),
        &[],
    );
    check(
        "pages that do not answer, and a node that is not on the Grid",
        |facts| (facts.coordinator, facts.phase) = (Reach::No, Phase::Connecting),
        &[Cause::GridUnreachable],
    );
    check("loading", |facts| facts.phase = Phase::LoadingModel { percent: 3 }, &[Cause::GettingReady]);
    check("nobody asks", |facts| facts.market = MarketFact::Listed(market(0, 0, 1)), &[Cause::NobodyAsks]);
    check("a quiet hour", |facts| facts.market = MarketFact::Listed(market(0, 40, 1)), &[Cause::NoDemandNow]);
    check(
        "others got them",
        |facts| facts.market = MarketFact::Listed(market(10, 40, 3)),
        &[Cause::SharedWithOthers { workers: 3 }],
    );
    check("alone", |facts| facts.market = MarketFact::Listed(market(10, 40, 1)), &[Cause::NoDemandNow]);
    check("just came", |facts| facts.online_since = minutes_ago(12), &[Cause::JustOnline]);
    check("not on the list", |facts| facts.market = MarketFact::NotListed, &[Cause::NotListed]);
    check(
        "not on the list yet",
        |facts| (facts.market, facts.online_since) = (MarketFact::NotListed, minutes_ago(1)),
        &[Cause::JustOnline],
    );
    check(
        "a market without demand of the hour",
        |facts| facts.market = MarketFact::Listed(Market { jobs_of_an_hour: None, ..market(0, 40, 2) }),
        &[Cause::SharedWithOthers { workers: 2 }],
    );
    check("an unread page is no cause", |facts| facts.market = MarketFact::Unread, &[]);
    check(
        "an unknown model",
        |facts| {
            busy(facts);
            facts.market = MarketFact::Listed(Market { multiplier: 1.0, ..market(10, 40, 1) });
        },
        &[Cause::CountsOnce],
    );
}

#[test]
fn what_was_settled_and_is_not_here_has_its_cause() {
    let with = |what: &str, change: fn(&mut Facts), expected: &[Cause]| {
        let busy = |facts: &mut Facts| {
            facts.last_job_at = minutes_ago(5);
            change(facts);
        };
        check(what, busy, expected);
    };
    with("no wallet", |facts| facts.payout_wallet = Some(false), &[Cause::NoPayoutWallet]);
    with("nobody knows the wallet", |facts| facts.payout_wallet = None, &[]);
    with("held", |facts| facts.standings = rows(&[Standing::Held]), &[Cause::HeldBack { payouts: 2 }]);
    with(
        "accrued",
        |facts| facts.standings = rows(&[Standing::Owed]),
        &[Cause::OwedFromBefore { payouts: 2 }],
    );
    with(
        "under review",
        |facts| facts.standings = rows(&[Standing::UnderReview]),
        &[Cause::UnderReview { payouts: 2 }],
    );
    with(
        "not shown by the chain",
        |facts| facts.standings = rows(&[Standing::SaidToBePaid]),
        &[Cause::NotOnTheChain { payouts: 2 }],
    );
    with(
        "on the way",
        |facts| facts.standings = rows(&[Standing::Sending, Standing::Retrying]),
        &[Cause::OnItsWay { payouts: 4 }],
    );
    with("paid is no cause", |facts| facts.standings = rows(&[Standing::Paid, Standing::Other]), &[]);
    with(
        "an hour left out",
        |facts| facts.not_allocated = vec![missing(Dust::Likely), missing(Dust::No)],
        &[Cause::HoursNotAllocated { hours: 2, dust: Dust::Possible }],
    );
    with(
        "work of this hour",
        |facts| facts.unsettled = Some(Den::from_hundredths(50)),
        &[Cause::PaidEachHour { work: Den::from_hundredths(50) }],
    );
    with(
        "too little work",
        |facts| (facts.unsettled, facts.unsettled_dust) = (Some(Den::from_hundredths(1)), Dust::Likely),
        &[
            Cause::BelowLeastAmount { dust: Dust::Likely },
            Cause::PaidEachHour { work: Den::from_hundredths(1) },
        ],
    );
    with("no work is not too little", |facts| facts.unsettled_dust = Dust::Likely, &[]);
    with("what struck has failed", |facts| facts.strikes = 2, &[Cause::JobsFail { strikes: 2, failed: 2 }]);
    with("failures", |facts| facts.failed_lately = 3, &[Cause::JobsFail { strikes: 0, failed: 3 }]);
    with("unconfirmed", |facts| facts.unconfirmed = 1, &[Cause::Unconfirmed { answers: 1 }]);
    with("unsigned", |facts| facts.delegation = Delegated::Ended, &[Cause::Unsigned]);
}

#[test]
fn the_worst_comes_first_and_demand_is_no_cause_for_who_is_not_there() {
    check(
        "everything at once",
        |facts| {
            facts.phase = Phase::Paused;
            facts.market = MarketFact::NotListed;
            facts.unsettled = Some(Den::from_hundredths(50));
            facts.standings = rows(&[Standing::Sending, Standing::Held]);
            facts.payout_wallet = Some(false);
        },
        &[
            Cause::Paused,
            Cause::NoPayoutWallet,
            Cause::HeldBack { payouts: 2 },
            Cause::OnItsWay { payouts: 2 },
            Cause::PaidEachHour { work: Den::from_hundredths(50) },
        ],
    );
}

#[test]
fn every_cause_has_a_name_of_its_own_and_what_is_not_normal_can_be_acted_on() {
    let (payouts, dust) = (1, Dust::Likely);
    let all = [
        Cause::Paused,
        Cause::NeedsOwner(None),
        Cause::Resting(None),
        Cause::GridUnreachable,
        Cause::Suspended,
        Cause::GettingReady,
        Cause::NoPayoutWallet,
        Cause::HeldBack { payouts },
        Cause::OwedFromBefore { payouts },
        Cause::UnderReview { payouts },
        Cause::NotOnTheChain { payouts },
        Cause::HoursNotAllocated { hours: 1, dust },
        Cause::JobsFail { strikes: 1, failed: 0 },
        Cause::Unconfirmed { answers: 1 },
        Cause::NotListed,
        Cause::NobodyAsks,
        Cause::NoDemandNow,
        Cause::SharedWithOthers { workers: 2 },
        Cause::JustOnline,
        Cause::PaidEachHour { work: Den::ZERO },
        Cause::BelowLeastAmount { dust },
        Cause::OnItsWay { payouts },
        Cause::CountsOnce,
        Cause::Unsigned,
    ];
    let names: BTreeSet<_> = all.iter().map(Cause::name).collect();
    assert_eq!(names.len(), all.len(), "two causes share a name");
    for cause in &all {
        let is_kebab = cause.name().bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
        assert!(is_kebab, "{cause:?}");
        assert!(cause.severity() != Severity::Tells || cause.is_normal(), "{cause:?} only tells");
    }
}
