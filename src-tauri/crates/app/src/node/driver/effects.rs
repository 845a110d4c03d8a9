//! Doing what the machines say.

use std::time::Duration;

use engine_link::Engine;
use grid::Terminal;
use ledger::{JobState, LedgerError};
use rand::Rng as _;
use tokio::time::Instant;
use types::{Code, FinishReason, JobId, Usage};
use worker::job::{self, Done, Entry};
use worker::presence::{self, Lost};

use super::Driver;
use crate::node::records::Line;
use crate::node::registration::registration;
use crate::node::self_test::SelfTest;

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
            job::Effect::Generate(offer) => match &self.engine {
                Some(engine) => engine.generate(&offer.job, offer.request, self.settings.patience.job),
                None => self.tell_job(job::Event::EngineGone),
            },
            job::Effect::CancelEngine(job) => {
                if let Some(engine) = &self.engine {
                    engine.cancel(&job);
                }
                self.stopping = Some((job, Instant::now() + self.settings.patience.cancel));
            }
            job::Effect::SendToken { job, text } => {
                if let Some(connection) = &self.sources.connection {
                    connection.token(job, text).await;
                }
            }
            job::Effect::SendDone(done) => self.send_done(*done).await,
            job::Effect::SendError { job, message, client_error } => {
                self.send_end(Terminal::Error { job, message, client_error }).await;
            }
            job::Effect::AwaitAck(job) => {
                self.acks.push((job, Instant::now() + self.settings.patience.ack));
            }
            job::Effect::Disconnect => {
                self.disconnect().await;
                let detail = "a job came before the last one had ended".to_owned();
                self.tell_presence(presence::Event::ConnectionLost { how: Lost::Garbled { detail } });
            }
        }
        Ok(())
    }

    async fn send_done(&mut self, done: Done) {
        let Done { job, text, reason, usage, cancelled } = done;
        let receipt = self.receipts.take(&job);
        self.send_end(Terminal::Done { job, text, reason, usage, cancelled, receipt }).await;
    }

    async fn send_end(&self, terminal: Terminal) {
        if let Some(connection) = &self.sources.connection {
            connection.end(terminal).await;
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
        // The engine never saw the job, so it is free as soon as the job is dropped.
        self.tell_job(job::Event::Abandon);
        let (reason, usage) = (FinishReason::Cancelled, Usage::default());
        self.tell_job(job::Event::Finished { job, reason, usage });
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
                self.acks.retain(|(waiting, _)| waiting != job);
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
            presence::Effect::Disconnect => self.disconnect().await,
            presence::Effect::AbandonJob => self.step_jobs_now(job::Event::Abandon).await,
            presence::Effect::SetTimer { wait, spread } => {
                let random = rand::rng().random_range(Duration::ZERO..=spread);
                self.timer = Some(Instant::now() + wait + random);
            }
        }
    }

    fn start_engine(&mut self) {
        self.load_percent = 0;
        self.timer = None;
        if !self.settings.model.path.is_file() {
            let detail = "the model file is not there".to_owned();
            return self.tell_presence(presence::Event::Blocked { code: Code::ModelMissing, detail });
        }
        let launch = self.settings.engine.clone();
        self.sources.launching = Some(tokio::spawn(async move { Engine::launch(&launch).await }));
    }

    /// When this returns, the engine's memory is free.
    async fn stop_engine(&mut self) {
        self.sources.stop_launching();
        self.self_test = None;
        // Nobody reads what a stopped engine still says.
        self.sources.engine = None;
        if let Some(engine) = self.engine.take() {
            engine.stop().await;
        }
        self.step_jobs_now(job::Event::EngineGone).await;
    }

    fn start_self_test(&mut self) {
        self.tests += 1;
        let test = SelfTest::new(self.tests, Instant::now() + self.settings.patience.self_test);
        match &self.engine {
            Some(engine) => {
                engine.generate(test.job(), SelfTest::request(), self.settings.patience.self_test)
            }
            None => return self.engine_fault("it is gone".into()),
        }
        self.self_test = Some(test);
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

    async fn disconnect(&mut self) {
        self.sources.stop_connecting();
        self.acks.clear();
        if let Some(connection) = self.sources.connection.take() {
            connection.close().await;
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
