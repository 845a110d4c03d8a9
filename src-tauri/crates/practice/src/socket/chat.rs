//! A chat job on a worker's socket: token by token, metered by the network's own count.

use tokio::time::Instant;

use super::job::{Outcome, Run};
use super::{Ending, Line, Seated};
use crate::books::BookRow;
use crate::counting::tokens;
use crate::generation::{Answer, Generation, Heard};
use crate::hub::Seat;
use crate::relay::{self, ChatTeller, Delta, Finished, Pace};
use crate::settlement::{Metering, receipt_holds, result_hash};

impl Line {
    pub(super) async fn work_on_chat(
        &mut self,
        seated: &mut Seated,
        mut run: Run,
        prompt_words: u64,
        customer: &ChatTeller,
    ) -> Result<(), Ending> {
        let mut generation = Generation::default();
        loop {
            let frame = self.frame_of(&mut run).await?;
            match generation.hear(&frame) {
                Heard::Nothing => {}
                Heard::Token { delta, finish_reason } => {
                    customer.piece(Delta { delta, finish_reason });
                    self.piece_came(&mut run, generation.frames());
                }
                Heard::Answer(answer) => {
                    let given = Given { answer: *answer, frames: generation.frames(), prompt_words };
                    return self.settle_chat(seated, &run, given, customer).await;
                }
                Heard::Failed => {
                    seated.running = None;
                    let evicted = self.hub.failed(&seated.seat, &run.job.id, generation.frames());
                    return if evicted { Err(Ending::Cut) } else { Ok(()) };
                }
                Heard::ClientError(message) => {
                    seated.running = None;
                    self.hub.client_error(&run.job.id, message);
                    return Ok(());
                }
                Heard::Garbled => return Err(Ending::Cut),
            }
        }
    }

    async fn settle_chat(
        &mut self,
        seated: &mut Seated,
        run: &Run,
        given: Given,
        customer: &ChatTeller,
    ) -> Result<(), Ending> {
        let finished_at = Instant::now();
        let core_count = tokens(&given.answer.text).await + tokens(&given.answer.reasoning).await;
        let metering = given.metering(run, core_count, seated.seat.abilities.max_context_length);
        let outcome = given.outcome(run, &seated.seat, metering);
        let row = self.row(&seated.seat, run, finished_at, outcome);
        let finished = given.finished(&row, metering);
        self.grant(seated, row, || customer.end(relay::Ending::Done(finished))).await
    }
}

/// An answer with what its metering needs.
struct Given {
    answer: Answer,
    frames: u32,
    prompt_words: u64,
}

impl Given {
    fn metering(&self, run: &Run, core_count: u64, max_context_length: u64) -> Metering {
        Metering {
            core_count,
            reported: self.answer.reported(),
            token_frames: u64::from(self.frames),
            max_length: run.job.max_length,
            prompt_words: self.prompt_words,
            max_context_length,
        }
    }

    fn outcome(&self, run: &Run, seat: &Seat, metering: Metering) -> Outcome {
        let result_hash = result_hash(&self.answer.text);
        let holds = |signature: &String| {
            result_hash
                .is_some_and(|hash| receipt_holds(&run.job.id, hash, signature, &seat.abilities.signers()))
        };
        Outcome {
            den: metering.den(&run.job.model),
            output_units: metering.output(),
            result_hash,
            worker_sig: self.answer.worker_sig.clone().filter(holds),
        }
    }

    fn finished(self, row: &BookRow, metering: Metering) -> Finished {
        let ttft = row.ttft.map(|ttft| ttft.as_secs_f64());
        Finished {
            text: self.answer.text,
            reasoning: self.answer.reasoning,
            tool_calls: self.answer.tool_calls,
            finish_reason: self.answer.finish_reason,
            usage: self.answer.usage,
            billed: metering.billed(),
            worker: row.worker_name.clone(),
            pace: Pace::of(row.duration.as_secs_f64(), ttft, metering.output()),
        }
    }
}
