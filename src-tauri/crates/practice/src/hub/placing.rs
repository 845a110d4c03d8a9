//! What customers do to the shared state, and how jobs wait, go back and end.

use tokio::time::Instant;
use types::{JobId, Sha256, Timestamp};

use super::{Hub, State};
use crate::accounts::AccountId;
use crate::error::ApiError;
use crate::event::{Event, Failure};
use crate::format::RawFormat;
use crate::jobs::{Fate, Job, Return, Work};
use crate::limits::{AT_ONCE, Rule};
use crate::raw::RawRequest;
use crate::relay::{ChatListener, Fault, RawListener, lane};
use crate::request::{ChatRequest, Seed};
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
    pub(crate) seed: Seed,
    pub(crate) completion_id: String,
    pub(crate) news: ChatListener,
}

/// A customer's raw request that became a job.
pub(crate) struct RawPlaced {
    pub(crate) job: JobId,
    pub(crate) news: RawListener,
}

impl Hub {
    /// Counts a request of this credential against its minute.
    pub(crate) fn admit(&self, credential: &str) -> Result<(), ApiError> {
        let mut state = self.state();
        let admitted = state.switches.unlimited || state.limits.admit(credential, self.now());
        if admitted { Ok(()) } else { Err(ApiError::TooFast) }
    }

    /// The same for a raw request: each API has a minute of its own.
    pub(crate) fn admit_raw(&self, format: RawFormat, credential: &str) -> Result<(), ApiError> {
        let rule = match format {
            RawFormat::Messages => Rule::Messages,
            RawFormat::Responses => Rule::Responses,
        };
        let mut state = self.state();
        let admitted = state.switches.unlimited || state.limits.count(rule, credential, self.now());
        if admitted { Ok(()) } else { Err(ApiError::TooFast) }
    }

    /// Turns a customer's request into a waiting job.
    pub(crate) fn place(&self, account: AccountId, request: ChatRequest) -> Result<Placed, ApiError> {
        let placed = self.state().place(account, request, self.now())?;
        self.emit(Event::JobQueued { job: placed.job.clone() });
        self.work_came();
        Ok(placed)
    }

    /// Turns a customer's raw request into a waiting job. It takes none of the account's slots.
    pub(crate) fn place_raw(&self, request: &RawRequest) -> RawPlaced {
        let (customer, news) = lane(CUSTOMER_LANE);
        let mut state = self.state();
        let job = JobId::new(state.chance.uuid());
        state.jobs.add(
            Job {
                id: job.clone(),
                model: request.model.clone(),
                payload: request.payload(),
                max_length: request.max_length,
                prompt_hash: request.hash(),
                work: Work::Raw { format: request.format, customer },
            },
            Instant::now(),
        );
        drop(state);
        self.emit(Event::JobQueued { job: job.clone() });
        self.work_came();
        RawPlaced { job, news }
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
    ///
    /// Several returns happen at once, so that nobody takes the job in between.
    pub(super) fn put_back(&self, id: &JobId, returns: &[Return]) {
        let now = Instant::now();
        let mut state = self.state();
        let fates: Vec<Fate> = returns.iter().map(|why| state.jobs.put_back(id, *why, now)).collect();
        drop(state);
        for fate in fates {
            match fate {
                Fate::Requeued(requeues) => {
                    self.emit(Event::JobRequeued { job: id.clone(), requeues });
                    self.work_came();
                }
                Fate::GaveUp(job) => self.give_up(&job),
                Fate::Closed => {}
            }
        }
    }

    fn give_up(&self, job: &Job) {
        self.tell_failure(job, GIVING_UP.to_owned(), Fault::Worker, Failure::GaveUp);
    }

    /// Tells the customer of a closed job that there will be no answer.
    pub(super) fn tell_failure(&self, job: &Job, message: String, fault: Fault, failure: Failure) {
        job.fail(message, fault);
        self.emit(Event::JobFailed { job: job.id.clone(), failure });
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
        if !self.switches.unlimited && !self.limits.enter(&account, now) {
            return Err(ApiError::TooManyAtOnce(AT_ONCE));
        }
        let seed = request.seed().cloned().unwrap_or_else(|| Seed::drawn(self.chance.seed()));
        let (customer, news) = lane(CUSTOMER_LANE);
        let (prompt, max_length) = (request.prompt.clone(), request.max_tokens);
        let job = JobId::new(self.chance.uuid());
        self.jobs.add(
            Job {
                id: job.clone(),
                payload: request.payload(&model, &seed),
                model: model.clone(),
                max_length,
                prompt_hash: Sha256::of(&prompt),
                work: Work::Chat { prompt_words: count_words(&prompt), customer },
            },
            Instant::now(),
        );
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
}
