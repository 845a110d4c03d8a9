//! Holds a node together: tells the slots what the owner and the schedules want, and the owner what the slots do.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::{Notify, mpsc, watch};
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::Instant;
use types::Clock;
use worker::presence::Pause;
use worker::schedule::Schedule;

use super::engine_room::{Orders, Room, RoomView};
use super::overview::{Overview, Row};
use super::records::{Books, Records, Summary};
use super::settings::{NodeSettings, Patience};
use super::slot::{Slot, SlotCommand, SlotSettings, SlotView};
use super::waits::at;
use super::wall_clock::local_time;
use super::{Command, StartError};
use crate::Status;

/// One slot, seen from above.
struct Member {
    engine: usize,
    /// Which of its engine's slots it is.
    place: u32,
    commands: mpsc::Sender<SlotCommand>,
    view: watch::Receiver<SlotView>,
    /// What it was told last.
    told: Option<SlotCommand>,
    broken: bool,
}

/// One engine, seen from above.
struct Engine {
    schedule: Schedule,
    slots: u32,
    orders: Orders,
    view: watch::Receiver<RoomView>,
}

/// The one owner of a node's slots.
pub(super) struct Conductor {
    commands: mpsc::Receiver<Command>,
    clock: Arc<dyn Clock>,
    zone: jiff::tz::TimeZone,
    patience: Patience,
    paused: bool,
    engines: Vec<Engine>,
    members: Vec<Member>,
    overview: Overview,
    summary: watch::Receiver<Summary>,
    status: watch::Sender<Status>,
    bell: Arc<Notify>,
    /// Ends with this value.
    tasks: JoinSet<()>,
    slots_by_task: HashMap<Id, usize>,
}

impl Conductor {
    /// Opens the ledger, and starts the slots and their engines' rooms. Nobody serves yet.
    pub(super) async fn new(
        settings: NodeSettings,
        clock: Arc<dyn Clock>,
        commands: mpsc::Receiver<Command>,
    ) -> Result<(Self, watch::Sender<Status>, watch::Receiver<Status>), StartError> {
        let bell = Arc::new(Notify::new());
        let (books, summary) =
            Books::open(&settings.home, &settings.book, settings.ledger, clock.now(), Arc::clone(&bell))
                .await?;
        let overview = Overview::new(&settings);
        let (status, watched) = watch::channel(overview.status(&[], &summary.borrow()));
        let shown = status.clone();
        let mut conductor = Self {
            commands,
            clock,
            zone: settings.time_zone.clone(),
            patience: settings.patience,
            paused: false,
            engines: Vec::new(),
            members: Vec::new(),
            overview,
            summary,
            status,
            bell,
            tasks: JoinSet::new(),
            slots_by_task: HashMap::new(),
        };
        conductor.settle_in(settings, &books);
        Ok((conductor, shown, watched))
    }

    fn settle_in(&mut self, settings: NodeSettings, books: &Books) {
        let NodeSettings { engines, identity, endpoint, policy, patience, home, .. } = settings;
        let papers: Vec<Vec<_>> = engines
            .iter()
            .map(|engine| engine.names.iter().map(|name| identity.papers(name)).collect())
            .collect();
        for (index, (engine, papers)) in engines.into_iter().zip(papers).enumerate() {
            let (names, model) = (engine.names.clone(), engine.model.clone());
            let schedule = engine.schedule.clone();
            let (room, seats, orders, view) =
                Room::new(engine, policy.clone(), patience, Arc::clone(&self.bell));
            // The room lives in the home: the lock is free when the last engine is ended.
            let home = home.clone();
            self.tasks.spawn(async move {
                room.run().await;
                drop(home);
            });
            let slots = u32::try_from(names.len()).unwrap_or(u32::MAX);
            self.engines.push(Engine { schedule, slots, orders, view });
            for (place, ((name, papers), seat)) in (0..).zip(names.into_iter().zip(papers).zip(seats)) {
                let settings = SlotSettings {
                    api_key: identity.key(&name),
                    name,
                    model: model.clone(),
                    papers,
                    endpoint: endpoint.clone(),
                    policy: policy.clone(),
                    patience,
                };
                let records = Records::new(books.clone(), settings.name.clone());
                let (commands, received) = mpsc::channel(16);
                let (slot, view) = Slot::new(
                    settings,
                    Arc::clone(&self.clock),
                    seat,
                    records,
                    received,
                    Arc::clone(&self.bell),
                );
                let task = self.tasks.spawn(slot.run());
                self.slots_by_task.insert(task.id(), self.members.len());
                let (told, broken) = (None, false);
                self.members.push(Member { engine: index, place, commands, view, told, broken });
            }
        }
    }

    /// Runs until the owner ends it.
    pub(super) async fn run(mut self) {
        let bell = Arc::clone(&self.bell);
        self.conduct(false, true).await;
        let mut look = Instant::now() + self.patience.schedule;
        loop {
            self.show();
            tokio::select! {
                biased;
                command = self.commands.recv() => match command {
                    Some(Command::Resume) => {
                        self.paused = false;
                        self.conduct(false, true).await;
                    }
                    Some(Command::Pause { now }) => {
                        self.paused = true;
                        self.conduct(now, true).await;
                    }
                    Some(Command::Shutdown) | None => return self.end().await,
                },
                () = at(Some(look)) => {
                    look = Instant::now() + self.patience.schedule;
                    self.conduct(false, false).await;
                }
                Some(ended) = self.tasks.join_next_with_id() => self.task_ended(ended),
                () = bell.notified() => {}
            }
        }
    }

    /// Tells the slots what is wanted of them now: all of it if the owner spoke, else only what changed.
    async fn conduct(&mut self, now: bool, by_owner: bool) {
        if by_owner && !self.paused {
            for engine in &self.engines {
                engine.orders.forgive().await;
            }
        }
        let local = local_time(self.clock.now(), &self.zone);
        for member in &mut self.members {
            let engine = &self.engines[member.engine];
            let wanted = if self.paused {
                SlotCommand::Pause { why: Pause::Owner, now }
            } else if member.place < engine.schedule.slots(local, engine.slots) {
                SlotCommand::Serve
            } else {
                SlotCommand::Pause { why: Pause::Schedule, now: false }
            };
            // A slot that stopped for its owner waits for him, whatever the hour.
            let needs_owner = member.view.borrow().needs_owner();
            if by_owner || (member.told != Some(wanted) && !(wanted == SlotCommand::Serve && needs_owner)) {
                member.told = Some(wanted);
                // A slot that ended is reported by its task.
                let _ = member.commands.send(wanted).await;
            }
        }
    }

    /// A panic must not leave the last status standing as if nothing had happened.
    fn task_ended(&mut self, ended: Result<(Id, ()), JoinError>) {
        let id = match &ended {
            Ok((id, ())) => *id,
            Err(error) => error.id(),
        };
        tracing::error!("a task of the node ended before its time");
        // The slots of a room that is gone say so themselves.
        if let Some(slot) = self.slots_by_task.get(&id) {
            self.members[*slot].broken = true;
        }
    }

    /// Slots first, so that terminal messages leave or jobs are given back; then the engines.
    async fn end(mut self) {
        for member in &self.members {
            let _ = member.commands.send(SlotCommand::End).await;
        }
        self.engines.clear();
        while self.tasks.join_next().await.is_some() {}
        self.members.clear();
    }

    fn show(&mut self) {
        let rows: Vec<Row> = self
            .members
            .iter_mut()
            .map(|member| Row {
                engine: member.engine,
                broken: member.broken,
                view: member.view.borrow_and_update().clone(),
                room: self.engines[member.engine].view.borrow_and_update().clone(),
            })
            .collect();
        let next = self.overview.status(&rows, &self.summary.borrow_and_update());
        self.status.send_if_modified(|shown| {
            let changed = *shown != next;
            *shown = next;
            changed
        });
    }
}
