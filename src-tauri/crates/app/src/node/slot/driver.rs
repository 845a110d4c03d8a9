//! The driver: feeds the two machines with what happens and does what they say.

mod effects;

use std::collections::VecDeque;
use std::sync::Arc;

use engine_link::{Engine, EngineEvent, LoadFault, ModelFacts, Stage};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use types::{Ask, Clock, Code};
use worker::job::{self, Entry, Jobs, Offer};
use worker::presence::{self, Ended, Lost, Presence};

use super::deadlines::{Deadlines, Due};
use super::inputs::{Command, Input, Sources};
use super::receipts::Receipts;
use super::records::{Records, Summary};
use super::self_test::{SelfTest, Verdict};
use super::{NodeSettings, StartError, registration, view};
use crate::{Phase, Status};

/// The context is cut to this until the memory that is free can be planned with: its cache grows with every token.
const LARGEST_CONTEXT: u32 = 16_384;

/// Something for one of the machines, waiting its turn.
#[derive(Debug)]
enum Signal {
    Job(job::Event),
    Presence(presence::Event),
}

/// The one owner of a node's state.
pub(super) struct Driver {
    settings: NodeSettings,
    clock: Arc<dyn Clock>,
    sources: Sources,
    status: watch::Sender<Status>,
    presence: Presence,
    jobs: Jobs,
    signals: VecDeque<Signal>,
    engine: Option<Engine>,
    facts: Option<ModelFacts>,
    load_percent: u8,
    records: Records,
    summary: Summary,
    receipts: Receipts,
    self_test: Option<SelfTest>,
    tests: u64,
    deadlines: Deadlines,
}

impl Driver {
    pub(super) async fn new(
        settings: NodeSettings,
        clock: Arc<dyn Clock>,
        commands: mpsc::Receiver<Command>,
    ) -> Result<(Self, watch::Sender<Status>, watch::Receiver<Status>), StartError> {
        let ledger = settings.home.ledger();
        let name = settings.identity.name.clone();
        let records = Records::open(&ledger, name, settings.ledger, clock.now()).await?;
        let summary = records.summary().await?;
        let (status, watched) = watch::channel(Status {
            phase: Phase::Starting,
            code: None,
            detail: None,
            practice: settings.practice,
            worker_name: settings.identity.name.to_string(),
            model: None,
            device: None,
            current_job: None,
            jobs_done: 0,
            den_total: types::Den::ZERO,
            recent: Vec::new(),
        });
        let shown = status.clone();
        let driver = Self {
            presence: Presence::new(settings.policy.clone()),
            settings,
            clock,
            sources: Sources::new(commands),
            status,
            jobs: Jobs::default(),
            signals: VecDeque::from([Signal::Presence(presence::Event::Start)]),
            engine: None,
            facts: None,
            load_percent: 0,
            records,
            summary,
            receipts: Receipts::default(),
            self_test: None,
            tests: 0,
            deadlines: Deadlines::default(),
        };
        Ok((driver, shown, watched))
    }

    /// Runs until the owner ends it.
    pub(super) async fn run(mut self) {
        loop {
            self.settle().await;
            self.show();
            let deadline = self.deadlines.next();
            match self.sources.next(deadline).await {
                Input::Command(Some(Command::Resume)) => self.tell_presence(presence::Event::Start),
                Input::Command(Some(Command::Pause { now })) => {
                    self.tell_presence(presence::Event::Pause { now });
                }
                Input::Command(Some(Command::Shutdown) | None) => return self.end().await,
                Input::Launched(launched) => self.launched(launched),
                Input::Engine(event) => self.engine_said(event),
                Input::Connected(Ok(connection)) => {
                    self.sources.connection = Some(connection);
                    self.tell_presence(presence::Event::Registered);
                }
                Input::Connected(Err(error)) => {
                    tracing::info!(%error, "not connected");
                    self.tell_presence(registration::verdict(error));
                }
                Input::Grid(event) => self.grid_said(event),
                Input::Deadline => self.deadlines_passed(),
            }
        }
    }

    async fn end(&mut self) {
        self.tell_presence(presence::Event::Pause { now: true });
        self.settle().await;
        self.show();
    }

    fn tell_job(&mut self, event: job::Event) {
        self.signals.push_back(Signal::Job(event));
    }

    fn tell_presence(&mut self, event: presence::Event) {
        self.signals.push_back(Signal::Presence(event));
    }

    /// Lets both machines have their say until there is nothing left to do.
    async fn settle(&mut self) {
        while let Some(signal) = self.signals.pop_front() {
            match signal {
                Signal::Job(event) => self.step_jobs(event).await,
                Signal::Presence(event) => self.step_presence(event).await,
            }
        }
    }

    async fn step_jobs(&mut self, event: job::Event) {
        let (worked, was_quiet) = (self.jobs.running().is_some(), self.jobs.is_quiet());
        let (jobs, effects) = std::mem::take(&mut self.jobs).step(event);
        self.jobs = jobs;
        let ended = how_it_ended(&effects);
        self.do_job_effects(effects).await;
        match (worked, self.jobs.running().is_some()) {
            (false, true) => self.tell_presence(presence::Event::JobStarted),
            (true, false) => self.tell_presence(presence::Event::JobEnded(ended)),
            (false, false) | (true, true) => {}
        }
        if self.jobs.engine_is_free() {
            self.deadlines.clear(&Due::Job);
            self.deadlines.clear(&Due::Stop);
        }
        if !was_quiet && self.jobs.is_quiet() {
            self.tell_presence(presence::Event::Quiet);
        }
    }

    async fn step_presence(&mut self, event: presence::Event) {
        tracing::debug!(?event, "presence");
        let (presence, effects) = self.presence.clone().step(event, self.clock.now());
        self.presence = presence;
        for effect in effects {
            self.do_presence_effect(effect).await;
        }
    }

    fn launched(
        &mut self,
        launched: Result<(Engine, mpsc::Receiver<EngineEvent>), engine_link::LaunchError>,
    ) {
        match launched {
            Ok((engine, events)) => {
                engine.load(&self.settings.model.path, Some(LARGEST_CONTEXT));
                self.deadlines.set(Due::Load, self.settings.patience.load);
                self.engine = Some(engine);
                self.sources.engine = Some(events);
            }
            Err(engine_link::LaunchError::Missing) => {
                let detail = "the engine executable is missing".to_owned();
                self.tell_presence(presence::Event::Blocked { code: Code::EngineMissing, detail });
            }
            Err(error) => self.engine_fault(error.to_string()),
        }
    }

    /// First the job gets its honest end, then the socket is closed and the engine ended.
    fn engine_fault(&mut self, detail: String) {
        tracing::warn!(%detail, "engine fault");
        self.tell_job(job::Event::EngineGone);
        self.tell_presence(presence::Event::EngineFault { detail });
    }

    fn engine_said(&mut self, event: EngineEvent) {
        if let Some(test) = &mut self.self_test {
            match test.hear(&event) {
                Verdict::NotOurs => {}
                Verdict::Pending => return,
                Verdict::Passed => {
                    self.end_self_test();
                    return self.tell_presence(presence::Event::TestPassed);
                }
                Verdict::Failed(detail) => {
                    self.end_self_test();
                    return self.tell_presence(presence::Event::TestFailed { detail });
                }
            }
        }
        match event {
            EngineEvent::Progress { stage, percent } => self.progress(stage, percent),
            EngineEvent::Loaded(facts) => {
                self.deadlines.clear(&Due::Load);
                self.facts = Some(facts);
                self.tell_presence(presence::Event::EngineReady);
            }
            EngineEvent::LoadFailed { fault, message } => self.load_failed(fault, message),
            EngineEvent::Piece { job, piece } => self.tell_job(job::Event::Made { job, piece }),
            EngineEvent::Finished { job, reason, usage, body } => {
                self.tell_job(job::Event::Finished { job, reason, usage, body });
            }
            EngineEvent::Refused { job, message } => self.tell_job(job::Event::Refused { job, message }),
            EngineEvent::Failed { job, message } => {
                self.tell_job(job::Event::Failed { job });
                self.engine_fault(message);
            }
            EngineEvent::Gone { why } => {
                self.sources.engine = None;
                self.engine = None;
                self.engine_fault(why);
            }
        }
    }

    fn progress(&mut self, stage: Stage, percent: u8) {
        // Checking is a blink and warming the last stretch: the owner watches one bar.
        self.load_percent = match stage {
            Stage::Checking => 0,
            Stage::Loading => percent.min(99),
            Stage::Warming => 99,
            Stage::Reading => return,
        };
    }

    fn load_failed(&mut self, fault: LoadFault, detail: String) {
        let code = match fault {
            LoadFault::Unreadable => Code::ModelMissing,
            LoadFault::Malformed | LoadFault::Unsupported => Code::ModelUnusable,
            LoadFault::OutOfMemory => Code::OutOfMemory,
            LoadFault::Internal => return self.engine_fault(detail),
        };
        self.tell_presence(presence::Event::Blocked { code, detail });
    }

    fn grid_said(&mut self, event: grid::Event) {
        match event {
            grid::Event::Offered(frame) => self.offered(*frame),
            grid::Event::Cancel(job) => self.tell_job(job::Event::CancelAsked { job }),
            grid::Event::Ack(job, Some(den)) => self.tell_job(job::Event::Acked { job, den }),
            // An unreadable amount is no amount: the job will be noted as unconfirmed.
            grid::Event::Ack(job, None) => tracing::warn!(%job, "an ack with an unreadable amount"),
            grid::Event::Closed(cause) => self.closed(cause),
        }
    }

    fn offered(&mut self, frame: grid::JobFrame) {
        if !self.presence.takes_jobs() {
            // A pause is due and the next job came first: closing gives it back without a strike.
            return self.tell_presence(presence::Event::Pause { now: true });
        }
        let job = frame.job;
        self.tell_job(match frame.offered {
            grid::Offered::Text { model, ask } if model == self.settings.model.id => {
                job::Event::Offered(Box::new(Offer { job, model, ask: seeded(ask) }))
            }
            // Never serve another model than the advertised one.
            grid::Offered::Text { .. } => {
                let message = "this worker does not serve that model".to_owned();
                job::Event::OfferedUnservable { job, message, client_error: false }
            }
            grid::Offered::BadRequest(refusal) => {
                job::Event::OfferedUnservable { job, message: refusal.0, client_error: true }
            }
            grid::Offered::NotOurs(message) => {
                job::Event::OfferedUnservable { job, message, client_error: false }
            }
        });
    }

    fn closed(&mut self, cause: grid::CloseCause) {
        self.sources.connection = None;
        self.deadlines.clear_acks();
        self.tell_job(job::Event::ConnectionLost);
        let how = match cause {
            grid::CloseCause::Ours => return,
            grid::CloseCause::Replaced => Lost::Replaced,
            grid::CloseCause::Dropped(detail) => Lost::Dropped { detail },
            grid::CloseCause::Garbled(detail) => Lost::Garbled { detail },
        };
        self.tell_presence(presence::Event::ConnectionLost { how });
    }

    fn deadlines_passed(&mut self) {
        for due in self.deadlines.take_passed(Instant::now()) {
            match due {
                Due::Rest => self.tell_presence(presence::Event::TimerFired),
                Due::Load => self.engine_fault("the model took too long to load".into()),
                Due::SelfTest => self.engine_fault("the self-test took too long".into()),
                Due::Job => self.engine_fault("it did not end the job in time".into()),
                Due::Stop => self.engine_fault("it did not stop when told to".into()),
                Due::Ack(job) => self.tell_job(job::Event::AckOverdue { job }),
            }
        }
    }

    pub(super) fn end_self_test(&mut self) {
        self.self_test = None;
        self.deadlines.clear(&Due::SelfTest);
    }

    fn show(&self) {
        let (phase, code, detail) = view::phase(&self.presence, &self.jobs, self.load_percent);
        let next = Status {
            phase,
            code,
            detail,
            practice: self.settings.practice,
            worker_name: self.settings.identity.name.to_string(),
            model: self.facts.as_ref().map(|_| self.settings.model.id.clone()),
            device: self.engine.as_ref().map(|engine| engine.device().to_owned()),
            current_job: self.jobs.running().cloned(),
            jobs_done: self.summary.totals.jobs_done,
            den_total: self.summary.totals.den,
            recent: self.summary.recent.clone(),
        };
        self.status.send_if_modified(|shown| {
            let changed = *shown != next;
            *shown = next;
            changed
        });
    }
}

/// A chat without a seed gets one: what is drawn for the engine is drawn here.
fn seeded(ask: Ask) -> Ask {
    match ask {
        Ask::Chat { read: Ok(mut request), body } => {
            request.sampling.seed.get_or_insert_with(rand::random);
            Ask::Chat { read: Ok(request), body }
        }
        Ask::Chat { read: Err(_), .. } | Ask::Raw { .. } => ask,
    }
}

/// What the effects of one step say about the job that ended with it.
fn how_it_ended(effects: &[job::Effect]) -> Ended {
    let ended = effects.iter().find_map(|effect| match effect {
        job::Effect::SendDone(done) if !done.cancelled => Some(Ended::Answered),
        job::Effect::Record(_, Entry::Failed) => Some(Ended::Failed),
        _ => None,
    });
    ended.unwrap_or(Ended::Neutral)
}
