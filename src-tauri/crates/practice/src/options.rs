//! How a practice network is set up.

use std::sync::Arc;
use std::time::Duration;

use types::Clock;

/// What a practice network is given at its start.
pub struct Options {
    /// Where dates, strikes and bars take their time from. Waiting is done in real time.
    pub clock: Arc<dyn Clock>,
    /// Where ids, keys and the customers' random seeds come from: same seed, same sequence.
    pub seed: u64,
    /// Whether a customer who hangs up cancels the job. The real coordinator does not.
    pub cancel_on_disconnect: bool,
    /// Whether rigs may enrol. The real coordinator's default is no.
    pub enrolment: bool,
    /// Whether customers may ask as often and as much at once as they like. At the real coordinator they may not.
    pub unlimited: bool,
    /// How long everything takes.
    pub timings: Timings,
}

impl Options {
    /// The real coordinator's behaviour.
    pub fn new(clock: Arc<dyn Clock>, seed: u64) -> Self {
        Self {
            clock,
            seed,
            cancel_on_disconnect: false,
            enrolment: false,
            unlimited: false,
            timings: Timings::default(),
        }
    }
}

/// The coordinator's limits. The defaults are the real ones; tests pass shorter ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timings {
    /// How long a socket may take to register.
    pub first_frame: Duration,
    /// How long a worker is idle before a JSON ping.
    pub idle_ping: Duration,
    /// How long the answer to that ping is awaited.
    pub pong_wait: Duration,
    /// How long any frame may take to leave.
    pub send: Duration,
    /// How often a protocol ping is sent.
    pub socket_ping: Duration,
    /// How long its answer may take, before close 1011.
    pub socket_pong: Duration,
    /// The longest silence of a worker inside a text job.
    pub job_silence: Duration,
    /// The longest silence a customer's request tolerates.
    pub customer_silence: Duration,
    /// How often a worker's frames lead to a look for a cancel.
    pub cancel_poll: Duration,
    /// How long a text job may run before another worker is offered it too.
    pub claim: Duration,
    /// How often that is looked after.
    pub sweep: Duration,
    /// Strikes are forgotten this long after the last one.
    pub strike_window: Duration,
    /// How long the first, second, third and every later eviction bars a name.
    pub bars: [Duration; 4],
    /// Evictions are forgotten this long after the last one.
    pub eviction_memory: Duration,
}

impl Default for Timings {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            first_frame: seconds(30),
            idle_ping: seconds(10),
            pong_wait: Duration::from_millis(500),
            send: seconds(10),
            socket_ping: seconds(20),
            socket_pong: seconds(20),
            job_silence: seconds(300),
            customer_silence: seconds(300),
            cancel_poll: Duration::from_millis(300),
            claim: seconds(300),
            sweep: seconds(60),
            strike_window: seconds(300),
            bars: [seconds(30), seconds(120), seconds(600), seconds(3600)],
            eviction_memory: seconds(3600),
        }
    }
}
