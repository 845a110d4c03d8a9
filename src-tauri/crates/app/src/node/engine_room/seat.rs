//! A slot's place in the engine room.

use tokio::sync::mpsc;
use tokio::time::Instant;
use types::{Ask, JobId};

use super::{Said, Standing};

/// What can be asked of a room. All comes through one channel, so that it is heard in the order it was said.
#[derive(Debug)]
pub(super) enum Order {
    /// The owner says: try again, whatever was.
    Forgive,
    /// A slot wants the engine.
    Want { seat: usize, turn: u64 },
    /// It lets go, and hears nothing more of its job.
    Release { seat: usize },
    /// It wants a test before it comes back to the Grid.
    Test { seat: usize },
    /// It has a job, which must be over by then.
    Generate { seat: usize, age: u64, job: JobId, ask: Ask, by: Instant },
    /// It does not want the answer any more.
    Cancel { seat: usize, job: JobId },
    /// Its last job got a whole answer, or failed.
    Verdict { seat: usize, age: u64, answered: bool },
}

/// The owner's line to a room.
#[derive(Debug, Clone)]
pub(crate) struct Orders(pub(super) mpsc::Sender<Order>);

impl Orders {
    /// Try again, whatever was.
    pub(crate) async fn forgive(&self) {
        let _ = self.0.send(Order::Forgive).await;
    }
}

/// A slot's place. Whoever drops it lets go.
#[derive(Debug)]
pub(crate) struct Seat {
    seat: usize,
    orders: mpsc::Sender<Order>,
    said: mpsc::Receiver<Said>,
    /// Counts this slot's wishes: what answers an earlier one is out of date.
    turn: u64,
    /// Which start of the engine is up, as far as we heard.
    age: u64,
}

/// The room did not take an order: it is gone, or so far behind that nothing can be expected of it.
#[derive(Debug)]
pub(crate) struct Deaf;

impl Seat {
    pub(super) const fn new(seat: usize, orders: mpsc::Sender<Order>, said: mpsc::Receiver<Said>) -> Self {
        Self { seat, orders, said, turn: 0, age: 0 }
    }

    /// Asks for the engine.
    pub(crate) fn want(&mut self) -> Result<(), Deaf> {
        self.turn += 1;
        self.order(Order::Want { seat: self.seat, turn: self.turn })
    }

    /// Lets go of it.
    pub(crate) fn release(&mut self) {
        self.turn += 1;
        let _ = self.order(Order::Release { seat: self.seat });
    }

    /// Asks for a test.
    pub(crate) fn test(&self) -> Result<(), Deaf> {
        self.order(Order::Test { seat: self.seat })
    }

    /// Gives it a job.
    pub(crate) fn generate(&self, job: JobId, ask: Ask, by: Instant) -> Result<(), Deaf> {
        self.order(Order::Generate { seat: self.seat, age: self.age, job, ask, by })
    }

    /// Tells it to stop a job; it still ends with a word about it.
    pub(crate) fn cancel(&self, job: JobId) {
        let _ = self.order(Order::Cancel { seat: self.seat, job });
    }

    /// Says how its last job went.
    pub(crate) fn verdict(&self, answered: bool) {
        let _ = self.order(Order::Verdict { seat: self.seat, age: self.age, answered });
    }

    /// The next thing the room says; `None` when it is gone.
    pub(crate) async fn next(&mut self) -> Option<Said> {
        loop {
            let said = self.said.recv().await?;
            match &said {
                Said::Standing { turn, .. } if *turn != self.turn => {}
                Said::Standing { standing: Standing::Up(proven), .. } => {
                    self.age = proven.age;
                    return Some(said);
                }
                _ => return Some(said),
            }
        }
    }

    /// Never waits, so that room and slot can never wait for each other.
    fn order(&self, order: Order) -> Result<(), Deaf> {
        self.orders.try_send(order).map_err(|error| {
            tracing::error!(seat = self.seat, %error, "the engine room does not listen");
            Deaf
        })
    }
}
