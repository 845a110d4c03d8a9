//! Starting the engine, giving it work, and hearing what it says.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use engine_link::{Engine, EngineEvent, LaunchError, LoadFault, ModelFacts, Stage};
use tokio::time::Instant;
use types::{Ask, Code, JobId};
use worker::fitness::Event;

use super::{Due, Launched, Room};
use crate::node::deadlines::Deadlines;
use crate::node::engine_room::runs::Whose;
use crate::node::engine_room::self_test::{SelfTest, Verdict};
use crate::node::engine_room::{Proven, Said};
use crate::node::settings::EngineKind;

/// The context is cut to this until the memory that is free can be planned with: its cache grows with every token.
const LARGEST_CONTEXT: u32 = 16_384;
/// What an engine may take beyond the time a job was given.
const GRACE: Duration = Duration::from_secs(30);

impl Room {
    pub(super) fn start_engine(&mut self) {
        (self.percent, self.slow) = (0, false);
        self.deadlines.clear(&Due::Rest);
        if let EngineKind::Own { file, .. } = &self.settings.kind
            && !file.is_file()
        {
            let detail = "the model file is not there".to_owned();
            return self.tell(Event::Blocked { code: Code::ModelMissing, detail });
        }
        let source = self.settings.source();
        self.launching = Some(tokio::spawn(async move { Engine::start(&source).await }));
    }

    /// When this returns, the engine's memory is free.
    pub(super) async fn stop_engine(&mut self) {
        if let Some(task) = self.launching.take() {
            task.abort();
            if let Ok(Ok((engine, _))) = task.await {
                engine.stop().await;
            }
        }
        // Nobody reads what a stopped engine still says.
        (self.heard, self.proven, self.test) = (None, None, None);
        self.runs.clear();
        self.deadlines = Deadlines::default();
        if let Some(engine) = self.engine.take() {
            engine.stop().await;
        }
    }

    pub(super) fn launched(&mut self, launched: Launched) {
        match launched {
            Ok((engine, events)) => {
                match &self.settings.kind {
                    EngineKind::Own { file, .. } => engine.load(file, Some(LARGEST_CONTEXT)),
                    // A server has its model already.
                    EngineKind::Server(_) => engine.load(Path::new(""), None),
                }
                self.deadlines.set(Due::Load, self.patience.load);
                (self.engine, self.heard) = (Some(engine), Some(events));
                self.age += 1;
            }
            Err(LaunchError::Missing) => {
                let detail = "the engine executable is missing".to_owned();
                self.tell(Event::Blocked { code: Code::EngineMissing, detail });
            }
            Err(error) => self.fault(error.to_string()),
        }
    }

    /// Gives the engine what it can take.
    pub(super) async fn feed(&mut self) {
        while let Some((run, next)) = self.runs.begin() {
            let longest = match next.whose {
                // A slow engine ends the test itself with what it has by then; only a hanging one runs into our deadline.
                Whose::Test => {
                    self.begin_test();
                    self.patience.self_test / 2
                }
                Whose::Slot { .. } | Whose::Nobody => next.by.saturating_duration_since(Instant::now()),
            };
            // The engine keeps the time itself; this is for one that does not.
            self.deadlines.set(Due::End(run.clone()), longest + GRACE);
            let Some(engine) = &self.engine else { return };
            if let Err(refusal) = engine.generate(&run, next.ask, longest) {
                self.run_refused(&run, refusal.0).await;
            }
        }
    }

    pub(super) async fn engine_said(&mut self, event: EngineEvent) {
        match event {
            EngineEvent::Progress { stage, percent } => self.progress(stage, percent),
            EngineEvent::Loaded(model) => self.loaded(model),
            EngineEvent::LoadFailed { fault, message } => self.load_failed(fault, message),
            EngineEvent::Piece { job: run, piece } => match self.runs.whose(&run) {
                Some(Whose::Slot { seat, job }) => {
                    let (seat, job) = (*seat, job.clone());
                    self.say(seat, Said::Made { job, piece }).await;
                }
                Some(Whose::Test) => {
                    if let Some(test) = &mut self.test {
                        test.hear(&piece, Instant::now());
                    }
                }
                Some(Whose::Nobody) | None => {}
            },
            EngineEvent::Finished { job: run, reason, usage, body } => match self.end_run(&run) {
                Some(Whose::Slot { seat, job }) => {
                    self.say(seat, Said::Finished { job, reason, usage, body }).await;
                    self.feed().await;
                }
                Some(Whose::Test) => {
                    let test = self.test.take();
                    let verdict = test.map(|test| test.finished(reason, usage, Instant::now()));
                    self.tested(verdict);
                    self.feed().await;
                }
                Some(Whose::Nobody) | None => self.feed().await,
            },
            EngineEvent::Refused { job: run, message } => {
                self.run_refused(&run, message).await;
                self.feed().await;
            }
            EngineEvent::Failed { job: run, message } => match self.end_run(&run) {
                Some(Whose::Test) => self.tell(Event::TestFailed { detail: message }),
                Some(Whose::Slot { seat, job }) => {
                    self.say(seat, Said::Failed { job }).await;
                    self.job_failed(message).await;
                }
                Some(Whose::Nobody) | None => self.job_failed(message).await,
            },
            EngineEvent::Gone { why } => {
                (self.heard, self.engine) = (None, None);
                self.fault(why);
            }
        }
    }

    /// Our own engine cannot be trusted after a failure. A server is out of our hands: one bad answer says nothing of
    /// the others, several jobs in a row that fail are counted, and whether it is still there is looked at.
    async fn job_failed(&mut self, message: String) {
        if !self.is_server() {
            return self.fault(message);
        }
        tracing::warn!(detail = %message, "the server failed at a job");
        self.feed().await;
    }

    pub(super) fn end_run(&mut self, run: &JobId) -> Option<Whose> {
        self.deadlines.clear(&Due::End(run.clone()));
        self.runs.ended(run)
    }

    pub(super) async fn run_refused(&mut self, run: &JobId, message: String) {
        match self.end_run(run) {
            Some(Whose::Slot { seat, job }) => self.say(seat, Said::Refused { job, message }).await,
            Some(Whose::Test) => {
                self.test = None;
                self.tell(Event::TestFailed { detail: message });
            }
            Some(Whose::Nobody) | None => {}
        }
    }

    pub(super) fn progress(&mut self, stage: Stage, percent: u8) {
        // Checking is a blink and warming the last stretch: the owner watches one bar.
        self.percent = match stage {
            Stage::Checking => 0,
            Stage::Loading => percent.min(99),
            Stage::Warming => 99,
            Stage::Reading => return,
        };
    }

    pub(super) fn loaded(&mut self, model: ModelFacts) {
        self.deadlines.clear(&Due::Load);
        let Some(engine) = &self.engine else { return };
        self.proven = Some(Arc::new(Proven {
            age: self.age,
            model,
            device: engine.device().to_owned(),
            engine: engine.name().to_owned(),
            formats: engine.formats(),
        }));
        self.tell(Event::Loaded);
    }

    pub(super) fn load_failed(&mut self, fault: LoadFault, detail: String) {
        let code = match fault {
            // A server may come up later than we do, or be started anew by its owner.
            LoadFault::Unreadable if self.is_server() => {
                return self.tell(Event::Away { code: Code::ServerAway, detail });
            }
            LoadFault::Unreadable => Code::ModelMissing,
            LoadFault::Malformed | LoadFault::Unsupported => Code::ModelUnusable,
            LoadFault::OutOfMemory => Code::OutOfMemory,
            LoadFault::Internal => return self.fault(detail),
        };
        self.tell(Event::Blocked { code, detail });
    }

    const fn is_server(&self) -> bool {
        matches!(self.settings.kind, EngineKind::Server(_))
    }

    pub(super) fn begin_test(&mut self) {
        self.test = Some(SelfTest::new(Instant::now()));
        self.deadlines.set(Due::Test, self.patience.self_test);
    }

    /// A moment of a busy computer is no measure: only who is slow twice is slow.
    pub(super) fn tested(&mut self, verdict: Option<Verdict>) {
        self.deadlines.clear(&Due::Test);
        match verdict {
            None => {}
            Some(Verdict::Failed(detail)) => self.tell(Event::TestFailed { detail }),
            Some(Verdict::Passed { tokens_per_minute: Some(speed) }) if speed < self.slowest => {
                if std::mem::replace(&mut self.slow, true) {
                    let detail = format!("{speed} tokens a minute, at least {} are needed", self.slowest);
                    return self.tell(Event::Blocked { code: Code::EngineTooSlow, detail });
                }
                self.runs.queue_test(Ask::chat(SelfTest::request()), Instant::now());
            }
            Some(Verdict::Passed { .. }) => {
                self.slow = false;
                self.tell(Event::TestPassed);
            }
        }
    }
}
