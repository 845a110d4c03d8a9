//! The states of the job machine and what each event does to them.

use std::collections::VecDeque;

use types::{Answer, ApiFormat, Den, FinishReason, JobId, Piece, Private, Sha256, Usage};

use super::{Disconnect, Done, ENGINE_STOPPED, Effect, Entry, NO_OUTPUT, Offer};

/// All jobs of one connection: at most one being worked on, and those whose ack is still out.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Jobs {
    current: Current,
    unacked: Vec<JobId>,
    /// Given up waiting for, on a connection that still stands: an ack may come late.
    overdue: VecDeque<JobId>,
}

/// More late acks than this are not remembered.
const MOST_OVERDUE: usize = 16;

#[derive(Debug, Clone, PartialEq, Default)]
enum Current {
    /// Nothing to do.
    #[default]
    Idle,
    /// Ours, and the engine is at it.
    Running(Running),
    /// No longer ours, but the engine has not said yet that it stopped.
    Draining(JobId),
}

/// The job being worked on.
#[derive(Debug, Clone, PartialEq)]
pub struct Running {
    /// Its id.
    pub job: JobId,
    /// The API its customer spoke.
    format: ApiFormat,
    /// What was sent so far.
    text: Private,
    /// What the model thought on the way, as far as it was sent.
    reasoning: Private,
    /// How many pieces that were: what an interrupted answer is worth.
    pieces: u32,
    cancel_asked: bool,
}

impl Jobs {
    /// The job we own and work on, if any.
    pub fn running(&self) -> Option<&JobId> {
        match &self.current {
            Current::Running(running) => Some(&running.job),
            Current::Idle | Current::Draining(_) => None,
        }
    }

    /// True when the engine has nothing of ours in hand.
    pub fn engine_is_free(&self) -> bool {
        self.current == Current::Idle
    }

    /// True when nothing is in hand and no ack is out: closing the connection now loses nothing.
    pub fn is_quiet(&self) -> bool {
        self.engine_is_free() && self.unacked.is_empty()
    }

    pub(super) fn offered(&mut self, offer: Box<Offer>) -> Vec<Effect> {
        match &self.current {
            Current::Idle => {
                self.current = Current::Running(Running::new(&offer));
                let accepted = Effect::Record(offer.job.clone(), Entry::Accepted(offer.model.clone()));
                vec![accepted, Effect::Generate(offer)]
            }
            Current::Running(running) if running.job == offer.job => Vec::new(),
            // The coordinator sends one job at a time. It does not check frame ids, so any answer to the second one
            // would be taken for the first: the connection is beyond repair.
            Current::Running(_) => self.break_off(),
            Current::Draining(_) => vec![Effect::Disconnect(Disconnect::Protocol)],
        }
    }

    pub(super) fn offered_unservable(
        &mut self,
        job: JobId,
        message: String,
        client_error: bool,
    ) -> Vec<Effect> {
        match &self.current {
            Current::Idle => {
                vec![
                    Effect::Record(job.clone(), Entry::Refused),
                    Effect::SendError { job, message, client_error },
                ]
            }
            Current::Running(running) if running.job == job => Vec::new(),
            Current::Running(_) => self.break_off(),
            Current::Draining(_) => vec![Effect::Disconnect(Disconnect::Protocol)],
        }
    }

    pub(super) fn made(&mut self, job: JobId, piece: Piece) -> Vec<Effect> {
        match &mut self.current {
            Current::Running(running) if running.job == job => {
                running.keep(&piece);
                vec![Effect::SendPiece { job, piece }]
            }
            Current::Running(_) | Current::Idle | Current::Draining(_) => Vec::new(),
        }
    }

    pub(super) fn finished(
        &mut self,
        job: &JobId,
        reason: FinishReason,
        usage: Option<Usage>,
        body: Option<Private>,
    ) -> Vec<Effect> {
        let Some(running) = self.take(job) else { return Vec::new() };
        // An answer without a single piece is a failure to the coordinator too, unless the customer cancelled.
        let empty = running.pieces == 0 && !running.is_answered_by(body.as_ref());
        let cancelled = reason == FinishReason::Cancelled || (running.cancel_asked && empty);
        if empty && !cancelled {
            return Self::give_up(running.job, NO_OUTPUT.to_owned(), false);
        }
        self.deliver(running, reason, usage, body, cancelled)
    }

    pub(super) fn refused(&mut self, job: &JobId, message: String) -> Vec<Effect> {
        let Some(running) = self.take(job) else { return Vec::new() };
        Self::give_up(running.job, message, true)
    }

    pub(super) fn failed(&mut self, job: &JobId) -> Vec<Effect> {
        let Some(running) = self.take(job) else { return Vec::new() };
        self.interrupted(running)
    }

    /// Nothing of it has left, and an error would be a strike for a thing that another worker can do.
    pub(super) fn starved(&mut self, job: JobId) -> Vec<Effect> {
        match self.take(&job) {
            Some(_) => {
                vec![Effect::Record(job, Entry::Abandoned), Effect::Disconnect(Disconnect::Starved)]
            }
            None => Vec::new(),
        }
    }

    pub(super) fn engine_gone(&mut self) -> Vec<Effect> {
        match std::mem::take(&mut self.current) {
            Current::Running(running) => self.interrupted(running),
            Current::Idle | Current::Draining(_) => Vec::new(),
        }
    }

    pub(super) fn cancel_asked(&mut self, job: &JobId) -> Vec<Effect> {
        match &mut self.current {
            Current::Running(running) if running.job == *job && !running.cancel_asked => {
                running.cancel_asked = true;
                vec![Effect::CancelEngine(job.clone())]
            }
            Current::Running(_) | Current::Idle | Current::Draining(_) => Vec::new(),
        }
    }

    pub(super) fn acked(&mut self, job: &JobId, den: Den) -> Vec<Effect> {
        let awaited = self.awaits(job);
        let late = self.overdue.iter().position(|overdue| overdue == job);
        if !awaited && late.and_then(|at| self.overdue.remove(at)).is_none() {
            return Vec::new();
        }
        vec![Effect::Record(job.clone(), Entry::Settled(den))]
    }

    pub(super) fn ack_overdue(&mut self, job: JobId) -> Vec<Effect> {
        if !self.awaits(&job) {
            return Vec::new();
        }
        self.overdue.push_back(job.clone());
        if self.overdue.len() > MOST_OVERDUE {
            self.overdue.pop_front();
        }
        vec![Effect::Record(job, Entry::Unconfirmed)]
    }

    pub(super) fn not_recorded(&mut self, job: JobId) -> Vec<Effect> {
        match self.take(&job) {
            Some(_) => vec![Effect::Record(job, Entry::Abandoned)],
            None => Vec::new(),
        }
    }

    /// Whatever the reason, the job is no longer ours and nothing is said about it any more.
    pub(super) fn let_go(&mut self) -> Vec<Effect> {
        self.overdue.clear();
        let unconfirmed = self.unacked.drain(..).map(|job| Effect::Record(job, Entry::Unconfirmed));
        let mut effects: Vec<Effect> = unconfirmed.collect();
        if let Current::Running(running) = &self.current {
            let job = running.job.clone();
            self.current = Current::Draining(job.clone());
            effects.push(Effect::Record(job.clone(), Entry::Abandoned));
            effects.push(Effect::CancelEngine(job));
        }
        effects
    }

    /// The connection is beyond repair.
    fn break_off(&mut self) -> Vec<Effect> {
        let mut effects = self.let_go();
        effects.push(Effect::Disconnect(Disconnect::Protocol));
        effects
    }

    /// Takes the job out if it is the one in hand; a terminal event of a draining job frees the engine.
    fn take(&mut self, job: &JobId) -> Option<Running> {
        match std::mem::take(&mut self.current) {
            Current::Running(running) if running.job == *job => Some(running),
            Current::Draining(draining) if draining == *job => None,
            other => {
                self.current = other;
                None
            }
        }
    }

    /// The engine broke off. What a cancel left is still an honest answer; anything else is a failure.
    fn interrupted(&mut self, running: Running) -> Vec<Effect> {
        if running.cancel_asked {
            let usage = Some(Usage { prompt_tokens: 0, completion_tokens: running.pieces });
            return self.deliver(running, FinishReason::Cancelled, usage, None, true);
        }
        vec![
            Effect::Record(running.job.clone(), Entry::Failed),
            Effect::SendError { job: running.job, message: ENGINE_STOPPED.to_owned(), client_error: false },
        ]
    }

    fn give_up(job: JobId, message: String, client_error: bool) -> Vec<Effect> {
        let entry = if client_error { Entry::Refused } else { Entry::Failed };
        vec![Effect::Record(job.clone(), entry), Effect::SendError { job, message, client_error }]
    }

    fn deliver(
        &mut self,
        running: Running,
        reason: FinishReason,
        usage: Option<Usage>,
        body: Option<Private>,
        cancelled: bool,
    ) -> Vec<Effect> {
        let Running { job, format, text, reasoning, .. } = running;
        let answer = match format {
            ApiFormat::OpenAiChat => Answer::Chat { text, reasoning },
            ApiFormat::OpenAiResponses | ApiFormat::Anthropic => Answer::Raw { body },
        };
        // A job that comes back after its ack was lost is waited for once.
        self.awaits(&job);
        self.unacked.push(job.clone());
        let delivered = Entry::Delivered { text: Sha256::of(answer.text().as_bytes()), reason, usage };
        vec![
            Effect::Record(job.clone(), delivered),
            Effect::SendDone(Box::new(Done { job: job.clone(), answer, reason, usage, cancelled })),
            Effect::AwaitAck(job),
        ]
    }

    /// True if this ack was waited for; it no longer is.
    fn awaits(&mut self, job: &JobId) -> bool {
        let before = self.unacked.len();
        self.unacked.retain(|unacked| unacked != job);
        self.unacked.len() < before
    }
}

impl Running {
    fn new(offer: &Offer) -> Self {
        Self {
            job: offer.job.clone(),
            format: offer.ask.format(),
            text: Private::default(),
            reasoning: Private::default(),
            pieces: 0,
            cancel_asked: false,
        }
    }

    /// A body is the answer to a raw request; no chat is answered by one.
    fn is_answered_by(&self, body: Option<&Private>) -> bool {
        match self.format {
            ApiFormat::OpenAiChat => false,
            ApiFormat::OpenAiResponses | ApiFormat::Anthropic => body.is_some_and(|body| !body.is_empty()),
        }
    }

    fn keep(&mut self, piece: &Piece) {
        self.pieces += 1;
        match piece {
            Piece::Text(text) => self.text.push_str(text),
            Piece::Reasoning(text) => self.reasoning.push_str(text),
            // The coordinator puts these together from the pieces alone; no last frame repeats them.
            Piece::ToolCalls(_) | Piece::Refusal(_) | Piece::Event { .. } => {}
        }
    }
}
