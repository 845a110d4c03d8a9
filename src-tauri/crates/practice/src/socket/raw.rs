//! A raw job on a worker's socket: event by event, metered by what the worker says.
//!
//! It is tried once, costs no strike and bears no signature.

use tokio::time::Instant;

use super::job::{Outcome, Run};
use super::{Ending, Line, Seated};
use crate::raw::{RawAnswer, RawGeneration, RawHeard};
use crate::relay::{self, Fault, RawTeller};

impl Line {
    pub(super) async fn work_on_raw(
        &mut self,
        seated: &mut Seated,
        mut run: Run,
        customer: &RawTeller,
    ) -> Result<(), Ending> {
        let mut generation = RawGeneration::default();
        loop {
            let frame = self.frame_of(&mut run).await?;
            match generation.hear(&frame) {
                RawHeard::Nothing => {}
                RawHeard::Event(event) => {
                    customer.piece(event);
                    self.piece_came(&mut run, generation.events());
                }
                RawHeard::Done(answer) => return self.settle_raw(seated, &run, *answer, customer).await,
                RawHeard::Failed { message, fault } => {
                    seated.running = None;
                    match fault {
                        Fault::Customer => self.hub.client_error(&run.job.id, message),
                        Fault::Worker => self.hub.raw_failed(&run.job.id, message),
                    }
                    return Ok(());
                }
                RawHeard::Garbled => return Err(Ending::Cut),
            }
        }
    }

    async fn settle_raw(
        &mut self,
        seated: &mut Seated,
        run: &Run,
        answer: RawAnswer,
        customer: &RawTeller,
    ) -> Result<(), Ending> {
        let max_context_length = seated.seat.abilities.max_context_length;
        let outcome = Outcome {
            den: answer.den(&run.job.model, run.job.max_length, max_context_length),
            output_units: answer.output(run.job.max_length),
            result_hash: Some(answer.result_hash),
            worker_sig: None,
        };
        let row = self.row(&seated.seat, run, Instant::now(), outcome);
        self.grant(seated, row, || customer.end(relay::Ending::Done(answer.body))).await
    }
}
