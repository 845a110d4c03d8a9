//! The driver: feeds the two machines with what happens and does what they say.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::{Notify, mpsc, watch};
use tokio::time::Instant;
use types::{Ask, Clock, Code, JobId, Timestamp};
use worker::Strikes;
use worker::job::{self, Entry, Jobs, Offer};
use worker::presence::{self, Lost, Pause, Presence};

use super::inputs::{Input, Sources};
use super::receipts::Receipts;
use super::{SlotCommand, SlotSettings, SlotView, registration, view};
use crate::node::deadlines::Deadlines;
use crate::node::engine_room::{Proven, Said, Seat, Standing};
use crate::node::records::Records;

/// Something for one of the machines, waiting its turn.
#[derive(Debug)]
enum Signal {
    Job(job::Event),
    Presence(presence::Event),
}

/// What is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Due {
    /// The end of a rest.
    Rest,
    /// The ack of a job.
    Ack(JobId),
}

/// The one owner of a slot's state.
pub(in crate::node) struct Slot {
    pub(super) settings: SlotSettings,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) sources: Sources,
    pub(super) records: Records,
    pub(super) receipts: Receipts,
    pub(super) deadlines: Deadlines<Due>,
    /// What the engine has shown, while it is fit.
    pub(super) proven: Option<Arc<Proven>>,
    /// When the first piece of the job in hand left.
    pub(super) first_piece: Option<Timestamp>,
    pub(super) strikes: Strikes,
    presence: Presence,
    jobs: Jobs,
    signals: VecDeque<Signal>,
    view: watch::Sender<SlotView>,
    bell: Arc<Notify>,
}

impl Slot {
    pub(in crate::node) fn new(
        settings: SlotSettings,
        clock: Arc<dyn Clock>,
        seat: Seat,
        records: Records,
        commands: mpsc::Receiver<SlotCommand>,
        bell: Arc<Notify>,
    ) -> (Self, watch::Receiver<SlotView>) {
        let (view, watched) = watch::channel(SlotView::starting());
        let slot = Self {
            presence: Presence::new(settings.policy.clone()),
            settings,
            clock,
            sources: Sources::new(commands, seat),
            records,
            receipts: Receipts::default(),
            deadlines: Deadlines::default(),
            proven: None,
            first_piece: None,
            strikes: Strikes::default(),
            jobs: Jobs::default(),
            signals: VecDeque::new(),
            view,
            bell,
        };
        (slot, watched)
    }

    /// Runs until it is told to end.
    pub(in crate::node) async fn run(mut self) {
        loop {
            self.settle().await;
            self.show();
            let deadline = self.deadlines.next();
            match self.sources.next(deadline).await {
                Input::Command(Some(SlotCommand::Serve)) => self.tell_presence(presence::Event::Start),
                Input::Command(Some(SlotCommand::Pause { why, now })) => {
                    self.tell_presence(presence::Event::Pause { why, now });
                }
                Input::Command(Some(SlotCommand::End) | None) => return self.end().await,
                Input::Room(Some(said)) => self.room_said(said),
                Input::Room(None) => self.engine_lost(presence::Event::EngineGivenUp {
                    code: Code::Internal,
                    detail: "the engine's driver ended".to_owned(),
                }),
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
        self.tell_presence(presence::Event::Pause { why: Pause::Owner, now: true });
        self.settle().await;
        self.show();
    }

    pub(super) fn tell_job(&mut self, event: job::Event) {
        self.signals.push_back(Signal::Job(event));
    }

    pub(super) fn tell_presence(&mut self, event: presence::Event) {
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

    pub(super) async fn step_jobs(&mut self, event: job::Event) {
        let (worked, was_quiet) = (self.jobs.running().is_some(), self.jobs.is_quiet());
        let (jobs, effects) = std::mem::take(&mut self.jobs).step(event);
        self.jobs = jobs;
        let verdict = verdict(&effects);
        self.do_job_effects(effects).await;
        match (worked, self.jobs.running().is_some()) {
            (false, true) => self.tell_presence(presence::Event::JobStarted),
            (true, false) => self.job_ended(verdict),
            (false, false) | (true, true) => {}
        }
        if !was_quiet && self.jobs.is_quiet() {
            self.tell_presence(presence::Event::Quiet);
        }
    }

    fn job_ended(&mut self, verdict: Option<Verdict>) {
        self.first_piece = None;
        match verdict {
            Some(Verdict::Answered) => {
                self.strikes = Strikes::default();
                self.sources.seat.verdict(true);
                self.tell_presence(presence::Event::JobAnswered);
            }
            Some(Verdict::Failed) => self.sources.seat.verdict(false),
            None => {}
        }
    }

    async fn step_presence(&mut self, event: presence::Event) {
        tracing::debug!(slot = %self.settings.name, ?event, "presence");
        let (presence, effects) = self.presence.clone().step(event, self.clock.now());
        self.presence = presence;
        for effect in effects {
            self.do_presence_effect(effect).await;
        }
    }

    fn room_said(&mut self, said: Said) {
        match said {
            Said::Standing { standing: Standing::Up(proven), .. } => {
                self.proven = Some(proven);
                self.tell_presence(presence::Event::EngineUp);
            }
            Said::Standing { standing: Standing::Down, .. } => {
                self.engine_lost(presence::Event::EngineDown);
            }
            Said::Standing { standing: Standing::GivenUp { code, detail }, .. } => {
                self.engine_lost(presence::Event::EngineGivenUp { code, detail });
            }
            Said::Tested => self.tell_presence(presence::Event::Tested),
            Said::Made { job, piece } => self.tell_job(job::Event::Made { job, piece }),
            Said::Finished { job, reason, usage, body } => {
                self.tell_job(job::Event::Finished { job, reason, usage, body });
            }
            Said::Refused { job, message } => self.tell_job(job::Event::Refused { job, message }),
            Said::Failed { job } => self.tell_job(job::Event::Failed { job }),
            Said::Starved { job } => self.tell_job(job::Event::Starved { job }),
        }
    }

    /// First the job gets its honest end, then the socket is closed.
    pub(super) fn engine_lost(&mut self, how: presence::Event) {
        self.proven = None;
        self.tell_job(job::Event::EngineGone);
        self.tell_presence(how);
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
            let detail = "a job came although a pause is due".to_owned();
            return self.tell_presence(presence::Event::ConnectionLost { how: Lost::Dropped { detail } });
        }
        let job = frame.job;
        self.tell_job(match frame.offered {
            grid::Offered::Text { model, ask } if model == self.settings.model && self.speaks(&ask) => {
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

    /// Whether the engine has shown that it speaks this API.
    fn speaks(&self, ask: &Ask) -> bool {
        self.proven.as_ref().is_some_and(|proven| proven.formats.contains(&ask.format()))
    }

    fn closed(&mut self, cause: grid::CloseCause) {
        self.sources.connection = None;
        self.deadlines.keep(|due| !matches!(due, Due::Ack(_)));
        self.tell_job(job::Event::ConnectionLost);
        let how = match cause {
            grid::CloseCause::Ours => return,
            grid::CloseCause::Replaced => Lost::Replaced,
            grid::CloseCause::Normal => Lost::Dropped { detail: "the Grid closed the connection".to_owned() },
            grid::CloseCause::Refused(refusal) => {
                let (code, detail, retry) = registration::refused(refusal);
                Lost::Refused { code, detail, retry }
            }
            grid::CloseCause::Dropped(detail) => Lost::Dropped { detail },
            grid::CloseCause::OurFault(detail) => Lost::OurFault { detail },
            grid::CloseCause::Garbled(detail) => Lost::Garbled { detail },
        };
        self.tell_presence(presence::Event::ConnectionLost { how });
    }

    fn deadlines_passed(&mut self) {
        for due in self.deadlines.take_passed(Instant::now()) {
            match due {
                Due::Rest => self.tell_presence(presence::Event::TimerFired),
                Due::Ack(job) => self.tell_job(job::Event::AckOverdue { job }),
            }
        }
    }

    fn show(&self) {
        let (phase, code, detail) = view::phase(&self.presence, &self.jobs);
        let now = self.clock.now();
        let next = SlotView {
            phase,
            code,
            detail,
            current_job: self.jobs.running().cloned(),
            strikes: self.strikes.counting(now),
            evictions: self.presence.evictions(now),
            online_since: self.presence.online_since(),
        };
        let changed = self.view.send_if_modified(|shown| {
            let changed = *shown != next;
            *shown = next;
            changed
        });
        if changed {
            self.bell.notify_one();
        }
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

/// What a job's end says about the engine, if it says anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Answered,
    Failed,
}

/// What the effects of one step say about the job that ended with it. Refused, cancelled and given back says nothing.
fn verdict(effects: &[job::Effect]) -> Option<Verdict> {
    effects.iter().find_map(|effect| match effect {
        job::Effect::SendDone(done) if !done.cancelled => Some(Verdict::Answered),
        job::Effect::Record(_, Entry::Failed) => Some(Verdict::Failed),
        _ => None,
    })
}
