//! The one owner of an engine's state: feeds the fitness machine with what happens and does what it says.

mod engine;
mod orders;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use engine_link::{Engine, EngineEvent, LaunchError};
use rand::Rng as _;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use types::{Ask, JobId};
use worker::fitness::{Effect, Event, Fitness, Phase};

use super::runs::{Runs, Whose};
use super::seat::Order;
use super::self_test::SelfTest;
use super::{Orders, Proven, RoomView, Said, Seat};
use crate::node::deadlines::Deadlines;
use crate::node::settings::{EngineSettings, Patience};
use crate::node::waits::{at, joined};

/// Orders that may wait, for each slot: more than its one job can bring about.
const ORDERS: usize = 32;
/// What a slot may not have heard yet before the engine waits for it.
const SAID: usize = 256;

type Launched = Result<(Engine, mpsc::Receiver<EngineEvent>), LaunchError>;

/// What is due.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Due {
    /// The end of a rest.
    Rest,
    /// A loaded model.
    Load,
    /// The verdict of the self-test.
    Test,
    /// The end of a run.
    End(JobId),
}

/// One slot.
#[derive(Debug)]
struct Member {
    said: mpsc::Sender<Said>,
    /// Its wish for the engine, if it has one now.
    turn: Option<u64>,
    /// Whether it waits for a test.
    tests: bool,
    /// The last job it had for the engine.
    job: Option<JobId>,
}

/// An engine and its slots.
pub(crate) struct Room {
    settings: EngineSettings,
    patience: Patience,
    slowest: u32,
    fitness: Fitness,
    events: VecDeque<Event>,
    members: Vec<Member>,
    orders: mpsc::Receiver<Order>,
    launching: Option<JoinHandle<Launched>>,
    engine: Option<Engine>,
    heard: Option<mpsc::Receiver<EngineEvent>>,
    age: u64,
    proven: Option<Arc<Proven>>,
    percent: u8,
    runs: Runs,
    test: Option<SelfTest>,
    slow: bool,
    deadlines: Deadlines<Due>,
    view: watch::Sender<RoomView>,
    bell: Arc<Notify>,
}

impl Room {
    /// A room with a seat for every name, and the owner's line to it.
    pub(crate) fn new(
        settings: EngineSettings,
        policy: worker::Policy,
        patience: Patience,
        bell: Arc<Notify>,
    ) -> (Self, Vec<Seat>, Orders, watch::Receiver<RoomView>) {
        let (order, orders) = mpsc::channel(ORDERS * settings.names.len().max(1));
        let (members, seats) = (0..settings.names.len())
            .map(|seat| {
                let (said, hear) = mpsc::channel(SAID);
                (Member { said, turn: None, tests: false, job: None }, Seat::new(seat, order.clone(), hear))
            })
            .unzip();
        let slowest = policy.slowest_tokens_per_minute;
        let fitness = Fitness::new(policy);
        let phase = fitness.phase().clone();
        let (view, watched) =
            watch::channel(RoomView { phase, quarantined: false, percent: 0, proven: None });
        let runs = Runs::new(settings.at_once());
        let room = Self {
            settings,
            patience,
            slowest,
            fitness,
            events: VecDeque::new(),
            members,
            orders,
            launching: None,
            engine: None,
            heard: None,
            age: 0,
            proven: None,
            percent: 0,
            runs,
            test: None,
            slow: false,
            deadlines: Deadlines::default(),
            view,
            bell,
        };
        (room, seats, Orders(order), watched)
    }

    /// Runs until nobody can order anything any more.
    pub(crate) async fn run(mut self) {
        loop {
            self.settle().await;
            self.show();
            let deadline = [self.deadlines.next(), self.runs.next_starving()].into_iter().flatten().min();
            tokio::select! {
                // Orders and deadlines first, so that no stream of events can starve them.
                biased;
                order = self.orders.recv() => match order {
                    Some(order) => self.ordered(order).await,
                    None => break,
                },
                () = at(deadline) => self.deadlines_passed().await,
                launched = joined(&mut self.launching) => self.launched(launched),
                event = heard(&mut self.heard) => self.engine_said(event).await,
            }
        }
        self.stop_engine().await;
    }

    fn tell(&mut self, event: Event) {
        self.events.push_back(event);
    }

    async fn settle(&mut self) {
        while let Some(event) = self.events.pop_front() {
            self.step(event).await;
        }
    }

    async fn step(&mut self, event: Event) {
        tracing::debug!(?event, "fitness");
        let before = self.fitness.clone();
        let (fitness, effects) = self.fitness.clone().step(event);
        self.fitness = fitness;
        // The slots hear of a fault before the engine is ended, so that their jobs get an honest end at once.
        let changed = before.is_fit() != self.fitness.is_fit()
            || (before.phase() != self.fitness.phase()
                && matches!(self.fitness.phase(), Phase::GivenUp { .. }));
        if changed {
            self.tell_all().await;
        }
        if *before.phase() == Phase::Retesting && *self.fitness.phase() == Phase::Fit {
            self.tell_tested().await;
        }
        for effect in effects {
            self.do_effect(effect).await;
        }
    }

    async fn do_effect(&mut self, effect: Effect) {
        match effect {
            Effect::Start => self.start_engine(),
            Effect::Stop => self.stop_engine().await,
            Effect::Test => self.test().await,
            Effect::SetTimer { wait, spread } => {
                let random = rand::rng().random_range(Duration::ZERO..=spread);
                self.deadlines.set(Due::Rest, wait + random);
            }
        }
    }

    async fn test(&mut self) {
        self.runs.queue_test(Ask::chat(SelfTest::request()), Instant::now());
        self.feed().await;
    }

    fn fault(&mut self, detail: String) {
        tracing::warn!(%detail, "engine fault");
        self.tell(Event::Fault { detail });
    }

    async fn deadlines_passed(&mut self) {
        let now = Instant::now();
        for due in self.deadlines.take_passed(now) {
            match due {
                Due::Rest => self.tell(Event::TimerFired),
                Due::Load => self.fault("the model took too long to load".into()),
                Due::Test => self.fault("the self-test took too long".into()),
                Due::End(_) => self.fault("it did not end a job in time".into()),
            }
        }
        for whose in self.runs.take_starved(now) {
            if let Whose::Slot { seat, job } = whose {
                self.say(seat, Said::Starved { job }).await;
            }
        }
    }

    fn show(&self) {
        self.view.send_replace(RoomView {
            phase: self.fitness.phase().clone(),
            quarantined: self.fitness.quarantined(),
            percent: self.percent,
            proven: self.proven.clone(),
        });
        self.bell.notify_one();
    }
}

async fn heard(engine: &mut Option<mpsc::Receiver<EngineEvent>>) -> EngineEvent {
    let Some(events) = engine else { return std::future::pending().await };
    let event = events.recv().await;
    event.unwrap_or_else(|| EngineEvent::Gone { why: "its events ended".into() })
}
