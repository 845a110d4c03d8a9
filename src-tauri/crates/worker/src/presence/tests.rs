//! The promises of the presence machine, one by one, and random event orders against its invariants.

use std::time::Duration;

use proptest::prelude::*;
use types::{Code, Timestamp};

use super::{Effect, Event, Lost, Off, Pause, Phase, Presence, Retry};
use crate::Policy;

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
        Self::off().go_online()
    }

    /// With nothing but its waits between two attempts.
    fn without_budget() -> Self {
        let policy = Policy { attempts: 100, ..Policy::default() };
        Self { presence: Presence::new(policy), now: NOON }.go_online()
    }

    fn go_online(mut self) -> Self {
        for event in [Event::Start, Event::EngineUp, Event::Registered] {
            self.tell(event);
        }
        assert!(self.presence.takes_jobs());
        self
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

fn dropped() -> Event {
    Event::ConnectionLost { how: Lost::Dropped { detail: "1006".into() } }
}

fn refused(retry: Retry) -> Event {
    Event::Refused { code: Code::RegistrationRefused, detail: "no".into(), retry }
}

const fn minutes(count: u64) -> Duration {
    Duration::from_secs(count * 60)
}

fn pause(now: bool) -> Event {
    Event::Pause { why: Pause::Owner, now }
}

const LEAVE: [Effect; 3] = [Effect::AbandonJob, Effect::Disconnect, Effect::ReleaseEngine];

#[test]
fn a_start_leads_by_way_of_a_fit_engine_to_the_grid() {
    let mut node = Node::off();
    assert_eq!(node.tell(Event::Start), [Effect::WantEngine]);
    assert_eq!(node.tell(Event::EngineUp), [Effect::Connect]);
    assert_eq!(node.tell(Event::Registered), []);
    assert_eq!(node.presence.online_since(), Some(NOON));
}

#[test]
fn an_engine_that_fails_takes_the_slot_off_the_grid_until_it_is_fit_again() {
    let mut node = Node::online();
    assert_eq!(node.tell(Event::EngineDown), [Effect::Disconnect]);
    assert_eq!(node.tell(Event::EngineDown), []);
    assert_eq!(node.tell(Event::EngineUp), [Effect::Connect]);
    node.tell(Event::Registered);
    let given_up = Event::EngineGivenUp { code: Code::EngineFailing, detail: "five times".into() };
    assert_eq!(node.tell(given_up), LEAVE);
    assert_eq!(node.code(), Some(Code::EngineFailing));
}

#[test]
fn an_engine_that_comes_back_does_not_shorten_a_bar() {
    let mut node = Node::online();
    node.rest_after(dropped());
    node.tell(refused(Retry::AfterBar));
    assert_eq!(node.tell(Event::EngineDown), []);
    assert_eq!(node.tell(Event::EngineUp), [], "the bar is not over");
    assert_eq!(node.tell(Event::TimerFired), [Effect::AskTest]);
    assert_eq!(node.tell(Event::EngineDown), [Effect::Disconnect]);
    assert_eq!(node.tell(Event::EngineUp), [Effect::Connect], "what comes back has passed a test");
}

#[test]
fn a_rest_that_ends_without_an_engine_waits_for_it() {
    let mut node = Node::online();
    node.tell(dropped());
    node.tell(Event::EngineDown);
    assert_eq!(node.tell(Event::TimerFired), []);
    assert_eq!(node.presence.phase(), &Phase::AwaitingEngine);
    assert_eq!(node.tell(Event::EngineUp), [Effect::Connect]);
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
fn lost_connections_are_retried_ever_more_slowly() {
    let mut node = Node::without_budget();
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
    assert!((10..=20).contains(&attempts), "at most 20 in an hour, and not none: {attempts}");
}

#[test]
fn registrations_dropped_without_a_word_are_told_after_five() {
    let mut node = Node::without_budget();
    node.tell(dropped());
    let codes: Vec<Code> = (0..6)
        .map(|_| {
            node.now = node.now.plus(minutes(1));
            node.tell(Event::TimerFired);
            node.tell(Event::Unanswered { detail: "dropped".into() });
            let Phase::Resting(rest) = node.presence.phase() else { panic!("it keeps trying") };
            rest.code
        })
        .collect();
    assert_eq!(codes[..4], [Code::GridUnreachable; 4]);
    assert_eq!(codes[4..], [Code::RegistrationUnanswered; 2]);
}

#[test]
fn what_a_lost_connection_is_called_says_whose_fault_it_was() {
    let detail = || "why".to_owned();
    let cases = [
        (Lost::Dropped { detail: detail() }, Code::GridUnreachable),
        (Lost::OurFault { detail: detail() }, Code::ConnectionNeglected),
        (Lost::Garbled { detail: detail() }, Code::GridGarbled),
        (Lost::Starved, Code::EngineBusy),
        (Lost::Refused { code: Code::Suspended, detail: detail(), retry: Retry::AfterBar }, Code::Suspended),
        (Lost::Replaced, Code::GridUnreachable),
    ];
    for (how, expected) in cases {
        let mut node = Node::online();
        node.tell(Event::ConnectionLost { how: how.clone() });
        let Phase::Resting(rest) = node.presence.phase() else { panic!("{how:?} is no end") };
        assert_eq!(rest.code, expected, "{how:?}");
    }
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
    assert_eq!(node.code(), Some(Code::NameInUse), "the third within a minute of `ready`");
}

#[test]
fn a_restart_after_a_long_time_and_two_soon_after_it_are_no_fight_yet() {
    let mut node = Node::online();
    node.now = node.now.plus(minutes(300));
    for _ in 0..3 {
        node.rest_after(Event::ConnectionLost { how: Lost::Replaced });
        node.tell(Event::Registered);
        node.now = node.now.plus(Duration::from_secs(5));
    }
    assert!(node.presence.takes_jobs(), "one was late, so only two came soon");
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
        node.tell(Event::Tested);
    }
    let expected = [Duration::from_secs(30), minutes(2), minutes(10), minutes(60), minutes(60)];
    assert_eq!(rests, expected);
}

#[test]
fn a_refusal_only_the_owner_can_mend_is_not_retried() {
    let mut node = Node::online();
    node.rest_after(dropped());
    let effects = node.tell(refused(Retry::Never));
    assert!(effects.contains(&Effect::ReleaseEngine), "the GPU is given back");
    assert_eq!(node.code(), Some(Code::RegistrationRefused));
    assert_eq!(node.tell(Event::TimerFired), [], "no loop");
}

#[test]
fn a_used_nonce_is_retried_at_once_but_only_once() {
    let mut node = Node::online();
    node.tell(pause(true));
    for event in [Event::Start, Event::EngineUp] {
        node.tell(event);
    }
    assert_eq!(node.tell(refused(Retry::Once)), [Effect::Connect]);
    assert!(matches!(node.tell(refused(Retry::Once))[..], [Effect::SetTimer { .. }]));
}

#[test]
fn a_pause_lets_the_job_finish_unless_it_is_urgent() {
    let mut node = Node::online();
    node.tell(Event::JobStarted);
    assert_eq!(node.tell(pause(false)), []);
    assert!(!node.presence.takes_jobs(), "no new job while finishing");
    assert_eq!(node.tell(Event::JobAnswered), [], "the ack is still out");
    assert_eq!(node.tell(Event::Quiet), LEAVE);
    assert_eq!(node.presence.phase(), &Phase::Off(Off::Paused(Pause::Owner)));

    let mut urgent = Node::online();
    urgent.tell(Event::JobStarted);
    assert_eq!(urgent.tell(pause(true)), LEAVE);
}

#[test]
fn the_rung_of_the_bars_is_not_forgotten_for_an_answer() {
    let mut node = Node::online();
    node.rest_after(dropped());
    assert_eq!(node.rest_after(refused(Retry::AfterBar)), Duration::from_secs(30));
    for event in [Event::Tested, Event::Registered, Event::JobStarted, Event::JobAnswered, Event::Quiet] {
        node.tell(event);
    }
    node.rest_after(dropped());
    assert_eq!(
        node.rest_after(refused(Retry::AfterBar)),
        minutes(2),
        "the coordinator remembers for an hour"
    );
    node.now = node.now.plus(minutes(61));
    assert_eq!(node.presence.evictions(node.now), 0);
}

#[test]
fn a_lost_connection_waits_for_the_engine_to_let_go() {
    let mut node = Node::online();
    node.tell(Event::JobStarted);
    assert_eq!(node.tell(dropped()), [], "no reconnect while the engine works on a job that is not ours");
    assert!(matches!(node.tell(Event::Quiet)[..], [Effect::SetTimer { .. }]));
}

#[test]
fn a_full_disk_takes_the_slot_off_the_grid_and_back() {
    let mut node = Node::online();
    assert_eq!(node.rest_after(Event::DiskFull { detail: "no space".into() }), Duration::from_secs(30));
    assert_eq!(node.presence.phase(), &Phase::Connecting);
}

fn any_event() -> impl Strategy<Value = Event> {
    (0_u8..26).prop_map(|kind| match kind {
        0 | 1 => Event::Start,
        2 => pause(true),
        3 => pause(false),
        4 => Event::Pause { why: Pause::Schedule, now: false },
        5..=7 => Event::EngineUp,
        8 => Event::EngineDown,
        9 => Event::EngineGivenUp { code: Code::EngineFailing, detail: String::new() },
        10 => Event::Blocked { code: Code::LedgerUnusable, detail: String::new() },
        11 => Event::Tested,
        12 | 13 => Event::Registered,
        14 => refused(Retry::AfterBar),
        15 => refused(Retry::Never),
        16 => Event::ConnectFailed { code: Code::GridUnreachable, detail: String::new() },
        17 => Event::Unanswered { detail: String::new() },
        18 => dropped(),
        19 => Event::ConnectionLost { how: Lost::Replaced },
        20 => Event::JobStarted,
        21 => Event::JobAnswered,
        22 => Event::Quiet,
        23 => Event::DiskFull { detail: String::new() },
        _ => Event::TimerFired,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_it_connects_only_with_a_fit_engine_and_never_gets_stuck(
        events in prop::collection::vec(any_event(), 1..80)
    ) {
        let mut node = Node::off();
        let (mut wanted, mut fit, mut attempts) = (false, false, 0);
        for event in events {
            match event {
                Event::EngineUp => fit = true,
                Event::EngineDown | Event::EngineGivenUp { .. } => fit = false,
                // The attempt is not made when its record cannot be written.
                Event::DiskFull { .. } if *node.presence.phase() == Phase::Connecting => attempts -= 1,
                _ => {}
            }
            let started = event == Event::Start;
            for effect in node.tell(event) {
                match effect {
                    Effect::WantEngine => (wanted, fit) = (true, false),
                    Effect::ReleaseEngine => wanted = false,
                    Effect::Connect => {
                        prop_assert!(wanted && fit, "connected without a fit engine");
                        attempts += 1;
                    }
                    Effect::AskTest => prop_assert!(wanted && fit, "nothing to test"),
                    Effect::Disconnect | Effect::AbandonJob | Effect::SetTimer { .. } => {}
                }
            }
            let off = matches!(node.presence.phase(), Phase::Off(_));
            prop_assert!(!started || !off, "a start always starts");
            prop_assert_eq!(wanted, !off, "an engine is held exactly as long as the slot wants to serve");
        }
        prop_assert!(attempts <= 5, "no time passed, so no more than the burst");
    }
}
