//! The promises of the presence machine, one by one, and random event orders against its invariants.

use std::time::Duration;

use proptest::prelude::*;
use types::{Code, Timestamp};

use super::{Effect, Ended, Event, Lost, Off, Phase, Policy, Presence, Retry};

const NOON: Timestamp = Timestamp::from_millis(1_800_000_000_000);

struct Node {
    presence: Presence,
    now: Timestamp,
}

impl Node {
    fn off() -> Self {
        Self { presence: Presence::new(Policy::default()), now: NOON }
    }

    fn online() -> Self {
        let mut node = Self::off();
        for event in [Event::Start, Event::EngineReady, Event::TestPassed, Event::Registered] {
            node.tell(event);
        }
        assert!(node.presence.takes_jobs());
        node
    }

    fn tell(&mut self, event: Event) -> Vec<Effect> {
        let (next, effects) = self.presence.clone().step(event, self.now);
        self.presence = next;
        effects
    }

    /// Tells an event that must lead to a rest, lets the rest pass, and says how long it was.
    fn rest_after(&mut self, event: Event) -> Duration {
        let effects = self.tell(event);
        let Some(Effect::SetTimer { wait, .. }) = effects.last() else {
            panic!("expected a rest, got {effects:?} in {:?}", self.presence.phase());
        };
        let wait = *wait;
        self.now = self.now.plus(wait);
        self.tell(Event::TimerFired);
        wait
    }

    fn code(&self) -> Option<Code> {
        match self.presence.phase() {
            Phase::Off(Off::NeedsOwner { code, .. }) => Some(*code),
            _ => None,
        }
    }
}

fn fault() -> Event {
    Event::EngineFault { detail: "it ended".into() }
}

fn dropped() -> Event {
    Event::ConnectionLost { how: Lost::Dropped { detail: "1006".into() } }
}

fn refused(retry: Retry) -> Event {
    Event::Refused { code: Code::RegistrationRefused, detail: "no".into(), retry }
}

const fn minutes(count: u64) -> Duration {
    Duration::from_secs(count * 60)
}

#[test]
fn a_start_leads_through_load_and_test_to_the_grid() {
    let mut node = Node::off();
    assert_eq!(node.tell(Event::Start), [Effect::StartEngine]);
    assert_eq!(node.tell(Event::EngineReady), [Effect::SelfTest]);
    assert_eq!(node.tell(Event::TestPassed), [Effect::Connect], "never registered before the test passed");
    assert_eq!(node.tell(Event::Registered), []);
}

#[test]
fn faults_in_a_row_lead_to_restarts_quarantine_and_an_end() {
    let mut node = Node::online();
    let mut rests = Vec::new();
    for _ in 0..4 {
        rests.push(node.rest_after(fault()));
        assert_eq!(
            node.presence.phase(),
            &Phase::Loading,
            "the engine is loaded and tested before each return"
        );
        node.tell(Event::EngineReady);
    }
    assert_eq!(rests, [Duration::from_secs(1), Duration::from_secs(5), minutes(10), minutes(20)]);
    node.tell(fault());
    assert_eq!(node.code(), Some(Code::EngineFailing), "the fifth fault in a row is the owner's");
}

#[test]
fn a_good_job_forgives_earlier_faults() {
    let mut node = Node::online();
    for _ in 0..10 {
        assert_eq!(node.rest_after(fault()), Duration::from_secs(1));
        for event in [Event::EngineReady, Event::TestPassed, Event::Registered, Event::JobStarted] {
            node.tell(event);
        }
        node.tell(Event::JobEnded(Ended::Answered));
    }
}

#[test]
fn jobs_that_fail_in_a_row_are_a_fault_even_if_the_engine_says_nothing() {
    let mut node = Node::online();
    for _ in 0..2 {
        assert_eq!(node.tell(Event::JobEnded(Ended::Failed)), []);
    }
    assert_eq!(node.rest_after(Event::JobEnded(Ended::Failed)), Duration::from_secs(1));
    assert_eq!(
        node.presence.phase(),
        &Phase::Loading,
        "restarted and tested before the coordinator evicts us"
    );
}

#[test]
fn a_cancelled_part_forgives_nothing() {
    let mut node = Node::online();
    let rests: Vec<u64> = (0..3)
        .map(|_| {
            let rest = node.rest_after(fault()).as_secs();
            for event in [Event::EngineReady, Event::TestPassed, Event::Registered] {
                node.tell(event);
            }
            node.tell(Event::JobEnded(Ended::Neutral));
            rest
        })
        .collect();
    assert_eq!(rests, [1, 5, 600]);
}

#[test]
fn a_disk_that_stays_full_is_called_full_for_ever() {
    let mut node = Node::online();
    for _ in 0..100 {
        node.rest_after(Event::DiskFull { detail: "no space".into() });
        assert_eq!(node.presence.phase(), &Phase::Connecting, "it tries again and never says something else");
    }
}

#[test]
fn a_fault_closes_the_socket_before_the_engine_is_ended() {
    let effects = Node::online().tell(fault());
    assert_eq!(effects[..2], [Effect::Disconnect, Effect::StopEngine]);
}

#[test]
fn lost_connections_are_retried_ever_more_slowly() {
    let mut node = Node::online();
    let mut rests = vec![node.rest_after(dropped()).as_secs()];
    for _ in 0..6 {
        let failed = Event::ConnectFailed { code: Code::GridUnreachable, detail: "refused".into() };
        rests.push(node.rest_after(failed).as_secs());
    }
    assert_eq!(rests, [1, 2, 4, 8, 16, 30, 30]);
}

#[test]
fn reconnecting_has_a_budget() {
    let mut node = Node::online();
    let mut attempts = 1;
    let hour = node.now.plus(minutes(60));
    while node.now < hour {
        let failed = Event::ConnectFailed { code: Code::GridUnreachable, detail: "refused".into() };
        match node.presence.phase() {
            Phase::Connecting => {
                attempts += 1;
                node.rest_after(failed);
            }
            Phase::Waiting { .. } => drop(node.rest_after(dropped())),
            Phase::Resting(_) => {
                node.now = node.now.plus(Duration::from_secs(1));
                node.tell(Event::TimerFired);
            }
            phase => panic!("unexpected {phase:?}"),
        }
    }
    assert!(attempts <= 41, "a burst of 20 and 20 in an hour, got {attempts}");
}

#[test]
fn a_name_used_elsewhere_is_not_fought_over() {
    let mut node = Node::online();
    let replaced = || Event::ConnectionLost { how: Lost::Replaced };
    for _ in 0..2 {
        node.rest_after(replaced());
        node.tell(Event::Registered);
        node.now = node.now.plus(Duration::from_secs(5));
    }
    node.tell(replaced());
    assert_eq!(node.code(), Some(Code::NameInUse));
}

#[test]
fn a_restart_of_the_grid_every_day_is_no_fight() {
    let mut node = Node::online();
    for _ in 0..10 {
        node.now = node.now.plus(minutes(24 * 60));
        node.rest_after(Event::ConnectionLost { how: Lost::Replaced });
        node.tell(Event::Registered);
    }
    assert!(node.presence.takes_jobs());
}

#[test]
fn a_bar_is_waited_for_by_rung_and_followed_by_a_test() {
    let mut node = Node::online();
    node.rest_after(dropped());
    let mut rests = Vec::new();
    for _ in 0..5 {
        rests.push(node.rest_after(refused(Retry::AfterBar)));
        assert_eq!(node.presence.phase(), &Phase::Testing);
        node.tell(Event::TestPassed);
    }
    let expected = [Duration::from_secs(30), minutes(2), minutes(10), minutes(60), minutes(60)];
    assert_eq!(rests, expected);
}

#[test]
fn a_refusal_only_the_owner_can_mend_is_not_retried() {
    let mut node = Node::online();
    node.rest_after(dropped());
    let effects = node.tell(refused(Retry::Never));
    assert!(effects.contains(&Effect::StopEngine), "the GPU is given back");
    assert_eq!(node.code(), Some(Code::RegistrationRefused));
    assert_eq!(node.tell(Event::TimerFired), [], "no loop");
}

#[test]
fn a_used_nonce_is_retried_at_once_but_only_once() {
    let mut node = Node::online();
    node.tell(Event::Pause { now: true });
    for event in [Event::Start, Event::EngineReady, Event::TestPassed] {
        node.tell(event);
    }
    assert_eq!(node.tell(refused(Retry::Once)), [Effect::Connect]);
    assert!(matches!(node.tell(refused(Retry::Once))[..], [Effect::SetTimer { .. }]));
}

#[test]
fn a_pause_lets_the_job_finish_unless_it_is_urgent() {
    let all = [Effect::AbandonJob, Effect::Disconnect, Effect::StopEngine];
    let mut node = Node::online();
    node.tell(Event::JobStarted);
    assert_eq!(node.tell(Event::Pause { now: false }), []);
    assert!(!node.presence.takes_jobs(), "no new job while finishing");
    assert_eq!(node.tell(Event::JobEnded(Ended::Answered)), [], "the ack is still out");
    assert_eq!(node.tell(Event::Quiet), all);
    assert_eq!(node.presence.phase(), &Phase::Off(Off::Paused));

    let mut urgent = Node::online();
    urgent.tell(Event::JobStarted);
    assert_eq!(urgent.tell(Event::Pause { now: true }), all);
}

#[test]
fn a_lost_connection_waits_for_the_engine_to_let_go() {
    let mut node = Node::online();
    node.tell(Event::JobStarted);
    assert_eq!(node.tell(dropped()), [], "no reconnect while the engine works on a job that is not ours");
    assert_eq!(node.tell(Event::JobEnded(Ended::Neutral)), []);
    assert!(matches!(node.tell(Event::Quiet)[..], [Effect::SetTimer { .. }]));
}

#[test]
fn a_full_disk_takes_the_node_off_the_grid_and_back() {
    let mut node = Node::online();
    assert_eq!(node.rest_after(Event::DiskFull { detail: "no space".into() }), Duration::from_secs(30));
    assert_eq!(node.presence.phase(), &Phase::Connecting);
}

fn any_event() -> impl Strategy<Value = Event> {
    (0_u8..24).prop_map(|kind| match kind {
        0 => Event::Start,
        1 => Event::Pause { now: true },
        2 => Event::Pause { now: false },
        3 | 4 => Event::EngineReady,
        5 => Event::Blocked { code: Code::ModelUnusable, detail: String::new() },
        6 => fault(),
        7 | 8 => Event::TestPassed,
        9 => Event::TestFailed { detail: String::new() },
        10 | 11 => Event::Registered,
        12 => refused(Retry::AfterBar),
        13 => refused(Retry::Never),
        14 => Event::ConnectFailed { code: Code::GridUnreachable, detail: String::new() },
        15 => dropped(),
        16 => Event::ConnectionLost { how: Lost::Replaced },
        17 => Event::JobStarted,
        18 => Event::JobEnded(Ended::Answered),
        22 => Event::JobEnded(Ended::Failed),
        19 => Event::Quiet,
        20 => Event::DiskFull { detail: String::new() },
        _ => Event::TimerFired,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_it_never_registers_untested_and_never_gets_stuck(
        events in prop::collection::vec(any_event(), 1..80)
    ) {
        let mut node = Node::off();
        let (mut engine, mut tested) = (false, false);
        for event in events {
            if event == Event::TestPassed && *node.presence.phase() == Phase::Testing {
                tested = true;
            }
            let started = event == Event::Start;
            for effect in node.tell(event) {
                match effect {
                    Effect::StartEngine => (engine, tested) = (true, false),
                    Effect::StopEngine => (engine, tested) = (false, false),
                    Effect::SelfTest => {
                        prop_assert!(engine, "nothing to test");
                        tested = false;
                    }
                    Effect::Connect => prop_assert!(engine && tested, "registered without a passed test"),
                    Effect::Disconnect | Effect::AbandonJob | Effect::SetTimer { .. } => {}
                }
            }
            prop_assert!(!started || !matches!(node.presence.phase(), Phase::Off(_)), "a start always starts");
        }
    }
}
