//! "Why am I earning nothing?", answered from what is known.

mod facts;

use types::{Code, Den};

pub use facts::{Delegated, Facts, MarketFact, Reach};

use super::rates::Market;
use super::{Dust, Standing};
use crate::Phase;

/// Something that keeps money from coming, or that looks like it and is as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// The owner paused it.
    Paused,
    /// Something needs the owner; the code says what.
    NeedsOwner(Option<Code>),
    /// It is off the Grid for a while, by itself; the code says why.
    Resting(Option<Code>),
    /// The Grid cannot be reached.
    GridUnreachable,
    /// The Grid asked this worker to wait after failed jobs.
    Suspended,
    /// It is not on the Grid yet: the model loads, is tested, or the line is made.
    GettingReady,
    /// The account has no wallet to pay to: what is worked is owed and waits.
    NoPayoutWallet,
    /// The Grid holds payouts back because it could not clear the wallet.
    HeldBack {
        /// So many.
        payouts: usize,
    },
    /// Payouts that had no wallet when they were settled. They wait for a run by the Grid's people.
    OwedFromBefore {
        /// So many.
        payouts: usize,
    },
    /// A person at the Grid looks at payouts.
    UnderReview {
        /// So many.
        payouts: usize,
    },
    /// The Grid says it paid, and the chain does not show it.
    NotOnTheChain {
        /// So many.
        payouts: usize,
    },
    /// Hours with work of ours have no row. Either the share was below the least amount, which is lost for good, or the
    /// Grid's payout run left the hour out.
    HoursNotAllocated {
        /// So many hours.
        hours: usize,
        /// Whether the first of the two is likely for all of them.
        dust: Dust,
    },
    /// Jobs failed here. Seen at this machine; the Grid shows its own count to nobody.
    JobsFail {
        /// Strikes within the last five minutes, of which six end in a suspension.
        strikes: u32,
        /// Jobs failed within the last hour.
        failed: u64,
    },
    /// Answers left, and the Grid did not say what they earned.
    Unconfirmed {
        /// So many.
        answers: u64,
    },
    /// The Grid does not list the model as online, though this machine is.
    NotListed,
    /// Nobody asked for this model for a day.
    NobodyAsks,
    /// Nobody asked for this model within the last hour.
    NoDemandNow,
    /// Others serve the model too, and got the jobs.
    SharedWithOthers {
        /// Workers that serve it.
        workers: u64,
    },
    /// It came online only just now.
    JustOnline,
    /// The work is not paid yet: the Grid pays once an hour.
    PaidEachHour {
        /// What is not settled.
        work: Den,
    },
    /// The work of this hour may be too little to be paid at all.
    BelowLeastAmount {
        /// How likely.
        dust: Dust,
    },
    /// Payouts are on their way, or are tried again every hour.
    OnItsWay {
        /// So many.
        payouts: usize,
    },
    /// The model is not in the Grid's registry, so its work counts once.
    CountsOnce,
    /// The rig may not sign for the wallet: answers are paid, but bear no receipt.
    Unsigned,
}

/// How bad it is. The worst comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Nothing is earned or paid while this is so.
    Stops,
    /// Less is earned, or something is not paid.
    Costs,
    /// Good to know.
    Tells,
}

/// The one thing to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fix {
    /// Nothing: it passes by itself.
    Wait,
    /// Start working again.
    Resume,
    /// What the code says.
    AsTheCodeSays(Option<Code>),
    /// See whether this computer is online.
    CheckConnection,
    /// Say where to pay to.
    SetPayoutWallet,
    /// Let the rig sign for the wallet.
    SignDelegation,
    /// Serve another model.
    ChooseModel,
    /// Let the engine be tested.
    TestEngine,
    /// Work more within an hour.
    WorkMore,
    /// See whether the chain can be read.
    CheckChain,
    /// Ask the Grid's people.
    AskTheGrid,
}

impl Cause {
    /// The stable name, for message files and `--json`.
    pub const fn name(&self) -> &'static str {
        self.row().0
    }

    /// How bad it is.
    pub const fn severity(&self) -> Severity {
        self.row().1
    }

    /// Whether it is as it should be, so that nobody need worry.
    pub const fn is_normal(&self) -> bool {
        self.row().2
    }

    /// The one thing to do.
    pub const fn fix(&self) -> Fix {
        self.row().3
    }

    const fn row(&self) -> (&'static str, Severity, bool, Fix) {
        use Severity::{Costs, Stops, Tells};
        match self {
            Self::Paused => ("paused", Stops, true, Fix::Resume),
            Self::NeedsOwner(code) => ("needs-owner", Stops, false, Fix::AsTheCodeSays(*code)),
            Self::Resting(code) => ("resting", Stops, false, Fix::AsTheCodeSays(*code)),
            Self::GridUnreachable => ("grid-unreachable", Stops, false, Fix::CheckConnection),
            Self::Suspended => ("suspended", Stops, false, Fix::TestEngine),
            Self::GettingReady => ("getting-ready", Stops, true, Fix::Wait),
            Self::NoPayoutWallet => ("no-payout-wallet", Stops, false, Fix::SetPayoutWallet),
            Self::HeldBack { .. } => ("held-back", Costs, false, Fix::AskTheGrid),
            Self::OwedFromBefore { .. } => ("owed-from-before", Costs, false, Fix::AskTheGrid),
            Self::UnderReview { .. } => ("under-review", Costs, false, Fix::Wait),
            Self::NotOnTheChain { .. } => ("not-on-the-chain", Costs, false, Fix::CheckChain),
            Self::HoursNotAllocated { .. } => ("hours-not-allocated", Costs, false, Fix::WorkMore),
            Self::JobsFail { .. } => ("jobs-fail", Costs, false, Fix::TestEngine),
            Self::Unconfirmed { .. } => ("unconfirmed", Costs, false, Fix::Wait),
            Self::NotListed => ("not-listed", Costs, false, Fix::ChooseModel),
            Self::NobodyAsks => ("nobody-asks", Costs, false, Fix::ChooseModel),
            Self::BelowLeastAmount { .. } => ("below-least-amount", Costs, false, Fix::WorkMore),
            Self::NoDemandNow => ("no-demand-now", Tells, true, Fix::Wait),
            Self::SharedWithOthers { .. } => ("shared-with-others", Tells, true, Fix::ChooseModel),
            Self::JustOnline => ("just-online", Tells, true, Fix::Wait),
            Self::PaidEachHour { .. } => ("paid-each-hour", Tells, true, Fix::Wait),
            Self::OnItsWay { .. } => ("on-its-way", Tells, true, Fix::Wait),
            Self::CountsOnce => ("counts-once", Tells, true, Fix::ChooseModel),
            Self::Unsigned => ("unsigned", Tells, true, Fix::SignDelegation),
        }
    }
}

impl Fix {
    /// The stable name, for message files and `--json`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wait => "wait",
            Self::Resume => "resume",
            Self::AsTheCodeSays(_) => "as-the-code-says",
            Self::CheckConnection => "check-connection",
            Self::SetPayoutWallet => "set-payout-wallet",
            Self::SignDelegation => "sign-delegation",
            Self::ChooseModel => "choose-model",
            Self::TestEngine => "test-engine",
            Self::WorkMore => "work-more",
            Self::CheckChain => "check-chain",
            Self::AskTheGrid => "ask-the-grid",
        }
    }
}

impl Severity {
    /// The stable name, for message files and `--json`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stops => "stops",
            Self::Costs => "costs",
            Self::Tells => "tells",
        }
    }
}

/// Every cause that the facts show, the worst first. None: nothing is known to be in the way.
pub fn causes(facts: &Facts) -> Vec<Cause> {
    let mut causes: Vec<Cause> = presence(facts).into_iter().collect();
    causes.extend(payouts(facts));
    causes.extend(work(facts));
    if is_online(facts.phase) {
        causes.extend(demand(facts));
    }
    // Stable: within one severity the order above stays.
    causes.sort_by_key(Cause::severity);
    causes
}

/// Why it is not on the Grid.
fn presence(facts: &Facts) -> Option<Cause> {
    // The pages and the jobs are two roads: who is on the Grid gets jobs, whether its pages answer or not.
    if is_online(facts.phase) {
        return None;
    }
    let code = facts.code;
    match (facts.phase, code, facts.coordinator) {
        (Phase::Paused, ..) => Some(Cause::Paused),
        (Phase::NeedsAttention, ..) => Some(Cause::NeedsOwner(code)),
        (_, Some(Code::GridUnreachable), _) | (_, _, Reach::No) => Some(Cause::GridUnreachable),
        (_, Some(Code::Suspended), _) => Some(Cause::Suspended),
        (Phase::Resting | Phase::Quarantined, ..) => Some(Cause::Resting(code)),
        (Phase::Starting | Phase::LoadingModel { .. } | Phase::SelfTest | Phase::Connecting, ..) => {
            Some(Cause::GettingReady)
        }
        (Phase::Waiting | Phase::Working | Phase::Finishing, ..) => None,
    }
}

const fn is_online(phase: Phase) -> bool {
    match phase {
        Phase::Waiting | Phase::Working | Phase::Finishing => true,
        Phase::Starting
        | Phase::LoadingModel { .. }
        | Phase::SelfTest
        | Phase::Connecting
        | Phase::Resting
        | Phase::Quarantined
        | Phase::Paused
        | Phase::NeedsAttention => false,
    }
}

/// Why what was settled is not here.
fn payouts(facts: &Facts) -> Vec<Cause> {
    let rows = |standing: Standing| {
        facts.standings.iter().filter(|sum| sum.standing == standing).map(|sum| sum.rows).sum::<usize>()
    };
    let missing = &facts.not_allocated;
    let dust = missing
        .iter()
        .map(|hour| hour.dust)
        .reduce(|one, other| if one == other { one } else { Dust::Possible });
    let found = [
        (facts.payout_wallet == Some(false)).then_some(Cause::NoPayoutWallet),
        some(rows(Standing::Held)).map(|payouts| Cause::HeldBack { payouts }),
        some(rows(Standing::Owed)).map(|payouts| Cause::OwedFromBefore { payouts }),
        some(rows(Standing::UnderReview)).map(|payouts| Cause::UnderReview { payouts }),
        some(rows(Standing::SaidToBePaid)).map(|payouts| Cause::NotOnTheChain { payouts }),
        dust.map(|dust| Cause::HoursNotAllocated { hours: missing.len(), dust }),
        some(rows(Standing::Sending) + rows(Standing::Retrying)).map(|payouts| Cause::OnItsWay { payouts }),
    ];
    found.into_iter().flatten().collect()
}

/// Why what is worked brings less or nothing.
fn work(facts: &Facts) -> Vec<Cause> {
    let strikes = facts.strikes;
    // What struck has failed, also where the record calls its end by another name.
    let failed = facts.failed_lately.max(u64::from(strikes));
    let work = facts.unsettled.filter(|work| !work.is_zero());
    let small = work.filter(|_| facts.unsettled_dust != Dust::No);
    let found = [
        (failed > 0).then_some(Cause::JobsFail { strikes, failed }),
        (facts.unconfirmed > 0).then_some(Cause::Unconfirmed { answers: facts.unconfirmed }),
        small.map(|_| Cause::BelowLeastAmount { dust: facts.unsettled_dust }),
        work.map(|work| Cause::PaidEachHour { work }),
        match facts.delegation {
            Delegated::Missing | Delegated::Ended => Some(Cause::Unsigned),
            Delegated::Valid | Delegated::Unknown => None,
        },
    ];
    found.into_iter().flatten().collect()
}

/// Why no job comes, though it is on the Grid.
fn demand(facts: &Facts) -> Vec<Cause> {
    let is_new = facts.is_new_online();
    let market = match &facts.market {
        MarketFact::Unread => return is_new.then_some(Cause::JustOnline).into_iter().collect(),
        // Their list may be a minute behind.
        MarketFact::NotListed => {
            return vec![if is_new { Cause::JustOnline } else { Cause::NotListed }];
        }
        MarketFact::Listed(market) => market,
    };
    let mut found = Vec::new();
    if facts.had_no_job_lately() {
        found.push(idle(market, is_new));
    }
    if market.kind == "text" && market.multiplier <= 1.0 {
        found.push(Cause::CountsOnce);
    }
    found
}

fn idle(market: &Market, is_new: bool) -> Cause {
    match market.jobs_of_an_hour {
        Some(0) if market.jobs_of_a_day == 0 => Cause::NobodyAsks,
        Some(0) => Cause::NoDemandNow,
        _ if is_new => Cause::JustOnline,
        // Whoever serves it alone gets every job there is.
        _ if market.workers <= 1 => Cause::NoDemandNow,
        _ => Cause::SharedWithOthers { workers: market.workers },
    }
}

const fn some(rows: usize) -> Option<usize> {
    if rows > 0 { Some(rows) } else { None }
}

#[cfg(test)]
mod tests;
