//! Doing what the machines say.

use std::time::Duration;

use grid::Terminal;
use ledger::{JobState, LedgerError};
use rand::Rng as _;
use tokio::time::Instant;
use types::{Code, JobId, Piece};
use worker::job::{self, Disconnect, Done, Entry, Offer};
use worker::presence::{self, Lost};

use super::Slot;
use super::driver::Due;
use super::registration::registration;
use crate::node::records::Line;

impl Slot {
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
            job::Effect::CancelEngine(job) => self.sources.seat.cancel(job),
            job::Effect::SendPiece { job, piece } => self.send_piece(job, piece),
            job::Effect::SendDone(done) => self.send_done(*done),
            job::Effect::SendError { job, message, client_error } => {
                if !client_error {
                    self.strikes = self.strikes.struck(self.clock.now());
                }
                self.send_end(Terminal::Error { job, message, client_error });
            }
            job::Effect::AwaitAck(job) => {
                self.deadlines.set(Due::Ack(job), self.settings.patience.ack);
            }
            job::Effect::Disconnect(why) => {
                self.disconnect();
                let how = match why {
                    Disconnect::Protocol => {
                        Lost::Garbled { detail: "a job came before the last one had ended".to_owned() }
                    }
                    Disconnect::Starved => Lost::Starved,
                };
                self.tell_presence(presence::Event::ConnectionLost { how });
            }
        }
        Ok(())
    }

    fn generate(&mut self, Offer { job, ask, .. }: Offer) {
        let by = Instant::now() + self.settings.patience.job;
        if self.sources.seat.generate(job, ask, by).is_err() {
            self.engine_lost(presence::Event::EngineDown);
        }
    }

    fn send_piece(&mut self, job: JobId, piece: Piece) {
        if self.first_piece.is_none() {
            self.first_piece = Some(self.clock.now());
        }
        if let Some(connection) = &mut self.sources.connection {
            connection.piece(job, piece);
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
        let Err(error) = self.records.write(job.clone(), line, self.clock.now()).await else {
            return Ok(());
        };
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
            Entry::Accepted(model) => {
                self.first_piece = None;
                let engine = self.proven.as_ref().map(|proven| proven.engine.clone());
                Line::Accepted { model, engine }
            }
            Entry::Delivered { text, reason, usage } => {
                let rig = self.settings.papers.as_ref().map(|(rig, _)| &**rig);
                let signed = self.receipts.make(rig, job, text);
                Line::Delivered { text, signed, reason, usage, first_token_at: self.first_piece }
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
            presence::Effect::WantEngine => {
                self.deadlines.clear(&Due::Rest);
                if self.sources.seat.want().is_err() {
                    self.room_is_deaf();
                }
            }
            presence::Effect::ReleaseEngine => {
                self.deadlines.clear(&Due::Rest);
                self.sources.seat.release();
                self.proven = None;
                self.step_jobs_now(job::Event::EngineGone).await;
            }
            presence::Effect::AskTest => {
                if self.sources.seat.test().is_err() {
                    self.room_is_deaf();
                }
            }
            presence::Effect::Connect => self.connect().await,
            presence::Effect::Disconnect => self.disconnect(),
            presence::Effect::AbandonJob => self.step_jobs_now(job::Event::Abandon).await,
            presence::Effect::SetTimer { wait, spread } => {
                let random = rand::rng().random_range(Duration::ZERO..=spread);
                self.deadlines.set(Due::Rest, wait + random);
            }
        }
    }

    fn room_is_deaf(&mut self) {
        let detail = "the engine's driver does not listen".to_owned();
        self.engine_lost(presence::Event::EngineGivenUp { code: Code::Internal, detail });
    }

    async fn connect(&mut self) {
        if let Err(error) = self.records.pay_and_probe().await {
            return self.cannot_write(&error);
        }
        let Some(proven) = &self.proven else { return self.engine_lost(presence::Event::EngineDown) };
        let registration = match registration(&self.settings, proven, &*self.clock) {
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
        self.deadlines.keep(|due| !matches!(due, Due::Ack(_)));
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
