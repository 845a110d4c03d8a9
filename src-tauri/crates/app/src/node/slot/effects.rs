//! Doing what the machines say.

use std::time::Duration;

use engine_link::Engine;
use grid::Terminal;
use ledger::{JobState, LedgerError};
use rand::Rng as _;
use types::{Ask, Code, JobId};
use worker::job::{self, Done, Entry, Offer};
use worker::presence::{self, Lost};

use super::Driver;
use crate::node::deadlines::Due;
use crate::node::records::Line;
use crate::node::registration::registration;
use crate::node::self_test::SelfTest;

/// What an engine may take beyond the time a job was given.
const GRACE: Duration = Duration::from_secs(30);

impl Driver {
    /// In order, and none after a record that could not be written before a job began.
    pub(super) async fn do_job_effects(&mut self, effects: Vec<job::Effect>) {
        for effect in effects {
            if self.do_job_effect(effect).await.is_err() {
                return;
            }
        }
    }

    /// `Err` when the effects that follow must not be done.
    async fn do_job_effect(&mut self, effect: job::Effect) -> Result<(), NotAccepted> {
        match effect {
            job::Effect::Record(job, entry) => return self.record(job, entry).await,
            job::Effect::Generate(offer) => self.generate(*offer),
            job::Effect::CancelEngine(job) => {
                if let Some(engine) = &self.engine {
                    engine.cancel(&job);
                }
                self.deadlines.set(Due::Stop, self.settings.patience.cancel);
            }
            job::Effect::SendPiece { job, piece } => {
                if let Some(connection) = &mut self.sources.connection {
                    connection.piece(job, piece);
                }
            }
            job::Effect::SendDone(done) => self.send_done(*done),
            job::Effect::SendError { job, message, client_error } => {
                self.send_end(Terminal::Error { job, message, client_error });
            }
            job::Effect::AwaitAck(job) => {
                self.deadlines.set(Due::Ack(job), self.settings.patience.ack);
            }
            job::Effect::Disconnect => {
                self.disconnect();
                let detail = "a job came before the last one had ended".to_owned();
                self.tell_presence(presence::Event::ConnectionLost { how: Lost::Garbled { detail } });
            }
        }
        Ok(())
    }

    fn generate(&mut self, offer: Offer) {
        let longest = self.settings.patience.job;
        let Some(engine) = &self.engine else { return self.tell_job(job::Event::EngineGone) };
        match engine.generate(&offer.job, offer.ask, longest) {
            // The engine keeps the time itself; this is for one that does not.
            Ok(()) => self.deadlines.set(Due::Job, longest + GRACE),
            Err(refusal) => self.tell_job(job::Event::Refused { job: offer.job, message: refusal.0 }),
        }
    }

    fn send_done(&mut self, done: Done) {
        let Done { job, answer, reason, usage, cancelled } = done;
        let receipt = self.receipts.take(&job);
        self.send_end(Terminal::Done(grid::Done { job, answer, reason, usage, cancelled, receipt }));
    }

    fn send_end(&mut self, terminal: Terminal) {
        if let Some(connection) = &mut self.sources.connection {
            connection.end(terminal);
        }
    }

    async fn record(&mut self, job: JobId, entry: Entry) -> Result<(), NotAccepted> {
        let accepting = matches!(entry, Entry::Accepted(_));
        let line = self.line(&job, entry);
        let outcome = self.records.write(job.clone(), line, self.clock.now()).await;
        let outcome = match outcome {
            Ok(()) => self.records.summary().await.map(|summary| self.summary = summary),
            Err(error) => Err(error),
        };
        let Err(error) = outcome else { return Ok(()) };
        self.cannot_write(&error);
        if !accepting {
            // The answer is made: the customer gets it, and the line is written when there is space again.
            return Ok(());
        }
        self.tell_job(job::Event::NotRecorded { job });
        Err(NotAccepted)
    }

    fn line(&mut self, job: &JobId, entry: Entry) -> Line {
        match entry {
            Entry::Accepted(model) => Line::Accepted(model),
            Entry::Delivered { text, reason, usage } => {
                let rig = self.settings.identity.rig.as_ref().map(|(rig, _)| rig);
                let signed = self.receipts.make(rig, job, text);
                Line::Delivered { text, signed, reason, usage }
            }
            Entry::Refused => Line::Ended(JobState::Refused),
            Entry::Failed => Line::Ended(JobState::Failed),
            Entry::Abandoned => Line::Ended(JobState::Abandoned),
            Entry::Settled(den) => {
                self.deadlines.clear(&Due::Ack(job.clone()));
                Line::Settled(den)
            }
            Entry::Unconfirmed => Line::Unconfirmed,
        }
    }

    fn cannot_write(&mut self, error: &LedgerError) {
        tracing::error!(%error, "records cannot be written");
        let detail = error.to_string();
        self.tell_presence(if error.is_transient() {
            presence::Event::DiskFull { detail }
        } else {
            presence::Event::Blocked { code: Code::LedgerUnusable, detail }
        });
    }

    pub(super) async fn do_presence_effect(&mut self, effect: presence::Effect) {
        match effect {
            presence::Effect::StartEngine => self.start_engine(),
            presence::Effect::StopEngine => self.stop_engine().await,
            presence::Effect::SelfTest => self.start_self_test(),
            presence::Effect::Connect => self.connect().await,
            presence::Effect::Disconnect => self.disconnect(),
            presence::Effect::AbandonJob => self.step_jobs_now(job::Event::Abandon).await,
            presence::Effect::SetTimer { wait, spread } => {
                let random = rand::rng().random_range(Duration::ZERO..=spread);
                self.deadlines.set(Due::Rest, wait + random);
            }
        }
    }

    fn start_engine(&mut self) {
        self.load_percent = 0;
        self.deadlines.clear(&Due::Rest);
        if !self.settings.model.path.is_file() {
            let detail = "the model file is not there".to_owned();
            return self.tell_presence(presence::Event::Blocked { code: Code::ModelMissing, detail });
        }
        let launch = self.settings.engine.clone();
        self.sources.launching = Some(tokio::spawn(async move { Engine::launch(&launch).await }));
    }

    /// When this returns, the engine's memory is free.
    async fn stop_engine(&mut self) {
        self.sources.stop_launching().await;
        self.end_self_test();
        self.deadlines.clear(&Due::Load);
        // Nobody reads what a stopped engine still says.
        self.sources.engine = None;
        if let Some(engine) = self.engine.take() {
            engine.stop().await;
        }
        self.step_jobs_now(job::Event::EngineGone).await;
    }

    fn start_self_test(&mut self) {
        self.tests += 1;
        let test = SelfTest::new(self.tests);
        let patience = self.settings.patience.self_test;
        // A slow engine ends the test itself with what it has by then; only a hanging one runs into our deadline.
        let ask = |engine: &Engine| {
            engine.generate(test.job(), Ask::chat(SelfTest::request()), patience / 2).is_ok()
        };
        if !self.engine.as_ref().is_some_and(ask) {
            return self.engine_fault("it cannot be asked".into());
        }
        self.self_test = Some(test);
        self.deadlines.set(Due::SelfTest, patience);
    }

    async fn connect(&mut self) {
        if let Err(error) = self.records.pay_and_probe().await {
            return self.cannot_write(&error);
        }
        if let Ok(summary) = self.records.summary().await {
            self.summary = summary;
        }
        let Some(facts) = &self.facts else { return self.engine_fault("it has no model".into()) };
        let (identity, model) = (&self.settings.identity, &self.settings.model);
        let registration = match registration(identity, model, facts, &*self.clock) {
            Ok(registration) => registration,
            Err(error) => {
                let (code, detail) = (Code::RegistrationRefused, error.to_string());
                return self.tell_presence(presence::Event::Blocked { code, detail });
            }
        };
        let (endpoint, patience) = (self.settings.endpoint.clone(), self.settings.patience.grid);
        let attempt = async move { grid::connect(&endpoint, &registration, patience).await };
        self.sources.connecting = Some(tokio::spawn(attempt));
    }

    fn disconnect(&mut self) {
        self.sources.stop_connecting();
        self.deadlines.clear_acks();
        if let Some(mut connection) = self.sources.connection.take() {
            connection.close();
            self.tell_job(job::Event::ConnectionLost);
        }
    }

    /// For effects that must have happened before the next one is done.
    async fn step_jobs_now(&mut self, event: job::Event) {
        Box::pin(self.step_jobs(event)).await;
    }
}

/// A job could not be recorded, so it was not begun.
struct NotAccepted;
