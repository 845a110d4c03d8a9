//! What customers do to the shared state, and how jobs wait, go back and end.

use serde_json::Value;
use tokio::sync::mpsc;
use tokio::time::Instant;
use types::{JobId, Sha256, Timestamp};

use super::{Hub, State};
use crate::accounts::AccountId;
use crate::error::ApiError;
use crate::event::{Event, Failure};
use crate::jobs::{Fate, Order as JobOrder, Return};
use crate::limits::AT_ONCE;
use crate::relay::{Fault, Relay};
use crate::request::ChatRequest;
use crate::settlement::count_words;

/// What is said when nobody could do a job.
const GIVING_UP: &str = "No worker could complete this job; giving up.";
/// News a customer may fall behind by. A job has at most 32768 tokens.
const CUSTOMER_LANE: usize = 65_536;

/// A customer's request that became a job.
pub(crate) struct Placed {
    pub(crate) job: JobId,
    pub(crate) account: AccountId,
    pub(crate) model: String,
    pub(crate) prompt: String,
    pub(crate) seed: Value,
    pub(crate) completion_id: String,
    pub(crate) news: mpsc::Receiver<Relay>,
}

impl Hub {
    /// Counts a request of this credential against its minute.
    pub(crate) fn admit(&self, credential: &str) -> Result<(), ApiError> {
        let admitted = self.state().limits.admit(credential, self.now());
        if admitted { Ok(()) } else { Err(ApiError::TooFast) }
    }

    /// Turns a customer's request into a waiting job.
    pub(crate) fn place(&self, account: AccountId, request: ChatRequest) -> Result<Placed, ApiError> {
        let placed = self.state().place(account, request, self.now())?;
        self.emit(Event::JobQueued { job: placed.job.clone() });
        self.work_came();
        Ok(placed)
    }

    /// Gives a customer's slot back.
    pub(crate) fn exit(&self, account: &AccountId) {
        self.state().limits.exit(account);
    }

    /// Marks a job for cancelling. The worker hears of it in reaction to one of its own frames.
    pub(crate) fn cancel(&self, job: &JobId) -> bool {
        self.state().jobs.cancel(job)
    }

    /// Puts a job back into the queue, or tells its customer that this was once too often.
    pub(super) fn put_back(&self, job: &JobId, why: Return) {
        let fate = self.state().jobs.put_back(job, why);
        match fate {
            Fate::Requeued(requeues) => {
                self.emit(Event::JobRequeued { job: job.clone(), requeues });
                self.work_came();
            }
            Fate::GaveUp(order) => {
                self.tell_failure(&order, GIVING_UP.to_owned(), Fault::Worker, Failure::GaveUp);
            }
            Fate::Closed => {}
        }
    }

    /// Tells the customer of a closed job that there will be no answer.
    pub(super) fn tell_failure(&self, order: &JobOrder, message: String, fault: Fault, failure: Failure) {
        // A customer who hung up hears nothing.
        let _ = order.customer.try_send(Relay::Failed { message, fault });
        self.emit(Event::JobFailed { job: order.id.clone(), failure });
    }

    /// Jobs that only bounce between workers of other models fail at once. With no worker at all they wait.
    pub(super) fn give_up_hopeless(&self) {
        let closed = self.state().close_hopeless();
        for order in closed {
            self.tell_failure(&order, GIVING_UP.to_owned(), Fault::Worker, Failure::GaveUp);
        }
    }

    /// Offers jobs again that run too long.
    pub(crate) fn sweep(&self) {
        let again = self.state().jobs.sweep(Instant::now(), self.timings.claim);
        if !again.is_empty() {
            self.work_came();
        }
    }
}

impl State {
    fn place(
        &mut self,
        account: AccountId,
        request: ChatRequest,
        now: Timestamp,
    ) -> Result<Placed, ApiError> {
        let model = self.choose_model(&request.model)?;
        if !self.limits.enter(&account, now) {
            return Err(ApiError::TooManyAtOnce(AT_ONCE));
        }
        let seed = request.seed().cloned().unwrap_or_else(|| self.chance.seed().into());
        let (customer, news) = mpsc::channel(CUSTOMER_LANE);
        let (prompt, max_length) = (request.prompt.clone(), request.max_tokens);
        let job = JobId::new(self.chance.uuid());
        self.jobs.add(JobOrder {
            id: job.clone(),
            payload: request.into_payload(&model, seed.clone()),
            model: model.clone(),
            max_length,
            prompt_words: count_words(&prompt),
            prompt_hash: Sha256::of(&prompt),
            customer,
        });
        Ok(Placed { job, account, model, prompt, seed, completion_id: self.chance.completion_id(), news })
    }

    fn choose_model(&self, wanted: &str) -> Result<String, ApiError> {
        let online: Vec<String> = self.roster.text_models().into_keys().collect();
        match online.first() {
            None => Err(ApiError::NoWorkers),
            Some(first) if wanted == "auto" => Ok(first.clone()),
            Some(_) if online.iter().any(|model| model == wanted) => Ok(wanted.to_owned()),
            Some(_) => Err(ApiError::UnknownModel { wanted: wanted.to_owned(), online }),
        }
    }

    fn close_hopeless(&mut self) -> Vec<JobOrder> {
        let Self { roster, jobs, .. } = self;
        if roster.any_text() { jobs.close_hopeless(|model| !roster.any_serves(model)) } else { Vec::new() }
    }
}
