//! The ladder of faults, step by step, and random event orders against what it promises.

use std::time::Duration;

use proptest::prelude::*;
use types::{Code, JobId};

use super::{Effect, Event, Fitness, Phase};
use crate::Policy;

struct Engine(Fitness);

impl Engine {
    fn fit() -> Self {
        let mut engine = Self(Fitness::new(Policy::default()));
        assert_eq!(engine.tell(Event::Wanted), [Effect::Start]);
        engine.pass();
        engine
    }

    fn tell(&mut self, event: Event) -> Vec<Effect> {
        let (next, effects) = self.0.clone().step(event);
        self.0 = next;
        effects
    }

    /// Lets a started engine load and pass its test.
    fn pass(&mut self) {
        assert_eq!(self.tell(Event::Loaded), [Effect::Test]);
        assert_eq!(self.tell(Event::TestPassed), []);
        assert!(self.0.is_fit());
    }

    /// Tells an event that must be a fault, and says how long the rest after it is.
    fn rest_after(&mut self, event: Event) -> Duration {
        match self.tell(event)[..] {
            [Effect::Stop, Effect::SetTimer { wait, .. }] => wait,
            ref effects => panic!("expected a rest, got {effects:?} in {:?}", self.0.phase()),
        }
    }
}

fn failed(job: &str) -> Event {
    Event::JobFailed { job: JobId::new(job) }
}

fn fault() -> Event {
    Event::Fault { detail: "it ended".into() }
}

#[test]
fn a_server_that_is_away_is_looked_for_at_the_same_pace_and_never_given_up() {
    let mut engine = Engine::fit();
    let away = || Event::Away { code: Code::ServerAway, detail: "nobody answers".into() };
    for _ in 0..100 {
        assert_eq!(engine.rest_after(away()), Duration::from_secs(30));
        assert!(!engine.0.quarantined(), "being away is no fault");
        assert_eq!(engine.tell(Event::TimerFired), [Effect::Start]);
    }
    engine.pass();
    assert_eq!(engine.rest_after(fault()), Duration::from_secs(1), "the ladder begins at its foot");
}

const fn minutes(count: u64) -> Duration {
    Duration::from_secs(count * 60)
}

#[test]
fn faults_in_a_row_lead_to_restarts_quarantine_and_an_end() {
    let mut engine = Engine::fit();
    let mut rests = Vec::new();
    for _ in 0..4 {
        rests.push(engine.rest_after(fault()));
        assert_eq!(engine.0.quarantined(), rests.len() >= 3);
        assert_eq!(engine.tell(Event::TimerFired), [Effect::Start], "loaded and tested before each return");
        engine.pass();
    }
    assert_eq!(rests, [Duration::from_secs(1), Duration::from_secs(5), minutes(10), minutes(20)]);
    assert_eq!(engine.tell(fault()), [Effect::Stop]);
    let given_up = Phase::GivenUp { code: Code::EngineFailing, detail: "it ended".into() };
    assert_eq!(engine.0.phase(), &given_up, "the fifth fault in a row is the owner's");
    assert_eq!(engine.tell(Event::Wanted), [], "no slot brings it back");
    assert_eq!(engine.tell(Event::Forgiven), [Effect::Start]);
}

#[test]
fn a_fault_that_every_slot_feels_counts_once() {
    let mut engine = Engine::fit();
    assert_eq!(engine.rest_after(fault()), Duration::from_secs(1));
    for _ in 0..8 {
        assert_eq!(engine.tell(failed("a")), []);
        assert_eq!(engine.tell(fault()), []);
    }
    engine.tell(Event::TimerFired);
    engine.pass();
    assert_eq!(engine.rest_after(fault()), Duration::from_secs(5), "the second, not the tenth");
}

#[test]
fn an_answer_forgives_earlier_faults_and_nothing_else_does() {
    let mut engine = Engine::fit();
    for _ in 0..10 {
        assert_eq!(engine.rest_after(fault()), Duration::from_secs(1));
        engine.tell(Event::TimerFired);
        engine.pass();
        engine.tell(Event::Answered);
    }
    engine.rest_after(fault());
    engine.tell(Event::Answered);
    for event in [Event::Unwanted, Event::Wanted, Event::TimerFired] {
        engine.tell(event);
    }
    engine.pass();
    assert_eq!(
        engine.rest_after(fault()),
        Duration::from_secs(5),
        "late answers and idle slots forgive nothing"
    );
}

#[test]
fn jobs_that_fail_in_a_row_are_a_fault_even_if_the_engine_says_nothing() {
    let mut engine = Engine::fit();
    for event in [failed("a"), failed("b"), Event::Answered, failed("c"), failed("d")] {
        assert_eq!(engine.tell(event), []);
    }
    assert_eq!(engine.rest_after(failed("e")), Duration::from_secs(1));
}

#[test]
fn one_job_that_fails_again_and_again_is_one_failed_job() {
    let mut engine = Engine::fit();
    for job in ["poison", "poison", "poison", "other", "poison", "other"] {
        assert_eq!(engine.tell(failed(job)), []);
    }
    assert_eq!(engine.rest_after(failed("third")), Duration::from_secs(1));
}

#[test]
fn an_engine_that_nobody_wants_is_ended_but_its_rest_is_no_shorter() {
    let mut engine = Engine::fit();
    assert_eq!(engine.tell(Event::Unwanted), [Effect::Stop]);
    assert_eq!(engine.tell(Event::Wanted), [Effect::Start]);
    engine.rest_after(fault());
    assert_eq!(engine.tell(Event::Unwanted), []);
    assert_eq!(engine.tell(Event::Wanted), [], "off and on is no way around the rest");
    assert_eq!(engine.tell(Event::TimerFired), [Effect::Start]);
    engine.rest_after(fault());
    engine.tell(Event::Unwanted);
    assert_eq!(engine.tell(Event::TimerFired), []);
    assert_eq!(engine.0.phase(), &Phase::Off);
}

#[test]
fn a_test_besides_keeps_it_fit_unless_it_fails() {
    let mut engine = Engine::fit();
    assert_eq!(engine.tell(Event::TestAsked), [Effect::Test]);
    assert_eq!(engine.tell(Event::TestAsked), [], "one test serves all who asked");
    assert!(engine.0.is_fit());
    engine.tell(Event::TestPassed);
    engine.tell(Event::TestAsked);
    assert_eq!(engine.rest_after(Event::TestFailed { detail: "nothing".into() }), Duration::from_secs(1));
}

#[test]
fn what_only_the_owner_can_mend_is_not_tried_again() {
    let mut engine = Engine::fit();
    let slow = Event::Blocked { code: Code::EngineTooSlow, detail: "40 tokens a minute".into() };
    assert_eq!(engine.tell(slow), [Effect::Stop]);
    assert_eq!(engine.tell(Event::TimerFired), []);
    for event in [Event::Unwanted, Event::Forgiven] {
        assert_eq!(engine.tell(event), []);
    }
    assert_eq!(engine.tell(Event::Wanted), [Effect::Start]);
}

fn any_event() -> impl Strategy<Value = Event> {
    (0_u8..18).prop_map(|kind| match kind {
        0 | 1 => Event::Wanted,
        2 => Event::Unwanted,
        3 => Event::Forgiven,
        4 | 5 => Event::Loaded,
        6 => Event::Blocked { code: Code::ModelUnusable, detail: String::new() },
        7 => fault(),
        8 => Event::TestAsked,
        9 | 10 => Event::TestPassed,
        11 => Event::TestFailed { detail: String::new() },
        12 => Event::Answered,
        13 => failed("a"),
        14 => failed("b"),
        15 => failed("c"),
        _ => Event::TimerFired,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_it_is_fit_only_after_a_test_and_never_gets_stuck(
        events in prop::collection::vec(any_event(), 1..80)
    ) {
        let mut engine = Engine(Fitness::new(Policy::default()));
        let (mut running, mut tested) = (false, false);
        for event in events {
            if event == Event::TestPassed && *engine.0.phase() == Phase::Testing {
                tested = true;
            }
            for effect in engine.tell(event) {
                match effect {
                    Effect::Start => {
                        prop_assert!(!running, "one process at a time");
                        (running, tested) = (true, false);
                    }
                    Effect::Stop => (running, tested) = (false, false),
                    Effect::Test => prop_assert!(running, "nothing to test"),
                    Effect::SetTimer { .. } => prop_assert!(!running, "it rests ended"),
                }
            }
            prop_assert!(!engine.0.is_fit() || (running && tested), "fit without a passed test");
        }
        for event in [Event::Wanted, Event::Forgiven] {
            engine.tell(event);
        }
        let stuck = matches!(engine.0.phase(), Phase::Off | Phase::Resting(_) | Phase::GivenUp { .. });
        prop_assert!(!stuck, "an owner who wants it and forgives it gets it");
    }
}
