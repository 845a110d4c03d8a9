//! What the slots ask for, and what they are told.

use tokio::time::Instant;
use types::{FinishReason, JobId};
use worker::fitness::{Event, Phase};

use super::{Due, Room};
use crate::node::engine_room::runs::Stopped;
use crate::node::engine_room::seat::Order;
use crate::node::engine_room::{Said, Standing};

impl Room {
    pub(super) fn standing(&self) -> Option<Standing> {
        match self.fitness.phase() {
            Phase::Fit | Phase::Retesting => self.proven.clone().map(Standing::Up),
            Phase::GivenUp { code, detail } => {
                Some(Standing::GivenUp { code: *code, detail: detail.clone() })
            }
            Phase::Off | Phase::Loading | Phase::Testing | Phase::Resting(_) => None,
        }
    }

    pub(super) async fn tell_all(&mut self) {
        let standing = self.standing().unwrap_or(Standing::Down);
        let wanting = self.members.iter().filter_map(|member| Some((member, member.turn?)));
        for (member, turn) in wanting {
            let _ = member.said.send(Said::Standing { turn, standing: standing.clone() }).await;
        }
    }

    pub(super) async fn tell_tested(&mut self) {
        for member in self.members.iter_mut().filter(|member| member.tests) {
            member.tests = false;
            let _ = member.said.send(Said::Tested).await;
        }
    }

    pub(super) async fn say(&self, seat: usize, said: Said) {
        if let Some(member) = self.members.get(seat) {
            // A slot that ended hears nothing.
            let _ = member.said.send(said).await;
        }
    }

    pub(super) async fn ordered(&mut self, order: Order) {
        match order {
            Order::Forgive => self.tell(Event::Forgiven),
            Order::Want { seat, turn } => self.want(seat, turn).await,
            Order::Release { seat } => self.release(seat),
            Order::Test { seat } => {
                if let Some(member) = self.members.get_mut(seat) {
                    member.tests = true;
                }
                self.tell(Event::TestAsked);
            }
            // Otherwise the slot is about to hear that the engine it meant is gone.
            Order::Generate { seat, age, job, ask, by } if age == self.age && self.fitness.is_fit() => {
                if let Some(member) = self.members.get_mut(seat) {
                    member.job = Some(job.clone());
                }
                self.runs.queue(seat, job, ask, by, Instant::now());
                self.feed().await;
            }
            Order::Generate { .. } => {}
            Order::Cancel { seat, job } => self.cancel(seat, job).await,
            Order::Verdict { seat, age, answered } if age == self.age => self.judged(seat, answered),
            Order::Verdict { .. } => {}
        }
    }

    fn judged(&mut self, seat: usize, answered: bool) {
        let job = self.members.get_mut(seat).and_then(|member| member.job.take());
        match job {
            _ if answered => self.tell(Event::Answered),
            Some(job) => self.tell(Event::JobFailed { job }),
            // The engine never heard of it.
            None => {}
        }
    }

    pub(super) async fn want(&mut self, seat: usize, turn: u64) {
        if let Some(member) = self.members.get_mut(seat) {
            member.turn = Some(turn);
        }
        if let Some(standing) = self.standing() {
            self.say(seat, Said::Standing { turn, standing }).await;
        }
        self.tell(Event::Wanted);
    }

    pub(super) fn release(&mut self, seat: usize) {
        if let Some(member) = self.members.get_mut(seat) {
            (member.turn, member.tests) = (None, false);
        }
        for run in self.runs.let_go(seat) {
            self.stop_run(run);
        }
        if self.members.iter().all(|member| member.turn.is_none()) {
            self.tell(Event::Unwanted);
        }
    }

    pub(super) async fn cancel(&mut self, seat: usize, job: JobId) {
        match self.runs.stop(seat, &job) {
            Stopped::Unbegun => {
                let reason = FinishReason::Cancelled;
                self.say(seat, Said::Finished { job, reason, usage: None, body: None }).await;
            }
            Stopped::Running(run) => self.stop_run(run),
            Stopped::Unknown => {}
        }
    }

    pub(super) fn stop_run(&mut self, run: JobId) {
        if let Some(engine) = &self.engine {
            engine.cancel(&run);
        }
        self.deadlines.set(Due::End(run), self.patience.cancel);
    }
}
