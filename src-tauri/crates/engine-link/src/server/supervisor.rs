//! One server as an engine: several jobs at once, and a look at it while there are none.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::{self, JoinError, JoinSet};
use tokio::time::{Instant, sleep_until};
use types::{ApiFormat, JobId};

use super::ServerSettings;
use super::facts::Listed;
use super::gate::{self, Gated, Trouble};
use super::http::Http;
use super::job::{Backend, Job};
use crate::EngineEvent;

/// The APIs that jobs may come by, as the last load found them.
pub(crate) type Formats = Arc<Mutex<Vec<ApiFormat>>>;

/// What the handle wants.
#[derive(Debug)]
pub(crate) enum Order {
    Load { most: Option<u32> },
    Generate(Box<Job>),
    Cancel(JobId),
}

/// What a task came to.
#[derive(Debug)]
enum Done {
    Job { job: JobId, suspicious: bool },
    Gate(Option<Box<Backend>>),
    Look(Option<Found>),
}

/// What is wrong with a server that was looked at.
#[derive(Debug)]
enum Found {
    /// It does not answer, or not well.
    Unwell(String),
    /// It serves something else now.
    Changed(&'static str),
}

#[derive(Debug)]
pub(crate) struct Supervisor {
    settings: ServerSettings,
    http: Http,
    events: mpsc::Sender<EngineEvent>,
    formats: Formats,
    /// Once it has passed the gate.
    backend: Option<Backend>,
    tasks: JoinSet<Done>,
    /// How to cancel each running job.
    jobs: HashMap<JobId, oneshot::Sender<()>>,
    running: HashMap<task::Id, JobId>,
    /// `None` while somebody is looking.
    next_look: Option<Instant>,
}

impl Supervisor {
    pub(crate) fn new(
        settings: ServerSettings,
        http: Http,
        events: mpsc::Sender<EngineEvent>,
        formats: Formats,
    ) -> Self {
        let (tasks, jobs, running) = (JoinSet::new(), HashMap::new(), HashMap::new());
        Self { settings, http, events, formats, backend: None, tasks, jobs, running, next_look: None }
    }

    /// Runs until nobody wants it any more or the server fails a look. Its last event is `Gone`.
    pub(crate) async fn watch(
        mut self,
        mut orders: mpsc::Receiver<Order>,
        mut stopped: oneshot::Receiver<()>,
        ended: oneshot::Sender<()>,
    ) {
        let why = loop {
            let look = self.next_look.filter(|_| self.backend.is_some());
            tokio::select! {
                biased;
                _ = &mut stopped => break "it was let go".to_owned(),
                () = self.events.closed() => break "nobody listens to it".to_owned(),
                order = orders.recv() => match order {
                    Some(order) => self.obey(order),
                    None => break "it was let go".to_owned(),
                },
                Some(done) = self.tasks.join_next_with_id() => {
                    if let Some(why) = self.hear(done) {
                        break why;
                    }
                }
                () = at(look) => self.look(),
            }
        };
        self.tasks.shutdown().await;
        tracing::info!(server = %self.settings.address, %why, "server let go");
        let _ = ended.send(());
        let _ = self.events.send(EngineEvent::Gone { why }).await;
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Load { most } => {
                self.backend = None;
                let (settings, http) = (self.settings.clone(), self.http.clone());
                let (events, formats) = (self.events.clone(), Arc::clone(&self.formats));
                self.tasks.spawn(async move {
                    let gated = gate::pass(&settings, &http, most, &events).await;
                    Done::Gate(announce(gated, &formats, &events).await)
                });
            }
            Order::Generate(job) => self.begin(*job),
            Order::Cancel(job) => {
                if let Some(cancel) = self.jobs.remove(&job) {
                    let _ = cancel.send(());
                }
            }
        }
    }

    fn begin(&mut self, job: Job) {
        let (backend, events) = (self.backend.clone(), self.events.clone());
        let (cancel, cancelled) = oneshot::channel();
        let id = job.id.clone();
        let task = self.tasks.spawn(async move {
            let job_id = job.id.clone();
            let Some(backend) = backend else {
                let message = "its server is not ready".to_owned();
                let _ = events.send(EngineEvent::Failed { job: job.id, message }).await;
                return Done::Job { job: job_id, suspicious: false };
            };
            let end = backend.run(&job, cancelled, &events).await;
            let suspicious = end.is_suspicious();
            let _ = events.send(end.event(job.id)).await;
            Done::Job { job: job_id, suspicious }
        });
        self.running.insert(task.id(), id.clone());
        self.jobs.insert(id, cancel);
    }

    /// Takes in what a task came to; says why if the engine is gone by it.
    fn hear(&mut self, done: Result<(task::Id, Done), JoinError>) -> Option<String> {
        match done {
            Ok((id, Done::Job { job, suspicious })) => {
                self.running.remove(&id);
                self.jobs.remove(&job);
                self.schedule_look(suspicious);
                None
            }
            Ok((_, Done::Gate(backend))) => {
                self.backend = backend.map(|backend| *backend);
                self.schedule_look(false);
                None
            }
            Ok((_, Done::Look(None))) => {
                self.schedule_look(false);
                None
            }
            // Servers that are busy may be slow to answer anything else; its jobs will tell.
            Ok((_, Done::Look(Some(Found::Unwell(_))))) if !self.jobs.is_empty() => {
                self.schedule_look(false);
                None
            }
            Ok((_, Done::Look(Some(Found::Unwell(why))))) => Some(why),
            Ok((_, Done::Look(Some(Found::Changed(why))))) => Some(why.to_owned()),
            Err(error) => self.mourn(&error),
        }
    }

    /// A task that panicked fails its job and nothing else.
    fn mourn(&mut self, error: &JoinError) -> Option<String> {
        let Some(job) = self.running.remove(&error.id()) else {
            return Some("the driver of the server failed".into());
        };
        self.jobs.remove(&job);
        self.schedule_look(true);
        let events = self.events.clone();
        self.tasks.spawn(async move {
            let message = "the driver of the server failed".to_owned();
            let _ = events.send(EngineEvent::Failed { job: job.clone(), message }).await;
            Done::Job { job, suspicious: false }
        });
        None
    }

    /// A server that has just failed is looked at right away. An earlier look stays: jobs must not put it off for ever.
    fn schedule_look(&mut self, now: bool) {
        let wait = if now { Duration::ZERO } else { self.settings.patience.look };
        let look = Instant::now() + wait;
        self.next_look = Some(self.next_look.map_or(look, |earlier| earlier.min(look)));
    }

    fn look(&mut self) {
        self.next_look = None;
        let Some(Backend { listed, .. }) = self.backend.clone() else { return };
        // A server that is full may say that it is not ready.
        let (http, busy) = (self.http.clone(), !self.jobs.is_empty());
        self.tasks.spawn(async move { Done::Look(look_at(&http, &listed, busy).await) });
    }
}

/// What is wrong with the server, if anything is.
async fn look_at(http: &Http, proven: &Listed, busy: bool) -> Option<Found> {
    let seen = if busy {
        gate::list(http, &proven.name).await
    } else {
        gate::health(http, &proven.name).await.map(|(kind, listed)| (kind, Some(listed)))
    };
    match seen {
        Err(trouble) => Some(Found::Unwell(trouble.message)),
        Ok((_, None)) => Some(Found::Changed("the server does not list this model")),
        Ok((_, Some(listed))) if listed.is_another(proven) => {
            Some(Found::Changed("the server serves another model by this name"))
        }
        Ok((_, Some(_))) => None,
    }
}

/// Tells how the gate went. The formats are known before the news is out.
async fn announce(
    gated: Result<Gated, Trouble>,
    formats: &Formats,
    events: &mpsc::Sender<EngineEvent>,
) -> Option<Box<Backend>> {
    let (backend, served, event) = match gated {
        Ok(Gated { backend, formats, facts }) => {
            (Some(Box::new(backend)), formats, EngineEvent::Loaded(facts))
        }
        Err(Trouble { fault, message }) => (None, Vec::new(), EngineEvent::LoadFailed { fault, message }),
    };
    *formats.lock().unwrap_or_else(PoisonError::into_inner) = served;
    let _ = events.send(event).await;
    backend
}

/// Never, where there is no such moment.
async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}
